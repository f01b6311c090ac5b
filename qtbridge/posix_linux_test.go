//go:build cgo

package qtbridge

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"qtinterop/internal/ipc"
	"qtinterop/internal/peertest"
	"qtinterop/native"
)

const shm = "/dev/shm"

// The third observer of POSIX keys: the files themselves.

func posixFile(key Key) string { return shm + key.Name() }

func posixSemaphore(key Key) string { return shm + "/sem." + strings.TrimPrefix(key.Name(), "/") }

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

func inodeOf(t testing.TB, path string) uint64 {
	t.Helper()
	var stat unix.Stat_t
	require.NoError(t, unix.Stat(path, &stat))
	return stat.Ino
}

// rawValue is the value of a semaphore as glibc has it.
func rawValue(t testing.TB, key Key) int {
	t.Helper()
	return int(binary.NativeEndian.Uint32(readFile(t, posixSemaphore(key))))
}

// posixTest is a test with a POSIX key and a Qt process, both of Qt 6.6 or later.
type posixTest struct {
	*testing.T
	env  *peertest.Env
	key  Key
	text string // of the key, for the peer
}

func posixRow(t *testing.T) *posixTest {
	t.Helper()
	if !native.HasNativeIpcKeys() {
		t.Skip("POSIX keys need Qt 6.6 or later; this is " + native.VersionRunning())
	}
	if !peertest.HasIPCKeys(t, 6) {
		t.Skip("the peer has no POSIX keys: its Qt is older than 6.6")
	}
	x := newPosixTest(t)
	t.Cleanup(func() {
		assert.Eventually(t, func() bool { return len(privateFiles(t)) == 0 }, 10*time.Second, 10*time.Millisecond, "private locks left behind")
	})
	return x
}

func newPosixTest(t *testing.T) *posixTest {
	env := peertest.New(t)
	key := PosixKey(env.PosixName())
	return &posixTest{T: t, env: env, key: key, text: key.String()}
}

func privateFiles(t testing.TB) []string {
	found, err := filepath.Glob(shm + "/sem." + ipc.LockPrefix + privatePrefix + spell(os.Getpid()) + "Z*")
	require.NoError(t, err)
	return found
}

// peer starts a Qt process that has an object m with the key.
func (x *posixTest) peer() *peertest.Peer {
	p := x.env.Verbs(6)
	p.Do("shm.newNativeIpc", "m", peertest.Args{"key": x.text})
	return p
}

// creator is a peer that has created the segment.
func (x *posixTest) creator(size int) *peertest.Peer {
	p := x.peer()
	require.True(x, p.Do("shm.create", "m", peertest.Args{"size": size}).OK())
	return p
}

