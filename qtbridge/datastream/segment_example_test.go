//go:build cgo && linux

package datastream_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"qtinterop/internal/observer"
	"qtinterop/qtbridge"
	"qtinterop/qtbridge/datastream"
)

// ownDirectory gives the example a directory of its own as TMPDIR, so that it meets no
// segment of another program. A real program has the TMPDIR that the Qt program has.
func ownDirectory() (remove func()) {
	dir, err := os.MkdirTemp("", "datastream-example-")
	if err != nil {
		panic(err)
	}
	before, wasSet := os.LookupEnv("TMPDIR")
	if err := os.Setenv("TMPDIR", dir); err != nil {
		panic(err)
	}
	return func() {
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, file := range files {
			observer.RemoveAll(file) // what an example that failed has left
		}
		if wasSet {
			_ = os.Setenv("TMPDIR", before)
		} else {
			_ = os.Unsetenv("TMPDIR")
		}
		_ = os.RemoveAll(dir)
	}
}

// Reading is what both programs know of the message.
type Reading struct {
	Sensor string
	Values []float64
	Limits map[string]float64
}

// A message in a segment, with room for a longer one. Either side can be a Qt program: here
// both are Go.
func Example_segment() {
	defer ownDirectory()()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	key := qtbridge.QtKey(rand.Text()) // setKey() in the Qt program
	o := datastream.Options{Version: datastream.Qt5_13}

	// In C++: out << sensor << values << limits; memory.lock(); memcpy(memory.data(), …); …
	writer, err := qtbridge.Create(ctx, key, 1024, qtbridge.ReadWrite)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer writer.Close()
	err = writer.WithLock(ctx, func() error {
		to := datastream.NewEncoder(io.NewOffsetWriter(writer, 0), o)
		return to.Encode(Reading{"oven", []float64{20.5, 21}, map[string]float64{"low": 5, "high": 250}})
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	// In C++: memory.lock(); QByteArray copy(memory.constData(), memory.size()); … in >> sensor >> …
	reader, err := qtbridge.Attach(ctx, key, qtbridge.ReadOnly)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Close()
	data, err := reader.Snapshot(ctx, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var r Reading
	from := datastream.NewDecoder(data, o) // that does not mind the bytes after the message
	err = from.Decode(&r)
	fmt.Println(r, err)
	fmt.Println(from.Offset(), "of", len(data), "bytes")
	// Output:
	// {oven [20.5 21] map[high:250 low:5]} <nil>
	// 74 of 1024 bytes
}
