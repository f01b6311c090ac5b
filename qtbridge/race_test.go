//go:build cgo && (linux || windows)

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

	"qtinterop/internal/peertest"
)

// Where segments come and go, attaching and creating succeed or say so.
func TestAttachWhileOthersComeAndGo(t *testing.T) {
	env := peertest.New(t)
	key := nativeKey(env)
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
	// On a busy machine one that wants to remove the semaphore can find it taken for too
	// long, and leaves it to the others.
	mustRecover(t, QtKey(name))
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
