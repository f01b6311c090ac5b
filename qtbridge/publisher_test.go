//go:build cgo && (linux || windows)

package qtbridge

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// eachPublishing runs a test for each Qt of the peer and each kind of key.
func eachPublishing(t *testing.T, test func(t *testing.T, env *peertest.Env, qt int, key Key)) {
	for _, kind := range []string{"setKey", "native"} {
		t.Run(kind, func(t *testing.T) {
			eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
				key := QtKey(env.Name())
				if kind == "native" {
					key = nativeKey(env)
				}
				test(t, env, qt, key)
			})
		})
	}
}

// mustPublisher makes a Publisher that is closed at the end of the test, if the
// test has not.
func mustPublisher(t testing.TB, key Key, opts PublisherOptions) *Publisher {
	t.Helper()
	p, err := NewPublisher(key, opts)
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := p.Close(); err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("closing: %v", err)
		}
	})
	return p
}

func mustPublish(t testing.TB, p *Publisher, message string) {
	t.Helper()
	require.NoError(t, p.Publish(soon(t), []byte(message)))
}

// publishing is a Publish on its own goroutine.
func publishing(ctx context.Context, p *Publisher, message string) <-chan error {
	done := make(chan error, 1)
	go func() { done <- p.Publish(ctx, []byte(message)) }()
	return done
}

// publishWithin is a Publish whose context ends d after the call has begun, and not before
// it, as it can on a busy machine.
func publishWithin(t testing.TB, p *Publisher, d time.Duration, message string) error {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	begun := sync.OnceFunc(func() { time.AfterFunc(d, func() { cancel(context.DeadlineExceeded) }) })
	return p.Publish(&begunContext{ctx, begun}, []byte(message))
}

// begunContext is a context that learns when somebody begins to wait for its end.
type begunContext struct {
	context.Context
	begun func()
}

func (c *begunContext) Done() <-chan struct{} {
	c.begun()
	return c.Context.Done()
}

// requireWaits requires that done is not over for a while.
func requireWaits(t testing.TB, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
}

// requireClean closes p and requires that nothing is left of it.
func requireClean(t testing.TB, env *peertest.Env, p *Publisher) {
	t.Helper()
	segment, lock := keyFiles(t, p.Key())
	before, semaphore := observer.Look(segment), observer.LookSemaphore(lock)
	require.NoError(t, p.Close())
	if before != nil {
		require.Nil(t, observer.Look(segment))
	}
	if semaphore != nil {
		require.Nil(t, observer.LookSemaphore(lock))
	}
	require.Empty(t, env.Files(env.Tmp))
	require.NoFileExists(t, segment)
}

// peerArgs are the arguments of a face of the testpeer for a key.
func peerArgs(face string, key Key, more ...string) []string {
	args := append([]string{face, key.Name()}, more...)
	if !key.IsNative() {
		args = append(args, "--set-key")
	}
	return args
}

// reading is an object of a peer that is attached to a key.
func reading(peer *peertest.Peer, obj string, key Key) {
	object(peer, obj, key)
	peer.Must("shm.attach", obj, peertest.Args{"mode": "ReadOnly"})
}

// A poller reads each message of a sequence that goes no faster than it.
func TestPublishToAPoller(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, _ := keyFiles(t, key)
		poller := env.Start(qt, env.Work, peerArgs("poller", key, "--interval", "1")...)
		p := mustPublisher(t, key, PublisherOptions{})
		require.Equal(t, key, p.Key())
		for i, id := range []string{"4711", "共享内存-7", "x", string(bytes.Repeat([]byte("y"), 5000)), "4712"} {
			mustPublish(t, p, id)
			poller.ReadUntilHex(fmt.Sprintf("%x", paged([]byte(id))))
			same(t, paged([]byte(id)), env.Raw(segment), "the observer")
			require.Equal(t, pagedSize(len(id)), observer.Look(segment).Size, "message %d", i)
		}
		require.NoError(t, poller.End())
		requireClean(t, env, p)
	})
}

