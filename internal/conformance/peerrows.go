//go:build cgo && linux

package conformance

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"qtinterop/internal/peertest"
)

// peerRows are what two Qt programs must agree on without Go in between. Each is played
// both ways.
var peerRows = []row{
	{name: "peers: key derivation", documented: "platformSafeKey() is the letters of the key and the SHA-1 of all of it, in the directory for temporary files", run: derivesAlike, only: Kind.derived},
	{name: "peers: bytes", documented: "data() of all processes that are attached is the same memory", run: bothWays(bytesBetween)},
	{name: "peers: size", documented: "size() is at least what create() asked for; on Unix it is exactly that", run: bothWays(sizeBetween)},
	{name: "peers: the lock excludes", documented: "lock() blocks until the process that has the lock unlocks", run: bothWays(lockBetween)},
	{name: "peers: both count under the lock", documented: "lock() makes an access exclusive", run: bothWays(countBetween)},
	{name: "peers: the segment outlives its creator", documented: "the segment is removed by the last process to detach", run: bothWays(outlives)},
	{name: "peers: a reader leaves it to others", documented: "the segment is removed by the last process to detach", run: bothWays(readAgain)},
	{name: "peers: one creates anew", documented: "detach() as the last one, then create(), makes a new segment", run: bothWays(createsAnew)},
	{name: "peers: one is killed with the lock", documented: "on Unix the kernel gives a System V semaphore back; a POSIX one stays taken", run: bothWays(killedInLock)},
	{name: "peers: what a crash leaves", documented: "on Unix a segment outlives a crash of all who use it; who attaches and detaches then removes it", run: bothWays(crashBetween), only: Kind.keyFile},
	{name: "peers: semaphore", documented: "acquire() waits until as much was released", run: bothWays(semaphoreBetween), only: Kind.derived},
}

// playPeers plays a row between two peers.
func (s *scene) playPeers(row row) {
	s.other = s.newPeer(s.cell.Other, "Qt'")
	if s.cell.Kind.posix() {
		s.Cleanup(s.removePosix)
		for _, peer := range []*peertest.Peer{s.peer, s.other} {
			if reason, _ := s.lacksPosix(peer); reason != "" {
				s.impossible(reason, "")
				return
			}
		}
	}
	row.run(s)
}

// removePosix removes what there is of the key, as Qt has no call that does, and Go may
// have a Qt without POSIX keys.
func (s *scene) removePosix() {
	found, _ := filepath.Glob("/dev/shm/*" + s.key.Name()[1:] + "*")
	for _, path := range found {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			s.Error(err)
		}
	}
}

// bothWays plays with each peer as the first one.
func bothWays(play func(s *scene, a, b *peertest.Peer)) func(*scene) {
	return func(s *scene) {
		play(s, s.peer, s.other)
		if s.cell.Kind.posix() {
			s.removePosix()
		}
		s.Log("    and the other way")
		play(s, s.other, s.peer)
	}
}

// end has peers give up what they have of the segment.
func end(peers ...*peertest.Peer) {
	for _, peer := range peers {
		peer.Do("shm.delete", "m", nil)
	}
}

func readBy(peer *peertest.Peer) []byte { return peer.Do("shm.read", "m", nil).Bytes() }

func derivesAlike(s *scene) {
	s.peer.Do("shm.new", "m", nil)
	s.other.Do("shm.new", "m", nil)
	for _, key := range oddKeys(200) {
		s.peer.Do("shm.setKey", "m", peertest.Args{"key": key})
		s.other.Do("shm.setKey", "m", peertest.Args{"key": key})
		if one, other := s.peer.Do("shm.nativeKey", "m", nil).Ret, s.other.Do("shm.nativeKey", "m", nil).Ret; one != other {
			s.Fatalf("nativeKey() of %q is %v and %v", key, one, other)
		}
	}
	end(s.peer, s.other)
}

func bytesBetween(s *scene, a, b *peertest.Peer) {
	for _, data := range s.payloads() {
		s.createBy(a, make([]byte, len(data)))
		s.peerAttaches(b, "m")
		a.Do("shm.write", "m", peertest.Args{"data": data})
		s.same("the second peer", data, readBy(b))
		s.observed(data)
		end(b, a)
		if s.cell.Kind.posix() {
			s.removePosix()
		}
	}
}

