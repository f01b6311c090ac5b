//go:build cgo && (linux || windows)

package qtbridge_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"qtinterop/qtbridge"
)

// A program that follows the ids which a Qt program publishes under the key
// RkWebViewModelSM, in the directory /opt/viewer, and prints each.
func ExampleWatch() {
	dir, remove := ownDirectory()
	defer remove()
	key := qtbridge.NativeKeyIn(dir, "RkWebViewModelSM") // "/opt/viewer"
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	go publishIDs(ctx, key) // the Qt program's part

	for message, err := range qtbridge.Watch(ctx, key, qtbridge.WatchOptions{}) {
		if err != nil {
			fmt.Println(err) // the watch goes on as well as it can
			continue
		}
		if message.Cause == qtbridge.Removed {
			fmt.Println("the other program is gone")
			break
		}
		id, err := message.Text(qtbridge.Local8Bit)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(id)
	}
	// Output:
	// page-1
	// page-20
	// page-300
	// the other program is gone
}

// publishIDs publishes some ids as the mission's writer does: a new segment for
// each, of its exact size.
func publishIDs(ctx context.Context, key qtbridge.Key) {
	p, err := qtbridge.NewPublisher(key, qtbridge.PublisherOptions{})
	if err != nil {
		panic(err)
	}
	defer p.Close()
	for _, id := range []string{"page-1", "page-20", "page-300"} {
		if err := p.PublishString(ctx, id); err != nil {
			panic(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// A peer that writes in place and never detaches: to stay attached costs it
// nothing, and makes the watch faster.
func ExampleWatch_stay() {
	_, remove := ownDirectory()
	defer remove()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	key := qtbridge.QtKey(rand.Text())
	p, err := qtbridge.NewPublisher(key, qtbridge.PublisherOptions{InPlace: 64})
	if err != nil {
		panic(err)
	}
	defer p.Close()
	if err := p.PublishString(ctx, "first"); err != nil {
		panic(err)
	}
	for message, err := range qtbridge.Watch(ctx, key, qtbridge.WatchOptions{Stay: true}) {
		if err != nil {
			panic(err)
		}
		text, _ := message.Text(qtbridge.UTF8)
		fmt.Println(message.Cause, text)
		if text == "second" {
			break
		}
		if err := p.PublishString(ctx, "second"); err != nil {
			panic(err)
		}
	}
	// Output:
	// created first
	// changed second
}