// readBy collects what a poller reads, up to a last message.
func readBy(poller *peertest.Process, last string) <-chan []string {
	lines := make(chan []string, 1)
	go func() {
		var got []string
		for len(got) == 0 || got[len(got)-1] != last {
			line, err := poller.ReadLine()
			if err != nil {
				break
			}
			var read struct{ Hex string }
			if json.Unmarshal(line, &read) == nil {
				got = append(got, read.Hex)
			}
		}
		lines <- got
	}()
	return lines
}

// At a pace near that of the poller, no Publish fails, the last message arrives,
// and nothing is read that was not published, but for a part without a lock.
func TestPublishBesideAPoller(t *testing.T) {
	const messages = 300
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		p := mustPublisher(t, key, PublisherOptions{})
		published := map[string]bool{}
		var list []string
		for i := range messages {
			message := fmt.Sprintf("%d %s", i, crand.Text()[:1+rand.IntN(25)])
			list = append(list, message)
			published[fmt.Sprintf("%x", paged([]byte(message)))] = true
		}
		poller := env.Start(qt, env.Work, peerArgs("poller", key, "--interval", "1")...)
		lines := readBy(poller, fmt.Sprintf("%x", paged([]byte(list[messages-1]))))
		for _, message := range list {
			mustPublish(t, p, message)
			time.Sleep(time.Duration(1000+rand.IntN(4000)) * time.Microsecond)
		}
		parts, whole := 0, 0
		for i, line := range <-lines {
			got, err := hex.DecodeString(line)
			require.NoError(t, err)
			switch {
			case published[line]:
				whole++
			case key.IsNative() && slices.ContainsFunc(list, func(m string) bool { return isPart(got, m) }):
				parts++
			default:
				t.Errorf("what the poller read as number %d was never published: %q", i, got)
			}
		}
		t.Logf("of %d messages the poller saw %d, and %d in part", messages, whole, parts)
		require.NoError(t, poller.End())
		requireClean(t, env, p)
	})
}

// isPart tells whether got is a message of which some bytes are still zero.
func isPart(got []byte, message string) bool {
	want := paged([]byte(message))
	if len(got) != len(want) {
		return false
	}
	for i, b := range got {
		if b != 0 && b != want[i] {
			return false
		}
	}
	return true
}

// cycle is what a reader does with Qt's calls: what it read, nil if there was
// nothing to attach to.
func cycle(peer *peertest.Peer, obj string) ([]byte, error) {
	for _, op := range []string{"shm.attach", "shm.lock"} {
		r, err := peer.Try(op, obj, nil)
		if err != nil {
			return nil, err
		}
		if op == "shm.attach" && !r.OK() {
			return nil, nil
		}
	}
	read, err := peer.Try("shm.read", obj, nil)
	if err != nil {
		return nil, err
	}
	for _, op := range []string{"shm.unlock", "shm.detach"} {
		if _, err := peer.Try(op, obj, nil); err != nil {
			return nil, err
		}
	}
	return read.Bytes(), nil
}

// readersOf run cycles on several peers until stop, and hand each read to check.
func readersOf(t *testing.T, env *peertest.Env, qt, n int, key Key, check func(got []byte)) (stop func()) {
	t.Helper()
	var stopped atomic.Bool
	var wg sync.WaitGroup
	var peers []*peertest.Peer
	for range n {
		peer := env.Verbs(qt)
		peers = append(peers, peer)
		obj := "m"
		if !key.IsNative() {
			object(peer, obj, key)
		}
		wg.Go(func() {
			for i := 0; !stopped.Load(); i++ {
				if key.IsNative() { // each lock() spoils the object
					obj = strconv.Itoa(i)
					_, _ = peer.Try("shm.new", obj, nil)
					_, _ = peer.Try("shm.setNativeKey", obj, peertest.Args{"key": key.Name()})
				}
				got, err := cycle(peer, obj)
				if !assert.NoError(t, err) {
					return
				}
				check(got)
				if key.IsNative() {
					_, _ = peer.Try("shm.delete", obj, nil)
				}
				if !hasKeyFiles {
					time.Sleep(5 * time.Millisecond) // under Wine its verbs take long, and would leave no gap
				}
			}
		})
	}
	return func() {
		stopped.Store(true)
		wg.Wait()
		for _, peer := range peers {
			assert.NoError(t, peer.End())
		}
	}
}

