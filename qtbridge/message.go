package qtbridge

import (
	"time"
)

// Cause says what happened to a segment.
type Cause int

// The causes of a [Message].
const (
	// Created: there is a new segment, or there was one when the watch began.
	Created Cause = iota + 1
	// Changed: the content of the segment is another one.
	Changed
	// Removed: the segment is gone, or a crash left it behind with nobody
	// attached.
	Removed
)

var causeTexts = [...]string{Created: "created", Changed: "changed", Removed: "removed"}

func (c Cause) String() string { return enumText(c, causeTexts[:], "cause") }

// Means is how a change was noticed.
type Means int

// The means of a [Message].
const (
	// ByPoll: by looking from time to time; nothing told of it.
	ByPoll Means = iota + 1
	// ByLock: somebody took the lock and gave it back.
	ByLock
	// ByKeyFile: a key file came or went.
	ByKeyFile
)

var meansTexts = [...]string{ByPoll: "poll", ByLock: "lock", ByKeyFile: "key file"}

func (m Means) String() string { return enumText(m, meansTexts[:], "means") }

// Message is the state of a segment at one moment.
type Message struct {
	// Data is the whole content, the receiver's own, but see [WatchOptions].Reuse. It is
	// nil if the segment was removed.
	Data []byte
	// Seq grows by one with each state that was seen. While the body of a loop
	// runs, only other loops over the same key look: then a gap tells how many
	// states this loop has missed.
	Seq uint64
	// Time is when Data was copied.
	Time  time.Time
	Cause Cause
	Means Means
}

// Text is Data, up to the first NUL if there is one, as text in encoding e: so
// neither the rest of a larger segment nor that of a page on Windows is part of
// it. For other rules there is [Encoding.Decode], also of a part of Data.
func (m *Message) Text(e Encoding) (string, error) { return e.DecodeToNUL(m.Data) }
