package guess

import (
	"encoding/binary"
	"fmt"
	"math"
)

// maxStep is by how much a number goes up between two looks if it counts.
const maxStep = 1 << 20

// Changes are the numbers that count between looks at the same bytes, in their order, and
// those that change otherwise.
func Changes(looks [][]byte) []Finding {
	if len(looks) < 2 {
		return nil
	}
	length := len(looks[0])
	for _, look := range looks {
		length = min(length, len(look))
	}
	var all []Finding
	for at := 0; at+4 <= length && len(all) < 16; at += 4 {
		if !isChanged(looks, at) {
			continue
		}
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			if f := counter(looks, at, order); f != nil {
				all = append(all, *f)
			}
		}
		if f := measure(looks, at); f != nil {
			all = append(all, *f)
		}
	}
	return all
}

func isChanged(looks [][]byte, at int) bool {
	for _, look := range looks {
		if [4]byte(look[at:]) != [4]byte(looks[0][at:]) {
			return true
		}
	}
	return false
}

// counter is a u32 that goes up from look to look.
func counter(looks [][]byte, at int, order binary.ByteOrder) *Finding {
	first := order.Uint32(looks[0][at:])
	last, steps := first, 0
	for _, look := range looks {
		n := order.Uint32(look[at:])
		if n < last || n-last > maxStep {
			return nil
		}
		if n > last {
			steps++
		}
		last = n
	}
	ctype, from := "u32", at
	f := &Finding{Score: min(90, 45+15*steps)}
	if wide, start := high(looks, at, order); wide {
		ctype, from = "u64", start
		f.but("with the zeros beside it, it may as well be a u32")
	}
	directive := ""
	if order == binary.BigEndian {
		directive = "big; "
	}
	f.What = fmt.Sprintf("a %s%s at byte %d that counts", directive, ctype, from)
	f.Offset, f.Show = from, []string{"--format", directive + ctype + " count"}
	f.because("it went from %d to %d in %d steps of %d looks, and never back", first, last, steps, len(looks))
	if steps == 1 {
		f.but("that is one step: it may be any number that has changed")
	}
	return f
}

// high tells whether the 4 bytes that would make a u64 of it are zero in all looks, and where
// that begins.
func high(looks [][]byte, at int, order binary.ByteOrder) (wide bool, start int) {
	other := at + 4
	start = at
	if order == binary.BigEndian {
		other, start = at-4, at-4
	}
	if start < 0 || start%8 != 0 {
		return false, at
	}
	for _, look := range looks {
		if other+4 > len(look) || binary.LittleEndian.Uint32(look[other:]) != 0 {
			return false, at
		}
	}
	return true, start
}

// measure is an f64 that changes.
func measure(looks [][]byte, at int) *Finding {
	if at%8 == 4 && isChanged(looks, at-4) {
		return nil // it was found there
	}
	at -= at % 8
	values := map[float64]bool{}
	low, high := math.Inf(1), math.Inf(-1)
	for _, look := range looks {
		if at+8 > len(look) {
			return nil
		}
		value := math.Float64frombits(binary.LittleEndian.Uint64(look[at:]))
		if !UsualFloat64(value) {
			return nil
		}
		values[value] = true
		low, high = min(low, value), max(high, value)
	}
	if len(values) < 2 {
		return nil
	}
	f := &Finding{What: fmt.Sprintf("an f64 at byte %d that changes", at), Score: 50, Offset: at, Show: []string{"--format", "f64 value"}}
	f.because("it had %d values from %v to %v in %d looks", len(values), low, high, len(looks))
	return f
}
