//go:build cgo && linux

package main

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// busyWriter has a Qt process write a hundred times a second until the test ends.
type busyWriter struct {
	mu    sync.Mutex
	times []time.Time // of each message
}

// busy calls write, which writes so many messages, again and again.
func busy(t *testing.T, write func() int) *busyWriter {
	w := &busyWriter{}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				w.add(write())
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
	return w
}

func (w *busyWriter) add(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for range n {
		w.times = append(w.times, time.Now())
	}
}

// rate is how many messages a second there have been in the time that top's rate is of.
func (w *busyWriter) rate() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, at := range w.times {
		if time.Since(at) < rateSpan {
			n++
		}
	}
	return float64(n) / rateSpan.Seconds()
}

// missionWriter makes its segment anew for each message. It says when it has.
func missionWriter(t *testing.T, env *peertest.Env, qt int, key qtbridge.Key) *busyWriter {
	args := []string{"writer", "--set-key", "--", key.Name()}
	if key.IsNative() {
		args = []string{"writer", "--", key.Name()}
	}
	peer := env.Start(qt, env.Work, args...)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				peer.CloseStdin()
				return
			case <-tick.C:
				peer.Write("message " + strconv.Itoa(n) + "\n")
			}
		}
	}()
	w := busy(t, func() int {
		if _, err := peer.ReadLine(); err != nil {
			time.Sleep(time.Millisecond)
			return 0
		}
		return 1
	})
	t.Cleanup(func() { close(stop); <-stopped })
	return w
}

// placeWriter writes in place.
func placeWriter(t *testing.T, env *peertest.Env, qt int, key qtbridge.Key, lock bool) *busyWriter {
	peer := env.Verbs(qt)
	makes(peer, key, 64)
	return busy(t, func() int {
		const n = 5
		_, _ = peer.Try("stamp.inPlace", key.String(), peertest.Args{"n": n, "min_us": 9900, "max_us": 9900, "lock": lock})
		return n
	})
}

// startTop starts top on a large screen, with the filter set.
func startTop(t *testing.T, program, filter string) *screen {
	t.Helper()
	s := newScreen(t, program)
	s.tmux("resize-window", "-x", "200", "-y", "50")
	s.keys("$QTSHM top", "Enter")
	s.waitFor("qtshm top:")
	s.keys("/", filter, "Enter")
	return s
}

// row is the row of a key as its cells: mark, name, size, …; nil if there is none.
func (s *screen) row(key qtbridge.Key) []string {
	s.t.Helper()
	for line := range strings.Lines(s.text()) {
		if rest, ok := strings.CutPrefix(line, "  "); ok {
			line = "- " + rest // it is not selected
		}
		cells := strings.Fields(line)
		if len(cells) > 7 && cells[0] != "--" && strings.HasSuffix(cells[1], key.Name()) {
			return cells
		}
	}
	return nil
}

// requireRate requires that the rate shown of a key is within 10 %, and marked as told,
// several times in a row.
func (s *screen) requireRate(key qtbridge.Key, w *busyWriter, mark string, least float64) {
	s.t.Helper()
	var shown string
	good := 0
	for deadline := time.Now().Add(limit); good < 4; time.Sleep(500 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%v is shown with a rate of %s, not of %s%.1f:\n%s", key, shown, mark, w.rate(), s.text())
		}
		cells := s.row(key)
		if cells == nil {
			continue
		}
		shown = cells[7]
		value, err := strconv.ParseFloat(strings.TrimPrefix(shown, ">="), 64)
		actual := w.rate()
		if good++; err != nil || strings.HasPrefix(shown, ">=") != (mark != "") || value > 1.1*actual || value < least*actual {
			good = 0
		}
	}
}

func TestTopRates(t *testing.T) {
	program := topProgram(t)
	const exact, atLeast = "", ">="
	for name, kind := range map[string]struct {
		native bool
		start  func(t *testing.T, env *peertest.Env, qt int, key qtbridge.Key) *busyWriter
		mark   string
		least  float64 // of the rate
	}{
		"anew":        {false, missionWriter, exact, 0.9},
		"anew native": {true, missionWriter, exact, 0.9},
		"in place": {false, func(t *testing.T, env *peertest.Env, qt int, key qtbridge.Key) *busyWriter {
			return placeWriter(t, env, qt, key, true)
		}, exact, 0.9},
		"in place without lock": {false, func(t *testing.T, env *peertest.Env, qt int, key qtbridge.Key) *busyWriter {
			return placeWriter(t, env, qt, key, false)
		}, atLeast, 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
				key := qtbridge.QtKey(plainName(env))
				if kind.native {
					key = qtbridge.NativeKeyIn(env.Work, plainName(env))
				}
				writer := kind.start(t, env, qt, key)
				s := startTop(t, program, key.Name()[len(key.Name())-10:])
				s.requireRate(key, writer, kind.mark, kind.least)
				s.keys("q")
				s.restored()
			})
		})
	}
}

// What is not selected is counted by its key file alone, and - where that tells nothing.
func TestTopRatesOfOthers(t *testing.T) {
	program := topProgram(t)
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := plainName(env)
		idle, anew, inPlace := qtbridge.QtKey(name+"a"), qtbridge.QtKey(name+"b"), qtbridge.QtKey(name+"c")
		makes(env.Verbs(qt), idle, 64)
		writer := missionWriter(t, env, qt, anew)
		placeWriter(t, env, qt, inPlace, true)
		s := startTop(t, program, name)
		s.requireRate(anew, writer, ">=", 0.9)
		assert.Equal(t, "-", s.row(inPlace)[7])
		assert.Equal(t, []string{">", ">=0"}, []string{s.row(idle)[0], s.row(idle)[7]})
		s.keys("q")
		s.restored()
	})
}

// A segment that is made anew a hundred times a second stays selected.
func TestTopKeepsSelection(t *testing.T) {
	program := topProgram(t)
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := plainName(env)
		peer := env.Verbs(qt)
		for _, other := range []string{"a", "c"} {
			makes(peer, qtbridge.NativeKeyIn(env.Work, name+other), 64)
		}
		key := qtbridge.NativeKeyIn(env.Work, name+"b")
		missionWriter(t, env, qt, key)
		s := startTop(t, program, name)
		s.waitFor("3 of")
		s.eventually("it", func(string) bool { return s.row(key) != nil })
		s.keys("Down")
		s.waitFor("-- native:" + key.Name())
		for end := time.Now().Add(4 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			row := s.row(key)
			require.NotNil(t, row, "%s", s.text())
			require.Equal(t, ">", row[0], "%s", s.text())
		}
		s.keys("q")
		s.restored()
	})
}
