//go:build cgo && linux

package conformance

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// row is one behaviour that both sides must agree on.
type row struct {
	name       string
	documented string // by Qt, in its documentation or else as it was seen to do
	run        func(*scene)
}

var rows = []row{
	{"bytes from the peer", "data() of all processes that are attached is the same memory", bytesFromPeer},
	{"bytes to the peer", "data() of all processes that are attached is the same memory", bytesToPeer},
	{"size", "size() is at least what create() asked for; on Unix it is exactly that", sizes},
	{"the peer's lock excludes Go", "lock() blocks until the process that has the lock unlocks", peerHoldsLock},
	{"Go's lock excludes the peer", "lock() blocks until the process that has the lock unlocks", goHoldsLock},
	{"both count under the lock", "lock() makes an access exclusive", bothCount},
	{"the peer's segment outlives it", "the segment is removed by the last process to detach", peersSegmentStays},
	{"Go's segment outlives it", "the segment is removed by the last process to detach", gosSegmentStays},
	{"the peer is killed with the lock", "on Unix the kernel gives a System V semaphore back; a POSIX one stays taken", peerKilledInLock},
	{"Go is killed with the lock", "on Unix the kernel gives a System V semaphore back; a POSIX one stays taken", goKilledInLock},
	{"Watch, the peer creates anew", "detach() as the last one, then create(), makes a new segment", watchAnew},
	{"Watch, the peer writes in place", "data() of all processes that are attached is the same memory", watchInPlace},
	{"Publisher, anew", "attach() meets the segment that exists at that time", publishAnew},
	{"Publisher, in place", "data() of all processes that are attached is the same memory", publishInPlace},
}

// RowNames are the names of all rows, in their order.
func RowNames() []string {
	var names []string
	for _, row := range rows {
		names = append(names, row.name)
	}
	return names
}

// payloads are texts as Qt programs share them, and sizes around a page.
func (s *scene) payloads() [][]byte {
	list := [][]byte{[]byte("model-4711 共享内存")}
	if s.cell.Quick {
		return list
	}
	list = append(list, []byte{0x7f}, []byte("\xb9\xb2\xcf\xed"), []byte("\x00a\x00\x00b\x00"))
	for _, size := range []int{4095, 4096, 4097, 4 << 20} {
		data := make([]byte, size)
		random := rand.NewChaCha8([32]byte{byte(size)})
		_, _ = random.Read(data)
		list = append(list, data)
	}
	return list
}

// rounds is n, or fewer if it should be quick.
func (s *scene) rounds(n int) int {
	if s.cell.Quick {
		return max(n/10, 2)
	}
	return n
}

func bytesFromPeer(s *scene) {
	for _, data := range s.payloads() {
		s.peerCreates(data)
		segment := s.attach(qtbridge.ReadOnly)
		s.same("Go", data, s.snapshot(segment))
		s.observed(data)
		s.close(segment)
		s.peer.Do("shm.delete", "m", nil)
		s.forget()
	}
}

func bytesToPeer(s *scene) {
	for _, data := range s.payloads() {
		segment := s.create(len(data))
		s.write(segment, data)
		s.peerAttaches(s.peer, "m")
		s.same("the peer", data, s.peerReads("m"))
		s.observed(data)
		s.peer.Do("shm.delete", "m", nil)
		s.close(segment)
		s.forget()
	}
}

// observed compares with what a third reader finds, that uses neither Qt nor this
// library.
func (s *scene) observed(data []byte) {
	s.Helper()
	if s.cell.Kind.posix() {
		raw, err := os.ReadFile("/dev/shm" + s.key.Name())
		s.must("read /dev/shm", err)
		s.same("the third reader", data, raw)
		return
	}
	file, _, err := s.key.KeyFiles()
	s.must("KeyFiles()", err)
	s.same("the third reader", data, s.env.Raw(file))
}

// forget has a POSIX segment removed, which Qt never does.
func (s *scene) forget() {
	s.Helper()
	if s.cell.Kind.posix() {
		_, err := qtbridge.Recover(s.ctx, s.key, qtbridge.Policy{})
		s.must("Recover()", err)
	}
}

func sizes(s *scene) {
	list := []int{1, 4095, 4096, 4097, 1 << 20}
	if s.cell.Quick {
		list = []int{4097}
	}
	for _, size := range list {
		s.peerCreates(make([]byte, size))
		segment := s.attach(qtbridge.ReadOnly)
		s.equal("Size()", size, segment.Size())
		s.close(segment)
		s.peer.Do("shm.delete", "m", nil)
		s.forget()

		segment = s.create(size)
		s.peerAttaches(s.peer, "m")
		s.equal("size() of the peer", float64(size), s.peer.Do("shm.size", "m", nil).Ret)
		s.peer.Do("shm.delete", "m", nil)
		s.close(segment)
		s.forget()
	}
}

