package qtbridge

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLocalLockLetsOneIn(t *testing.T) {
	l := useLocalLock(t.Name())
	defer l.close()
	inside := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 2000 {
				// Some give up, at any moment.
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%7)*time.Microsecond)
				if l.enter(ctx, nil) == nil {
					inside++
					assert.Equal(t, 1, inside)
					inside--
					l.leave()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	require.True(t, l.tryEnter(), "it is open in the end")
	require.False(t, l.tryEnter())
	l.leave()
}

func TestLocalLockCallsOff(t *testing.T) {
	l := useLocalLock(t.Name())
	defer l.close()
	require.True(t, l.tryEnter())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, l.enter(ctx, nil), ErrLocked)
	closing := make(chan struct{})
	close(closing)
	assert.ErrorIs(t, l.enter(t.Context(), closing), ErrClosed)
	l.leave()
	assert.NoError(t, l.enter(t.Context(), nil))
	l.leave()
}

func TestLocalLockIsShared(t *testing.T) {
	a, b := useLocalLock(t.Name()), useLocalLock(t.Name())
	assert.Same(t, a, b)
	a.close()
	b.close()
	c := useLocalLock(t.Name())
	assert.NotSame(t, a, c)
	c.close()
}
