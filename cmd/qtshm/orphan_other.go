//go:build !linux

package main

import (
	"errors"

	"qtinterop/qtbridge"
)

func removeLost(*qtbridge.SegmentFacts) error { return errors.ErrUnsupported }
