//go:build cgo && (linux || windows)

package qtbridge_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"qtinterop/qtbridge"
)

// A writer that publishes each id in a segment of exactly its length, for Qt
// programs that poll. The last id can be read until the next one, or Close.
func ExamplePublisher() {
	dir, remove := ownDirectory()
	defer remove()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	key := qtbridge.NativeKeyIn(dir, "RkWebViewModelSM") // setNativeKey() in the Qt program

	p, err := qtbridge.NewPublisher(key, qtbridge.PublisherOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	for _, id := range []string{"4711", "a longer id", "共享内存"} {
		if err := p.Publish(ctx, []byte(id)); err != nil {
			fmt.Println(err)
			return
		}
		// In C++: memory.setNativeKey(key); memory.attach(QSharedMemory::ReadOnly); …
		reader, err := qtbridge.Attach(ctx, key, qtbridge.ReadOnly)
		if err != nil {
			fmt.Println(err)
			return
		}
		got, err := reader.Snapshot(ctx, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		text, err := qtbridge.UTF8.Decode(got) // on Windows got is a page, with zeros at the end
		fmt.Println(text, err, reader.Close())
	}
	// Output:
	// 4711 <nil> <nil>
	// a longer id <nil> <nil>
	// 共享内存 <nil> <nil>
}

// A reader that stays attached keeps the message it has: Publish waits for it,
// until its context ends.
func ExamplePublisher_Publish() {
	_, remove := ownDirectory()
	defer remove()
	ctx := context.Background()
	key := qtbridge.QtKey(rand.Text())

	p, err := qtbridge.NewPublisher(key, qtbridge.PublisherOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	fmt.Println(p.Publish(ctx, []byte("first")))

	reader, err := qtbridge.Attach(ctx, key, qtbridge.ReadOnly)
	if err != nil {
		fmt.Println(err)
		return
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	err = p.Publish(short, []byte("second"))
	fmt.Println(errors.Is(err, qtbridge.ErrBusy), errors.Is(err, context.DeadlineExceeded))
	got, _ := reader.Snapshot(ctx, nil)
	fmt.Printf("%s\n", got[:5])

	fmt.Println(reader.Close())
	fmt.Println(p.Publish(ctx, []byte("second")))
	// Output:
	// <nil>
	// true true
	// first
	// <nil>
	// <nil>
}

// One segment for all messages: readers may stay attached, and must know where a
// message ends.
func ExamplePublisherOptions() {
	_, remove := ownDirectory()
	defer remove()
	ctx := context.Background()
	key := qtbridge.QtKey(rand.Text())

	p, err := qtbridge.NewPublisher(key, qtbridge.PublisherOptions{InPlace: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	fmt.Println(p.Publish(ctx, []byte("first")))
	reader, err := qtbridge.Attach(ctx, key, qtbridge.ReadOnly)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Close()
	for _, message := range []string{"second", "3rd", "the fourth"} {
		err := p.Publish(ctx, []byte(message))
		got, _ := reader.Snapshot(ctx, nil)
		fmt.Printf("%q %v\n", got[:8], errors.Is(err, qtbridge.ErrRange))
	}
	// Output:
	// <nil>
	// "second\x00\x00" false
	// "3rd\x00\x00\x00\x00\x00" false
	// "3rd\x00\x00\x00\x00\x00" true
}