// Qt readers that lock find a message, whole, whenever they come.
func TestPublishToReadersThatLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		p := mustPublisher(t, key, PublisherOptions{})
		var published sync.Map
		publish := func() {
			message := make([]byte, 1+rand.IntN(5000))
			_, _ = crand.Read(message)
			published.Store(string(paged(message)), true)
			require.NoError(t, p.Publish(soon(t), message))
		}
		publish()
		var reads atomic.Int64
		stop := readersOf(t, env, qt, 2, key, func(got []byte) {
			reads.Add(1)
			if assert.NotNil(t, got, "no segment") {
				_, ok := published.Load(string(got))
				assert.True(t, ok, "%d bytes that nobody published", len(got))
			}
		})
		for range fewerOnWindows(300) {
			publish()
		}
		stop()
		assert.Positive(t, reads.Load())
		requireClean(t, env, p)
	})
}

// Without a lock, and at full pace, readers come at every moment of a Publish.
func TestPublishBesideReadersThatCannotLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := nativeKey(env)
		p := mustPublisher(t, key, PublisherOptions{})
		var list []string
		for i := range fewerOnWindows(500) {
			list = append(list, fmt.Sprintf("message %d", i))
		}
		var whole, parts, none atomic.Int64
		stop := readersOf(t, env, qt, 2, key, func(got []byte) {
			switch {
			case got == nil:
				none.Add(1)
			case slices.ContainsFunc(list, func(m string) bool { return string(paged([]byte(m))) == string(got) }):
				whole.Add(1)
			default:
				parts.Add(1)
				assert.True(t, slices.ContainsFunc(list, func(m string) bool { return isPart(got, m) }), "%q", got)
			}
		})
		for _, message := range list {
			mustPublish(t, p, message)
		}
		stop()
		t.Logf("whole %d, in part %d, nothing %d times", whole.Load(), parts.Load(), none.Load())
		requireClean(t, env, p)
	})
}

// While a reader is attached, the old message stays, and a Publish waits.
func TestPublishWaitsForAReader(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, _ := keyFiles(t, key)
		p := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, p, "first")
		peer := env.Verbs(qt)
		reading(peer, "m", key)
		before := *observer.Look(segment)
		require.Equal(t, 2, before.Attached)

		err := publishWithin(t, p, 50*time.Millisecond, "second")
		e := requireError(t, err, "publish", key, ErrBusy)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Contains(t, e.Msg, "1 others are attached")
		require.Equal(t, before, *observer.Look(segment))

		done := publishing(t.Context(), p, "third")
		requireWaits(t, done)
		if !key.IsNative() {
			peer.Must("shm.lock", "m", nil)
			peer.Must("shm.unlock", "m", nil)
		}
		same(t, paged([]byte("first")), peer.Do("shm.read", "m", nil).Bytes(), "the reader")
		same(t, paged([]byte("first")), env.Raw(segment), "the observer")
		reading(peer, "newcomer", key)
		same(t, paged([]byte("first")), peer.Do("shm.read", "newcomer", nil).Bytes(), "a newcomer")
		peer.Must("shm.detach", "newcomer", nil)
		requireWaits(t, done)
		peer.Must("shm.detach", "m", nil)
		require.NoError(t, <-done)
		same(t, paged([]byte("third")), env.Raw(segment), "the observer")
		require.NoError(t, peer.End())
		requireClean(t, env, p)
	})
}

