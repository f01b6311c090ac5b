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
// --hex. With --as image it is a PNG, and the argument the name of its file; with --format
// it is JSON.
type source struct {
	file, hex string
	encoding  textEncoding
	as        showing
	format    valueFormat
}

func (s *source) addFlags(c *cobra.Command) {
	c.Flags().StringVar(&s.file, "file", "", "take the data from `file`, or with - from stdin")
	c.Flags().StringVar(&s.hex, "hex", "", "take the data from `digits`, two a byte")
	c.Flags().Var(&s.encoding, "encoding", encodingUsage)
	s.as.known = givenFormats
	c.Flags().Var(&s.as, "as", "make of a PNG what Qt programs share: `format` image, a QImage in a QDataStream, or image:640x480:RGB32, a raw frame; "+
		"or of JSON a QDataStream message: datastream, or as datastream:5.15:little, with --format")
	s.format.addFlag(c, "make of JSON a C++ struct: the `layout`, as 'u32 magic; f64 temp; char[16] name', or @FILE; "+
		"with --as datastream a message, as 'QString name; qint32 n'")
}

// check is an error unless there is exactly one source, counting other ones.
func (s *source) check(c *cobra.Command, args []string, others ...string) error {
	if err := s.checkFormat(c); err != nil {
		return err
	}
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

// checkFormat understands --format.
func (s *source) checkFormat(c *cobra.Command) error {
	if err := s.format.resolve(c.Context(), &s.as); err != nil {
		return err
	}
	if !s.format.isGiven() {
		return nil
	}
	if s.format.text == "" {
		return usagef("--as datastream needs to know the types of the values; give --format, as 'QString name; qint32 n'")
	}
	for _, name := range []string{"hex", "encoding"} {
		if c.Flags().Changed(name) {
			return usagef("--format is about JSON, and contradicts --%s; give one of them", name)
		}
	}
	return nil
}

// errTooMuch is the error for data that is longer than limit.
var errTooMuch = errors.New("too much data")

// read returns the data. More than limit is an errTooMuch.
func (s *source) read(ctx context.Context, a *app, c *cobra.Command, args []string, limit int64) ([]byte, error) {
	if s.as.format == asImage {
		return s.readPicture(ctx, a, c, args, limit)
	}
	if s.format.isGiven() {
		return s.readValues(ctx, a, c, args, limit)
	}
	return s.readBytes(ctx, a, c, args, limit)
}

func (s *source) readBytes(ctx context.Context, a *app, c *cobra.Command, args []string, limit int64) (data []byte, err error) {
	switch {
	case c.Flags().Changed("hex"):
		if data, err = hex.DecodeString(strings.ReplaceAll(s.hex, " ", "")); err != nil {
			return nil, usagef("--hex: %v; write two hex digits for each byte", err)
		}
	case s.file != "" || c.Flags().Changed("file"):
		return s.readFile(ctx, a, limit)
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

// maxPictureFile is how many bytes a PNG may have.
const maxPictureFile = 256 << 20

// readPicture returns what a PNG becomes.
func (s *source) readPicture(ctx context.Context, a *app, c *cobra.Command, args []string, limit int64) ([]byte, error) {
	if len(args) > 1 {
		s.file = args[1]
	}
	file, err := s.readBytes(ctx, a, c, nil, maxPictureFile)
	if errors.Is(err, errTooMuch) {
		return nil, usagef("the PNG has more than %s", sizeText(maxPictureFile))
	}
	if err != nil {
		return nil, err
	}
	data, err := pictureBytes(file, s.as.frame)
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, errTooMuch
	}
	return data, nil
}

// readValues returns the bytes of values that are given as JSON.
func (s *source) readValues(ctx context.Context, a *app, c *cobra.Command, args []string, limit int64) ([]byte, error) {
	if len(args) > 1 { // JSON is in UTF-8, whatever text is on this system
		return s.encodeValues([]byte(args[1]), limit)
	}
	text, err := s.readBytes(ctx, a, c, args, copyLimit)
	if errors.Is(err, errTooMuch) {
		return nil, usagef("the JSON has more than %s", sizeText(copyLimit))
	}
	if err != nil {
		return nil, err
	}
	return s.encodeValues(text, limit)
}

func (s *source) encodeValues(text []byte, limit int64) ([]byte, error) {
	data, err := s.format.encode(text)
	if err == nil && int64(len(data)) > limit {
		return nil, errTooMuch
	}
	return data, err
}

// bytesOf is the bytes of a line.
func (s *source) bytesOf(line string) ([]byte, error) {
	if s.format.isGiven() {
		return s.format.encode([]byte(line))
	}
	return s.encoding.Encode(line)
}

func (s *source) readFile(ctx context.Context, a *app, limit int64) ([]byte, error) {
	in := a.in
	var total int64
	if s.file != "-" {
		file, err := openFile(ctx, "--file "+s.file, s.file)
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

// openFile opens a file to read, which flag has named; a FIFO may block, so it looks at ctx.
func openFile(ctx context.Context, flag, name string) (file *os.File, err error) {
	var opened *os.File
	err = unlessDone(ctx, func() (err error) {
		opened, err = os.Open(name)
		return err
	})
	switch {
	case err == nil:
		return opened, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, usagef("%s: there is no such file", flag)
	case errors.Is(err, fs.ErrPermission):
		return nil, refusedf(exitPermission, "%s: this user may not read it", flag)
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
