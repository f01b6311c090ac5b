//go:build cgo && linux

package conformance

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"time"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// withoutLock tells whether the peer's Qt has no lock for this kind of key. Then it
// makes sure that both sides say so.
func (s *scene) withoutLock() bool {
	s.Helper()
	if s.peerLocks() {
		return false
	}
	s.peerCreates(make([]byte, 8))
	s.equal("lock() of the peer", false, s.peer.Do("shm.lock", "m", nil).OK())
	segment := s.attach(qtbridge.ReadWrite)
	s.equal("Lockable()", false, segment.Lockable())
	says := s.refused("Lock()", segment.Lock(s.ctx), qtbridge.ErrNoLock)
	s.close(segment)
	s.peer.Do("shm.delete", "m", nil)

	segment = s.create(8)
	s.must("Lock()", segment.Lock(s.ctx))
	s.peerAttaches(s.peer, "m")
	s.equal("lock() of the peer", false, s.peer.Do("shm.lock", "m", nil).OK())
	s.peer.Do("shm.delete", "m", nil)
	s.close(segment)
	s.impossible(fmt.Sprintf("A peer on Qt %s has no lock for native keys: its lock() returns false, also where Go has made one", minor(s.peer.QtVersion)),
		"where the peer made the segment, Lockable() is false, and Lock() returns: "+says)
	return true
}

// lockWithin takes the lock for at most d.
func lockWithin(s *scene, segment *qtbridge.Segment, d time.Duration) error {
	ctx, cancel := context.WithTimeout(s.ctx, d)
	defer cancel()
	return segment.Lock(ctx)
}

func peerHoldsLock(s *scene) {
	if s.withoutLock() {
		return
	}
	s.peerCreates(make([]byte, 8))
	segment := s.attach(qtbridge.ReadWrite)
	s.peer.Must("shm.lock", "m", nil)
	s.equal("Lockable()", true, segment.Lockable())
	s.refused("TryLock()", segment.TryLock(), qtbridge.ErrLocked)
	s.refused("Lock() for 100 ms", lockWithin(s, segment, 100*time.Millisecond), qtbridge.ErrLocked)
	s.peer.Must("shm.unlock", "m", nil)
	s.must("Lock()", segment.Lock(s.ctx))
	s.must("Unlock()", segment.Unlock())
	s.close(segment)
}

func goHoldsLock(s *scene) {
	if s.withoutLock() {
		return
	}
	segment := s.create(8)
	s.peerAttaches(s.peer, "m")
	s.must("Lock()", segment.Lock(s.ctx))
	locked := s.peer.Async("shm.lock", "m", nil)
	s.waits("lock() of the peer", locked)
	s.must("Unlock()", segment.Unlock())
	s.equal("lock() of the peer", true, (<-locked).OK())
	s.peer.Must("shm.unlock", "m", nil)
	s.peer.Do("shm.delete", "m", nil)
	s.close(segment)
}

func bothCount(s *scene) {
	if s.withoutLock() {
		return
	}
	s.peerCreates(make([]byte, 8))
	segment := s.attach(qtbridge.ReadWrite)
	s.count(segment)
	s.close(segment)
	s.peer.Do("shm.delete", "m", nil)
	s.forget()

	segment = s.create(8)
	s.peerAttaches(s.peer, "m")
	s.count(segment)
	s.peer.Do("shm.delete", "m", nil)
	s.close(segment)
}

// Both count in parts: a busy machine needs milliseconds for each change from one to the
// other, and has counted enough after some seconds.
const (
	countPart   = 500
	countEnough = 3 * time.Second
)

// count has both sides add 1 to a counter under the lock. None may be lost. It goes on
// where the system never let one come between the other's.
func (s *scene) count(segment *qtbridge.Segment) {
	s.Helper()
	most := s.rounds(20_000)
	if s.cell.Kind.posix() { // who gives it back mostly takes it again, so that the peer waits long
		most = 2_000
	}
	part := min(most, countPart)
	begun, total, peers, between := time.Now(), uint64(0), 0, 0
	for range 200 {
		counted := s.peer.Async("shm.count", "m", peertest.Args{"n": part})
		ours, theirs := s.countMeanwhile(segment, counted)
		s.equal("calls of lock() and unlock() of the peer that failed", 0, theirs.LockFailed+theirs.UnlockFailed)
		s.Logf("    Go counted %d, the peer %d; %d times Go came between", ours, part, theirs.Interrupted)
		total, peers, between = total+uint64(ours+part), peers+part, between+theirs.Interrupted
		s.equal("the counter", total, binary.LittleEndian.Uint64(s.snapshot(segment)))
		if between > 0 && (peers >= most || time.Since(begun) > countEnough) {
			return
		}
	}
	s.Fatal("the two never counted at the same time")
}

