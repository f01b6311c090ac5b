//go:build cgo && linux

package qtbridge

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// Another process removes the semaphore that a Segment made, and a third one
// makes the next. Closing leaves that to the third.
func TestCloseLeavesTheLockOfAnother(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		s := mustCreate(t, key, 8)
		semaphore := peertest.Args{"key": key.Name(), "initial": 1, "mode": "Create"}
		peer.Do("sem.new", "a", semaphore)
		peer.Do("sem.delete", "a", nil)
		require.NoFileExists(t, lock)
		peer.Do("sem.new", "b", semaphore)
		theirs := observer.LookSemaphore(lock).ID

		require.NoError(t, s.Lock(soon(t)))
		require.NoError(t, s.Unlock())
		require.NoError(t, s.Close())
		now := observer.LookSemaphore(lock)
		require.NotNil(t, now, "its key file is there")
		assert.Equal(t, theirs, now.ID)
		peer.Do("sem.delete", "b", nil)
	})
}

// A lock that another process has reset and taken is not given back for it.
func TestLockLostToAHolder(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		s := mustCreate(t, key, 8)
		require.NoError(t, s.Lock(soon(t)))
		peer.Do("sem.new", "a", peertest.Args{"key": key.Name(), "initial": 1, "mode": "Create"})
		peer.Must("sem.acquire", "a", nil)
		requireError(t, s.Unlock(), "unlock", key, ErrLockLost)
		assert.Equal(t, 0, observer.LookSemaphore(lock).Value, "the peer holds it")
		peer.Must("sem.release", "a", nil)
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
		require.NoError(t, s.Close())
		peer.Do("sem.delete", "a", nil)
	})
}

// Where segments come and go, attaching and creating succeed or say so.
func TestAttachWhileOthersComeAndGo(t *testing.T) {
	env := peertest.New(t)
	key := NativeKey(env.Work + "/key")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for end := time.Now().Add(time.Second); time.Now().Before(end); {
				s, err := Create(t.Context(), key, 8, ReadWrite)
				if err != nil {
					assert.NotErrorIs(t, err, ErrUnknown)
					s, err = Attach(t.Context(), key, ReadOnly)
				}
				if err != nil {
					assert.NotErrorIs(t, err, ErrUnknown)
					continue
				}
				assert.NoError(t, s.Close())
			}
		})
	}
	wg.Wait()
	assert.Empty(t, env.Files(env.Work))
}

// Processes that create, attach and close at random, so that semaphores are made
// and removed all the time, still never hold the lock together.
func TestLockWhileProcessesComeAndGo(t *testing.T) {
	if name := os.Getenv("QTBRIDGE_TEST_COME_AND_GO"); name != "" {
		comeAndGo(t, QtKey(name))
		return
	}
	env := peertest.New(t)
	name := env.Name()
	var processes []*peertest.Process
	for range 3 {
		processes = append(processes, env.StartSelf("TestLockWhileProcessesComeAndGo", "QTBRIDGE_TEST_COME_AND_GO="+name))
	}
	for _, p := range processes {
		p.WaitForEOF()
		assert.NoError(t, p.End())
	}
	assert.Empty(t, env.Files(env.Tmp))
}

func comeAndGo(t *testing.T, key Key) {
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		s, err := Create(t.Context(), key, 16, ReadWrite)
		if err != nil {
			s, err = Attach(t.Context(), key, ReadWrite)
		}
		if err != nil {
			continue
		}
		for range 5 {
			if err := s.WithLock(context.Background(), func() error { return claim(s) }); err != nil {
				fmt.Fprintln(os.Stderr, err)
				t.Error(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// claim writes something that nobody else may overwrite.
func claim(s *Segment) error {
	mine := []byte(rand.Text()[:16])
	if _, err := s.WriteAt(mine, 0); err != nil {
		return err
	}
	time.Sleep(50 * time.Microsecond)
	got := make([]byte, len(mine))
	if _, err := s.ReadAt(got, 0); err != nil {
		return err
	}
	if !bytes.Equal(got, mine) {
		return fmt.Errorf("somebody else holds the lock as well")
	}
	return nil
}
