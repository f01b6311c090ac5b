package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// size is a flag for a number of bytes: 65536, 64K, 64KiB or 64kB. It is -1 as
// long as it was not given.
type size int64

// sizeUnits are what may follow the number. K, M and G alone are powers of 1024.
var sizeUnits = map[string]int64{
	"": 1, "b": 1,
	"k": 1 << 10, "kib": 1 << 10, "kb": 1e3,
	"m": 1 << 20, "mib": 1 << 20, "mb": 1e6,
	"g": 1 << 30, "gib": 1 << 30, "gb": 1e9,
}

func parseSize(text string) (size, error) {
	digits := strings.TrimRight(text, "BbIiKkMmGg")
	unit, known := sizeUnits[strings.ToLower(text[len(digits):])]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !known || n < 0 || n > math.MaxInt64/unit {
		return -1, fmt.Errorf("%q is no size; write bytes as 65536, 64K or 64KiB (65,536 bytes), 64kB (64,000), or with M and G", text)
	}
	return size(n * unit), nil
}

// Set, String and Type make it a flag.
func (s *size) Set(text string) (err error) { *s, err = parseSize(text); return err }

func (s *size) String() string {
	if *s < 0 {
		return ""
	}
	return strconv.FormatInt(int64(*s), 10)
}

func (s *size) Type() string { return "size" }

// sizeText is a number of bytes for people.
func sizeText(n int64) string {
	for _, unit := range []struct {
		bytes int64
		name  string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= unit.bytes {
			return fmt.Sprintf("%.4g %s", float64(n)/float64(unit.bytes), unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
