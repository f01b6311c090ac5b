//go:build cgo && (linux || windows)

package datastream_test

import (
	"errors"
	"fmt"
	"image"
	"image/color"

	"qtinterop/qtbridge/datastream"
)

// In C++: out << qint32(7) << QString("oven") << QList<double>{20.5, 21};
func Example() {
	o := datastream.Options{Version: datastream.Qt5_13}
	data, err := datastream.Marshal(o, int32(7), "oven", []float64{20.5, 21})
	fmt.Printf("%d bytes, %x… %v\n", len(data), data[:16], err)

	var id int32
	var name string
	var values []float64
	err = datastream.Unmarshal(data, o, &id, &name, &values)
	fmt.Println(id, name, values, err)
	// Output:
	// 36 bytes, 0000000700000008006f00760065006e… <nil>
	// 7 oven [20.5 21] <nil>
}

// A board of settings: a QVariantMap.
func ExampleUnmarshal_variant() {
	o := datastream.Options{Version: datastream.Qt5_13}
	var settings any = map[string]any{"name": "oven", "limits": []any{int32(20), 250.5}, "on": true}
	data, err := datastream.Marshal(o, &settings)
	if err != nil {
		fmt.Println(err)
		return
	}
	var read any
	err = datastream.Unmarshal(data, o, &read)
	fmt.Println(read, err)
	// Output: map[limits:[20 250.5] name:oven on:true] <nil>
}

// In C++: out << QString("oven") << image;
func ExampleMarshal_picture() {
	o := datastream.Options{Version: datastream.Qt5_13}
	photo := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	photo.SetNRGBA(1, 0, color.NRGBA{R: 255, A: 128})
	data, err := datastream.Marshal(o, "oven", photo)
	fmt.Printf("% x %v\n", data[12:20], err) // behind the QString

	var name string
	var m image.Image
	err = datastream.Unmarshal(data, o, &name, &m)
	fmt.Println(name, m.Bounds(), m.At(1, 0), err)
	// Output:
	// 00 00 00 01 89 50 4e 47 <nil>
	// oven (0,0)-(2,1) {255 0 0 128} <nil>
}

// A type of the program's own, with operator<<(QDataStream &, const Reading &), and a tag
// where Go's type could be several.
func ExampleMarshal_struct() {
	type Reading struct {
		Sensor string `qt:"QByteArray"`
		Raw    []byte `qt:"QList<quint8>"`
		Unit   rune   `qt:"QChar"`
	}
	data, err := datastream.Marshal(datastream.Options{}, Reading{"t1", []byte{1, 2}, 'K'})
	fmt.Printf("%x %v\n", data, err)
	// Output: 000000027431000000020102004b <nil>
}

// A message of a program that has set another byte order.
func ExampleError() {
	data, err := datastream.Marshal(datastream.Options{LittleEndian: true}, "abc")
	if err != nil {
		fmt.Println(err)
		return
	}
	var text string
	err = datastream.Unmarshal(data, datastream.Options{}, &text)
	fmt.Println(err)
	fmt.Println(errors.Is(err, datastream.ErrLength))
	// Output:
	// datastream: unmarshal [0] at byte 0: a length beyond the end: expected a QString: it says that it has 100663296 bytes, but 6 are left; the bytes there: | 06 00 00 00 61 00 62 00 63 00; it would be one of little-endian byte order
	// true
}

// A message that says at its start what it is.
func ExampleDecoder() {
	o := datastream.Options{Version: datastream.Qt5_13}
	data, err := datastream.Marshal(o, "temperature", 21.5)
	if err != nil {
		fmt.Println(err)
		return
	}
	d := datastream.NewDecoder(append(data, 0, 0, 0, 0), o) // in a larger segment
	var kind string
	if err := d.Decode(&kind); err != nil {
		fmt.Println(err)
		return
	}
	switch kind {
	case "temperature":
		var degrees float64
		err := d.Decode(&degrees)
		fmt.Println(degrees, err, d.Len())
	}
	// Output: 21.5 <nil> 4
}
