package main

import (
	"fmt"
	"strings"

	"qtinterop/qtbridge/datastream"
)

// streamVersion is what belongs behind --as datastream: how the peer has set up its
// QDataStream.
type streamVersion struct {
	text string // empty if nothing was said
	datastream.Options
}

// parse reads 5.15, or 5.15:little:single, in any order.
func (s *streamVersion) parse(text string) error {
	*s = streamVersion{text: text}
	for part := range strings.SplitSeq(text, ":") {
		switch part {
		case "big":
			s.LittleEndian = false
		case "little":
			s.LittleEndian = true
		case "single":
			s.SinglePrecision = true
		default:
			version, err := datastream.VersionOfQt(part)
			if err != nil {
				return fmt.Errorf("%q is no version of Qt, and none of little, big and single; write as --as datastream:5.15:little", part)
			}
			s.Version = version
		}
	}
	return nil
}