func (s *scene) equal(what string, want, have any) {
	s.Helper()
	if want != have {
		s.Fatalf("%s is %v, want %v", what, have, want)
	}
	s.Logf("    %s is %v", what, have)
}

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
	select {
	case reply := <-locked:
		s.Fatalf("lock() of the peer returned %v while Go had the lock", reply.Ret)
	case <-time.After(100 * time.Millisecond):
		s.Log("    lock() of the peer waits")
	}
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

// count has both sides add 1 to a counter under the lock. None may be lost. It tries
// again, up to ten times, where the system never let one come between the other's.
func (s *scene) count(segment *qtbridge.Segment) {
	s.Helper()
	n := s.rounds(20_000)
	var total uint64
	for range 10 {
		counted := s.peer.Async("shm.count", "m", peertest.Args{"n": n})
		ours, theirs := s.countMeanwhile(segment, counted)
		s.equal("calls of lock() and unlock() of the peer that failed", 0, theirs.LockFailed+theirs.UnlockFailed)
		s.Logf("    Go counted %d, the peer %d; %d times Go came between", ours, n, theirs.Interrupted)
		total += uint64(ours + n)
		s.equal("the counter", total, binary.LittleEndian.Uint64(s.snapshot(segment)))
		if theirs.Interrupted > 0 {
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
		case <-time.After(10 * time.Microsecond): // or the peer would hardly get the lock
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

func peersSegmentStays(s *scene) {
	data := []byte("still here")
	s.peerCreates(data)
	segment := s.attach(qtbridge.ReadOnly)
	s.peer.Do("shm.delete", "m", nil)
	s.same("Go", data, s.snapshot(segment))
	if s.cell.Kind.native() && s.peerLocks() {
		s.keyFileGoesWithPeer(segment)
		return
	}
	s.peerAttaches(s.peer, "n")
	s.same("the peer, anew", data, s.peerReads("n"))
	s.peer.Do("shm.delete", "n", nil)
	s.close(segment)
	s.gone()
}

// keyFileGoesWithPeer: from Qt 6.6 on the creator's semaphore is on the segment's key
// file, which its destructor removes.
func (s *scene) keyFileGoesWithPeer(segment *qtbridge.Segment) {
	s.Helper()
	file, _, err := s.key.KeyFiles()
	s.must("KeyFiles()", err)
	_, err = os.Stat(file)
	s.equal("the key file is gone", true, errors.Is(err, os.ErrNotExist))
	says := "Inspect(): " + s.inspect().Verdict.String()
	_, err = qtbridge.Attach(s.ctx, s.key, qtbridge.ReadOnly)
	says += ", and Attach() returns: " + s.refused("Attach()", err, qtbridge.ErrNotFound)
	s.close(segment)
	s.impossible(fmt.Sprintf("A peer on Qt %s removes the key file when who made the segment ends, so that others find it no more",
		minor(s.peer.QtVersion)), says)
}

func gosSegmentStays(s *scene) {
	data := []byte("still here")
	segment := s.create(len(data))
	s.write(segment, data)
	s.peerAttaches(s.peer, "m")
	s.close(segment)
	s.same("the peer", data, s.peerReads("m"))
	again := s.attach(qtbridge.ReadOnly)
	s.same("Go, anew", data, s.snapshot(again))
	s.close(again)
	s.peer.Do("shm.delete", "m", nil)
	s.gone()
}

// gone: both sides find nothing when the last one has detached. With a POSIX key the
// segment stays, as Qt has no call that removes it; Recover does.
func (s *scene) gone() {
	s.Helper()
	if s.cell.Kind.posix() {
		s.equal("the segment is there", true, s.inspect().Segment.Exists)
		s.forget()
	}
	_, err := qtbridge.Attach(s.ctx, s.key, qtbridge.ReadOnly)
	s.refused("Attach()", err, qtbridge.ErrNotFound)
	s.object(s.peer, "g")
	s.equal("attach() of the peer", "NotFound", s.peer.Do("shm.attach", "g", peertest.Args{"mode": "ReadOnly"}).Error)
	s.peer.Do("shm.delete", "g", nil)
	s.equal("the segment is there", false, s.inspect().Segment.Exists)
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

	next := s.newPeer("Qt2")
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
	holder := s.env.StartProgram(self, s.env.Other, "hold", s.cell.Kind.Name, s.key.Name())
	line, err := holder.ReadLine()
	s.must("another Go program: "+string(line), err)
	s.equal("the other program", Held, string(line))
	locked := s.peer.Async("shm.lock", "m", nil)
	select {
	case reply := <-locked:
		s.Fatalf("lock() of the peer returned %v while Go had the lock", reply.Ret)
	case <-time.After(100 * time.Millisecond):
		s.Log("    lock() of the peer waits")
	}
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

// Held is what [Hold] prints when it has the lock.
const Held = "held"

// Hold takes the lock of a segment, says so on stdout, and keeps it until the program
// is killed, or until the end of stdin.
func Hold(kind Kind, name string) error {
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
	fmt.Println(Held)
	_, _ = os.Stdin.Read(make([]byte, 1))
	return segment.Close()
}

// watch follows the key until the row ends.
func (s *scene) watch(opts qtbridge.WatchOptions) <-chan qtbridge.Message {
	ctx, cancel := context.WithCancel(s.ctx)
	messages := make(chan qtbridge.Message, 100)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(messages)
		for message, err := range qtbridge.Watch(ctx, s.key, opts) {
			if err != nil {
				s.did("Watch()", err)
				continue
			}
			s.did(fmt.Sprintf("Watch(): %v, %v, %.40q", message.Cause, message.Means, message.Data), nil)
			messages <- message
		}
	}()
	s.Cleanup(func() { cancel(); <-ended })
	return messages
}

// seen waits until a watch has told of these bytes, or of no segment if data is nil.
func (s *scene) seen(messages <-chan qtbridge.Message, data []byte) {
	s.Helper()
	for deadline := time.After(5 * time.Second); ; {
		select {
		case message, ok := <-messages:
			if !ok {
				s.Fatal("Watch() has ended")
			}
			if data == nil && message.Cause == qtbridge.Removed || data != nil && bytes.Equal(bytes.TrimRight(message.Data, "\x00"), data) {
				return
			}
		case <-deadline:
			s.Fatalf("Watch() did not tell of %q", data)
		}
	}
}

func message(i int) []byte { return fmt.Appendf(nil, "model-%d", 4711*(i+1)) }

func watchAnew(s *scene) {
	messages := s.watch(qtbridge.WatchOptions{})
	for i := range s.rounds(30) {
		s.peerPublishes(message(i))
		s.seen(messages, message(i))
		s.peer.Do("shm.delete", "m", nil)
		if s.cell.Kind.posix() {
			s.cannotCreateAnew()
			return
		}
	}
	s.seen(messages, nil)
}

// cannotCreateAnew: Qt has no call that removes a POSIX segment.
func (s *scene) cannotCreateAnew() {
	s.Helper()
	s.object(s.peer, "m")
	s.equal("create() of the peer, anew", "AlreadyExists", s.peer.Do("shm.create", "m", peertest.Args{"size": 8}).Error)
	s.peer.Do("shm.delete", "m", nil)
	_, err := qtbridge.Create(s.ctx, s.key, 8, qtbridge.ReadWrite)
	says := s.refused("Create()", err, qtbridge.ErrExists)
	s.impossible("Qt has no call that removes a POSIX segment, so that the create() of a peer after its detach() fails with AlreadyExists", "Create() returns: "+says)
}

// peerPublishes has the peer make a segment with these bytes, which can fail while a
// watch is attached to the one before for a look.
func (s *scene) peerPublishes(data []byte) {
	s.Helper()
	for range 5 {
		s.object(s.peer, "m")
		if s.peer.Do("shm.create", "m", peertest.Args{"size": len(data)}).OK() {
			s.peer.Do("shm.lockedWrite", "m", peertest.Args{"data": data})
			return
		}
		s.peer.Do("shm.delete", "m", nil)
	}
	s.Fatal("create() of the peer failed five times")
}

func watchInPlace(s *scene) {
	opts := qtbridge.WatchOptions{}
	if !s.peerLocks() {
		opts.Poll = 20 * time.Millisecond // nothing else tells of it
	}
	messages := s.watch(opts)
	s.peerCreates(make([]byte, 32))
	for i := range s.rounds(30) {
		s.peer.Do("shm.lockedWrite", "m", peertest.Args{"data": message(i)})
		s.seen(messages, message(i))
	}
	s.peer.Do("shm.delete", "m", nil)
	s.forget()
}

func publishAnew(s *scene)    { s.publish(qtbridge.PublisherOptions{}, true) }
func publishInPlace(s *scene) { s.publish(qtbridge.PublisherOptions{InPlace: 32}, false) }

// publish has the peer read each message under its lock, if it has one.
func (s *scene) publish(opts qtbridge.PublisherOptions, anew bool) {
	publisher, err := qtbridge.NewPublisher(s.key, opts)
	s.must("NewPublisher()", err)
	s.Cleanup(func() { _ = publisher.Close() })
	for i := range s.rounds(30) {
		s.must(fmt.Sprintf("Publish(%q)", message(i)), publisher.Publish(s.ctx, message(i)))
		if anew || i == 0 {
			s.peerAttaches(s.peer, "m")
		}
		locked := s.peer.Do("shm.lock", "m", nil).OK()
		s.equal("lock() of the peer", s.peerLocks(), locked)
		s.same("the peer", message(i), bytes.TrimRight(s.peerReads("m"), "\x00"))
		if locked {
			s.peer.Must("shm.unlock", "m", nil)
		}
		if anew {
			s.peer.Do("shm.delete", "m", nil)
		}
	}
	if !anew {
		s.peer.Do("shm.delete", "m", nil)
	}
	s.must("Close()", publisher.Close())
	s.forget()
}
