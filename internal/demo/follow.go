//go:build cgo && (linux || windows)

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"qtinterop/qtbridge"
)

// goFollows has the mission's writer publish ids, and Go told of each.
func goFollows(s scene) (bool, error) {
	s.title("A %s program writes, Go is told of each change")
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	writer, err := start(ctx, s.dir, s.peer, s.args("writer")...)
	if err != nil {
		return false, err
	}
	var told []string
	next := func() error {
		if len(told) == len(ids) {
			return nil
		}
		_, err := fmt.Fprintln(writer.stdin, ids[len(told)])
		return err
	}
	if err := next(); err != nil {
		return false, err
	}
	for message, err := range qtbridge.Watch(ctx, s.key, qtbridge.WatchOptions{}) {
		switch {
		case err != nil:
			return false, err
		case message.Cause == qtbridge.Removed:
			fmt.Printf("   Go          %v: the Qt program has ended\n", message.Cause)
			return agreeOn(told), nil
		}
		text, err := message.Text(qtbridge.Local8Bit)
		if err != nil {
			return false, err
		}
		fmt.Printf("   Go          %v, told by the %v: %q\n", message.Cause, message.Means, text)
		told = append(told, text)
		if err := next(); err != nil {
			return false, err
		}
		if len(told) == len(ids) {
			writer.end()
		}
	}
	return false, ctx.Err()
}

// goPublishes has Go publish ids, and the mission's poller read each.
func goPublishes(s scene) (bool, error) {
	s.title("Go publishes, a %s program polls")
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	publisher, err := qtbridge.NewPublisher(s.key, qtbridge.PublisherOptions{})
	if err != nil {
		return false, err
	}
	poller, err := start(ctx, s.dir, s.peer, s.args("poller", "--interval", "5")...)
	if err != nil {
		return false, err
	}
	var read []string
	for _, id := range ids {
		if err := publisher.PublishString(ctx, id); err != nil {
			return false, err
		}
		for len(read) == 0 || read[len(read)-1] != id {
			answer, err := poller.object()
			if err != nil {
				return false, err
			}
			if text := textOf(answer); slices.Contains(ids, text) { // not yet filled, else
				fmt.Printf("   Qt program  QString %q\n", text)
				read = append(read, text)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	poller.end()
	return agreeOn(read), publisher.Close()
}

func agreeOn(got []string) bool {
	verdict := "all have arrived"
	if !slices.Equal(got, ids) {
		verdict = fmt.Sprintf("NOT ALL HAVE ARRIVED: %q", got)
	}
	fmt.Printf("   => %s\n", verdict)
	return slices.Equal(got, ids)
}
