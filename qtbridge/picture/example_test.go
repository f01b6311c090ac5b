package picture_test

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"

	"qtinterop/qtbridge/picture"
)

// What the writer of Qt's sharedmemory example has put into its segment: a QImage by
// QDataStream.
func ExampleDecode() {
	data := fromQt() // segment.Snapshot(ctx, nil)
	m, size, err := picture.Decode(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Bounds(), m.At(1, 0), size == len(data))
	// Output: (0,0)-(2,1) {255 0 0 128} true
}

func fromQt() []byte {
	m := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	m.SetNRGBA(1, 0, color.NRGBA{R: 255, A: 128})
	data, err := picture.Append(nil, binary.BigEndian, m)
	if err != nil {
		panic(err)
	}
	return data
}

// A picture for a Qt program that reads it by in >> image.
func ExampleAppend() {
	m := image.NewGray(image.Rect(0, 0, 16, 16))
	data, err := picture.Append(nil, binary.BigEndian, m)
	fmt.Printf("% x %v\n", data[:8], err) // for qtbridge.Publisher.Publish, as an example
	// Output: 00 00 00 01 89 50 4e 47 <nil>
}

// The pixels of a QImage of the format RGB32, that a Qt program has copied as they are.
func ExampleFrame_Image() {
	data := []byte{
		0x30, 0x20, 0x10, 0xff, 0x33, 0x22, 0x11, 0xff,
		0x90, 0x80, 0x70, 0xff, 0x93, 0x82, 0x71, 0xff,
	}
	frame := picture.Frame{Width: 2, Height: 2, Format: picture.FormatRGB32, Data: data}
	m, err := frame.Image() // over data: no copy
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.At(0, 1))
	// Output: {112 128 144 255}
}

// A picture of Go's into memory that a Qt program has made a QImage over.
func ExampleFrame_Draw() {
	frame := picture.Frame{Width: 1, Height: 1, Format: picture.FormatARGB32Premultiplied}
	size, err := frame.Size()
	if err != nil {
		fmt.Println(err)
		return
	}
	frame.Data = make([]byte, size) // that of segment.View
	m := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	m.SetNRGBA(0, 0, color.NRGBA{R: 255, A: 128})
	fmt.Println(frame.Draw(m), frame.Data)
	// Output: <nil> [0 0 128 128]
}
