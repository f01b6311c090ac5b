//go:build cgo && linux

package conformance

import (
	"math/rand/v2"
	"os"

	"qtinterop/qtbridge"
)

// row is one behaviour that both sides must agree on.
type row struct {
	name       string
	documented string // by Qt, in its documentation or else as it was seen to do
	run        func(*scene)
	only       func(Kind) bool // the kinds of keys that it is about; nil for all
}

var rows = []row{
	{name: "key derivation", documented: "platformSafeKey() is the letters of the key and the SHA-1 of all of it, in the directory for temporary files", run: derivesKeys, only: Kind.derived},
	{name: "QNativeIpcKey as text", documented: "toString() and fromString() of QNativeIpcKey, since Qt 6.6", run: writesKeys, only: Kind.posix},
	{name: "bytes from the peer", documented: "data() of all processes that are attached is the same memory", run: bytesFromPeer},
	{name: "bytes to the peer", documented: "data() of all processes that are attached is the same memory", run: bytesToPeer},
	{name: "size", documented: "size() is at least what create() asked for; on Unix it is exactly that", run: sizes},
	{name: "the peer's lock excludes Go", documented: "lock() blocks until the process that has the lock unlocks", run: peerHoldsLock},
	{name: "Go's lock excludes the peer", documented: "lock() blocks until the process that has the lock unlocks", run: goHoldsLock},
	{name: "both count under the lock", documented: "lock() makes an access exclusive", run: bothCount},
	{name: "the peer's segment outlives it", documented: "the segment is removed by the last process to detach", run: peersSegmentStays},
	{name: "Go's segment outlives it", documented: "the segment is removed by the last process to detach", run: gosSegmentStays},
	{name: "the peer is killed with the lock", documented: "on Unix the kernel gives a System V semaphore back; a POSIX one stays taken", run: peerKilledInLock},
	{name: "Go is killed with the lock", documented: "on Unix the kernel gives a System V semaphore back; a POSIX one stays taken", run: goKilledInLock},
	{name: "Watch, the peer creates anew", documented: "detach() as the last one, then create(), makes a new segment", run: watchAnew},
	{name: "Watch, the peer writes in place", documented: "data() of all processes that are attached is the same memory", run: watchInPlace},
	{name: "Publisher, anew", documented: "attach() meets the segment that exists at that time", run: publishAnew},
	{name: "Publisher, in place", documented: "data() of all processes that are attached is the same memory", run: publishInPlace},
	{name: "what a crash leaves", documented: "on Unix a segment outlives a crash of all who use it; who attaches and detaches then removes it", run: crashLeaves, only: Kind.keyFile},
	{name: "two segments of one key", documented: "who comes after the key file was deleted makes another segment", run: splitIsSeen, only: Kind.keyFile},
	{name: "semaphore: counts", documented: "acquire() waits until as much was released", run: semaphoreCounts, only: Kind.derived},
	{name: "semaphore: killed", documented: "on Unix the kernel gives back what a process had acquired", run: semaphoreOfTheKilled, only: Kind.derived},
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