func base64Of(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

func TestPosixGoReadsQt(t *testing.T) {
	for _, payload := range payloads() {
		t.Run(payload.name, func(t *testing.T) {
			x := posixRow(t)
			peer := x.creator(len(payload.data))
			peer.Do("shm.lockedWrite", "m", peertest.Args{"base64": base64Of(payload.data)})
			semaphore := inodeOf(t, posixSemaphore(x.key))

			s := mustAttach(t, x.key, ReadOnly)
			assert.Equal(t, len(payload.data), s.Size())
			assert.True(t, s.Lockable())
			got, err := s.Snapshot(soon(t), nil)
			require.NoError(t, err)
			same(t, payload.data, got, "Go")
			same(t, payload.data, readFile(t, posixFile(x.key)), "the observer")
			require.NoError(t, s.Close())
			assert.Equal(t, semaphore, inodeOf(t, posixSemaphore(x.key)), "the peer's semaphore")
			assert.Equal(t, 1, rawValue(t, x.key))
		})
	}
}

func TestPosixQtReadsGo(t *testing.T) {
	for _, payload := range payloads() {
		t.Run(payload.name, func(t *testing.T) {
			x := posixRow(t)
			s := mustCreate(t, x.key, len(payload.data))
			require.NoError(t, s.WithLock(soon(t), func() error { _, err := s.WriteAt(payload.data, 0); return err }))
			peer := x.peer()
			require.True(t, peer.Do("shm.attach", "m", peertest.Args{"mode": "ReadOnly"}).OK())
			require.EqualValues(t, len(payload.data), peer.Do("shm.size", "m", nil).Ret)
			require.True(t, peer.Do("shm.lock", "m", nil).OK())
			same(t, payload.data, peer.Do("shm.read", "m", nil).Bytes(), "the peer")
			require.True(t, peer.Do("shm.unlock", "m", nil).OK())
			same(t, payload.data, readFile(t, posixFile(x.key)), "the observer")
			require.NoError(t, s.Close())
		})
	}
}

// Both count in the segment, each under its lock: none of the counts is lost.
func TestPosixLockExcludesQtAndQtExcludes(t *testing.T) {
	x := posixRow(t)
	const each = 20_000
	peer := x.creator(8)
	s := mustAttach(t, x.key, ReadWrite)
	counted := peer.Async("shm.count", "m", peertest.Args{"n": each})
	for range each {
		require.NoError(t, s.WithLock(soon(t), func() error { return s.View(countUp) }))
	}
	reply := <-counted
	assert.EqualValues(t, each, reply.Ret)
	assert.Zero(t, reply.LockFailed+reply.UnlockFailed)
	assert.NotZero(t, reply.Interrupted, "they did not meet")
	assert.EqualValues(t, 2*each, counterOf(readFile(t, posixFile(x.key))))
}

// countUp counts as the peer does, and now and then lets others come in between.
func countUp(data []byte) error {
	n := counterOf(data)
	if n%16 == 0 {
		time.Sleep(time.Microsecond)
	}
	binary.LittleEndian.PutUint64(data, n+1)
	return nil
}

func counterOf(data []byte) uint64 { return binary.LittleEndian.Uint64(data) }

func TestPosixLockOfThePeerIsWaitedForUntilTheContextEnds(t *testing.T) {
	x := posixRow(t)
	peer := x.creator(8)
	s := mustAttach(t, x.key, ReadWrite)
	require.True(t, peer.Do("shm.lock", "m", nil).OK())

	requireError(t, s.TryLock(), "trylock", x.key, ErrLocked)
	start := time.Now()
	e := requireError(t, s.Lock(within(t, 120*time.Millisecond)), "lock", x.key, ErrLocked)
	assert.GreaterOrEqual(t, time.Since(start), 120*time.Millisecond)
	assert.Less(t, time.Since(start), 2*time.Second)
	require.ErrorIs(t, e, context.DeadlineExceeded)
	assert.Contains(t, e.Msg, "process ")
	assert.Contains(t, e.Msg, "BreakLock")

	// A look, an attach and a detach meanwhile leave the lock alone.
	require.NoError(t, mustAttach(t, x.key, ReadOnly).Close())
	assert.Equal(t, 0, rawValue(t, x.key))

	unlocked := make(chan error, 1)
	go func() { unlocked <- s.Lock(soon(t)) }()
	time.Sleep(20 * time.Millisecond)
	require.True(t, peer.Do("shm.unlock", "m", nil).OK())
	require.NoError(t, <-unlocked)

	// And the other way round.
	requireHandedOver(t, s, peer)
	requireError(t, s.Unlock(), "unlock", x.key, ErrNotLocked)
}

// A second create() of Qt, which fails, puts another semaphore in the place of one that
// is held, and its end takes that away.
func TestPosixLockIsTheOneThatTheNameLeadsTo(t *testing.T) {
	x := posixRow(t)
	first := x.creator(8)
	s := mustAttach(t, x.key, ReadWrite)
	require.NoError(t, s.Lock(soon(t)))
	second := x.peer()
	require.False(t, second.Do("shm.create", "m", peertest.Args{"size": 8}).OK())
	requireError(t, s.Unlock(), "unlock", x.key, ErrLockLost)

	require.NoError(t, s.Lock(soon(t)), "the new one")
	assert.Equal(t, 0, rawValue(t, x.key), "which the name leads to")
	require.NoError(t, s.Unlock())
	require.True(t, second.Do("shm.attach", "m", nil).OK())
	require.True(t, second.Do("shm.lock", "m", nil).OK())
	requireError(t, s.TryLock(), "trylock", x.key, ErrLocked)
	require.True(t, second.Do("shm.unlock", "m", nil).OK())
	require.NoError(t, second.End())
	require.NoFileExists(t, posixSemaphore(x.key))

	// Made anew by us, it stays for all who come.
	require.NoError(t, s.Lock(soon(t)))
	require.NoError(t, s.Unlock())
	third := x.peer()
	require.True(t, third.Do("shm.attach", "m", nil).OK())
	require.NoError(t, s.Lock(soon(t)))
	requireHandedOver(t, s, third)
	require.True(t, third.Do("shm.unlock", "m", nil).OK())
	require.NoError(t, third.End())
	require.NoError(t, s.Close())
	require.NoError(t, first.End())
	assert.NoFileExists(t, posixSemaphore(x.key), "its first owner takes away any, as Qt does")
}

// Create and a Create that fails leave the lock of the peer as it is.
func TestPosixCreateLeavesTheLockOfOthers(t *testing.T) {
	x := posixRow(t)
	peer := x.creator(8)
	inode := inodeOf(t, posixSemaphore(x.key))
	require.True(t, peer.Do("shm.lock", "m", nil).OK())
	_, err := Create(soon(t), x.key, 8, ReadWrite)
	e := requireError(t, err, "create", x.key, ErrExists)
	assert.Contains(t, e.Msg, "Recover")
	assert.Equal(t, inode, inodeOf(t, posixSemaphore(x.key)))
	assert.Equal(t, 0, rawValue(t, x.key))

	require.NoError(t, os.Remove(posixFile(x.key)))
	_, err = Create(within(t, 50*time.Millisecond), x.key, 8, ReadWrite)
	requireError(t, err, "create", x.key, ErrLocked)
	assert.NoFileExists(t, posixFile(x.key))
	require.True(t, peer.Do("shm.unlock", "m", nil).OK())
	s := mustCreate(t, x.key, 16)
	assert.Equal(t, 16, s.Size())
	assert.Equal(t, inode, inodeOf(t, posixSemaphore(x.key)))
	assert.Equal(t, 1, rawValue(t, x.key))
}

// What is made stays: nobody unlinks a segment. Its lock stays with it, unless a Qt
// process made that.
func TestPosixSegmentStaysUntilItIsRemovedOnRequest(t *testing.T) {
	x := posixRow(t)
	s := mustCreate(t, x.key, 5)
	_, err := s.WriteAt([]byte("hello"), 0)
	require.NoError(t, err)
	state := mustInspect(t, x.key)
	assert.Equal(t, Live, state.Verdict)
	assert.Equal(t, []int{1, 1}, []int{state.Segment.Attached, state.Lock.Value})
	_, err = Recover(soon(t), x.key, Policy{})
	require.NoError(t, err)
	require.NoError(t, s.Close())

	assert.Equal(t, Orphaned, mustInspect(t, x.key).Verdict)
	report, err := Recover(soon(t), x.key, Policy{KeepContent: true})
	require.NoError(t, err)
	assert.Empty(t, report.Actions)
	s = mustAttach(t, x.key, ReadOnly)
	got, err := s.Snapshot(soon(t), nil)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(got))

	report, err = Recover(soon(t), x.key, Policy{})
	require.NoError(t, err)
	assert.Empty(t, report.Actions, "somebody has it")
	require.NoError(t, s.Close())
	report, err = Recover(soon(t), x.key, Policy{DryRun: true})
	require.NoError(t, err)
	assert.Equal(t, []Action{RemoveSegment, RemoveLock}, report.Actions)
	report, err = Recover(soon(t), x.key, Policy{})
	require.NoError(t, err)
	assert.Equal(t, []Action{RemoveSegment, RemoveLock}, report.Actions)
	assert.Equal(t, Free, report.After.Verdict)
	assert.NoFileExists(t, posixFile(x.key))
	assert.NoFileExists(t, posixSemaphore(x.key))
}