// A cancelled Publish leaves the message before, with the cause in the error.
func TestPublishCancelled(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	p := mustPublisher(t, key, PublisherOptions{})
	mustPublish(t, p, "first")
	peer := env.Verbs(peertest.QtVersions[0])
	reading(peer, "m", key)
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := publishing(ctx, p, "second")
	requireWaits(t, done)
	cancel(cause)
	err := <-done
	requireError(t, err, "publish", key, ErrBusy)
	require.ErrorIs(t, err, cause)
	same(t, paged([]byte("first")), env.Raw(first(keyFiles(t, key))), "the observer")

	peer.Must("shm.lock", "m", nil)
	err = publishWithin(t, p, 50*time.Millisecond, "third")
	requireError(t, err, "publish", key, ErrLocked)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	same(t, paged([]byte("first")), env.Raw(first(keyFiles(t, key))), "the observer")
	peer.Must("shm.unlock", "m", nil)
	require.NoError(t, peer.End())
	mustPublish(t, p, "fourth")
}

// killedWriter is what a writer leaves that was killed.
func killedWriter(t *testing.T, env *peertest.Env, qt int, key Key) (kill func()) {
	t.Helper()
	writer := env.Start(qt, env.Work, peerArgs("writer", key)...)
	writer.Line("stale")
	_, err := writer.ReadLine()
	require.NoError(t, err)
	return writer.Kill
}

// What a killed predecessor left is removed, its lock included.
func TestPublishAfterACrash(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, _ := keyFiles(t, key)
		killedWriter(t, env, qt, key)()
		require.Equal(t, hasKeyFiles, observer.Look(segment) != nil, "what it left")
		p := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, p, "new")
		same(t, paged([]byte("new")), env.Raw(segment), "the observer")
		requireClean(t, env, p)
	})
}

// The first message waits for a lock that somebody holds already; so do the
// others.
func TestPublishUnderAHeldLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		segment, _ := keyFiles(t, key)
		peer := env.Verbs(qt)
		peerSemaphore(peer, key, 1, "Open")
		p := mustPublisher(t, key, PublisherOptions{})
		for _, before := range [][]byte{nil, []byte("first")} {
			peer.Must("sem.acquire", "s", nil)
			err := publishWithin(t, p, 30*time.Millisecond, "second")
			requireError(t, err, "publish", key, ErrLocked)
			if before == nil {
				require.Nil(t, observer.Look(segment))
			} else {
				same(t, paged(before), env.Raw(segment), "the observer")
			}
			done := publishing(t.Context(), p, "first")
			requireWaits(t, done)
			peer.Must("sem.release", "s", nil)
			require.NoError(t, <-done)
		}
		require.NoError(t, peer.End())
		requireClean(t, env, p)
	})
}

// A living writer keeps its segment and its lock.
func TestPublishLeavesALivingWriter(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, lock := keyFiles(t, key)
		peer := env.Verbs(qt)
		create(peer, key, 6, []byte("theirs"))
		look := func() []any {
			return []any{observer.Look(segment), observer.LookSemaphore(lock), env.Raw(segment)}
		}
		for _, op := range []string{"shm.lock", "shm.unlock"} {
			peer.Do(op, key.String(), nil)
			before := look()
			for _, opts := range []PublisherOptions{{}, {InPlace: 10}} {
				p := mustPublisher(t, key, opts)
				e := requireError(t, p.Publish(soon(t), []byte("ours")), "publish", key, ErrExists)
				if hasKeyFiles {
					require.Contains(t, e.Msg, "process "+strconv.Itoa(peer.PID()))
				}
				require.NoError(t, p.Close())
				require.Equal(t, before, look())
			}
		}
		p := mustPublisher(t, key, PublisherOptions{})
		require.ErrorIs(t, p.Publish(soon(t), []byte("ours")), ErrExists)
		require.NoError(t, peer.End())
		mustPublish(t, p, "ours")
		requireClean(t, env, p)
	})
}

