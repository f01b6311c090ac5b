//go:build cgo && linux

package picture_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
	"qtinterop/qtbridge/picture"
)

const wide4K, high4K = 3840, 2160

// BenchmarkFrames follows raw frames of 4K that a Qt program writes under its lock, 30 a
// second: how many of them were seen, and how many were made of two. Each has its number in
// all its words, and a Go program looks at all of them.
func BenchmarkFrames(b *testing.B) {
	const frames, size = 150, wide4K * high4K * 4
	for _, opts := range []qtbridge.WatchOptions{{Stay: true}, {Stay: true, Reuse: true}} {
		b.Run(fmt.Sprintf("reuse=%v", opts.Reuse), func(b *testing.B) {
			for b.Loop() {
				env := peertest.New(b)
				peer, name := env.GUIVerbs(6), env.Name()
				peer.Do("shm.new", "m", peertest.Args{"key": name})
				peer.Must("shm.create", "m", peertest.Args{"size": size})
				ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
				defer cancel()
				var begun <-chan peertest.Reply
				seen, torn, last := 0, 0, uint64(0)
				for message, err := range qtbridge.Watch(ctx, qtbridge.QtKey(name), opts) {
					require.NoError(b, err)
					if begun == nil { // what was there before
						begun = peer.Async("image.frames", "m", peertest.Args{"n": frames, "interval_us": 1_000_000 / 30})
						continue
					}
					seen++
					if !isWhole(message.Data) {
						torn++
					}
					if last = binary.NativeEndian.Uint64(message.Data); last == frames {
						break
					}
				}
				require.EqualValues(b, frames, last, "the last frame was not seen")
				require.Zero(b, (<-begun).LockFailed)
				b.ReportMetric(frames, "written")
				b.ReportMetric(float64(seen), "seen")
				b.ReportMetric(float64(torn), "torn")
			}
		})
	}
}

// isWhole tells whether all 64-bit words are the same.
func isWhole(data []byte) bool { return bytes.Equal(data[8:], data[:len(data)-8]) }

// BenchmarkStreamed is a QImage of 4K in a QDataStream, and how many times as long as C++
// with Qt it takes.
func BenchmarkStreamed(b *testing.B) {
	env := peertest.New(b)
	peer, name := env.GUIVerbs(6), env.Name()
	data := message(b, scene())
	segment, err := qtbridge.Create(b.Context(), qtbridge.QtKey(name), len(data), qtbridge.ReadWrite)
	require.NoError(b, err)
	defer func() { require.NoError(b, segment.Close()) }()
	_, err = segment.WriteAt(data, 0)
	require.NoError(b, err)
	peer.Do("shm.new", "m", peertest.Args{"key": name})
	peer.Must("shm.attach", "m", nil)
	m, _, err := picture.Decode(data)
	require.NoError(b, err)
	ratio := func(b *testing.B, write bool, round func() error) {
		for b.Loop() {
			if err := round(); err != nil {
				b.Fatal(err)
			}
		}
		byQt := peer.Do("image.pace", "m", peertest.Args{"n": b.N, "write": write})
		b.ReportMetric(float64(b.Elapsed())/float64(byQt.NS), "times-C++")
	}
	b.Run("decode", func(b *testing.B) {
		ratio(b, false, func() error { _, _, err := picture.Decode(data); return err })
	})
	b.Run("encode", func(b *testing.B) {
		ratio(b, true, func() error { _, err := picture.Append(nil, binary.BigEndian, m); return err })
	})
}

// scene is a picture with areas, edges and some noise, as one of a camera has.
func scene() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, wide4K, high4K))
	noise := uint32(1)
	for i := 0; i < len(m.Pix); i += 4 {
		x, y := i/4%wide4K, i/4/wide4K
		noise = noise*1664525 + 1013904223
		grain := byte(noise >> 30)
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = byte(x/16)+grain, byte(y/9)+grain, byte(x/256*y/256*31)+grain, 0xff
	}
	m.Pix[3] = 0xfe // so that it has alpha
	return m
}

// BenchmarkDraw draws a picture of 4K of Go's into a frame of Qt's usual format.
func BenchmarkDraw(b *testing.B) {
	m := scene()
	frame := picture.Frame{Width: wide4K, Height: high4K, Format: picture.FormatARGB32, Data: make([]byte, wide4K*high4K*4)}
	b.SetBytes(int64(len(frame.Data)))
	for b.Loop() {
		require.NoError(b, frame.Draw(m))
	}
}
