package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qtinterop/qtbridge/picture"
)

// rawFrame is what has to be known of a raw frame, without its bytes. One without pixels
// is none.
type rawFrame struct{ picture.Frame }

var errRawFrame = errors.New("write WIDTHxHEIGHT:FORMAT, as 640x480:RGB32, and where lines are longer than QImage's :BYTES-PER-LINE behind")

// parse reads 640x480:RGB32, or 640x480:RGB32:2600.
func (f *rawFrame) parse(text string) (err error) {
	parts := strings.Split(text, ":")
	width, height, isSize := strings.Cut(parts[0], "x")
	if !isSize || len(parts) < 2 || len(parts) > 3 {
		return errRawFrame
	}
	var frame picture.Frame
	if frame.Width, err = pixelCount(width); err != nil {
		return err
	}
	if frame.Height, err = pixelCount(height); err != nil {
		return err
	}
	if frame.Format, err = picture.ParseFormat(strings.TrimPrefix(parts[1], "Format_")); err != nil {
		return plainly(err)
	}
	frame.BytesPerLine = frame.Format.BytesPerLine(frame.Width)
	if len(parts) == 3 {
		if frame.BytesPerLine, err = strconv.Atoi(parts[2]); err != nil || frame.BytesPerLine < 1 {
			return fmt.Errorf("%q is no number of bytes; %w", parts[2], errRawFrame)
		}
	}
	if _, err := frame.Size(); err != nil {
		return plainly(err)
	}
	f.Frame = frame
	return nil
}

func pixelCount(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is no number of pixels; %w", text, errRawFrame)
	}
	return n, nil
}

// plainly is an error of package picture without the name of what it happened in.
func plainly(err error) error {
	if e, ok := errors.AsType[*picture.Error](err); ok {
		return errors.New(e.Msg)
	}
	return err
}

// isGiven tells whether there is a raw frame.
func (f *rawFrame) isGiven() bool { return f.Width > 0 }

// limit is how many of so many bytes the frame has.
func (f *rawFrame) limit(length int64) int64 {
	if !f.isGiven() {
		return length
	}
	size, _ := f.Size()
	return min(length, int64(size))
}