func sizeBetween(s *scene, a, b *peertest.Peer) {
	const size = 4097
	s.createBy(a, make([]byte, size))
	s.peerAttaches(b, "m")
	s.equal("size() of the second peer", float64(size), b.Do("shm.size", "m", nil).Ret)
	end(b, a)
}

// withoutLockBetween tells whether one of two that are attached has no lock for this kind
// of key, and makes sure that it says so.
func (s *scene) withoutLockBetween(peers ...*peertest.Peer) bool {
	s.Helper()
	for _, peer := range peers {
		if !s.locks(peer) {
			s.equal("lock() of a peer without one", false, peer.Do("shm.lock", "m", nil).OK())
			s.impossible(fmt.Sprintf("A peer on Qt %s has no lock for native keys: its lock() returns false", minor(peer.QtVersion)), "")
			end(peers...)
			return true
		}
	}
	return false
}

func lockBetween(s *scene, a, b *peertest.Peer) {
	s.createBy(a, make([]byte, 8))
	s.peerAttaches(b, "m")
	if s.withoutLockBetween(b, a) {
		return
	}
	a.Must("shm.lock", "m", nil)
	locked := b.Async("shm.lock", "m", nil)
	s.waits("lock()", locked)
	a.Must("shm.unlock", "m", nil)
	s.equal("lock() of the second peer", true, (<-locked).OK())
	b.Must("shm.unlock", "m", nil)
	end(b, a)
}

func countBetween(s *scene, a, b *peertest.Peer) {
	s.createBy(a, make([]byte, 8))
	s.peerAttaches(b, "m")
	if s.withoutLockBetween(b, a) {
		return
	}
	most := s.rounds(20_000)
	n := min(most, countPart)
	begun, total, between := time.Now(), 0, 0
	for range 200 {
		counts := []<-chan peertest.Reply{a.Async("shm.count", "m", peertest.Args{"n": n}), b.Async("shm.count", "m", peertest.Args{"n": n})}
		for _, count := range counts {
			reply, ok := <-count
			if !ok {
				s.Fatal("a peer did not count")
			}
			s.equal("calls of lock() and unlock() that failed", 0, reply.LockFailed+reply.UnlockFailed)
			between += reply.Interrupted
		}
		total += 2 * n
		s.equal("the counter", uint64(total), binary.LittleEndian.Uint64(readBy(b)))
		if between > 0 && (total >= 2*most || time.Since(begun) > countEnough) {
			end(b, a)
			return
		}
	}
	s.Fatal("the two never counted at the same time")
}

func outlives(s *scene, a, b *peertest.Peer) {
	data := []byte("still here")
	s.createBy(a, data)
	defer s.keepInode()()
	s.peerAttaches(b, "m")
	end(a)
	s.same("the second peer", data, readBy(b))
	if s.cell.Kind.native() && s.locks(a) {
		s.refuses(a, "shm.attach", "NotFound")
		s.takesFileAway(a)
		end(b)
		return
	}
	s.peerAttaches(a, "m")
	s.same("the first peer, anew", data, readBy(a))
	end(a, b)
	s.goneBetween(a, b)
}

// takesFileAway: from Qt 6.6 on the semaphore of a native key is on the segment's key file,
// which the destructor of who made it deletes.
func (s *scene) takesFileAway(peer *peertest.Peer) {
	s.impossible(fmt.Sprintf("A peer on Qt %s that has made the lock of a native key deletes the key file with it, so that others find the segment no more", minor(peer.QtVersion)), "")
}

// keepInode keeps the inode of the key file, so that a new file cannot get it, and with it
// the System V key of the old one.
func (s *scene) keepInode() (end func()) {
	s.Helper()
	if s.cell.Kind.posix() {
		return func() {}
	}
	file, _, err := s.key.KeyFiles()
	s.must("KeyFiles()", err)
	inode, err := os.Open(file)
	s.must("open the key file", err)
	return func() { _ = inode.Close() }
}

// refuses has a peer try to create or attach, with a fresh object, and in vain.
func (s *scene) refuses(peer *peertest.Peer, op, want string) {
	s.Helper()
	s.object(peer, "m")
	s.equal(op+" of a peer", want, peer.Do(op, "m", peertest.Args{"size": 4}).Error)
	end(peer)
}

