package winobj

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/ipc"
	"qtinterop/internal/peertest"
)

func TestSerialize(t *testing.T) {
	env := peertest.New(t)
	p := ipc.Place{Segment: env.Name()}
	// in is a turn of another goroutine, which is at its end at once.
	in := func(ctx context.Context, limit time.Duration) error {
		result := make(chan error)
		go func() {
			end, err := system.Serialize(ctx, p, limit)
			if err == nil {
				end()
			}
			result <- err
		}()
		return <-result
	}
	end, err := system.Serialize(t.Context(), p, 0)
	require.NoError(t, err)
	e := requireCode(t, ipc.Busy, in(t.Context(), 20*time.Millisecond))
	assert.Equal(t, "waiting for the turn of this Recover: another Recover takes long; try again", e.Text)

	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("no more")
	time.AfterFunc(20*time.Millisecond, func() { cancel(why) })
	e = requireCode(t, ipc.Busy, in(ctx, time.Minute))
	assert.Equal(t, "waiting for the turn of this Recover: no more; try again", e.Text)
	assert.ErrorIs(t, e, why)

	other, err := system.Serialize(t.Context(), ipc.Place{Segment: env.Name()}, 0)
	require.NoError(t, err, "of another key")
	other()
	got := make(chan error)
	go func() { got <- in(t.Context(), time.Minute) }()
	end()
	require.NoError(t, <-got)
}

// The turn of a process that dies ends.
func TestSerializeBesideADeadProcess(t *testing.T) {
	const variable = "WINOBJ_TEST_TURN"
	if name := os.Getenv(variable); name != "" {
		_, err := system.Serialize(context.Background(), ipc.Place{Segment: name}, time.Minute)
		require.NoError(t, err)
		_ = os.Stdout.Close() // tells that it has it
		time.Sleep(time.Minute)
	}
	env := peertest.New(t)
	p := ipc.Place{Segment: env.Name()}
	holder := env.StartSelf("TestSerializeBesideADeadProcess", variable+"="+p.Segment)
	holder.WaitForEOF()
	_, err := system.Serialize(t.Context(), p, 0)
	requireCode(t, ipc.Busy, err)
	holder.Kill()
	end, err := system.Serialize(t.Context(), p, 0)
	require.NoError(t, err)
	end()
}
