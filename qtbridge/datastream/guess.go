package datastream

import (
	"bytes"
	"slices"
	"strings"

	"qtinterop/native"
)

// guessLimit is up to how many bytes a message is read again to find out what it is.
const guessLimit = 64 << 10

// explain adds to an error about the message the bytes there, and what would fit.
func (d *Decoder) explain(err *Error, targets []any) *Error {
	if err.Offset < 0 {
		return err
	}
	d.showAround(err)
	list, failed := targetsOf(nil, targets)
	o, failed2 := d.o.resolve(opUnmarshal)
	if failed != nil || failed2 != nil || len(d.data) > guessLimit {
		return err
	}
	err.Guess = d.guess(o, typesOf(nil, list), err.Code != ErrTrailing)
	return err
}

func (d *Decoder) showAround(err *Error) {
	from := max(0, err.Offset-aroundBefore)
	err.Around = slices.Clone(d.data[from:min(len(d.data), err.Offset+aroundAfter)])
}

// guess reads the message in all other ways that would take all of it, but for zeros if it
// is inSegment: a segment is larger than the message in it.
func (d *Decoder) guess(o Options, types []byte, inSegment bool) string {
	length := d.Len()
	if inSegment {
		length = len(bytes.TrimRight(d.data[d.at:], "\x00"))
	}
	fits := func(o Options) bool {
		_, size, err := native.ReadStream(types, d.data[d.at:], nil, int(o.Version), o.LittleEndian, o.SinglePrecision)
		return err == nil && (size == d.Len() || inSegment && size >= length)
	}
	for _, flip := range []struct{ order, single bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		try := o
		if flip.order {
			try.LittleEndian = !o.LittleEndian
		}
		if flip.single {
			try.SinglePrecision = !o.SinglePrecision
		}
		if flip.order || flip.single {
			if fits(try) {
				return "it would be one of " + describe(o, try)
			}
		}
		for try.Version = Newest(); try.Version >= Qt4_0; try.Version-- {
			if try.Version != o.Version && fits(try) {
				return "it would be one of " + describe(o, try)
			}
		}
	}
	return ""
}

// describe tells what is different in try.
func describe(o, try Options) string {
	var parts []string
	if try.LittleEndian != o.LittleEndian {
		parts = append(parts, try.order()+" byte order")
	}
	if try.Version != o.Version {
		parts = append(parts, try.Version.String())
	}
	if try.SinglePrecision != o.SinglePrecision {
		if try.SinglePrecision {
			parts = append(parts, "SinglePrecision")
		} else {
			parts = append(parts, "DoublePrecision")
		}
	}
	return strings.Join(parts, ", ")
}
