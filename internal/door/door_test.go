package door

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestShutWhenNobodyIsInsideRunsLastAtOnce(t *testing.T) {
	var d Door
	ran := 0
	assert.True(t, d.Enter())
	d.Leave()
	assert.True(t, d.Shut(func() { ran++ }))
	assert.Equal(t, 1, ran)
	assert.False(t, d.Enter())
	assert.False(t, d.Shut(func() { ran++ }), "a second Shut")
	assert.Equal(t, 1, ran)
}

func TestShutWaitsForThoseInside(t *testing.T) {
	var d Door
	ran := 0
	assert.True(t, d.Enter())
	assert.True(t, d.Enter())
	assert.True(t, d.Shut(func() { ran++ }))
	assert.False(t, d.Enter())
	d.Leave()
	assert.Equal(t, 0, ran, "one is still inside")
	d.Leave()
	assert.Equal(t, 1, ran)
}

func TestLastRunsOnceUnderLoad(t *testing.T) {
	for range 50 {
		var d Door
		var inside, ran atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for d.Enter() {
					inside.Add(1)
					inside.Add(-1)
					d.Leave()
				}
			})
		}
		for range 2 {
			wg.Go(func() {
				d.Shut(func() {
					assert.Zero(t, inside.Load())
					ran.Add(1)
				})
			})
		}
		wg.Wait()
		assert.EqualValues(t, 1, ran.Load())
	}
}
