//go:build cgo

package qtbridge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
	"qtinterop/qtbridge/layout"
)

// Of the ring buffer and the sequence lock of the Examples, with a Qt process on the other
// side that has the same by std::atomic: cpp/testpeer/ring_verbs.cpp, seqlock_verbs.cpp.

// wordOf is what both sides write: each word tells of which value it is.
func wordOf(number uint64, at int) uint64 { return number<<16 | uint64(at) }

func fill(words []uint64, number uint64) {
	for i := range words {
		words[i] = wordOf(number, i)
	}
}

func isWhole(words []uint64, number uint64) bool {
	for i, word := range words {
		if word != wordOf(number, i) {
			return false
		}
	}
	return true
}

// patternPeer is a Qt process attached to a segment for a T. The function gives that in place.
func patternPeer[T any](t *testing.T, qt int) (*peertest.Peer, func(func(*T))) {
	t.Helper()
	env := peertest.New(t)
	name := env.Name()
	peer := env.Verbs(qt)
	l, err := layout.Of[T](layout.Options{})
	require.NoError(t, err)
	s, err := qtbridge.Create(t.Context(), qtbridge.QtKey(name), l.Size(), qtbridge.ReadWrite)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	peer.Do("shm.new", "m", peertest.Args{"key": name})
	peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
	return peer, func(step func(*T)) {
		require.NoError(t, s.View(func(data []byte) error {
			v, err := l.View(data)
			if err == nil {
				step(v)
			}
			return err
		}))
	}
}

func eachQt(t *testing.T, f func(t *testing.T, qt int)) {
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("peer-qt%d", qt), func(t *testing.T) { f(t, qt) })
	}
}

// untilSeen tries until it was so: on a busy machine both may have but one processor, and
// not meet.
func untilSeen(t *testing.T, what string, try func() bool) {
	t.Helper()
	for range 20 {
		if try() {
			return
		}
	}
	t.Fatal(what)
}

