package datastream

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"unsafe"

	"qtinterop/native"
)

var isQt5 = sync.OnceValue(func() bool { return native.VersionRunning() < "6" })

// rank is the place of an element of a map among the others.
type rank struct {
	first uint64 // a part of its key, as a number that has the same order
	at    int32  // its place in the map
}

// order is the order of the elements in the Qt of this program. It is at the end of e.ranks.
func (e *encoder) order(set pairs, key *node) []rank {
	start := len(e.ranks)
	e.ranks = slices.Grow(e.ranks, set.len)[:start+set.len]
	ranks := e.ranks[start:]
	for i := range ranks {
		ranks[i].at = int32(i)
	}
	switch k := key.typ.Kind(); {
	case k == reflect.String:
		e.spare = slices.Grow(e.spare[:0], set.len)[:set.len]
		sortTexts(ranks, e.spare, unsafe.Slice((*string)(set.keys), set.len), 0)
	default:
		slices.SortFunc(ranks, func(a, b rank) int { return compareKeys(set.key(key, a.at), set.key(key, b.at)) })
	}
	if isQt5() {
		slices.Reverse(ranks)
	}
	return ranks
}

// compareKeys compares keys that are no text as Qt does.
func compareKeys(a, b reflect.Value) int {
	switch k := a.Kind(); {
	case isSigned(k):
		return cmp.Compare(a.Int(), b.Int())
	case isUnsigned(k):
		return cmp.Compare(a.Uint(), b.Uint())
	case isFloat(k):
		return cmp.Compare(a.Float(), b.Float())
	}
	return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

// fewRanks are sorted by comparing them.
const fewRanks = 32

// sortTexts sorts ranks by the texts of their elements, which are the same up to the byte
// from. Comparing thousands of texts takes longer than all else there is to do with them: so
// the next 8 bytes in which they differ are compared as a number, and then those of which
// they are the same.
func sortTexts(ranks, spare []rank, texts []string, from int) {
	compare := func(a, b rank) int { return compareUTF16(texts[a.at], texts[b.at]) }
	if len(ranks) < fewRanks {
		slices.SortFunc(ranks, compare)
		return
	}
	from = samePrefix(ranks, texts, from)
	for i := range ranks {
		ranks[i].first = eightBytes(texts[ranks[i].at], from)
	}
	sortRanks(ranks, spare)
	for start := 0; start < len(ranks); {
		end := start + 1
		for end < len(ranks) && ranks[end].first == ranks[start].first {
			end++
		}
		same := ranks[start:end]
		start = end
		if len(same) == 1 {
			continue
		}
		if slices.ContainsFunc(same, func(r rank) bool { return len(texts[r.at]) < from+8 }) {
			slices.SortFunc(same, compare) // one ends here, and others go on with NULs
		} else {
			sortTexts(same, spare, texts, from+8)
		}
	}
}

// samePrefix is up to where the texts are the same.
func samePrefix(ranks []rank, texts []string, from int) int {
	one := texts[ranks[0].at]
	end := len(one)
	for i := range ranks {
		text := texts[ranks[i].at]
		if len(text) >= end && text[from:end] == one[from:end] {
			continue
		}
		end = min(end, len(text))
		for n := from; n < end; n++ {
			if text[n] != one[n] {
				end = n
			}
		}
	}
	return end
}

// eightBytes are the bytes of text at from, and zeros if there are fewer, as a number that
// has the order of QString.
func eightBytes(text string, from int) (n uint64) {
	bytes := unsafe.Slice(unsafe.StringData(text), len(text))
	switch left := len(text) - from; {
	case left >= 8:
		n = binary.BigEndian.Uint64(bytes[from:])
	case len(text) >= 8:
		n = binary.BigEndian.Uint64(bytes[len(text)-8:]) << (64 - 8*left)
	default:
		for i, b := range bytes[from:] {
			n |= uint64(b) << (56 - 8*i)
		}
	}
	if n&0x8080808080808080 == 0 {
		return n
	}
	swapped := uint64(0)
	for shift := 56; shift >= 0; shift -= 8 {
		swapped = swapped<<8 | uint64(orderOfByte(byte(n>>shift)))
	}
	return swapped
}

// orderOfByte is the place of a byte of UTF-8 in the order of compareUTF16.
func orderOfByte(b byte) byte {
	switch {
	case b >= 0xF0:
		return b - 2
	case b >= 0xEE:
		return b + 5
	}
	return b
}

// sortRanks sorts by first, byte by byte from the lowest one. Most bytes are the same in all.
func sortRanks(ranks, spare []rank) {
	differ := uint64(0)
	for i := range ranks {
		differ |= ranks[i].first ^ ranks[0].first
	}
	from, to := ranks, spare[:len(ranks)]
	for shift := 0; shift < 64; shift += 8 {
		if differ>>shift&0xFF == 0 {
			continue
		}
		var next [256]int32
		for i := range from {
			next[byte(from[i].first>>shift)]++
		}
		sum := int32(0)
		for i, n := range next {
			next[i], sum = sum, sum+n
		}
		for i := range from {
			b := byte(from[i].first >> shift)
			to[next[b]] = from[i]
			next[b]++
		}
		from, to = to, from
	}
	if &from[0] != &ranks[0] {
		copy(ranks, from)
	}
}

// compareUTF16 differs from a comparison of bytes in one thing: what is beyond U+FFFF, and
// begins with 0xF0 and more, is two units from U+D800 on, and so before U+E000.
func compareUTF16(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if x, y := a[i], b[i]; x != y {
			if x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0) {
				return cmp.Compare(y, x)
			}
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}