// countMeanwhile counts until the peer has counted.
func (s *scene) countMeanwhile(segment *qtbridge.Segment, counted <-chan peertest.Reply) (ours int, theirs peertest.Reply) {
	s.Helper()
	for {
		if err := segment.WithLock(s.ctx, func() error { return increment(segment) }); err != nil {
			s.must("WithLock()", err)
		}
		ours++
		select {
		case theirs, ok := <-counted:
			if !ok {
				s.Fatal("the peer did not count")
			}
			return ours, theirs
		default:
		}
	}
}

func increment(segment *qtbridge.Segment) error {
	var number [8]byte
	if _, err := segment.ReadAt(number[:], 0); err != nil {
		return err
	}
	binary.LittleEndian.PutUint64(number[:], binary.LittleEndian.Uint64(number[:])+1)
	_, err := segment.WriteAt(number[:], 0)
	return err
}

func peerKilledInLock(s *scene) {
	if s.withoutLock() {
		return
	}
	s.env.LeavesBehind() // what the killed one owned
	segment := s.create(8)
	s.peerAttaches(s.peer, "m")
	s.peer.Must("shm.lock", "m", nil)
	s.refused("TryLock()", segment.TryLock(), qtbridge.ErrLocked)
	s.peer.Do("kill", "", nil)
	s.peer.WaitForEOF()
	s.freed(segment)
	s.must("Lock()", lockWithin(s, segment, 5*time.Second))
	s.must("Unlock()", segment.Unlock())

	next := s.newPeer(s.cell.Peer, "Qt2")
	s.peerAttaches(next, "m")
	next.Must("shm.lock", "m", nil)
	next.Must("shm.unlock", "m", nil)
	next.Do("shm.delete", "m", nil)
	s.close(segment)
	s.forget()
}

// freed: the kernel has given back the lock of who was killed, but a POSIX one, which
// stays taken until Recover sees that nobody has it.
func (s *scene) freed(segment *qtbridge.Segment) {
	s.Helper()
	if !s.cell.Kind.posix() {
		return
	}
	s.refused("Lock() for 100 ms", lockWithin(s, segment, 100*time.Millisecond), qtbridge.ErrLocked)
	s.equal("the verdict", qtbridge.Jammed, s.inspect().Verdict)
	_, err := qtbridge.Recover(s.ctx, s.key, qtbridge.Policy{})
	s.must("Recover()", err)
}

func goKilledInLock(s *scene) {
	if s.withoutLock() {
		return
	}
	s.env.LeavesBehind()
	s.mayStay = "qtinteropPrivateLockOf"
	s.peerCreates(make([]byte, 8))
	self, err := os.Executable()
	s.must("Executable()", err)
	holder := s.env.StartProgram(self, s.env.Other, append(s.cell.Self, "hold", s.cell.Kind.Name, s.key.Name())...)
	line, err := holder.ReadLine()
	s.must("another Go program: "+string(line), err)
	s.equal("the other program", held, string(line))
	locked := s.peer.Async("shm.lock", "m", nil)
	s.waits("lock() of the peer", locked)
	holder.Kill()
	s.Log("Go  killed the other program")
	if s.cell.Kind.posix() { // the peer that waits cannot be told from one that has it
		_, err := qtbridge.Recover(s.ctx, s.key, qtbridge.Policy{})
		s.refused("Recover()", err, qtbridge.ErrLocked)
		_, err = qtbridge.Recover(s.ctx, s.key, qtbridge.Policy{BreakLock: true})
		s.must("Recover(BreakLock)", err)
	}
	s.equal("lock() of the peer", true, (<-locked).OK())
	s.peer.Must("shm.unlock", "m", nil)
	s.peer.Do("shm.delete", "m", nil)
	s.forget()
}

// held is what [hold] prints when it has the lock.
const held = "held"

// hold takes the lock of a segment, says so on stdout, and keeps it until the program
// is killed, or until the end of stdin.
func hold(kind Kind, name string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	key := qtbridge.QtKey(name)
	switch {
	case kind.native():
		key = qtbridge.NativeKey(name)
	case kind.posix():
		key = qtbridge.PosixKey(name)
	}
	segment, err := qtbridge.Attach(ctx, key, qtbridge.ReadWrite)
	if err != nil {
		return err
	}
	if err := segment.Lock(ctx); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, held); err != nil {
		return err
	}
	_, _ = os.Stdin.Read(make([]byte, 1))
	return segment.Close()
}
