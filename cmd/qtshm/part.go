package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// part is which part of a segment is meant: the flags --offset and --length, which
// are -1 as long as they were not given.
type part struct{ offset, length size }

var wholePart = part{-1, -1}

func (p *part) addFlags(c *cobra.Command, verb, otherwise string) {
	c.Flags().Var(&p.offset, "offset", "begin so many bytes after the start (default 0)")
	c.Flags().Var(&p.length, "length", verb+" so many bytes (default: "+otherwise+")")
}

// start is where the part begins.
func (p *part) start() int64 { return max(0, int64(p.offset)) }

// within is the part of a segment of so many bytes, or a usage error.
func (p *part) within(total int64) (offset, length int64, err error) {
	offset = p.start()
	if offset > total {
		return 0, 0, usagef("--offset %d is past the end: the segment has %d bytes", offset, total)
	}
	length = total - offset
	if p.length >= 0 {
		if int64(p.length) > length {
			return 0, 0, usagef("--length %d is too much: %s", p.length, roomText(total, offset))
		}
		length = int64(p.length)
	}
	return offset, length, nil
}

// roomText is how much there is from an offset on.
func roomText(total, offset int64) string {
	if offset == 0 {
		return fmt.Sprintf("the segment has %d bytes", total)
	}
	return fmt.Sprintf("the segment has %d bytes, %d of them from --offset %d on", total, total-offset, offset)
}

// of is the part of data, as far as there is one; nil stays nil.
func (p *part) of(data []byte) []byte {
	data = data[min(p.start(), int64(len(data))):]
	if p.length >= 0 {
		data = data[:min(int64(p.length), int64(len(data)))]
	}
	return data
}
