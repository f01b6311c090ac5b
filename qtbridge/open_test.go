//go:build cgo && (linux || windows)

package qtbridge

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// Of many who open at once, one creates and fills the segment, and all have the same.
func TestOpenCreatesOnce(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		filled := 0
		segments := make([]*Segment, 8)
		for i := range segments {
			wg.Go(func() {
				s, err := Open(soon(t), key, 100, ReadWrite, func(data []byte) error {
					mu.Lock()
					defer mu.Unlock()
					filled++
					copy(data, "filled")
					return nil
				})
				if assert.NoError(t, err) {
					segments[i] = closing(t, s)
				}
			})
		}
		wg.Wait()
		require.False(t, t.Failed())
		assert.Equal(t, 1, filled)
		peer := env.Verbs(qt)
		attachPeer(peer, key)
		assert.Equal(t, "filled", string(peer.Do("shm.read", key.String(), peertest.Args{"length": 6}).Bytes()))
		_, err := segments[0].WriteAt([]byte("all"), 0)
		require.NoError(t, err)
		for _, s := range segments {
			got, err := s.Snapshot(soon(t), nil)
			require.NoError(t, err)
			assert.Equal(t, "allled", string(got[:6]))
		}
	})
}

// What a Qt program has made, or has left behind, is opened as it is.
func TestOpenFindsWhatThereIs(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		fill := func([]byte) error { t.Error("called"); return nil }
		peer := env.Verbs(qt)
		create(peer, key, 100, []byte("of the peer"))
		for _, end := range []bool{false, true} {
			if end && !hasKeyFiles {
				break // nothing is left
			}
			if end {
				peer.Kill()
			}
			s, err := Open(soon(t), key, 50, ReadOnly, fill)
			require.NoError(t, err)
			assert.Equal(t, pagedSize(100), s.Size())
			require.NoError(t, s.Close())
			_, err = Open(soon(t), key, 1<<20, ReadOnly, fill)
			requireError(t, err, "open", key, ErrSize)
		}
		env.LeavesBehind()
	})
}

func TestOpenIsUndoneIfItCannotBeFilled(t *testing.T) {
	env := peertest.New(t)
	mine := errors.New("mine")
	for _, key := range []Key{QtKey(env.Name()), nativeKey(env)} {
		_, err := Open(soon(t), key, 10, ReadWrite, func([]byte) error { return mine })
		require.Equal(t, mine, err)
		_, err = Attach(soon(t), key, ReadOnly)
		requireError(t, err, "attach", key, ErrNotFound)
	}
	assert.Empty(t, env.Files(env.Tmp))
	assert.Empty(t, env.Files(env.Work))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s, err := Open(ctx, QtKey(env.Name()), 10, ReadWrite, nil)
	if err == nil {
		require.NoError(t, s.Close(), "there was nothing to wait for")
	}
}

func TestCreateNewLeavesAnOrphan(t *testing.T) {
	if !hasKeyFiles {
		return // there are none
	}
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		orphan(env, qt, key)
		_, err := CreateNew(soon(t), key, 5, ReadWrite)
		e := requireError(t, err, "create", key, ErrExists)
		assert.Contains(t, e.Msg, "crash")
		s := mustAttach(t, key, ReadOnly)
		got, err := s.Snapshot(soon(t), nil)
		require.NoError(t, err)
		assert.Equal(t, "stale", string(got))
		require.NoError(t, s.Close())
		mustRecover(t, key)
		s, err = CreateNew(soon(t), key, 5, ReadWrite)
		require.NoError(t, err)
		require.NoError(t, s.Close())
	})
}

// waitingNotice is a Notice that remembers what it was told.
func notices() (notice func(error), told func() []error) {
	var mu sync.Mutex
	var errs []error
	return func(err error) {
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		}, func() []error {
			mu.Lock()
			defer mu.Unlock()
			return append([]error{}, errs...)
		}
}

// While a reader is attached, a Publish waits, and says so after a second.
func TestPublishSaysForWhomItWaits(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		notice, told := notices()
		p := mustPublisher(t, key, PublisherOptions{Notice: notice})
		mustPublish(t, p, "first")
		reader := env.Verbs(qt)
		attachPeer(reader, key)
		err := publishWithin(t, p, 1500*time.Millisecond, "second")
		requireError(t, err, "publish", key, ErrBusy)
		require.Len(t, told(), 1)
		assert.ErrorIs(t, told()[0], ErrBusy)
		reader.Do("shm.delete", key.String(), nil)
		mustPublish(t, p, "third")
		requireClean(t, env, p)
	})
}