// goneBetween: nobody finds a segment, but a POSIX one, which nothing of Qt removes.
func (s *scene) goneBetween(peers ...*peertest.Peer) {
	s.Helper()
	if s.cell.Kind.posix() {
		return
	}
	for _, peer := range peers {
		s.refuses(peer, "shm.attach", "NotFound")
	}
}

func readAgain(s *scene, a, b *peertest.Peer) {
	data := []byte("for everybody")
	s.createBy(a, data)
	defer s.keepInode()()
	s.peerAttaches(b, "m")
	s.same("a reader", data, readBy(b))
	end(b)
	if s.cell.Kind.native() && !s.locks(a) && s.locks(b) {
		s.refuses(b, "shm.attach", "NotFound")
		s.takesFileAway(b)
		end(a)
		return
	}
	s.peerAttaches(b, "m")
	s.same("the next reader", data, readBy(b))
	end(b, a)
}

func createsAnew(s *scene, a, b *peertest.Peer) {
	for i := range s.rounds(30) {
		s.object(a, "m")
		a.Must("shm.create", "m", peertest.Args{"size": len(message(i))})
		a.Do("shm.lockedWrite", "m", peertest.Args{"data": message(i)})
		s.peerAttaches(b, "m")
		s.same("the second peer", message(i), readBy(b))
		end(b, a)
		if s.cell.Kind.posix() {
			s.refuses(a, "shm.create", "AlreadyExists")
			s.impossible("Qt has no call that removes a POSIX segment, so that the create() of a peer after its detach() fails with AlreadyExists", "")
			return
		}
	}
}

func killedInLock(s *scene, a, b *peertest.Peer) {
	s.env.LeavesBehind() // what the killed one owned
	first, killed := s.anotherOf(a, "Qt2"), s.anotherOf(b, "Qt3")
	s.createBy(first, make([]byte, 8))
	s.peerAttaches(killed, "m")
	if s.withoutLockBetween(killed, first) {
		return
	}
	killed.Must("shm.lock", "m", nil)
	locked := first.Async("shm.lock", "m", nil)
	s.waits("lock()", locked)
	killed.Kill()
	if s.cell.Kind.posix() {
		s.waits("lock()", locked)
		first.Kill() // its destructor would wait, too
		return
	}
	s.equal("lock() of the other", true, (<-locked).OK())
	first.Must("shm.unlock", "m", nil)
	end(first)
}

// anotherOf starts another process of a peer's program.
func (s *scene) anotherOf(peer *peertest.Peer, name string) *peertest.Peer {
	path := s.cell.Peer
	if peer == s.other {
		path = s.cell.Other
	}
	return s.newPeer(path, name)
}

func crashBetween(s *scene, a, b *peertest.Peer) {
	s.env.LeavesBehind()
	data := []byte("of the dead")
	for _, read := range []bool{true, false} {
		killed := s.anotherOf(a, "Qt2")
		s.createBy(killed, data)
		killed.Kill()
		if read {
			s.peerAttaches(b, "m")
			s.same("the second peer", data, readBy(b))
			end(b)
			s.goneBetween(b)
		} else {
			s.refuses(b, "shm.create", "AlreadyExists")
			s.object(b, "m") // as Qt documents it: attach and detach. From 6.6 on the destructor did that
			b.Do("shm.attach", "m", nil)
			end(b)
		}
		s.createBy(b, data)
		end(b)
	}
}

func semaphoreBetween(s *scene, a, b *peertest.Peer) {
	a.Do("sem.new", "s", peertest.Args{"key": s.peerKey, "initial": 0, "mode": "Create"})
	b.Do("sem.new", "s", peertest.Args{"key": s.peerKey, "initial": 0, "mode": "Open"})
	s.equal("release(2) of the first peer", true, a.Do("sem.release", "s", peertest.Args{"n": 2}).OK())
	s.equal("acquire() of the second peer", true, b.Do("sem.acquire", "s", nil).OK())
	s.equal("acquire() of the second peer", true, b.Do("sem.acquire", "s", nil).OK())
	acquired := b.Async("sem.acquire", "s", nil)
	s.waits("acquire()", acquired)
	s.equal("release(1) of the first peer", true, a.Do("sem.release", "s", peertest.Args{"n": 1}).OK())
	s.equal("acquire() of the second peer", true, (<-acquired).OK())
	b.Do("sem.delete", "s", nil)
	a.Do("sem.delete", "s", nil)
}