func mustInspect(t testing.TB, key Key) State {
	t.Helper()
	state, err := Inspect(key)
	require.NoError(t, err)
	return state
}

// A peer is killed with the lock in hand. While another one has the lock open, nobody
// can tell whether that holds it; when it has gone, it is certain.
func TestPosixLockOfAKilledPeerIsMended(t *testing.T) {
	x := posixRow(t)
	bystander, killed := x.creator(8), x.peer()
	require.True(t, bystander.Do("shm.lock", "m", nil).OK())
	require.True(t, bystander.Do("shm.unlock", "m", nil).OK())
	require.True(t, killed.Do("shm.attach", "m", nil).OK())
	require.True(t, killed.Do("shm.lock", "m", nil).OK())
	killed.Kill()

	state := mustInspect(t, x.key)
	assert.Equal(t, Locked, state.Verdict)
	assert.Equal(t, []int{bystander.PID()}, state.Lock.Users)
	_, err := Recover(soon(t), x.key, Policy{})
	e := requireError(t, err, "recover", x.key, ErrLocked)
	assert.Contains(t, e.Msg, "BreakLock")
	assert.Equal(t, 0, rawValue(t, x.key))

	bystander.Kill() // so that it does not unlink the semaphore
	s := mustAttach(t, x.key, ReadWrite)
	assert.Equal(t, Jammed, mustInspect(t, x.key).Verdict, "beside a Segment of this process")
	requireError(t, s.Lock(within(t, 30*time.Millisecond)), "lock", x.key, ErrLocked)
	report, err := Recover(soon(t), x.key, Policy{})
	require.NoError(t, err)
	assert.Equal(t, []Action{ResetLock}, report.Actions)
	assert.Equal(t, Live, report.After.Verdict)
	assert.Equal(t, 1, rawValue(t, x.key))
	require.NoError(t, s.Lock(soon(t)))
	assert.Equal(t, Locked, mustInspect(t, x.key).Verdict, "held by this process, which lives")
	require.NoError(t, s.Unlock())
}

