package qtbridge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"qtinterop/internal/ipc"
)

// A message that may be the beginning of one is looked at again after 2 ms; where messages
// come fast, when the next one is late. The looks in between met one create() in 250.
func TestPollScheduleOfDoubtfulMessages(t *testing.T) {
	const cost = 50 * time.Microsecond
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	p := newPollSchedule(WatchOptions{Settle: ms(250)}, &ipc.Traits{LockWakes: true})
	p.interval = p.most // of a segment on which little was seen to happen
	now := time.Now()
	due := func(doubtful bool, apart time.Duration) time.Duration {
		now = now.Add(apart)
		p.looked(news, doubtful, ByKeyFile, now.Add(-cost), now)
		return p.due.Sub(now)
	}
	again := func(apart time.Duration) time.Duration {
		now = now.Add(apart)
		p.looked(nothing, false, ByPoll, now.Add(-cost), now)
		return p.due.Sub(now)
	}
	assert.Equal(t, p.most, due(false, time.Second), "nothing to doubt")
	assert.Equal(t, recheckFirst, due(true, time.Second))
	assert.Equal(t, 4*recheckFirst, again(recheckFirst))
	assert.Equal(t, ms(20), due(true, ms(10)-recheckFirst))
	assert.Equal(t, ms(30), due(true, ms(15)))
	assert.Equal(t, ms(120), again(ms(30)))
	assert.Equal(t, p.most, again(ms(120)), "Settle is over")
	assert.Equal(t, recheckFirst, due(true, time.Second), "no longer fast")
	assert.Equal(t, recheckFirst, due(true, time.Millisecond/2))

	p.settle = ms(5)
	assert.Equal(t, p.settle, due(true, ms(10)))
}
