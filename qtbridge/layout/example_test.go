package layout_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"qtinterop/qtbridge/layout"
)

// In C++:
//
//	struct Reading { quint32 magic; bool valid; double temperature; char name[16]; };
func ExampleOf() {
	type Reading struct {
		Magic       uint32
		Valid       bool
		Temperature float64
		Name        string `c:"char[16]"`
	}
	s, err := layout.Of[Reading](layout.Options{ABI: layout.LP64})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range s.Layout().Fields() {
		fmt.Println(f.Offset, f.Type, f.Name)
	}
	fmt.Println("sizeof", s.Size())

	data, err := s.Append(nil, &Reading{Magic: 0xFEED, Valid: true, Temperature: 21.5, Name: "oven"})
	fmt.Printf("% x %v\n", data[:16], err)
	var r Reading
	err = s.Decode(data, &r)
	fmt.Printf("%+v %v\n", r, err)
	// Output:
	// 0 u32 Magic
	// 4 bool Valid
	// 8 f64 Temperature
	// 16 char[16] Name
	// sizeof 32
	// ed fe 00 00 01 00 00 00 00 00 00 00 00 80 35 40 <nil>
	// {Magic:65261 Valid:true Temperature:21.5 Name:oven} <nil>
}

func ExampleParse() {
	l, err := layout.Parse("u32 magic; u32 seq; f64 temp; char[16] name", layout.Options{ABI: layout.LP64})
	if err != nil {
		fmt.Println(err)
		return
	}
	data := append([]byte("\x01\x00\x00\x00\x2a\x00\x00\x00\x00\x00\x00\x00\x00\x80\x35\x40oven"), make([]byte, 12)...)
	record, err := l.Decode(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := json.Marshal(record)
	fmt.Println(string(text), err)

	_, err = l.Decode(data[:20])
	fmt.Println(err)
	// Output:
	// {"magic":1,"seq":42,"temp":21.5,"name":"oven"} <nil>
	// layout: decode name at byte 16: the data is too short: it has 20 bytes, and the struct 32 with LP64 little; is the peer's struct another one?
}

// The same struct has other offsets on Windows, and others when packed.
func ExampleABI() {
	type Header struct {
		Kind  uint8
		Count int64 `c:"long"`
		Read  uint8 `c:"u32,bits=4"`
		Write uint8 `c:"u8,bits=4"`
	}
	for _, abi := range []layout.ABI{layout.LP64, layout.LLP64, layout.LP64.Packed(1)} {
		s, err := layout.Of[Header](layout.Options{ABI: abi})
		if err != nil {
			fmt.Println(err)
			return
		}
		f := s.Layout().Fields()
		fmt.Printf("%v: %d %d %d.%d, sizeof %d\n", abi, f[1].Offset, f[2].Offset, f[3].Offset, f[3].Bit, s.Size())
	}
	// Output:
	// LP64 little: 8 16 16.4, sizeof 24
	// LLP64 little: 4 8 12.0, sizeof 16
	// LP64 little pack=1: 1 9 9.4, sizeof 10
}

// A checksum of the fields before it, as a writer without a lock has it so that a reader
// can tell a half-written struct.
func ExampleSum() {
	type Message struct {
		Seq  uint32
		Temp float32
		Sum  uint32 `c:"u32,sum=crc32"`
	}
	s, err := layout.Of[Message](layout.Options{Sums: map[string]layout.Sum{
		"crc32": func(before, _ []byte) uint64 { return uint64(crc32.ChecksumIEEE(before)) },
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := s.Append(nil, &Message{Seq: 1, Temp: 20})
	var m Message
	fmt.Println(err, s.Decode(data, &m))

	data[0]++ // the next message is being written
	err = s.Decode(data, &m)
	fmt.Println(errors.Is(err, layout.ErrSum))
	// Output:
	// <nil> <nil>
	// true
}

// The data itself as a Go struct: a counter that is looked at without a copy.
func ExampleStruct_View() {
	type Header struct {
		Frames uint64
		Width  uint32
		Height uint32
	}
	s, err := layout.Of[Header](layout.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := s.Append(nil, &Header{Frames: 7, Width: 640, Height: 480})
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := s.View(data) // within segment.View(func(data []byte) error { … })
	if err != nil {
		fmt.Println(err)
		return
	}
	h.Frames++
	var copied Header
	fmt.Println(s.Decode(data, &copied), copied)
	// Output: <nil> {8 640 480}
}