// What a crash left behind, with the lock taken, is removed with it; or the lock alone
// is mended by who creates.
func TestPosixRemainsOfACrashAreRemoved(t *testing.T) {
	x := posixRow(t)
	peer := x.creator(8)
	require.True(t, peer.Do("shm.lock", "m", nil).OK())
	peer.Kill()
	assert.Equal(t, Jammed, mustInspect(t, x.key).Verdict)
	report, err := Recover(soon(t), x.key, Policy{})
	require.NoError(t, err)
	assert.Equal(t, []Action{RemoveSegment, RemoveLock}, report.Actions)
	assert.NoFileExists(t, posixFile(x.key))
	assert.NoFileExists(t, posixSemaphore(x.key))

	peer = x.creator(8)
	require.True(t, peer.Do("shm.lock", "m", nil).OK())
	peer.Kill()
	require.NoError(t, os.Remove(posixFile(x.key)))
	mustCreate(t, x.key, 8)
	assert.Equal(t, 1, rawValue(t, x.key))
}

func TestPosixBreakLock(t *testing.T) {
	x := posixRow(t)
	bystander, killed := x.creator(8), x.peer()
	require.True(t, bystander.Do("shm.lock", "m", nil).OK())
	require.True(t, bystander.Do("shm.unlock", "m", nil).OK())
	require.True(t, killed.Do("shm.attach", "m", nil).OK())
	require.True(t, killed.Do("shm.lock", "m", nil).OK())
	killed.Kill()
	report, err := Recover(soon(t), x.key, Policy{BreakLock: true})
	require.NoError(t, err)
	assert.Equal(t, []Action{ResetLock}, report.Actions)
	assert.True(t, bystander.Do("shm.lock", "m", nil).OK())
	require.True(t, bystander.Do("shm.unlock", "m", nil).OK())
}

func TestPosixWatch(t *testing.T) {
	x := posixRow(t)
	next := watching(t, x.key, WatchOptions{})
	peer := x.creator(8)
	peer.Do("shm.lockedWrite", "m", peertest.Args{"base64": base64Of([]byte("message1"))})
	message := next()
	assert.Equal(t, Created, message.Cause)
	assert.Equal(t, "message1", string(message.Data))
	for _, text := range []string{"message2", "message3"} {
		peer.Do("shm.lockedWrite", "m", peertest.Args{"base64": base64Of([]byte(text))})
		message = next()
		assert.Equal(t, Changed, message.Cause)
		assert.Equal(t, text, string(message.Data))
	}
	require.NoError(t, os.Remove(posixFile(x.key)))
	assert.Equal(t, Removed, next().Cause)
	told := 0
	for range 10 {
		again := x.creator(4)
		again.Do("shm.lockedWrite", "m", peertest.Args{"base64": base64Of([]byte("anew"))})
		message = next()
		assert.Equal(t, Created, message.Cause)
		assert.Equal(t, "anew", string(message.Data))
		if message.Means == ByKeyFile {
			told++
		}
		require.NoError(t, again.End())
		require.NoError(t, os.Remove(posixFile(x.key)))
		assert.Equal(t, Removed, next().Cause)
	}
	assert.NotZero(t, told, "nothing tells of a segment that comes")
}