func TestTwoPublishers(t *testing.T) {
	env := peertest.New(t)
	for _, key := range []Key{QtKey(env.Name()), nativeKey(env)} {
		p, q := mustPublisher(t, key, PublisherOptions{}), mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, p, "first")
		e := requireError(t, q.Publish(soon(t), []byte("second")), "publish", key, ErrExists)
		if hasKeyFiles {
			require.Contains(t, e.Msg, "this process")
		}
		same(t, paged([]byte("first")), env.Raw(first(keyFiles(t, key))), "the observer")
		require.NoError(t, p.Close())
		mustPublish(t, q, "third")
		requireClean(t, env, q)
	}
}

// Close calls off who waits for a reader, for the lock, or for their turn.
func TestCloseCallsOffPublish(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		for _, op := range []string{"", "shm.lock"} {
			p := mustPublisher(t, key, PublisherOptions{})
			mustPublish(t, p, "first")
			peer := env.Verbs(qt)
			reading(peer, "m", key)
			if op != "" {
				peer.Do(op, "m", nil)
				env.LeavesBehind() // the semaphore is left to its holder
			}
			one, two := publishing(context.Background(), p, "second"), publishing(context.Background(), p, "third")
			requireWaits(t, one)
			requireWaits(t, two)
			require.NoError(t, p.Close())
			requireError(t, <-one, "publish", key, ErrClosed)
			requireError(t, <-two, "publish", key, ErrClosed)
			same(t, paged([]byte("first")), peer.Do("shm.read", "m", nil).Bytes(), "the reader keeps it")
			require.NoError(t, peer.End())
			require.NoFileExists(t, first(keyFiles(t, key)))
		}
	})
}

func TestPublisherClosed(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	p := mustPublisher(t, key, PublisherOptions{})
	require.NoError(t, p.Close(), "nothing published")
	requireError(t, p.Publish(soon(t), []byte("x")), "publish", key, ErrClosed)
	requireError(t, p.Close(), "close", key, ErrClosed)
	require.Equal(t, key, p.Key())
	require.Empty(t, env.Files(env.Tmp))
}

func TestPublishFromManyGoroutines(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, _ := keyFiles(t, key)
		p := mustPublisher(t, key, PublisherOptions{})
		stop := readersOf(t, env, qt, 1, key, func([]byte) {})
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for range fewerOnWindows(30) {
					assert.NoError(t, p.Publish(soon(t), bytes.Repeat([]byte{byte('a' + i)}, 10+i)))
				}
			})
		}
		wg.Wait()
		stop()
		got := env.Raw(segment)
		require.Equal(t, paged(bytes.Repeat(got[:1], 10+int(got[0]-'a'))), got)
		requireClean(t, env, p)
	})
}

// Close may come while many publish.
func TestClosePublisherAtAnyTime(t *testing.T) {
	env := peertest.New(t)
	for i := range 40 {
		key := []Key{QtKey(env.Name()), nativeKey(env)}[i%2]
		p := mustPublisher(t, key, PublisherOptions{InPlace: 100 * (i / 2 % 2)})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				var err error
				for err == nil {
					err = p.Publish(soon(t), []byte("message"))
				}
				assert.ErrorIs(t, err, ErrClosed)
			})
		}
		time.Sleep(time.Duration(rand.IntN(1000)) * time.Microsecond)
		requireClean(t, env, p)
		wg.Wait()
	}
}

func TestForgottenPublisher(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	p, err := NewPublisher(key, PublisherOptions{})
	require.NoError(t, err)
	mustPublish(t, p, "message")
	segment, _ := keyFiles(t, key)
	require.NotNil(t, observer.Look(segment))
	for ctx := soon(t); (observer.Look(segment) != nil || len(env.Files(env.Tmp)) > 0) && ctx.Err() == nil; time.Sleep(time.Millisecond) {
		runtime.GC()
	}
	assert.Nil(t, observer.Look(segment))
	assert.Empty(t, env.Files(env.Tmp))
}

