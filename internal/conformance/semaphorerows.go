//go:build cgo && linux

package conformance

import (
	"time"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// semaphoreCounts: what one side gives the other takes, and no more.
func semaphoreCounts(s *scene) {
	semaphore := s.semaphores(0)
	s.equal("release(3) of the peer", true, s.peer.Do("sem.release", "s", peertest.Args{"n": 3}).OK())
	s.must("AcquireN(2)", semaphore.AcquireN(s.ctx, 2))
	s.must("TryAcquire()", semaphore.TryAcquire())
	s.refused("TryAcquire()", semaphore.TryAcquire(), qtbridge.ErrLocked)
	acquired := s.peer.Async("sem.acquire", "s", nil)
	select {
	case reply := <-acquired:
		s.Fatalf("acquire() of the peer returned %v with nothing to be had", reply.Ret)
	case <-time.After(50 * time.Millisecond):
		s.Log("    acquire() of the peer waits")
	}
	s.must("Release(1)", semaphore.Release(1))
	s.equal("acquire() of the peer", true, (<-acquired).OK())
	s.semaphoresEnd(semaphore)
}

// semaphoreOfTheKilled: the kernel gives back what a killed program had taken.
func semaphoreOfTheKilled(s *scene) {
	semaphore := s.semaphores(1)
	killed := s.newPeer(s.cell.Peer, "Qt2")
	killed.Do("sem.new", "s", peertest.Args{"key": s.peerKey, "initial": 1, "mode": "Open"})
	s.equal("acquire() of a second peer", true, killed.Do("sem.acquire", "s", nil).OK())
	s.refused("TryAcquire()", semaphore.TryAcquire(), qtbridge.ErrLocked)
	killed.Kill()
	s.must("Acquire(), after the second peer was killed", semaphore.Acquire(s.ctx))
	s.must("Release(1)", semaphore.Release(1))
	s.equal("acquire() of the peer", true, s.peer.Do("sem.acquire", "s", nil).OK())
	s.equal("release() of the peer", true, s.peer.Do("sem.release", "s", nil).OK())
	s.semaphoresEnd(semaphore)
}

// semaphores has the peer make a semaphore, and opens it.
func (s *scene) semaphores(initial int) *qtbridge.Semaphore {
	s.Helper()
	s.peer.Do("sem.new", "s", peertest.Args{"key": s.peerKey, "initial": initial, "mode": "Create"})
	semaphore, err := qtbridge.OpenSemaphore(s.key, initial)
	s.must("OpenSemaphore()", err)
	s.Cleanup(func() { _ = semaphore.Close() })
	return semaphore
}

func (s *scene) semaphoresEnd(semaphore *qtbridge.Semaphore) {
	s.Helper()
	s.must("Close()", semaphore.Close())
	s.peer.Do("sem.delete", "s", nil)
}
