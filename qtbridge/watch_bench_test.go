//go:build cgo && (linux || windows)

package qtbridge

import (
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/native/nativetest"
)

// What Watch costs and how late it is, beside Qt programs that poll. All
// readers and writers are processes of their own. The figures of a run with the
// default of -watch.messages only show that it runs; to measure:
//
//	go test -run '^$' -bench Watch -benchtime 1x ./qtbridge -watch.messages 300 -watch.plot ../docs/watch.svg
//
// which takes seven minutes, or -bench 'Watch$/./(idle|100-per-s)$' for the plot
// alone. A file is relative to qtbridge/.
var (
	watchMessages = flag.Int("watch.messages", 20,
		"how many messages the Watch benchmarks write at 100 a second; at other rates they write for as long")
	watchPlot = flag.String("watch.plot", "", "the SVG file that BenchmarkWatch draws")
)

// stampSize is the size of a message of testpeer's stamp verbs.
const stampSize = 16

// stampWriter is a Qt program that writes messages.
type stampWriter struct {
	name   string
	does   string // for readers of the plot
	native bool
	anew   bool // each message in a segment of its own
	lock   bool
	stay   *WatchOptions // nil if a reader cannot stay
	cpp    []string      // readers in C++: the one beside Watch, the one beside Watch that stays
}

var stampWriters = []stampWriter{
	{name: "a", does: "QtKey; locks, writes in place", lock: true, stay: &WatchOptions{Stay: true},
		cpp: []string{"attach", "stay"}},
	{name: "b", does: "native key; creates anew", native: true, anew: true, cpp: []string{"anew"}},
	{name: "c", does: "native key; writes in place, no lock", native: true,
		stay: &WatchOptions{Stay: true, Poll: time.Millisecond}},
}

func (w stampWriter) readers() []reader {
	readers := []reader{{name: "watch"}}
	if w.stay != nil {
		readers = append(readers, reader{name: "watch-stay", opts: *w.stay})
	}
	if runtime.GOOS == "linux" {
		for i, mode := range w.cpp {
			readers[i].beside = "c++-" + mode
			readers = append(readers, reader{name: "c++-" + mode, cpp: mode})
		}
	}
	for _, ms := range []int{100, 10, 1} {
		readers = append(readers, reader{name: fmt.Sprintf("poller-%d-ms", ms), interval: time.Duration(ms) * time.Millisecond})
	}
	return readers
}

func (w stampWriter) newKey(env *peertest.Env) Key {
	if w.native {
		return nativeKey(env)
	}
	return QtKey(env.Name())
}

// begin makes the segment, with a message of number 0.
func (w stampWriter) begin(peer *peertest.Peer, key Key) {
	first := make([]byte, stampSize)
	first[8] = 1
	create(peer, key, stampSize, first)
}

// write writes n messages at a rate, and leaves the segment.
func (w stampWriter) write(peer *peertest.Peer, key Key, n int, rate stampRate) peertest.Reply {
	least, most := rate.pauses()
	args := peertest.Args{"n": n, "min_us": least, "max_us": most, "lock": w.lock, "key": key.Name()}
	if w.anew {
		peer.Do("shm.delete", key.String(), nil)
		return peer.Do("stamp.anew", key.String(), args)
	}
	return peer.Do("stamp.inPlace", key.String(), args)
}

// stampRate is how often a writer writes.
type stampRate struct {
	perSecond int  // 0: never
	even      bool // at equal intervals, else between half and one and a half of that
}

func (r stampRate) name() string {
	if r.perSecond == 0 {
		return "idle"
	}
	return fmt.Sprintf("%d-per-s", r.perSecond)
}

func (r stampRate) pauses() (least, most int64) {
	us := int64(1_000_000 / r.perSecond)
	if r.even {
		return us, us
	}
	return us / 2, us * 3 / 2
}

// in returns how many messages that is in d: enough to have any at all.
func (r stampRate) in(d time.Duration) int {
	return max(3, int(float64(r.perSecond)*d.Seconds()))
}

// watchTime is how long one reader is measured, in how many turns.
func watchTime() (d time.Duration, turns int) {
	return time.Duration(*watchMessages) * 10 * time.Millisecond, min(max(1, *watchMessages/100), 5)
}