// watching returns what waits for the next message of a watch.
func watching(t *testing.T, key Key, opts WatchOptions) func() Message {
	messages := make(chan Message)
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for message, err := range Watch(ctx, key, opts) {
			if err != nil {
				t.Error(err)
			}
			select {
			case messages <- message:
			case <-ctx.Done():
			}
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	return func() Message {
		t.Helper()
		select {
		case message := <-messages:
			return message
		case <-time.After(20 * time.Second):
			t.Fatal("no message")
			return Message{}
		}
	}
}

func TestPosixPublisher(t *testing.T) {
	for _, inPlace := range []int{0, 64} {
		t.Run(map[int]string{0: "anew", 64: "in-place"}[inPlace], func(t *testing.T) {
			x := posixRow(t)
			p, err := NewPublisher(x.key, PublisherOptions{InPlace: inPlace})
			require.NoError(t, err)
			defer p.Close()
			other, err := NewPublisher(x.key, PublisherOptions{InPlace: inPlace})
			require.NoError(t, err)
			defer other.Close()
			peer := x.peer()
			for _, text := range []string{"one", "two and more", "3"} {
				require.NoError(t, p.Publish(soon(t), []byte(text)))
				require.True(t, peer.Do("shm.attach", "m", peertest.Args{"mode": "ReadOnly"}).OK())
				require.True(t, peer.Do("shm.lock", "m", nil).OK())
				want := append([]byte(text), make([]byte, max(0, inPlace-len(text)))...)
				same(t, want, peer.Do("shm.read", "m", nil).Bytes(), "the peer")
				require.True(t, peer.Do("shm.unlock", "m", nil).OK())
				same(t, want, readFile(t, posixFile(x.key)), "the observer")
				e := requireError(t, publishWithin(t, other, 30*time.Millisecond, "theirs"), "publish", x.key, ErrExists)
				require.Contains(t, e.Msg, "Recover")
				if inPlace == 0 {
					e := requireError(t, publishWithin(t, p, 30*time.Millisecond, "beside a reader"), "publish", x.key, ErrBusy)
					require.Contains(t, e.Msg, "InPlace")
					same(t, want, readFile(t, posixFile(x.key)), "the observer")
				}
				require.True(t, peer.Do("shm.detach", "m", nil).OK())
			}
			require.NoError(t, p.Close())
			assert.NoFileExists(t, posixFile(x.key))
		})
	}
}

func TestPosixList(t *testing.T) {
	x := posixRow(t)
	peer := x.creator(7)
	require.True(t, peer.Do("shm.lock", "m", nil).OK())
	entry := listedPosix(t, x.key)
	assert.Equal(t, KindPosix, entry.Kind)
	assert.Equal(t, Locked, entry.State.Verdict)
	assert.EqualValues(t, 7, entry.State.Segment.Size)
	assert.Equal(t, []int{peer.PID()}, entry.Users)
	assert.Equal(t, posixFile(x.key), entry.State.Segment.File.Path)
	require.True(t, peer.Do("shm.unlock", "m", nil).OK())
	assert.Equal(t, Live, listedPosix(t, x.key).State.Verdict)
}

// listedPosix is the entry of a key in the list.
func listedPosix(t *testing.T, key Key) Entry {
	t.Helper()
	entries, err := List()
	require.NoError(t, err)
	for _, entry := range entries {
		if entry.Key == key {
			return entry
		}
	}
	require.Fail(t, "it is not in the list", "%v", key)
	return Entry{}
}

// The segment has no size yet, as between two steps of Qt's create().
func TestPosixSegmentInTheMaking(t *testing.T) {
	x := posixRow(t)
	require.NoError(t, os.WriteFile(posixFile(x.key), nil, 0o600))
	_, err := Attach(soon(t), x.key, ReadOnly)
	e := requireError(t, err, "attach", x.key, ErrNotFound)
	assert.Contains(t, e.Msg, "no size yet")
	_, err = Attach(ended, x.key, ReadOnly)
	requireError(t, err, "attach", x.key, ErrBusy)
	_, err = Create(soon(t), x.key, 8, ReadWrite)
	assert.Contains(t, requireError(t, err, "create", x.key, ErrExists).Msg, "Recover")
	assert.NoFileExists(t, posixSemaphore(x.key))
	report, err := Recover(soon(t), x.key, Policy{})
	require.NoError(t, err)
	assert.Equal(t, []Action{RemoveSegment}, report.Actions)
	assert.NoFileExists(t, posixFile(x.key))
	require.NoError(t, os.WriteFile(posixFile(x.key), nil, 0o600))

	attached := make(chan error, 1)
	go func() {
		s, err := Attach(soon(t), x.key, ReadOnly)
		if err == nil {
			err = s.Close()
		}
		attached <- err
	}()
	time.Sleep(10 * time.Millisecond)
	require.NoError(t, os.Truncate(posixFile(x.key), 8))
	require.NoError(t, <-attached)
}

// Others can cut a segment: to touch what is gone is an error, not the end.
func TestPosixSegmentThatWasCut(t *testing.T) {
	x := posixRow(t)
	s := mustCreate(t, x.key, 3*4096)
	require.NoError(t, os.Truncate(posixFile(x.key), 0))
	_, err := s.ReadAt(make([]byte, 8), 4096)
	requireError(t, err, "read", x.key, ErrResources)
	_, err = s.WriteAt(make([]byte, 8), 4096)
	requireError(t, err, "write", x.key, ErrResources)
	_, err = s.Snapshot(soon(t), nil)
	requireError(t, err, "snapshot", x.key, ErrResources)
	err = s.View(func(data []byte) error { data[8000]++; return nil })
	requireError(t, err, "view", x.key, ErrResources)
	assert.Equal(t, 1, rawValue(t, x.key), "the lock was given back")
	require.NoError(t, s.Lock(soon(t)))
	require.NoError(t, s.Unlock())
}

func TestPosixViewOfReadOnly(t *testing.T) {
	x := posixRow(t)
	mustCreate(t, x.key, 10)
	s := mustAttach(t, x.key, ReadOnly)
	err := s.View(func(data []byte) error { data[0]++; return nil })
	requireError(t, err, "view", x.key, ErrReadOnly)
}

// What is no semaphore is not touched.
func TestPosixGarbageInPlaceOfTheLock(t *testing.T) {
	x := posixRow(t)
	peer := x.creator(8)
	require.NoError(t, peer.End()) // its semaphore goes with it
	for name, content := range map[string][]byte{"empty": nil, "short": []byte("12345"), "long": make([]byte, 100)} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(posixSemaphore(x.key), content, 0o600))
			s := mustAttach(t, x.key, ReadWrite)
			requireError(t, s.Lock(soon(t)), "lock", x.key, ErrKey)
			state, err := Inspect(x.key)
			requireError(t, err, "inspect", x.key, ErrKey)
			assert.Equal(t, Unclear, state.Verdict)
			require.NoError(t, s.Close())
			assert.Equal(t, len(content), len(readFile(t, posixSemaphore(x.key))))
		})
	}
}