// In place: the bytes, zeros after them, one segment for all, and readers that
// stay attached.
func TestPublishInPlace(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, _ := keyFiles(t, key)
		p := mustPublisher(t, key, PublisherOptions{InPlace: 12})
		mustPublish(t, p, "a first one")
		peer := env.Verbs(qt)
		reading(peer, "m", key)
		state := *observer.Look(segment)
		for _, message := range []string{"twelve bytes", "short", "", "共享", "x"} {
			require.NoError(t, p.Publish(soon(t), []byte(message)))
			want := paged(append([]byte(message), make([]byte, 12-len(message))...))
			require.Equal(t, want, peer.Do("shm.read", "m", nil).Bytes(), "the reader")
			require.Equal(t, want, env.Raw(segment), "the observer")

			err := p.Publish(soon(t), []byte("thirteen byte"))
			requireError(t, err, "publish", key, ErrRange)
			require.Equal(t, want, env.Raw(segment), "untouched")
			require.Equal(t, state, *observer.Look(segment))
		}
		require.NoError(t, peer.End())
		requireClean(t, env, p)
	})
}

// A Qt reader that stays attached and locks never sees two messages in one.
func TestPublishInPlaceToAReaderThatLocks(t *testing.T) {
	const size = 64 << 10
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		p := mustPublisher(t, key, PublisherOptions{InPlace: size})
		mustPublish(t, p, "a")
		peer := env.Verbs(qt)
		reading(peer, "m", key)
		var stopped atomic.Bool
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := 0; !stopped.Load(); i++ {
				message := bytes.Repeat([]byte{byte('a' + i%26)}, 1+rand.IntN(size))
				assert.NoError(t, p.Publish(soon(t), message))
			}
		})
		reads := map[byte]bool{}
		for range 200 {
			peer.Must("shm.lock", "m", nil)
			got := peer.Do("shm.read", "m", nil).Bytes()
			peer.Must("shm.unlock", "m", nil)
			message := bytes.TrimRight(got, "\x00")
			require.NotEmpty(t, message)
			require.Equal(t, len(message), bytes.Count(message, message[:1]), "a mixture")
			reads[message[0]] = true
		}
		stopped.Store(true)
		wg.Wait()
		assert.Greater(t, len(reads), 1, "the messages changed meanwhile")
		require.NoError(t, peer.End())
		requireClean(t, env, p)
	})
}

func TestPublisherErrors(t *testing.T) {
	env := peertest.New(t)
	for _, key := range []Key{{}, QtKey("a\x00b"), NativeKey(""), QtKey(string(bytes.Repeat([]byte("x"), 40_000)))} {
		_, err := NewPublisher(key, PublisherOptions{})
		requireError(t, err, "publish", key, ErrKey)
	}
	for _, key := range []Key{QtKey(env.Name()), nativeKey(env)} {
		_, err := NewPublisher(key, PublisherOptions{InPlace: -1})
		requireError(t, err, "publish", key, ErrSize)
		p := mustPublisher(t, key, PublisherOptions{})
		requireError(t, p.Publish(soon(t), nil), "publish", key, ErrSize)
		err = p.Publish(ended, []byte("x"))
		requireError(t, err, "publish", key, ErrBusy)
		require.ErrorIs(t, err, errNoWait)
	}
}

// The data is copied into the segment and nowhere else.
func TestPublishMakesNoCopy(t *testing.T) {
	env := peertest.New(t)
	data := make([]byte, 1<<20)
	for _, opts := range []PublisherOptions{{}, {InPlace: 2 << 20}} {
		p := mustPublisher(t, QtKey(env.Name()), opts)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 10 {
			require.NoError(t, p.Publish(soon(t), data))
		}
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(len(data)))
		require.NoError(t, p.Close())
	}
}