// idleTime is how long idle readers are measured.
func idleTime() time.Duration { d, _ := watchTime(); return min(d, 3*time.Second) }

// settleDown lets an adaptive watch of something idle come to look rarely: the
// interval doubles up to toldLimits.most.
func settleDown() { time.Sleep(min(idleTime(), 2*toldLimits.most)) }

// timing is what was measured of one reader.
type timing struct {
	// delays are from when a message was written until the reader had it, or a
	// later one, in microseconds.
	delays                []float64
	medians               []float64 // of each turn
	written, seen, failed int
	cpu, time             time.Duration
}

func (s *timing) add(other timing) {
	s.delays = append(s.delays, other.delays...)
	if len(other.delays) > 0 {
		s.medians = append(s.medians, other.percentile(50))
	}
	s.written += other.written
	s.seen += other.seen
	s.failed += other.failed
	s.cpu += other.cpu
	s.time += other.time
}

// compare takes in when messages were written, the first of which has number 1,
// and what was read.
func (s *timing) compare(t peertest.TB, written []int64, readings []stampRead) {
	t.Helper()
	next := 1
	for _, r := range readings {
		number := stampNumber(t, r)
		if number < next || number > len(written) {
			continue // not yet written, or of before
		}
		s.seen++
		for ; next <= number; next++ {
			if at := written[next-1]; at > 0 {
				s.delays = append(s.delays, float64(r.NS-at)/1000)
			}
		}
	}
	for _, at := range written {
		if at == 0 {
			s.failed++
		} else {
			s.written++
		}
	}
}

func stampNumber(t peertest.TB, r stampRead) int {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(r.Base64)
	require.NoError(t, err)
	require.Len(t, data, pagedSize(stampSize))
	return int(binary.LittleEndian.Uint64(data))
}

// percentile is in microseconds.
func (s *timing) percentile(p int) float64 {
	slices.Sort(s.delays)
	return s.delays[len(s.delays)*p/100]
}

// ratio is that of the medians of each turn, of which it is the median.
func (s *timing) ratio(to timing) float64 {
	var ratios []float64
	for i := range min(len(s.medians), len(to.medians)) {
		ratios = append(ratios, s.medians[i]/to.medians[i])
	}
	return median(ratios)
}

func (s *timing) seenShare() float64 { return float64(s.seen) / float64(s.written) }

func (s *timing) cpuPercent() float64 { return percent(s.cpu, s.time) }

func percent(part, of time.Duration) float64 { return 100 * float64(part) / float64(of) }

func (s *timing) report(b *testing.B, w stampWriter) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(s.cpuPercent(), "cpu-%")
	if s.written == 0 {
		return
	}
	if len(s.delays) > 0 {
		b.ReportMetric(s.percentile(50), "p50-us")
		b.ReportMetric(s.percentile(99), "p99-us")
	}
	b.ReportMetric(s.seenShare(), "seen")
	b.ReportMetric(float64(s.cpu.Microseconds())/float64(s.written), "cpu-us/change")
	b.ReportMetric(float64(s.written)/s.time.Seconds(), "changes/s")
	if w.anew {
		b.ReportMetric(float64(s.failed)/float64(s.failed+s.written), "failed-creates")
	}
}

// measure has one reader follow one writer for about d.
func measure(env *peertest.Env, peer *peertest.Peer, w stampWriter, r reader, rate stampRate, d time.Duration) timing {
	t := env.T
	t.Helper()
	key := w.newKey(env)
	w.begin(peer, key)
	process := r.start(env, key)
	if rate.perSecond == 0 {
		settleDown()
	} else {
		time.Sleep(50 * time.Millisecond)
	}
	s := timing{}
	var written []int64
	cpu, start := process.CPU(), time.Now()
	if rate.perSecond == 0 {
		time.Sleep(d)
	} else {
		written = w.write(peer, key, rate.in(d), rate).Written
	}
	s.cpu, s.time = process.CPU()-cpu, time.Since(start)
	if rate.perSecond > 0 {
		time.Sleep(50*time.Millisecond + r.interval*6/5) // for the last message
	}
	s.compare(t, written, endReader(t, process))
	peer.Do("shm.delete", key.String(), nil)
	return s
}

