//go:build cgo && (linux || windows)

package qtbridge_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync/atomic"

	"qtinterop/qtbridge"
	"qtinterop/qtbridge/layout"
)

// ring is a ring buffer in a segment, as camera programs have it: the writer waits for
// nobody, and overwrites the oldest value. In C++:
//
//	struct Slot { std::atomic<quint64> number; std::atomic<quint64> words[512]; };
//	struct Ring { std::atomic<quint64> last; Slot slots[8]; };
type ring struct {
	Last  uint64 // number of the newest value, from 1; 0: none yet
	Slots [8]ringSlot
}

type ringSlot struct {
	Number uint64 // of the value in it; 0 while it is written
	Words  ringWords
}

type ringWords [512]uint64

const ringSlots = uint64(len(ring{}.Slots))

func (r *ring) slot(number uint64) *ringSlot { return &r.Slots[number%ringSlots] }

// write is for one writer at a time.
func (r *ring) write(words *ringWords) {
	number := atomic.LoadUint64(&r.Last) + 1
	slot := r.slot(number)
	atomic.StoreUint64(&slot.Number, 0)
	for i, word := range words {
		atomic.StoreUint64(&slot.Words[i], word)
	}
	atomic.StoreUint64(&slot.Number, number)
	atomic.StoreUint64(&r.Last, number)
}

type ringReader struct {
	next uint64 // number of the value to read next, from 1
	lost uint64 // how many were overwritten before they were read
}

// read copies the next value to words: ok. Else overtaken tells whether the writer has
// overwritten it; the next read goes on with a later one. If neither, there is no new one.
func (r *ringReader) read(ring *ring, words *ringWords) (ok, overtaken bool) {
	last := atomic.LoadUint64(&ring.Last)
	if last < r.next {
		return false, false
	}
	slot := ring.slot(r.next)
	if last-r.next < ringSlots && atomic.LoadUint64(&slot.Number) == r.next {
		for i := range words {
			words[i] = atomic.LoadUint64(&slot.Words[i])
		}
		// The writer may have come while we copied: then words are of two values.
		if atomic.LoadUint64(&slot.Number) == r.next {
			r.next++
			return true, false
		}
	}
	r.fallBehind(atomic.LoadUint64(&ring.Last))
	return false, true
}

// fallBehind goes on in the middle of what there is, so that the writer is not upon us at
// once.
func (r *ringReader) fallBehind(last uint64) {
	next := last - ringSlots/2 + 1
	r.lost += next - r.next
	r.next = next
}

// A ring buffer: the reader sees that it was overtaken, and how many values it has lost.
// docs/patterns.md says why it is written so.
func ExampleSegment_View_ring() {
	_, remove := ownDirectory()
	defer remove()
	ctx, key := context.Background(), qtbridge.QtKey(rand.Text())
	rings, err := layout.Of[ring](layout.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := qtbridge.Create(ctx, key, rings.Size(), qtbridge.ReadWrite) // all zero: an empty ring
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	// A View for each step, or for a few thousand: Close waits for it.
	view := func(step func(*ring)) {
		err := s.View(func(data []byte) error {
			r, err := rings.View(data)
			if err == nil {
				step(r)
			}
			return err
		})
		if err != nil {
			fmt.Println(err) // ErrClosed, for one
		}
	}
	write := func(from, to uint64) { // the Qt program's part
		for n := from; n <= to; n++ {
			view(func(r *ring) { r.write(&ringWords{n * n}) })
		}
	}
	reader := ringReader{next: 1}
	read := func() {
		var words ringWords
		for more := true; more; {
			view(func(r *ring) {
				ok, overtaken := reader.read(r, &words)
				switch more = ok || overtaken; {
				case ok:
					fmt.Println(reader.next-1, words[0])
				case overtaken:
					fmt.Println("overtaken, lost", reader.lost)
				}
			})
		}
	}

	write(1, 2)
	read()
	write(3, 20)
	read()
	// Output:
	// 1 1
	// 2 4
	// overtaken, lost 14
	// 17 289
	// 18 324
	// 19 361
	// 20 400
}