func ended(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// They say how quickly and how long a Qt process writes a ring: it overtakes in each
// burst, and who is overtaken can catch up after it.
const (
	ringValues = 64_000
	ringBurst  = 64
	ringPause  = 50 // µs
)

// readRing reads by take until it has had, or lost, the last value.
func readRing(t *testing.T, view func(func(*ring)), take func(*ringReader, *ring, *ringWords) (ok, overtaken bool)) (reader ringReader, taken, overtakings, torn uint64) {
	t.Helper()
	reader.next = 1
	var words ringWords
	for ctx := ended(t); reader.next <= ringValues && ctx.Err() == nil; {
		view(func(r *ring) {
			for range 100 {
				number, lost := reader.next, reader.lost
				switch ok, overtaken := take(&reader, r, &words); {
				case ok:
					taken++
					if !isWhole(words[:], number) {
						torn++
					}
				case overtaken:
					overtakings++
					assert.Greater(t, reader.lost, lost)
				default:
					runtime.Gosched()
				}
			}
		})
	}
	return reader, taken, overtakings, torn
}

func TestRingOfAQtWriter(t *testing.T) {
	eachQt(t, func(t *testing.T, qt int) {
		peer, view := patternPeer[ring](t, qt)
		answer := peer.Async("ring.write", "m", peertest.Args{"n": ringValues, "burst": ringBurst, "pause_us": ringPause})
		reader, taken, overtakings, torn := readRing(t, view, (*ringReader).read)
		require.EqualValues(t, ringValues, (<-answer).Ret)
		t.Logf("%d taken, %d lost in %d times", taken, reader.lost, overtakings)
		assert.Zero(t, torn)
		assert.EqualValues(t, ringValues, taken+reader.lost, "each value was had or missed")
		assert.NotZero(t, taken)
		assert.NotZero(t, overtakings, "it was not overtaken: nothing was tried")
	})
}

// readOnce is ringReader.read without the second look at the number.
func readOnce(r *ringReader, ring *ring, words *ringWords) (ok, overtaken bool) {
	last := atomic.LoadUint64(&ring.Last)
	if last < r.next {
		return false, false
	}
	slot := ring.slot(r.next)
	if last-r.next < ringSlots && atomic.LoadUint64(&slot.Number) == r.next {
		for i := range words {
			words[i] = atomic.LoadUint64(&slot.Words[i])
		}
		r.next++
		return true, false
	}
	r.fallBehind(atomic.LoadUint64(&ring.Last))
	return false, true
}

// Without the second look the same test takes values that are none: it can fail.
func TestRingReadOnceIsTorn(t *testing.T) {
	eachQt(t, func(t *testing.T, qt int) {
		untilSeen(t, "no value was torn", func() bool {
			peer, view := patternPeer[ring](t, qt)
			answer := peer.Async("ring.write", "m", peertest.Args{"n": ringValues, "burst": ringBurst, "pause_us": ringPause})
			_, taken, _, torn := readRing(t, view, readOnce)
			<-answer
			t.Logf("%d of %d torn", torn, taken)
			return torn > 0
		})
	})
}

// writeRing writes until the Qt process has read up to the value until.
func writeRing(view func(func(*ring)), answer <-chan peertest.Reply) peertest.Reply {
	var words ringWords
	for number := uint64(1); ; {
		view(func(r *ring) {
			for range ringBurst {
				fill(words[:], number)
				r.write(&words)
				number++
			}
		})
		select {
		case reply := <-answer:
			return reply
		case <-time.After(ringPause * time.Microsecond):
		}
	}
}

type ringResult struct{ Taken, Lost, Overtaken, Torn uint64 }

func qtReadsRing(t *testing.T, qt int, until uint64, check bool) ringResult {
	t.Helper()
	peer, view := patternPeer[ring](t, qt)
	reply := writeRing(view, peer.Async("ring.read", "m", peertest.Args{"until": until, "slow_us": 2000, "check": check, "limit_ms": 30000}))
	var r ringResult
	require.NoError(t, json.Unmarshal(reply.Value, &r), reply.Fail)
	t.Logf("%+v", r)
	return r
}

// The Qt process sleeps in the middle of each 16th value, for as long as Go writes the ring
// anew.
func TestRingOfAGoWriter(t *testing.T) {
	eachQt(t, func(t *testing.T, qt int) {
		r := qtReadsRing(t, qt, 20_000, true)
		assert.Zero(t, r.Torn)
		assert.GreaterOrEqual(t, r.Taken+r.Lost, uint64(20_000), "each value was had or missed")
		assert.NotZero(t, r.Taken)
		assert.NotZero(t, r.Overtaken)

		r = qtReadsRing(t, qt, 2_000, false)
		assert.NotZero(t, r.Torn, "without the second look nothing was torn: nothing was tried")
	})
}

const boardValues = 10_000

// readBoard reads by take until it has the last value. No value may be older than the one before.
func readBoard(t *testing.T, view func(func(*board)), take func(*board, *boardWords) bool) (taken, refused, torn int) {
	t.Helper()
	var words boardWords
	last := uint64(0)
	for ctx := ended(t); last < boardValues && ctx.Err() == nil; {
		view(func(b *board) {
			for range 100 {
				if !take(b, &words) {
					if last > 0 {
						refused++
					}
					runtime.Gosched()
					continue
				}
				number := words[0] >> 16
				if taken++; !isWhole(words[:], number) {
					torn++
				}
				assert.GreaterOrEqual(t, number, last)
				last = number
			}
		})
	}
	return taken, refused, torn
}

func boardReadOnce(b *board, words *boardWords) bool {
	if before := atomic.LoadUint64(&b.Sequence); before == 0 || before%2 == 1 {
		return false
	}
	for i := range words {
		words[i] = atomic.LoadUint64(&b.Words[i])
	}
	return true
}

func TestSeqlockOfAQtWriter(t *testing.T) {
	read := func(t *testing.T, qt int, take func(*board, *boardWords) bool) (taken, refused, torn int) {
		peer, view := patternPeer[board](t, qt)
		answer := peer.Async("seqlock.write", "m", peertest.Args{"n": boardValues, "pause_us": 20})
		taken, refused, torn = readBoard(t, view, take)
		require.EqualValues(t, boardValues, (<-answer).Ret)
		t.Logf("%d taken, %d refused, %d torn", taken, refused, torn)
		return taken, refused, torn
	}
	eachQt(t, func(t *testing.T, qt int) {
		untilSeen(t, "it was never disturbed: nothing was tried", func() bool {
			taken, refused, torn := read(t, qt, (*board).read)
			assert.Zero(t, torn)
			assert.NotZero(t, taken)
			return refused > 0
		})
		untilSeen(t, "without the second look nothing was torn: nothing was tried", func() bool {
			_, _, torn := read(t, qt, boardReadOnce)
			return torn > 0
		})
	})
}

func TestSeqlockOfAGoWriter(t *testing.T) {
	qtReads := func(t *testing.T, qt int, check bool) (r struct{ Refused, Torn int }) {
		peer, view := patternPeer[board](t, qt)
		answer := peer.Async("seqlock.read", "m", peertest.Args{"until": boardValues, "check": check, "limit_ms": 30000})
		var words boardWords
		for number := uint64(1); number <= boardValues; number++ {
			view(func(b *board) {
				fill(words[:], number)
				b.write(&words)
			})
			if number%16 == 0 { // which lasts a millisecond
				time.Sleep(20 * time.Microsecond)
			}
		}
		reply := <-answer
		require.NoError(t, json.Unmarshal(reply.Value, &r), reply.Fail)
		t.Logf("%v taken, %+v", reply.Ret, r)
		assert.NotZero(t, reply.Ret)
		return r
	}
	eachQt(t, func(t *testing.T, qt int) {
		untilSeen(t, "it was never disturbed: nothing was tried", func() bool {
			r := qtReads(t, qt, true)
			assert.Zero(t, r.Torn)
			return r.Refused > 0
		})
		untilSeen(t, "without the second look nothing was torn: nothing was tried", func() bool {
			return qtReads(t, qt, false).Torn > 0
		})
	})
}
