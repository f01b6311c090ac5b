package main

import (
	"bytes"
	numbers "encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"

	"qtinterop/qtbridge/picture"
)

// shownPicture is a picture that was read, and the PNG that it was, if it was one.
type shownPicture struct {
	image.Image
	png []byte
}

// maxFrame is how many bytes a frame has at most: what a PNG can be, with room in its lines.
const maxFrame = 4 * picture.MaxBytes

const pngStart = "\x89PNG\r\n\x1a\n"

// pictureMarkers are what QDataStream writes before the PNG of a QImage, in either byte
// order.
var pictureMarkers = []string{"\x00\x00\x00\x01", "\x01\x00\x00\x00"}

// pictureIn is the picture that data begins with: a raw frame if there is one to expect,
// else a PNG, or one in a QDataStream.
func pictureIn(data []byte, frame rawFrame) (*shownPicture, error) {
	if frame.isGiven() {
		frame.Data = data
		pixels, err := frame.Image()
		return &shownPicture{Image: pixels}, err
	}
	for _, marker := range pictureMarkers {
		if bytes.HasPrefix(data, []byte(marker+pngStart)) {
			return streamedPicture(data)
		}
	}
	switch {
	case bytes.HasPrefix(data, []byte(pngStart)):
		return readPNG(data)
	case bytes.HasPrefix(data, make([]byte, len(pictureMarkers[0]))):
		return nil, fmt.Errorf("%w: the bytes begin with zeros, as a null QImage in a QDataStream does, and what nobody has written", errNoPicture)
	}
	return nil, fmt.Errorf("%w: the bytes begin neither as a QImage or QPixmap in a QDataStream nor as a PNG; of a raw frame say what it is, as --as image:640x480:RGB32", errNoPicture)
}

// errNoPicture is that bytes do not even begin as a picture.
var errNoPicture = errors.New("there is no picture")

// isPictureError tells whether err is that bytes are not the picture that they should be.
func isPictureError(err error) bool {
	_, is := errors.AsType[*picture.Error](err)
	return is || errors.Is(err, errNoPicture)
}

func streamedPicture(data []byte) (*shownPicture, error) {
	m, n, err := picture.Decode(data)
	if err != nil {
		return nil, err
	}
	return &shownPicture{m, data[len(pictureMarkers[0]):n]}, nil
}

// readPNG reads a PNG, with anything behind.
func readPNG(data []byte) (*shownPicture, error) {
	p, err := streamedPicture(append([]byte(pictureMarkers[0]), data...))
	if e, ok := errors.AsType[*picture.Error](err); ok && e.Offset > 0 {
		e.Offset -= len(pictureMarkers[0])
	}
	return p, err
}

// writePNG writes it as PNG: as what it was, if it was one.
func (p *shownPicture) writePNG(w io.Writer) error {
	if p.png != nil {
		_, err := w.Write(p.png)
		return err
	}
	return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(w, plainPixels(p.Image))
}

// plainPixels is a picture of which Go has the pixels without asking for each, if none of
// its colours is lost by that.
func plainPixels(m image.Image) image.Image {
	pixels, ok := m.(*picture.Pixels)
	if !ok || pixels.ColorModel() != color.RGBAModel && pixels.ColorModel() != color.NRGBAModel {
		return m
	}
	plain := image.NewNRGBA(m.Bounds())
	f := picture.Frame{Width: plain.Rect.Dx(), Height: plain.Rect.Dy(), Format: picture.FormatRGBA8888, Data: plain.Pix}
	if f.Draw(m) != nil {
		return m
	}
	return plain
}

// pictureBytes are what a PNG becomes in a segment: the raw frame if there is one to be,
// else a QImage in a QDataStream.
func pictureBytes(file []byte, frame rawFrame) ([]byte, error) {
	if !bytes.HasPrefix(file, []byte(pngStart)) {
		return nil, fmt.Errorf("%w: the data is no PNG", errNoPicture)
	}
	p, err := readPNG(file)
	if err != nil {
		return nil, err
	}
	if !frame.isGiven() {
		return append(numbers.BigEndian.AppendUint32(nil, 1), p.png...), nil
	}
	if size := p.Bounds().Size(); size != image.Pt(frame.Width, frame.Height) {
		return nil, usagef("the PNG has %d x %d pixels, and the frame %d x %d", size.X, size.Y, frame.Width, frame.Height)
	}
	if frame.BytesPerLine > maxFrame/frame.Height {
		return nil, usagef("%d lines of %d bytes are too large a frame", frame.Height, frame.BytesPerLine)
	}
	frame.Data = make([]byte, frame.BytesPerLine*frame.Height) // whole lines, as QImage has them
	err = frame.Draw(p.Image)
	return frame.Data, err
}