func TestPosixObjectsOfAnotherUser(t *testing.T) {
	x := posixRow(t)
	s := mustCreate(t, x.key, 8)
	require.NoError(t, s.WithLock(soon(t), func() error { return nil }))
	require.NoError(t, s.Close())
	var attached, created, inspected error
	var state State
	peertest.AsNobody(t, func() {
		_, attached = Attach(soon(t), x.key, ReadOnly)
		_, created = Create(soon(t), x.key, 8, ReadWrite)
		state, inspected = Inspect(x.key)
	})
	requireError(t, attached, "attach", x.key, ErrPermission)
	requireError(t, created, "create", x.key, ErrExists)
	require.NoError(t, inspected)
	assert.Equal(t, Live, state.Verdict)
	assert.Equal(t, []int{ipc.Uncounted, -1}, []int{state.Segment.Attached, state.Lock.Value}, "not to be known")

	require.NoError(t, os.Remove(posixFile(x.key)))
	peertest.AsNobody(t, func() { _, created = Create(soon(t), x.key, 8, ReadWrite) })
	requireError(t, created, "create", x.key, ErrPermission)
	assert.NoFileExists(t, posixFile(x.key))
	assert.Equal(t, 1, rawValue(t, x.key))
}

func init() { roles["QTB_TEST_MEMORY_FILES"] = useOddDirectory }

// useOddDirectory does what a test with a /dev/shm of its own wants, and prints the
// errors, and whether they have a remedy.
func useOddDirectory(order string) {
	key := PosixKey("/qtbtest")
	show := func(err error) {
		e, ok := errors.AsType[*Error](err)
		fmt.Println(ok && e.Msg != "", err)
	}
	_, err := Create(context.Background(), key, 1<<20, ReadWrite)
	show(err)
	if order != "small" {
		_, err = Attach(context.Background(), key, ReadOnly)
		show(err)
		return
	}
	if err := os.WriteFile(posixFile(key), nil, 0o600); err != nil {
		panic(err)
	}
	if err := os.Truncate(posixFile(key), 1<<20); err != nil { // as Qt's create() does
		panic(err)
	}
	s, err := Attach(context.Background(), key, ReadWrite)
	if err != nil {
		panic(err)
	}
	_, err = s.WriteAt(make([]byte, 1<<20), 0)
	show(err)
	_, err = s.ReadAt(make([]byte, 1<<20), 0)
	show(err)
}

