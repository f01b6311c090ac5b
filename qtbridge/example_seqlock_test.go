//go:build cgo && (linux || windows)

package qtbridge_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"qtinterop/qtbridge"
	"qtinterop/qtbridge/layout"
)

// board is a value in place with a sequence lock. In C++:
//
//	struct Board { std::atomic<quint64> sequence; std::atomic<quint64> words[512]; };
type board struct {
	Sequence uint64 // odd while the value is written; 0: none yet
	Words    boardWords
}

type boardWords [512]uint64

// write is for one writer at a time. One that died in the middle has left an odd number.
func (b *board) write(words *boardWords) {
	odd := atomic.LoadUint64(&b.Sequence) | 1
	atomic.StoreUint64(&b.Sequence, odd)
	for i, word := range words {
		atomic.StoreUint64(&b.Words[i], word)
	}
	atomic.StoreUint64(&b.Sequence, odd+1)
}

// read copies the value to words, and tells whether all of it is of one.
func (b *board) read(words *boardWords) (ok bool) {
	before := atomic.LoadUint64(&b.Sequence)
	if before == 0 || before%2 == 1 {
		return false
	}
	for i := range words {
		words[i] = atomic.LoadUint64(&b.Words[i])
	}
	return atomic.LoadUint64(&b.Sequence) == before
}

// A sequence lock: the writer waits for nobody, and a reader takes no value of which it
// has seen but a part. docs/patterns.md says why it is written so.
func ExampleSegment_View_seqlock() {
	_, remove := ownDirectory()
	defer remove()
	ctx, key := context.Background(), qtbridge.QtKey(rand.Text())
	boards, err := layout.Of[board](layout.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := qtbridge.Create(ctx, key, boards.Size(), qtbridge.ReadWrite)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	view := func(step func(*board) error) error {
		return s.View(func(data []byte) error {
			b, err := boards.View(data)
			if err != nil {
				return err
			}
			return step(b)
		})
	}
	errBusy := errors.New("it is being written")
	// get tries again, with a limit: a writer may have died in the middle.
	get := func(words *boardWords) (err error) {
		for end := time.Now().Add(50 * time.Millisecond); ; {
			err = view(func(b *board) error {
				if !b.read(words) {
					return errBusy
				}
				return nil
			})
			if !errors.Is(err, errBusy) || time.Now().After(end) {
				return err
			}
			time.Sleep(100 * time.Microsecond)
		}
	}

	var words boardWords
	put := func(b *board) error { b.write(&boardWords{47, 11}); return nil } // the Qt program's part
	fmt.Println(view(put), get(&words), words[:2])

	half := func(b *board) error { atomic.StoreUint64(&b.Sequence, 3); return nil } // it dies halfway
	fmt.Println(view(half), get(&words))
	// Output:
	// <nil> <nil> [47 11]
	// <nil> it is being written
}
