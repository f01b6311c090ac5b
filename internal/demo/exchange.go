//go:build cgo && (linux || windows)

package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"qtinterop/internal/observer"
	"qtinterop/qtbridge"
)

// limit is how long one exchange may take.
const limit = 20 * time.Second

// scene is one exchange: which Qt, in which directory, under which key.
type scene struct {
	number int
	qt     string
	peer   string // the testpeer's path
	dir    string // the peer's working directory
	key    qtbridge.Key
}

func (s scene) title(what string) {
	kind := "setKey"
	if s.key.IsNative() {
		kind = "setNativeKey"
	}
	fmt.Printf("\n%d. %s, %s(%q)\n", s.number, fmt.Sprintf(what, "Qt "+s.qt), kind, keyName)
}

func (s scene) args(face string, more ...string) []string {
	args := append([]string{face, keyName}, more...)
	if !s.key.IsNative() {
		args = append(args, "--set-key")
	}
	return args
}

// qtWrites has the mission's writer publish the id and Go read it.
func qtWrites(s scene) (bool, error) {
	s.title("A %s program writes, Go reads")
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	writer, err := start(ctx, s.dir, s.peer, s.args("writer")...)
	if err != nil {
		return false, err
	}
	defer writer.end()
	if _, err := fmt.Fprintln(writer.stdin, id); err != nil {
		return false, err
	}
	if _, err := writer.line(); err != nil { // the id, once it is published
		return false, err
	}
	report, err := writer.report(func(map[string]any) bool { return true })
	if err != nil {
		return false, err
	}
	printCalls("Qt program", report, "create", "lock", "unlock")
	wrote, err := hex.DecodeString(fmt.Sprint(report["hex"]))
	if err != nil {
		return false, err
	}

	read, err := goReads(ctx, s.key)
	if err != nil {
		return false, err
	}
	raw, err := rawBytes(s.key)
	if err != nil {
		return false, err
	}
	s.explainLock()
	return compare("Qt wrote", wrote, "Go read", read, raw), nil
}

func goReads(ctx context.Context, key qtbridge.Key) ([]byte, error) {
	segment, err := qtbridge.Attach(ctx, key, qtbridge.ReadOnly)
	if err != nil {
		return nil, err
	}
	data, err := segment.Snapshot(ctx, nil)
	fmt.Printf("   Go          Attach(%q) size %d, Lockable %v, Snapshot, Close\n",
		key, segment.Size(), segment.Lockable())
	return data, firstError(err, segment.Close())
}

// goWrites has Go publish the id and the mission's poller read it.
func goWrites(s scene) (bool, error) {
	s.title("Go writes, a %s program reads")
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	segment, err := qtbridge.Create(ctx, s.key, len(id), qtbridge.ReadWrite)
	if err != nil {
		return false, err
	}
	ok, err := pollerReads(ctx, s, segment)
	return ok, firstError(err, segment.Close())
}

func pollerReads(ctx context.Context, s scene, segment *qtbridge.Segment) (bool, error) {
	wrote, err := qtbridge.Local8Bit.Encode(id)
	if err != nil {
		return false, err
	}
	write := func() error { _, err := segment.WriteAt(wrote, 0); return err }
	how := "WithLock(WriteAt)"
	if segment.Lockable() {
		err = segment.WithLock(ctx, write)
	} else {
		how = "WriteAt"
		err = write()
	}
	if err != nil {
		return false, err
	}
	fmt.Printf("   Go          Create(%q, %d), Lockable %v, %s\n", s.key, segment.Size(), segment.Lockable(), how)

	poller, err := start(ctx, s.dir, s.peer, s.args("poller", "--count", "1")...)
	if err != nil {
		return false, err
	}
	defer poller.end()
	answer, err := poller.object()
	if err != nil {
		return false, err
	}
	read, err := hex.DecodeString(fmt.Sprint(answer["hex"]))
	if err != nil {
		return false, err
	}
	report, err := poller.report(func(r map[string]any) bool { return r["attach"] == true })
	if err != nil {
		return false, err
	}
	printCalls("Qt program", report, "attach", "lock", "unlock", "detach")
	fmt.Printf("   %-11s QString %q\n", "", textOf(answer))
	raw, err := rawBytes(s.key)
	if err != nil {
		return false, err
	}
	s.explainLock()
	return compare("Go wrote", wrote, "Qt read", read, raw), nil
}

// explainLock says, once, why a native key has no lock.
func (s scene) explainLock() {
	if s.number > 1 {
		return
	}
	fmt.Print(`   lock() is false: with setNativeKey there is no semaphore before Qt 6.6, for
   nobody. The Qt program does not look at the result, so nothing keeps a reader
   from coming in the middle of a change. Go says so (Lockable, ErrNoLock) and
   reads until two reads agree (Snapshot).
`)
}

func rawBytes(key qtbridge.Key) ([]byte, error) {
	path, _, err := key.KeyFiles()
	if err != nil {
		return nil, err
	}
	if raw := observer.Look(path); raw != nil {
		fmt.Printf("   raw segment %s\n", objectText(path, raw))
	}
	return observer.Read(path)
}

func compare(writer string, wrote []byte, reader string, read, raw []byte) bool {
	whole := make([]byte, (len(wrote)+unit-1)/unit*unit)
	copy(whole, wrote)
	agree := bytes.Equal(whole, read) && bytes.Equal(whole, raw)
	for _, side := range []struct {
		name string
		data []byte
	}{{writer, wrote}, {reader, read}, {"raw segment", raw}} {
		fmt.Printf("   %-11s %s\n", side.name, hexText(side.data))
	}
	verdict := "they agree"
	if !agree {
		verdict = "THEY DIFFER"
	}
	fmt.Printf("   => %s\n", verdict)
	return agree
}

// hexText is data in hex, without the zeros at its end.
func hexText(data []byte) string {
	content := bytes.TrimRight(data, "\x00")
	text := fmt.Sprintf("%x", content)
	if zeros := len(data) - len(content); zeros > 0 {
		text += fmt.Sprintf(" and %d zeros", zeros)
	}
	return text
}
