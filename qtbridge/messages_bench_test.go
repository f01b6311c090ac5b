//go:build cgo && linux

package qtbridge

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// messagesFor is how long the receiver of each pair is about to receive.
var messagesFor = flag.Duration("messages.for", 50*time.Millisecond, "how long each pair of BenchmarkMessages is to take")

// messengerEnv has the test binary be one side of BenchmarkMessages, and says which.
const messengerEnv = "QTBRIDGE_BENCH_MESSAGES"

func init() { roles[messengerEnv] = beMessenger }

// messageSizes are those of BenchmarkMessages, with how many a second there are about.
var messageSizes = []struct {
	name      string
	size      int
	perSecond float64
}{{"64-B", 64, 50_000}, {"4-KiB", 4 << 10, 50_000}, {"1-MiB", 1 << 20, 3_000}, {"64-MiB", 64 << 20, 30}}

// messenger is a side of BenchmarkMessages: in Go or, by cpp/bench/qtmessages, in C++.
type messenger struct{ name string }

var inGo, inQt = messenger{"go"}, messenger{"qt"}

func (m messenger) start(env *peertest.Env, args ...string) *peertest.Process {
	env.T.Helper()
	var p *peertest.Process
	if m == inGo {
		p = env.StartSelf("", messengerEnv+"="+strings.Join(args, " "))
	} else {
		p = env.StartProgram(benchProgram(env.T, "qtmessages"), env.Work, args...)
	}
	_, err := p.ReadLine()
	require.NoError(env.T, err, "it is not ready")
	return p
}

// messagesTook is what a receiver tells.
type messagesTook struct {
	Took   int64 `json:"took_ns"`
	Median int64 `json:"p50_ns"` // of the delays, from before the lock until it is copied
}

// Messages from one process to another, as many as they can, by a segment with a lock and
// two semaphores.
func BenchmarkMessages(b *testing.B) {
	pairs := [][2]messenger{{inQt, inQt}, {inGo, inGo}, {inGo, inQt}, {inQt, inGo}}
	for _, m := range messageSizes {
		n := max(3, int(m.perSecond*messagesFor.Seconds()))
		perSecond, delays := make([][]float64, len(pairs)), make([][]float64, len(pairs))
		b.Run(m.name, func(b *testing.B) {
			for turn := 0; b.Loop(); turn++ {
				for i := range pairs {
					i = (i + turn) % len(pairs)
					took := sendMessages(b, pairs[i], m.size, n)
					perSecond[i] = append(perSecond[i], float64(n)*1e9/float64(took.Took))
					delays[i] = append(delays[i], float64(took.Median)/1000)
				}
			}
			b.ReportMetric(0, "ns/op")
			for i, pair := range pairs {
				name := pair[0].name + "-" + pair[1].name
				b.ReportMetric(median(slices.Clone(perSecond[i])), name+"/s")
				b.ReportMetric(median(slices.Clone(delays[i])), name+"-us")
				if i > 0 {
					b.ReportMetric(medianRatio(perSecond[0], perSecond[i]), name+"-ratio")
				}
			}
		})
	}
}

// medianRatio is the median of the ratios of each turn.
func medianRatio(a, b []float64) float64 {
	var ratios []float64
	for i := range a {
		ratios = append(ratios, a[i]/b[i])
	}
	return median(ratios)
}

func sendMessages(b *testing.B, pair [2]messenger, size, n int) (took messagesTook) {
	b.Helper()
	env := peertest.New(b)
	key := env.Name()
	sender := pair[0].start(env, "send", key, fmt.Sprint(size), fmt.Sprint(n))
	receiver := pair[1].start(env, "receive", key, fmt.Sprint(size), fmt.Sprint(n))
	sender.Line("")
	line, err := receiver.ReadLine()
	require.NoError(b, err)
	require.NoError(b, json.Unmarshal(line, &took))
	require.NoError(b, receiver.End())
	require.NoError(b, sender.End())
	return took
}

// beMessenger does what qtmessages does.
func beMessenger(text string) {
	var verb, name string
	var size, n int
	_, err := fmt.Sscan(text, &verb, &name, &size, &n)
	if err == nil && verb == "send" {
		err = send(name, size, n)
	} else if err == nil {
		err = receive(name, size, n)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// channel is a segment with a semaphore that counts the messages in there, and one that
// counts the room.
type channel struct {
	segment    *Segment
	full, room *Semaphore
}

func newChannel(name string, segment *Segment, semaphore func(Key, int) (*Semaphore, error)) (*channel, error) {
	full, err := semaphore(QtKey(name+"full"), 0)
	if err != nil {
		return nil, err
	}
	room, err := semaphore(QtKey(name+"room"), 1)
	return &channel{segment, full, room}, err
}

func (c *channel) close() {
	_, _, _ = c.full.Close(), c.room.Close(), c.segment.Close()
}

func send(name string, size, n int) error {
	ctx := context.Background()
	segment, err := Create(ctx, QtKey(name), size, ReadWrite)
	if err != nil {
		return err
	}
	c, err := newChannel(name, segment, CreateSemaphore)
	if err != nil {
		return err
	}
	defer c.close()
	message := make([]byte, size)
	fmt.Println("{}")
	_, _ = os.Stdin.Read(make([]byte, 1))
	for range n {
		if err := c.room.Acquire(ctx); err != nil {
			return err
		}
		binary.NativeEndian.PutUint64(message, uint64(monotonic()))
		err := c.segment.WithLock(ctx, func() error {
			_, err := c.segment.WriteAt(message, 0)
			return err
		})
		if err != nil {
			return err
		}
		if err := c.full.Release(1); err != nil {
			return err
		}
	}
	_, _ = os.Stdin.Read(make([]byte, 1))
	return nil
}

func receive(name string, size, n int) error {
	ctx := context.Background()
	segment, err := Attach(ctx, QtKey(name), ReadOnly)
	if err != nil {
		return err
	}
	c, err := newChannel(name, segment, OpenSemaphore)
	if err != nil {
		return err
	}
	defer c.close()
	message, delays := make([]byte, size), make([]float64, 0, n)
	fmt.Println("{}")
	var begin int64
	for range n {
		if err := c.full.Acquire(ctx); err != nil {
			return err
		}
		if _, err := c.segment.Snapshot(ctx, message); err != nil {
			return err
		}
		sent := int64(binary.NativeEndian.Uint64(message))
		if begin == 0 {
			begin = sent
		}
		delays = append(delays, float64(monotonic()-sent))
		if err := c.room.Release(1); err != nil {
			return err
		}
	}
	took := messagesTook{Took: monotonic() - begin, Median: int64(median(delays))}
	return json.NewEncoder(os.Stdout).Encode(took)
}
