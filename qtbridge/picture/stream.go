package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/png"
)

// MaxBytes is how many bytes a picture may have once it is decoded, with four for each
// pixel at least. QImageReader of Qt 6 has the same limit.
const MaxBytes = 256 << 20

// maxExpansion is how many bytes deflate makes of one at most.
const maxExpansion = 1032

const signature = "\x89PNG\r\n\x1a\n"

// Decode reads a QImage or a QPixmap as QDataStream writes them, in all its versions from
// Qt 4.0 on and in both byte orders: 32 bits that are 0 for a null picture, else 1 and a
// PNG. It returns the picture, nil for a null one, and how many of the bytes it has. What
// comes after them does not matter. The image is of one of the types of package image.
//
// Nothing is allocated on the word of the input: a picture of more than [MaxBytes], or of
// more than its compressed bytes can give, is an [ErrTooLarge] before it is decoded.
func Decode(data []byte) (image.Image, int, error) {
	if len(data) < markerSize {
		return nil, 0, fail(opDecode, ErrEnd, len(data), "a QImage begins with %d bytes of a marker", markerSize)
	}
	if binary.NativeEndian.Uint32(data) == 0 {
		return nil, markerSize, nil
	}
	m, n, err := decodePNG(data[markerSize:])
	if err != nil {
		err.Offset += markerSize
		return nil, 0, err
	}
	return m, markerSize + n, nil
}

const markerSize = 4

// DecodePNG is [Decode] of the PNG alone, without a marker. Bytes after it do not matter.
func DecodePNG(data []byte) (image.Image, error) {
	m, _, err := decodePNG(data)
	if err != nil {
		return nil, err
	}
	return m, nil
}

func decodePNG(data []byte) (image.Image, int, *Error) {
	size, compressed, err := measure(data)
	if err != nil {
		return nil, 0, err
	}
	if err := checkSize(data[headerAt:], compressed); err != nil {
		return nil, 0, err
	}
	r := bytes.NewReader(data[:size])
	m, cause := png.Decode(r)
	if cause != nil {
		return nil, 0, corrupt(cause, size-r.Len())
	}
	return m, size, nil
}

func corrupt(cause error, at int) *Error {
	e := fail(opDecode, ErrCorrupt, at, "the PNG is broken: %v", cause)
	if _, ok := errors.AsType[png.UnsupportedError](cause); ok {
		e.Msg = "the PNG is of a kind that is not read: " + cause.Error()
	}
	e.Err = cause
	return e
}

// Where a PNG has what: a chunk is its length, its name, its bytes and a checksum.
const (
	chunkHead = 8
	chunkSum  = 4
	headerAt  = len(signature) + chunkHead
)

// measure returns how many bytes a PNG has, and how many of them are compressed pixels.
func measure(data []byte) (size, compressed int, err *Error) {
	if have := min(len(data), len(signature)); string(data[:have]) != signature[:have] {
		return 0, 0, fail(opDecode, ErrCorrupt, 0, "no PNG begins here, but % x: is a value in front of the picture, or is it none?", data[:have])
	}
	for at := len(signature); ; {
		if len(data)-at < chunkHead {
			return 0, 0, fail(opDecode, ErrEnd, len(data), "a chunk of the PNG should begin at its byte %d", at)
		}
		length, name := uint64(binary.BigEndian.Uint32(data[at:])), string(data[at+4:at+chunkHead])
		if chunkHead+length+chunkSum > uint64(len(data)-at) {
			return 0, 0, fail(opDecode, ErrEnd, len(data), "the chunk %q at byte %d of the PNG should have %d bytes", name, at, length)
		}
		if at == len(signature) && (name != "IHDR" || length != 13) {
			return 0, 0, fail(opDecode, ErrCorrupt, at, "the PNG begins with %q of %d bytes, not with IHDR of 13", name, length)
		}
		at += chunkHead + int(length) + chunkSum
		switch name {
		case "IDAT":
			compressed += int(length)
		case "IEND":
			return at, compressed, nil
		}
	}
}

// checkSize is about what decoding would allocate, by the header: width, height, bits of a
// channel. Go has no less than a byte a pixel.
func checkSize(header []byte, compressed int) *Error {
	width, height := uint64(binary.BigEndian.Uint32(header)), uint64(binary.BigEndian.Uint32(header[4:]))
	pixels, bitDepth := width*height, header[8]
	perPixel := uint64(4)
	if bitDepth == 16 {
		perPixel = 8
	}
	if pixels > MaxBytes/perPixel {
		return fail(opDecode, ErrTooLarge, len(signature), "%d x %d pixels are more than %d MB", width, height, MaxBytes>>20)
	}
	if pixels*uint64(bitDepth)/8 > uint64(compressed)*maxExpansion {
		return fail(opDecode, ErrTooLarge, len(signature), "%d x %d pixels cannot be in %d compressed bytes", width, height, compressed)
	}
	return nil
}

// Append appends a picture as QDataStream writes a QImage or a QPixmap, from Qt 4.0 on, with
// the stream's byte order: [binary.BigEndian] unless the peer calls setByteOrder(). A nil
// picture is a null one. The PNG is made for speed: see [png.BestSpeed].
func Append(b []byte, order binary.AppendByteOrder, m image.Image) ([]byte, error) {
	if m == nil {
		return order.AppendUint32(b, 0), nil
	}
	if m.Bounds().Empty() {
		return b, fail(opEncode, ErrImage, -1, "%v has no pixels: a null picture is nil", m.Bounds())
	}
	w := bytes.NewBuffer(order.AppendUint32(b, 1))
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(w, m); err != nil {
		e := fail(opEncode, ErrImage, -1, "%v", err)
		e.Err = err
		return b, e
	}
	return w.Bytes(), nil
}
