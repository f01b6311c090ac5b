package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// source is where put and publish have their data from: the argument, --file or
// --hex.
type source struct {
	file, hex string
	encoding  textEncoding
}

func (s *source) addFlags(c *cobra.Command) {
	c.Flags().StringVar(&s.file, "file", "", "take the data from `file`, or with - from stdin")
	c.Flags().StringVar(&s.hex, "hex", "", "take the data from `digits`, two a byte")
	c.Flags().Var(&s.encoding, "encoding", encodingUsage)
}

// check is an error unless there is exactly one source, counting other ones.
func (s *source) check(c *cobra.Command, args []string, others ...string) error {
	names := append([]string{"file", "hex"}, others...)
	given := len(args) - 1
	for _, name := range names {
		if c.Flags().Changed(name) {
			given++
		}
	}
	all := "DATA, --" + strings.Join(names, ", --")
	switch {
	case given == 0:
		return usagef("there is nothing to write; give one of %s", all)
	case given > 1:
		return usagef("there is more than one thing to write; give one of %s", all)
	}
	return nil
}

// errTooMuch is the error for data that is longer than limit.
var errTooMuch = errors.New("too much data")

// read returns the data. More than limit is an errTooMuch.
func (s *source) read(ctx context.Context, a *app, c *cobra.Command, args []string, limit int64) (data []byte, err error) {
	switch {
	case c.Flags().Changed("file"):
		return s.readFile(ctx, a, limit)
	case c.Flags().Changed("hex"):
		if data, err = hex.DecodeString(strings.ReplaceAll(s.hex, " ", "")); err != nil {
			return nil, usagef("--hex: %v; write two hex digits for each byte", err)
		}
	default:
		if data, err = s.encoding.Encode(args[1]); err != nil {
			return nil, err
		}
	}
	if int64(len(data)) > limit {
		return nil, errTooMuch
	}
	return data, nil
}

func (s *source) readFile(ctx context.Context, a *app, limit int64) ([]byte, error) {
	in := a.in
	var total int64
	if s.file != "-" {
		file, err := openFile(ctx, s.file)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			total = info.Size()
		}
		in = file
	}
	if total > limit {
		return nil, errTooMuch
	}
	return readAll(ctx, a, in, total, limit)
}

// openFile opens a file to read; a FIFO may block, so it looks at ctx.
func openFile(ctx context.Context, name string) (file *os.File, err error) {
	var opened *os.File
	err = unlessDone(ctx, func() (err error) {
		opened, err = os.Open(name)
		return err
	})
	switch {
	case err == nil:
		return opened, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, usagef("--file %s: there is no such file", name)
	case errors.Is(err, fs.ErrPermission):
		return nil, refusedf(exitPermission, "--file %s: this user may not read it", name)
	}
	return nil, err
}

// readAll reads all there is, total bytes as far as is known, and a byte more
// than limit at most.
func readAll(ctx context.Context, a *app, in io.Reader, total, limit int64) ([]byte, error) {
	bar := a.newProgress(total)
	defer bar.end()
	var buffer bytes.Buffer
	buffer.Grow(int(total) + bytes.MinRead)
	limitedIn := io.LimitReader(patientReader{ctx, in}, limit+1)
	if _, err := buffer.ReadFrom(io.TeeReader(limitedIn, bar)); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, usagef("the data cannot be read: %v", err)
	}
	if int64(buffer.Len()) > limit {
		return nil, errTooMuch
	}
	return buffer.Bytes(), nil
}