// measureAll measures readers in turns, as the machine may do other things, too.
func measureAll(env *peertest.Env, peer *peertest.Peer, w stampWriter, rate stampRate) []timing {
	env.T.Helper()
	readers := w.readers()
	timings := make([]timing, len(readers))
	d, turns := watchTime()
	for turn := range turns {
		for i := range readers {
			i = (i + turn) % len(readers)
			timings[i].add(measure(env, peer, w, readers[i], rate, d/time.Duration(turns)))
		}
	}
	return timings
}

// named is where a reader is.
func named(readers []reader, name string) (at int, ok bool) {
	at = slices.IndexFunc(readers, func(r reader) bool { return r.name == name })
	return at, at >= 0
}

func BenchmarkWatch(b *testing.B) {
	plot := newWatchPlotter()
	for _, w := range stampWriters {
		b.Run(w.name, func(b *testing.B) {
			for _, perSecond := range []int{0, 10, 100, 1000} {
				rate := stampRate{perSecond: perSecond}
				b.Run(rate.name(), func(b *testing.B) {
					env := peertest.New(b)
					timings := measureAll(env, env.Verbs(6), w, rate)
					for i, r := range w.readers() {
						plot.add(w, r, rate, timings[i])
						b.Run(r.name, func(b *testing.B) {
							timings[i].report(b, w)
							if to, ok := named(w.readers(), r.beside); ok && len(timings[i].medians) > 0 {
								b.ReportMetric(timings[i].ratio(timings[to]), "ratio")
							}
						})
					}
				})
			}
		})
	}
	if *watchPlot != "" {
		plot.write(b, *watchPlot)
	}
}

// What it costs that nothing happens.
func BenchmarkWatchIdle(b *testing.B) {
	for _, w := range stampWriters[:2] {
		for _, n := range []int{1, 100} {
			b.Run(fmt.Sprintf("%s/%d-keys", w.name, n), func(b *testing.B) {
				env := peertest.New(b)
				cpu, threads := idle(env, w, reader{}, n)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(cpu, "cpu-%")
				b.ReportMetric(float64(threads)/float64(n), "threads/key")
			})
		}
	}
	b.Run("c/1ms", func(b *testing.B) {
		env := peertest.New(b)
		w := stampWriters[2]
		var ratios, ours, bare []float64
		for range 3 {
			cpu, _ := idle(env, w, reader{opts: *w.stay}, 1)
			ours = append(ours, cpu)
			bare = append(bare, bareLoop(w.stay.Poll))
			ratios = append(ratios, cpu/bare[len(bare)-1])
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(median(ours), "cpu-%")
		b.ReportMetric(median(bare), "c-sleep-cpu-%")
		b.ReportMetric(median(ratios), "ratio")
	})
}

// idle returns what a process takes, in percent of a core, that watches n keys
// where nothing happens, and how many threads it has.
func idle(env *peertest.Env, w stampWriter, r reader, n int) (cpuPercent float64, threads int) {
	env.T.Helper()
	peer := env.Verbs(6)
	var keys []Key
	for range n {
		keys = append(keys, w.newKey(env))
		w.begin(peer, keys[len(keys)-1])
	}
	process := r.start(env, keys...)
	settleDown()
	cpu, start := process.CPU(), time.Now()
	time.Sleep(idleTime())
	cpuPercent = percent(process.CPU()-cpu, time.Since(start))
	threads = process.Threads()
	endReader(env.T, process)
	require.NoError(env.T, peer.End())
	return cpuPercent, threads
}

// bareLoop returns what a loop in C takes, in percent of a core, that sleeps for
// pause again and again. On some machines that is nearly all of what one takes
// that also looks.
func bareLoop(pause time.Duration) float64 {
	start := time.Now()
	cpu := nativetest.LoopSleep(int(idleTime()/pause), pause)
	return percent(cpu, time.Since(start))
}

// How fast a writer can be followed without missing anything.
func BenchmarkWatchFollow(b *testing.B) {
	w := stampWriters[0]
	for _, perSecond := range []int{100, 200, 500, 1000, 2000, 5000} {
		rate := stampRate{perSecond: perSecond, even: true}
		b.Run(rate.name(), func(b *testing.B) {
			env := peertest.New(b)
			d, _ := watchTime()
			s := measure(env, env.Verbs(6), w, reader{opts: *w.stay}, rate, d)
			s.report(b, w)
		})
	}
}
