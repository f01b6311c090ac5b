package winobj

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/ipc"
)

func TestWaiter(t *testing.T) {
	w := system.NewWaiter()
	data := []byte("one")
	wait := ipc.Wait{Semaphore: -1, Data: data, Copy: []byte("one"), Interval: time.Millisecond, Limit: 30 * time.Millisecond}
	begin := time.Now()
	require.ErrorIs(t, w.Wait(wait), ipc.ErrTimeout)
	assert.GreaterOrEqual(t, time.Since(begin), wait.Limit)
	require.ErrorIs(t, w.Wait(ipc.Wait{Semaphore: -1}), ipc.ErrTimeout)

	wait.Limit = time.Minute
	w.Interrupt()
	w.Interrupt()
	require.ErrorIs(t, w.Wait(wait), ipc.ErrInterrupted, "before")
	time.AfterFunc(10*time.Millisecond, w.Interrupt)
	require.ErrorIs(t, w.Wait(wait), ipc.ErrInterrupted, "during it")

	data[0] = 'O'
	require.ErrorIs(t, w.Wait(wait), ipc.ErrDifferent)
	wait.Data, wait.Limit = nil, time.Millisecond
	require.ErrorIs(t, w.Wait(wait), ipc.ErrTimeout, "nothing to compare")
}
