//go:build cgo && linux

package qtbridge

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"qtinterop/internal/peertest"
)

var framesSeconds = flag.Int("frames.seconds", 1, "for how long BenchmarkFrames writes beside each reader")

// frameSize is that of a picture of 3840 by 2160 pixels with 4 bytes each.
const frameSize = 3840 * 2160 * 4

// framesEnv has the test binary be a reader of frames, and says how.
const framesEnv = "QTBRIDGE_BENCH_FRAMES"

func init() { roles[framesEnv] = beFramesReader }

// framesReader follows frames with Watch, or is one in C++ that stays attached.
type framesReader struct {
	name string
	verb string        // of the reader in C++
	opts *WatchOptions // nil for C++
}

var framesReaders = []framesReader{
	{name: "c++", verb: "read"},
	{name: "c++-keep", verb: "keep"},
	{name: "watch-stay", opts: &WatchOptions{Stay: true}},
	{name: "watch-stay-reuse", opts: &WatchOptions{Stay: true, Reuse: true}},
	{name: "watch", opts: &WatchOptions{}},
	{name: "watch-reuse", opts: &WatchOptions{Reuse: true}},
}

// framesOrder is what a reader with Watch is told.
type framesOrder struct {
	Name string
	Opts WatchOptions
}

// framesRead is what a reader tells at its end.
type framesRead struct {
	Seen int   `json:"seen"`
	Torn int   `json:"torn"`
	Peak int64 `json:"peak_kb"`
}

// framesTold is what the writer tells.
type framesTold struct {
	Frames  int   `json:"frames"`
	Longest int64 `json:"longest_ns"` // wait for the lock
}

func (r framesReader) start(env *peertest.Env, name string) *peertest.Process {
	env.T.Helper()
	var p *peertest.Process
	if r.opts == nil {
		p = env.StartProgram(benchProgram(env.T, "qtframes"), env.Work, r.verb, name)
	} else {
		order, err := json.Marshal(framesOrder{name, *r.opts})
		require.NoError(env.T, err)
		p = env.StartSelf("", framesEnv+"="+string(order))
	}
	_, err := p.ReadLine()
	require.NoError(env.T, err, "it is not ready")
	return p
}

// A Qt program writes large frames 30 times a second under the lock: what a reader sees
// of it, what it costs, and what becomes of the writer.
func BenchmarkFrames(b *testing.B) {
	values := make([]map[string][]float64, len(framesReaders))
	for i := range values {
		values[i] = make(map[string][]float64)
	}
	b.Run("writing", func(b *testing.B) {
		for turn := 0; b.Loop(); turn++ {
			for i := range framesReaders {
				i = (i + turn) % len(framesReaders)
				for unit, value := range measureFrames(b, framesReaders[i]) {
					values[i][unit] = append(values[i][unit], value)
				}
			}
		}
	})
	for i, r := range framesReaders {
		b.Run(r.name, func(b *testing.B) {
			b.ReportMetric(0, "ns/op")
			for unit, of := range values[i] {
				b.ReportMetric(median(of), unit)
			}
		})
	}
}

func measureFrames(b *testing.B, r framesReader) map[string]float64 {
	b.Helper()
	env := peertest.New(b)
	name := env.Name()
	writer := env.StartProgram(benchProgram(b, "qtframes"), env.Work, "write", name, fmt.Sprint(frameSize), fmt.Sprint(*framesSeconds))
	_, err := writer.ReadLine()
	require.NoError(b, err)
	reader := r.start(env, name)
	time.Sleep(100 * time.Millisecond)
	cpu := reader.CPU()
	writer.Line("")
	line, err := writer.ReadLine()
	require.NoError(b, err)
	var told framesTold
	require.NoError(b, json.Unmarshal(line, &told))
	time.Sleep(100 * time.Millisecond) // for the last frame
	cpu = reader.CPU() - cpu
	reader.CloseStdin()
	line, err = reader.ReadLine()
	require.NoError(b, err)
	var read framesRead
	require.NoError(b, json.Unmarshal(line, &read))
	require.NoError(b, reader.End())
	require.NoError(b, writer.End())
	return map[string]float64{
		"frames":     float64(told.Frames),
		"seen":       float64(read.Seen),
		"torn":       float64(read.Torn),
		"longest-ms": float64(told.Longest) / 1e6,
		"cpu-ms":     float64(cpu.Milliseconds()),
		"peak-MB":    float64(read.Peak) / 1000,
	}
}

// beFramesReader follows frames until the end of stdin.
func beFramesReader(text string) {
	var order framesOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	read, last, isFirst := framesRead{}, uint64(0), true
	for m, err := range Watch(ctx, QtKey(order.Name), order.Opts) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		if isFirst {
			fmt.Println("{}")
			isFirst = false
		}
		if len(m.Data) != frameSize {
			continue
		}
		number := binary.NativeEndian.Uint64(m.Data)
		if number != binary.NativeEndian.Uint64(m.Data[frameSize-8:]) {
			read.Torn++
		}
		if number != last {
			read.Seen++
		}
		last = number
	}
	var usage unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &usage)
	read.Peak = usage.Maxrss
	_ = json.NewEncoder(os.Stdout).Encode(read)
}
