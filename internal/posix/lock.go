//go:build linux

package posix

import (
	"io/fs"
	"runtime"
	"sync/atomic"
	"time"

	"qtinterop/internal/door"
	"qtinterop/internal/ipc"
)

// Semaphore looks at a semaphore. The C library does not tell who used it, nor how many
// wait for it.
func (System) Semaphore(p ipc.Place) (ipc.Semaphore, error) {
	stat, err := look(p.Lock)
	if err != nil {
		return ipc.Semaphore{}, err
	}
	found := ipc.Semaphore{
		ID: int(stat.Ino), Value: -1, Used: true, Mode: fs.FileMode(stat.Mode & 0o777), Owner: int(stat.Uid),
		Set: time.Unix(stat.Ctim.Unix()),
	}
	if err := checkSemaphore(p.Lock, stat); err != nil {
		return found, err
	}
	value, err := peek(p.Lock, stat)
	if err == nil {
		found.Value = value
	}
	return found, err
}

// lock is a semaphore that is open.
type lock struct {
	path    string
	file    *file // not to be used any more when the door is shut
	open    door.Door
	taken   atomic.Int32 // of what the file counts
	cleanup runtime.Cleanup
}

// Lock opens the semaphore of a lock. Unlike sem_open(3) it looks at the size of the
// file before it touches it.
func (System) Lock(p ipc.Place) (ipc.Lock, error) {
	f, err := openSemaphore(p.Lock)
	if err != nil {
		return nil, err
	}
	l := &lock{path: p.Lock, file: f}
	l.cleanup = runtime.AddCleanup(l, (*file).release, f) // for one that is forgotten
	return l, nil
}

func (l *lock) ID() int { return int(l.file.stat.Ino) }

func (l *lock) Key() int32 { return 0 }

// Take takes n, one by one, and gives back what it has if there is not enough in time.
// If this process dies, nobody gives back what it took.
func (l *lock) Take(n int, limit time.Duration) error {
	if !l.open.Enter() {
		return ipc.ErrGone
	}
	defer l.open.Leave()
	deadline := time.Now().Add(limit)
	for taken := range n {
		if taken > 0 {
			limit = time.Until(deadline)
		}
		if err := l.file.take(limit); err != nil {
			_ = l.file.add(taken)
			return err
		}
	}
	l.taken.Add(int32(n))
	l.file.taken.Add(int32(n))
	return nil
}

// Give gives back 1. It may come after Close, from a goroutine that was about to
// unlock: then the file is opened for it.
func (l *lock) Give() error {
	if l.open.Enter() {
		defer l.open.Leave()
		return l.give(l.file)
	}
	f, err := openSemaphore(l.path)
	if err != nil {
		return ipc.ErrGone
	}
	defer f.release()
	if f.id() != l.file.id() {
		return ipc.ErrGone
	}
	return l.give(f)
}

// give gives back what this lock has taken, or else what another program has, which is
// not counted.
func (l *lock) give(f *file) error {
	if l.taken.Add(-1) < 0 {
		l.taken.Add(1)
	} else if f == l.file {
		defer f.taken.Add(-1)
	}
	return f.give()
}

// Add adds n.
func (l *lock) Add(n int) error {
	if !l.open.Enter() {
		return ipc.ErrGone
	}
	defer l.open.Leave()
	return l.file.add(n)
}

// Remove does nothing: one that others may have open is not to lose its name.
func (l *lock) Remove() {}

// Track has nothing to do: what is taken is counted in any case.
func (l *lock) Track() {}

// Close closes the file, as soon as nobody uses it.
func (l *lock) Close() {
	l.open.Shut(func() {
		l.cleanup.Stop()
		l.file.release()
	})
}