// A /dev/shm that is too small, read-only or not there ends in errors.
func TestPosixOddDirectories(t *testing.T) {
	for name, test := range map[string]struct {
		mount, dir string
		codes      []Code
	}{
		"small":     {`mount -t tmpfs -o size=64k none "$0"`, shm, []Code{ErrResources, ErrResources, ErrResources}},
		"read-only": {`mount -t tmpfs -o ro none "$0"`, shm, []Code{ErrResources, ErrNotFound}},
		"missing":   {`mount -t tmpfs none "$0"`, "/dev", []Code{ErrResources, ErrNotFound}},
	} {
		t.Run(name, func(t *testing.T) {
			posixRow(t)
			cmd := exec.Command(os.Args[0])
			peertest.WithMounts(t, test.mount, test.dir)(cmd)
			cmd.Env = append(os.Environ(), "QTB_TEST_MEMORY_FILES="+name)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			t.Logf("%s", out)
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			require.Len(t, lines, len(test.codes))
			for i, code := range test.codes {
				assert.Regexp(t, "^true .*: "+code.Error()+": ", lines[i])
			}
		})
	}
}

func TestPosixNoRoom(t *testing.T) {
	x := posixRow(t)
	_, err := Create(soon(t), x.key, 1<<46, ReadWrite)
	e := requireError(t, err, "create", x.key, ErrResources)
	assert.Contains(t, e.Msg, "/dev/shm has no")
	assert.NoFileExists(t, posixFile(x.key))
}

func TestPosixKeysThatCannotBe(t *testing.T) {
	for name, remedy := range map[string]string{
		"name": "platformSafeKey", "/": "no name", "/..": "no name", "/a/b": "no slash but the first", "//a": "no slash but the first",
		"/" + strings.Repeat("x", 252): "shorter key", "/a\x00b": "NUL", "": "empty", "/\xff": "UTF-8",
	} {
		_, err := Inspect(PosixKey(name))
		e := requireError(t, err, "inspect", PosixKey(name), ErrKey)
		assert.Contains(t, e.Msg, remedy)
	}
}

// Without Qt 6.6 what others have made is seen, and no more.
func TestPosixObjectsAreSeenWithAnyQt(t *testing.T) {
	x := newPosixTest(t)
	require.NoError(t, os.WriteFile(posixFile(x.key), []byte("content"), 0o600))
	require.NoError(t, os.WriteFile(posixSemaphore(x.key), rawSemaphore(1), 0o600))
	state := mustInspect(t, x.key)
	assert.Equal(t, Orphaned, state.Verdict)
	assert.EqualValues(t, 7, state.Segment.Size)
	assert.Equal(t, 1, state.Lock.Value)

	file, err := os.Open(posixFile(x.key))
	require.NoError(t, err)
	memory, err := unix.Mmap(int(file.Fd()), 0, 7, unix.PROT_READ, unix.MAP_SHARED)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	state = listedPosix(t, x.key).State
	assert.Equal(t, Live, state.Verdict)
	assert.Equal(t, 1, state.Segment.Attached)
	require.NoError(t, unix.Munmap(memory))

	require.NoError(t, os.WriteFile(posixSemaphore(x.key), rawSemaphore(0), 0o600))
	assert.Equal(t, Jammed, listedPosix(t, x.key).State.Verdict)
	if native.HasNativeIpcKeys() {
		return
	}
	const reason = "need Qt 6.6 or later"
	_, err = Attach(soon(t), x.key, ReadOnly)
	assert.Contains(t, requireError(t, err, "attach", x.key, ErrUnsupported).Msg, reason)
	_, err = Create(soon(t), x.key, 8, ReadWrite)
	assert.Contains(t, requireError(t, err, "create", x.key, ErrUnsupported).Msg, reason)
	_, err = NewPublisher(x.key, PublisherOptions{})
	assert.Contains(t, requireError(t, err, "publish", x.key, ErrUnsupported).Msg, reason)
	for _, err := range Watch(soon(t), x.key, WatchOptions{}) {
		assert.Contains(t, requireError(t, err, "watch", x.key, ErrUnsupported).Msg, reason)
	}
	same(t, []byte("content"), readFile(t, posixFile(x.key)), "the observer")
}

// rawSemaphore is a semaphore of glibc's.
func rawSemaphore(value uint32) []byte {
	data := make([]byte, 32)
	binary.NativeEndian.PutUint32(data, value)
	return data
}

