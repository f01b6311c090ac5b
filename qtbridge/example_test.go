//go:build cgo && linux

package qtbridge_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"qtinterop/internal/observer"
	"qtinterop/qtbridge"
)

// The examples play both sides in one process: where one attaches to what it
// created itself, a Qt program can take either part.

// ownDirectory gives an example a directory of its own as TMPDIR, so that it
// meets no segment of another program. remove ends that, and removes whatever
// an example that failed has left behind. A real program has the TMPDIR that
// the Qt program has.
func ownDirectory() (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "qtbridge-example-")
	if err != nil {
		panic(err)
	}
	before, wasSet := os.LookupEnv("TMPDIR")
	if err := os.Setenv("TMPDIR", dir); err != nil {
		panic(err)
	}
	return dir, func() {
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, file := range files {
			observer.RemoveAll(file)
		}
		if wasSet {
			_ = os.Setenv("TMPDIR", before)
		} else {
			_ = os.Unsetenv("TMPDIR")
		}
		_ = os.RemoveAll(dir)
	}
}

// One side creates a segment and writes under the lock, the other attaches and
// takes a copy.
func Example() {
	_, remove := ownDirectory()
	defer remove()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	key := qtbridge.QtKey(rand.Text()) // setKey() in the Qt program

	// In C++: memory.setKey(key); memory.create(10); memory.lock(); …
	writer, err := qtbridge.Create(ctx, key, 10, qtbridge.ReadWrite)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer writer.Close()
	err = writer.WithLock(ctx, func() error {
		_, err := writer.WriteAt([]byte("model-4711"), 0)
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	// In C++: memory.setKey(key); memory.attach(QSharedMemory::ReadOnly); …
	reader, err := qtbridge.Attach(ctx, key, qtbridge.ReadOnly)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Close()
	id, err := reader.Snapshot(ctx, nil)
	fmt.Printf("%s %v\n", id, err)
	// Output: model-4711 <nil>
}

func ExampleCreate() {
	_, remove := ownDirectory()
	defer remove()
	ctx := context.Background()
	key := qtbridge.QtKey(rand.Text())

	s, err := qtbridge.Create(ctx, key, 16, qtbridge.ReadWrite)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Size(), s.Mode(), s.Lockable())

	// A key names one segment at a time.
	_, err = qtbridge.Create(ctx, key, 16, qtbridge.ReadWrite)
	fmt.Println(errors.Is(err, qtbridge.ErrExists))

	// The last one to detach removes it.
	fmt.Println(s.Close())
	_, err = qtbridge.Attach(ctx, key, qtbridge.ReadOnly)
	fmt.Println(errors.Is(err, qtbridge.ErrNotFound))
	// Output:
	// 16 read-write true
	// true
	// <nil>
	// true
}

// A writer that publishes each id in a segment of exactly its length, as the
// Qt programs that this package was made for do. The segment must stay until
// the next one: who closes it removes it.
func ExampleCreate_publish() {
	dir, remove := ownDirectory()
	defer remove()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	key := qtbridge.NativeKeyIn(dir, "RkWebViewModelSM")

	var last *qtbridge.Segment
	publish := func(id string) error {
		if last != nil {
			if err := last.Close(); err != nil {
				return err
			}
			last = nil
		}
		for {
			s, err := qtbridge.Create(ctx, key, len(id), qtbridge.ReadWrite)
			if err == nil {
				last = s
				_, err = s.WriteAt([]byte(id), 0)
				return err
			}
			// A reader is still attached to the segment before.
			if !errors.Is(err, qtbridge.ErrExists) || ctx.Err() != nil {
				return err
			}
			time.Sleep(time.Millisecond)
		}
	}

	for _, id := range []string{"4711", "a longer id", "共享内存"} {
		if err := publish(id); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(last.Size(), id)
	}
	fmt.Println(last.Close())
	// Output:
	// 4 4711
	// 11 a longer id
	// 12 共享内存
	// <nil>
}

func ExampleAttach() {
	_, remove := ownDirectory()
	defer remove()
	ctx := context.Background()
	key := qtbridge.QtKey(rand.Text())

	_, err := qtbridge.Attach(ctx, key, qtbridge.ReadOnly)
	fmt.Println("before:", errors.Is(err, qtbridge.ErrNotFound))

	writer, err := qtbridge.Create(ctx, key, 5, qtbridge.ReadWrite)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer writer.Close()
	if _, err := writer.WriteAt([]byte("hello"), 0); err != nil {
		fmt.Println(err)
		return
	}

	reader, err := qtbridge.Attach(ctx, key, qtbridge.ReadOnly)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Close()
	data, err := reader.Snapshot(ctx, nil)
	fmt.Printf("after: %s %v\n", data, err)
	// Output:
	// before: true
	// after: hello <nil>
}

// What is read, changed and written back belongs under one lock.
func ExampleSegment_WithLock() {
	_, remove := ownDirectory()
	defer remove()
	ctx := context.Background()
	s, err := qtbridge.Create(ctx, qtbridge.QtKey(rand.Text()), 8, qtbridge.ReadWrite)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	countUp := func() error {
		var buf [8]byte
		if _, err := s.ReadAt(buf[:], 0); err != nil {
			return err
		}
		n := binary.LittleEndian.Uint64(buf[:]) + 1
		binary.LittleEndian.PutUint64(buf[:], n)
		_, err := s.WriteAt(buf[:], 0)
		return err
	}
	for range 3 {
		if err := s.WithLock(ctx, countUp); err != nil {
			fmt.Println(err)
			return
		}
	}
	data, err := s.Snapshot(ctx, nil)
	fmt.Println(data, err)
	// Output: [3 0 0 0 0 0 0 0] <nil>
}

// Qt's lock() waits for ever. Lock ends with its context.
func ExampleSegment_Lock() {
	_, remove := ownDirectory()
	defer remove()
	ctx := context.Background()
	key := qtbridge.QtKey(rand.Text())
	holder, err := qtbridge.Create(ctx, key, 8, qtbridge.ReadWrite)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer holder.Close()
	other, err := qtbridge.Attach(ctx, key, qtbridge.ReadWrite)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer other.Close()

	if err := holder.Lock(ctx); err != nil {
		fmt.Println(err)
		return
	}
	soon, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	err = other.Lock(soon)
	fmt.Println(errors.Is(err, qtbridge.ErrLocked), errors.Is(err, context.DeadlineExceeded))

	fmt.Println(holder.Unlock())
	fmt.Println(other.Lock(ctx))
	fmt.Println(other.Unlock())
	// Output:
	// true true
	// <nil>
	// <nil>
	// <nil>
}

// On Qt before 6.6 a segment with a native key has no lock, for Qt programs
// neither: their lock() returns false. Code that serves both kinds of keys asks
// Lockable.
func ExampleSegment_Lockable() {
	dir, remove := ownDirectory()
	defer remove()
	ctx := context.Background()

	write := func(s *qtbridge.Segment, data []byte) error {
		f := func() error { _, err := s.WriteAt(data, 0); return err }
		if !s.Lockable() {
			return f()
		}
		return s.WithLock(ctx, f)
	}
	for _, key := range []qtbridge.Key{
		qtbridge.QtKey(rand.Text()),
		qtbridge.NativeKeyIn(dir, rand.Text()),
	} {
		s, err := qtbridge.Create(ctx, key, 5, qtbridge.ReadWrite)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("write:", write(s, []byte("hello")))
		_ = s.Close()
	}
	// Output:
	// write: <nil>
	// write: <nil>
}

// Snapshot reuses a buffer: a reader that keeps one allocates nothing.
func ExampleSegment_Snapshot() {
	_, remove := ownDirectory()
	defer remove()
	ctx := context.Background()
	s, err := qtbridge.Create(ctx, qtbridge.QtKey(rand.Text()), 8, qtbridge.ReadWrite)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	buf := make([]byte, 0, s.Size())
	for _, text := range []string{"first", "second"} {
		if _, err := s.WriteAt(append([]byte(text), 0), 0); err != nil {
			fmt.Println(err)
			return
		}
		if buf, err = s.Snapshot(ctx, buf); err != nil {
			fmt.Println(err)
			return
		}
		// The two sides agree on where the text ends: here at a NUL.
		found, _, _ := bytes.Cut(buf, []byte{0})
		fmt.Printf("%s\n", found)
	}
	// Output:
	// first
	// second
}

// View gives the memory itself, for the time of the call.
func ExampleSegment_View() {
	_, remove := ownDirectory()
	defer remove()
	ctx := context.Background()
	key := qtbridge.QtKey(rand.Text())
	s, err := qtbridge.Create(ctx, key, 1<<20, qtbridge.ReadWrite)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	fill := func(data []byte) error {
		for i := range data {
			data[i] = 0xff
		}
		return nil
	}
	fmt.Println(s.WithLock(ctx, func() error { return s.View(fill) }))

	reader, err := qtbridge.Attach(ctx, key, qtbridge.ReadOnly)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Close()
	err = reader.View(func(data []byte) error {
		fmt.Println(bytes.Count(data, []byte{0xff}))
		return nil
	})
	fmt.Println(err)
	// Writing to memory that is mapped read-only is an error, not a crash.
	fmt.Println(errors.Is(reader.View(fill), qtbridge.ErrReadOnly))
	// Output:
	// <nil>
	// 1048576
	// <nil>
	// true
}

// A Segment is an io.ReaderAt, so the tools of package io read parts of it.
func ExampleSegment_ReadAt() {
	_, remove := ownDirectory()
	defer remove()
	ctx := context.Background()
	s, err := qtbridge.Create(ctx, qtbridge.QtKey(rand.Text()), 12, qtbridge.ReadWrite)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	if _, err := s.WriteAt([]byte("headrest-end"), 0); err != nil {
		fmt.Println(err)
		return
	}

	rest, err := io.ReadAll(io.NewSectionReader(s, 4, 4))
	fmt.Printf("%s %v\n", rest, err)

	// Beyond the end it is io.EOF, as io.ReaderAt wants it.
	buf := make([]byte, 8)
	n, err := s.ReadAt(buf, 8)
	fmt.Printf("%q %v %v\n", buf[:n], errors.Is(err, io.EOF), errors.Is(err, qtbridge.ErrRange))
	// Output:
	// rest <nil>
	// "-end" true true
}

// A Segment is an io.WriterAt too.
func ExampleSegment_WriteAt() {
	_, remove := ownDirectory()
	defer remove()
	ctx := context.Background()
	s, err := qtbridge.Create(ctx, qtbridge.QtKey(rand.Text()), 8, qtbridge.ReadWrite)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	// Two fields as a C++ struct has them: quint16 at 0, quint32 at 4.
	w := io.NewOffsetWriter(s, 4)
	fmt.Println(binary.Write(w, binary.LittleEndian, uint32(4711)))
	data, err := s.Snapshot(ctx, nil)
	fmt.Println(data, err)

	// What does not fit is refused as a whole.
	n, err := s.WriteAt([]byte("too long"), 4)
	fmt.Println(n, errors.Is(err, qtbridge.ErrRange))
	// Output:
	// <nil>
	// [0 0 0 0 103 18 0 0] <nil>
	// 0 true
}

// A relative native key is a file in the working directory of the process that
// uses it. NativeKeyIn names the file of a program that runs elsewhere.
func ExampleNativeKeyIn() {
	fmt.Println(qtbridge.NativeKeyIn("/opt/viewer", "RkWebViewModelSM"))
	fmt.Println(qtbridge.NativeKeyIn("/opt/viewer", "/run/viewer/key")) // absolute already
	// Output:
	// native:/opt/viewer/RkWebViewModelSM
	// native:/run/viewer/key
}

func ExampleParseKey() {
	for _, text := range []string{"RkWebViewModelSM", "native:/opt/viewer/RkWebViewModelSM", "qt:a:b"} {
		key, err := qtbridge.ParseKey(text)
		fmt.Println(key.IsNative(), key.Name(), err)
	}
	_, err := qtbridge.ParseKey("a:b")
	fmt.Println(errors.Is(err, qtbridge.ErrKey))
	// Output:
	// false RkWebViewModelSM <nil>
	// true /opt/viewer/RkWebViewModelSM <nil>
	// false a:b <nil>
	// true
}

// The names of the key files are Qt's. They do not exist before the segment.
func ExampleKey_KeyFiles() {
	dir, remove := ownDirectory()
	defer remove()
	for _, key := range []qtbridge.Key{
		qtbridge.QtKey("RkWebViewModelSM"),
		qtbridge.NativeKeyIn("/opt/viewer", "RkWebViewModelSM"),
	} {
		segment, lock, err := key.KeyFiles()
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, file := range []string{segment, lock} {
			if filepath.Dir(file) == dir {
				file = "$TMPDIR/" + filepath.Base(file)
			}
			fmt.Printf("%q\n", file)
		}
	}
	// Output:
	// "$TMPDIR/qipc_sharedmemory_RkWebViewModelSMf757296eece50b7850ac4009c7c510c4cee12638"
	// "$TMPDIR/qipc_systemsem_RkWebViewModelSMf757296eece50b7850ac4009c7c510c4cee12638"
	// "/opt/viewer/RkWebViewModelSM"
	// "/opt/viewer/RkWebViewModelSM"
}

// Errors are compared by their kind, and tell the rest when asked.
func ExampleError() {
	dir, remove := ownDirectory()
	defer remove()
	key := qtbridge.NativeKeyIn(dir, "RkWebViewModelSM")
	_, err := qtbridge.Attach(context.Background(), key, qtbridge.ReadOnly)

	switch {
	case err == nil:
		fmt.Println("attached")
	case errors.Is(err, qtbridge.ErrPermission):
		fmt.Println("of another user")
	case errors.Is(err, qtbridge.ErrNotFound):
		fmt.Println("not there")
	}
	fmt.Println(errors.Is(err, fs.ErrNotExist)) // the same in the standard library
	if e, ok := errors.AsType[*qtbridge.Error](err); ok {
		fmt.Println(e.Op, e.Key == key, e.Code)
	}
	// Output:
	// not there
	// true
	// attach true not found
}

// A semaphore counts what one side has made and the other may take.
func ExampleSemaphore() {
	_, remove := ownDirectory()
	defer remove()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()

	jobs, err := qtbridge.OpenSemaphore(qtbridge.QtKey("jobs"), 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer jobs.Close()
	fmt.Println(errors.Is(jobs.TryAcquire(), qtbridge.ErrLocked))
	fmt.Println(jobs.Release(3)) // as QSystemSemaphore::release(3) in a Qt program
	fmt.Println(jobs.AcquireN(ctx, 2))
	fmt.Println(jobs.Value())
	// Output:
	// true
	// <nil>
	// <nil>
	// 1 <nil>
}
