package main

import (
	"errors"
	"time"
)

// span is a flag for a length of time, which need not be given.
type span struct {
	d   time.Duration
	set bool
}

// Set, String and Type make it a flag.
func (s *span) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		return errors.New("write a duration as 500ms, 10s or 1m30s")
	}
	if d < 0 {
		return errors.New("a duration is not negative")
	}
	*s = span{d, true}
	return nil
}

func (s *span) String() string {
	if !s.set {
		return ""
	}
	return s.d.String()
}

func (s *span) Type() string { return "duration" }