// A Qt program that makes the objects of a QtKey as one does whose Qt has POSIX shared
// memory alone: refused by the QtKey, and reached by the key that the error names.
func TestPosixSegmentOfAQtKey(t *testing.T) {
	x := posixRow(t)
	key := QtKey(lettersOnly(x.env))
	peer := x.env.Verbs(6)
	text, _ := peer.Do("shm.legacyNativeKey", "", peertest.Args{"key": key.Name(), "type": int(native.PosixRealtime)}).Ret.(string)
	t.Cleanup(func() {
		_ = os.Remove(shm + strings.TrimPrefix(strings.TrimSuffix(text, "?legacyKey="+key.Name()), "posix:"))
	})
	peer.Do("shm.newNativeIpc", "m", peertest.Args{"key": text})
	require.True(t, peer.Do("shm.create", "m", peertest.Args{"size": 8}).OK())

	_, err := Attach(soon(t), key, ReadWrite)
	assert.Contains(t, requireError(t, err, "attach", key, ErrUnsupported).Msg, text)
	state := mustInspect(t, key)
	assert.Equal(t, Live, state.Verdict)
	assert.Equal(t, text, state.Elsewhere.String())

	s := mustAttach(t, state.Elsewhere, ReadWrite)
	require.NoError(t, s.Lock(soon(t)))
	requireHandedOver(t, s, peer)
	requireError(t, s.TryLock(), "trylock", state.Elsewhere, ErrLocked)
	require.True(t, peer.Do("shm.unlock", "m", nil).OK())
	_, err = s.WriteAt([]byte("from Go."), 0)
	require.NoError(t, err)
	same(t, []byte("from Go."), peer.Do("shm.read", "m", nil).Bytes(), "the peer")
}

// A peer whose Qt has POSIX shared memory alone has the segment of a QtKey in the other
// world: it is named, and no second one is made.
func TestQtKeyWhoseSegmentIsInTheOtherWorld(t *testing.T) {
	env := peertest.New(t)
	name := lettersOnly(env)
	key := QtKey(name)
	segment, _ := keyFiles(t, key)
	other := shm + "/" + filepath.Base(segment)
	rest := strings.TrimPrefix(filepath.Base(segment), ipc.SegmentPrefix)
	t.Cleanup(func() {
		_ = os.Remove(other)
		_ = os.Remove(shm + "/sem." + ipc.LockPrefix + rest)
	})
	require.NoError(t, os.WriteFile(other, []byte("theirs"), 0o600))
	require.NoError(t, os.WriteFile(shm+"/sem."+ipc.LockPrefix+rest, rawSemaphore(1), 0o600))
	reach := "posix:/" + filepath.Base(segment) + "?legacyKey=" + name

	_, err := Attach(soon(t), key, ReadOnly)
	assert.Contains(t, requireError(t, err, "attach", key, ErrUnsupported).Msg, reach)
	_, err = Create(soon(t), key, 8, ReadWrite)
	assert.Contains(t, requireError(t, err, "create", key, ErrUnsupported).Msg, reach)
	assert.Empty(t, env.Files(env.Tmp), "a second segment")
	for _, err := range Watch(soon(t), key, WatchOptions{}) {
		assert.Contains(t, requireError(t, err, "watch", key, ErrUnsupported).Msg, reach)
		break
	}
	_, err = Recover(soon(t), key, Policy{})
	assert.Contains(t, requireError(t, err, "recover", key, ErrUnsupported).Msg, reach)

	state := mustInspect(t, key)
	assert.Equal(t, key, state.Key)
	assert.Equal(t, reach, state.Elsewhere.String())
	assert.EqualValues(t, 6, state.Segment.Size)
	assert.Equal(t, 1, state.Lock.Value)
	assert.Equal(t, state.Elsewhere, listedPosix(t, state.Elsewhere).Key)

	if !native.HasNativeIpcKeys() {
		return
	}
	s := mustAttach(t, state.Elsewhere, ReadWrite)
	require.NoError(t, s.Lock(soon(t)))
	raw := readFile(t, shm+"/sem."+ipc.LockPrefix+rest)
	assert.True(t, bytes.Equal(raw[:4], make([]byte, 4)), "the lock is that of the peers")
	require.NoError(t, s.Unlock())
}

// requireHandedOver requires that a peer waits for the lock that s holds, and gets it when
// s gives it back.
func requireHandedOver(t *testing.T, s *Segment, peer *peertest.Peer) {
	t.Helper()
	locked := peer.Async("shm.lock", "m", nil)
	select {
	case <-locked:
		t.Fatal("the peer has the lock that Go holds, or another one")
	case <-time.After(50 * time.Millisecond):
	}
	require.NoError(t, s.Unlock())
	require.True(t, (<-locked).OK())
}
