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
	g := useLocalLock(t.Name())
	defer g.close()
	inside := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 2000 {
				// Some give up, at any moment.
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%7)*time.Microsecond)
				if g.enter(ctx, nil) == nil {
					inside++
					assert.Equal(t, 1, inside)
					inside--
					g.leave()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	require.True(t, g.tryEnter(), "it is open in the end")
	require.False(t, g.tryEnter())
	g.leave()
}

func TestLocalLockCallsOff(t *testing.T) {
	g := useLocalLock(t.Name())
	defer g.close()
	require.True(t, g.tryEnter())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, g.enter(ctx, nil), ErrLocked)
	closing := make(chan struct{})
	close(closing)
	assert.ErrorIs(t, g.enter(t.Context(), closing), ErrClosed)
	g.leave()
	assert.NoError(t, g.enter(t.Context(), nil))
	g.leave()
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
