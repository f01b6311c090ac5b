package main

import (
	"context"
	"errors"
	"io"
	"time"

	"qtinterop/qtbridge"
)

// limited is ctx that ends when a --timeout does.
func limited(ctx context.Context, timeout span) (context.Context, context.CancelFunc) {
	if !timeout.set {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, timeout.d)
}

// lockWithin takes the lock, and waits for it no longer than timeout. With 0 it
// does not wait.
func lockWithin(ctx context.Context, s *qtbridge.Segment, timeout span) error {
	if timeout.set && timeout.d == 0 {
		return s.TryLock()
	}
	ctx, cancel := limited(ctx, timeout)
	defer cancel()
	return s.Lock(ctx)
}

// errNoWait is why who does not wait does not get a lock, as TryLock has it.
var errNoWait = errors.New("it does not wait")

// snapshotWithin copies a segment, and waits for the lock no longer than timeout.
// With 0 it does not wait. If it does not get the lock, its error is that of
// lockWithin.
func snapshotWithin(ctx context.Context, s *qtbridge.Segment, timeout span) ([]byte, error) {
	op := "lock"
	if timeout.set && timeout.d == 0 {
		op = "trylock"
		ended, cancel := context.WithCancelCause(ctx)
		cancel(errNoWait)
		ctx = ended
	} else {
		within, cancel := limited(ctx, timeout)
		defer cancel()
		ctx = within
	}
	data, err := s.Snapshot(ctx, nil)
	if e, ok := errors.AsType[*qtbridge.Error](err); ok && e.Code != qtbridge.ErrUnstable {
		asLock := *e
		asLock.Op = op
		err = &asLock
	}
	return data, err
}

// hold keeps what a command has made in being. Without --for a signal is its
// proper end; with it, an interruption.
func hold(ctx context.Context, duration span) error {
	if !duration.set {
		<-ctx.Done()
		return nil
	}
	select {
	case <-time.After(duration.d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// unlessDone calls f, a read or write that can block for good, and returns when
// it does or when ctx ends. In the second case f goes on, and nothing it uses may
// be used again: the command ends.
func unlessDone(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// patientWriter is stdout, whose reader may be slow, until ctx ends.
type patientWriter struct {
	ctx context.Context
	w   io.Writer
}

func (p patientWriter) Write(data []byte) (n int, err error) {
	err = unlessDone(p.ctx, func() error {
		_, err := p.w.Write(data)
		return err
	})
	if err != nil {
		return 0, err
	}
	return len(data), nil
}

// patientReader is a file or stdin, whose writer may be slow, until ctx ends.
type patientReader struct {
	ctx context.Context
	r   io.Reader
}

func (p patientReader) Read(data []byte) (int, error) {
	var n int
	err := unlessDone(p.ctx, func() (err error) {
		n, err = p.r.Read(data)
		return err
	})
	if p.ctx.Err() != nil && err != nil && err == p.ctx.Err() {
		return 0, err // n is still the read's
	}
	return n, err
}
