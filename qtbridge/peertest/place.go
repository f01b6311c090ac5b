//go:build cgo && linux

package peertest

import (
	"context"
	"testing"
	"time"

	engine "qtinterop/internal/peertest"
	"qtinterop/internal/program"
	"qtinterop/qtbridge"
)

// Place is a test's own place: directories and random keys that nobody else uses. At the
// end of the test, also of one that failed, its programs are killed, and whatever still
// hangs on a key file in there is removed.
type Place struct {
	Tmp string // TMPDIR of this process and of programs: key files of QtKeys
	Dir string // working directory of programs: key files of native keys

	// Limit is how long anything that is waited for may take: 10 s.
	Limit time.Duration

	t          testing.TB
	env        *engine.Env
	publishers map[qtbridge.Key]*qtbridge.Publisher
}

// New makes a Place, and sets TMPDIR for the test, which therefore cannot be parallel to
// others.
func New(t testing.TB) *Place {
	t.Helper()
	env := engine.New(t)
	env.ProgramsLeaveBehind() // they are killed
	t.Cleanup(func() { program.AwaitPrivateLock(env.Tmp) })
	return &Place{Tmp: env.Tmp, Dir: env.Work, Limit: 10 * time.Second, t: t, env: env, publishers: map[qtbridge.Key]*qtbridge.Publisher{}}
}

// QtKey is a random key; its Name is for setKey() in the program.
func (p *Place) QtKey() qtbridge.Key { return qtbridge.QtKey(p.env.Name()) }

// NativeKey is a random key; its Name, a path in Dir, is for setNativeKey() in the program.
func (p *Place) NativeKey() qtbridge.Key { return qtbridge.NativeKeyIn(p.Dir, p.env.Name()) }

// PosixKey is a random key; its String is for QNativeIpcKey::fromString() in the program.
func (p *Place) PosixKey() qtbridge.Key { return qtbridge.PosixKey(p.env.PosixName()) }

// Publish publishes a message, in a new segment of its size, which stays until the next one
// or the end of the test.
func (p *Place) Publish(key qtbridge.Key, message []byte) {
	p.t.Helper()
	publisher := p.publishers[key]
	if publisher == nil {
		var err error
		publisher, err = qtbridge.NewPublisher(key, qtbridge.PublisherOptions{})
		p.must(err)
		p.t.Cleanup(func() { _ = publisher.Close() })
		p.publishers[key] = publisher
	}
	ctx, cancel := p.soon()
	defer cancel()
	p.must(publisher.Publish(ctx, message))
}

// HoldLock takes the lock of a segment, and holds it until release is called, or the end of
// the test. Meanwhile a program that takes the lock waits, and one that makes its segment
// anew cannot, as somebody is attached.
func (p *Place) HoldLock(key qtbridge.Key) (release func()) {
	p.t.Helper()
	ctx, cancel := p.soon()
	defer cancel()
	segment, err := qtbridge.Attach(ctx, key, qtbridge.ReadWrite)
	p.must(err)
	p.t.Cleanup(func() { _ = segment.Close() })
	p.must(segment.Lock(ctx))
	return func() {
		p.t.Helper()
		p.must(segment.Unlock())
		p.must(segment.Close())
	}
}

// Remove removes what a program that has ended has left of a key, and nothing that somebody
// still uses.
func (p *Place) Remove(key qtbridge.Key) {
	p.t.Helper()
	ctx, cancel := p.soon()
	defer cancel()
	p.must(program.Remove(ctx, key))
}

// ExpectNothing waits until there is neither a segment of the key nor its lock.
func (p *Place) ExpectNothing(key qtbridge.Key) {
	p.t.Helper()
	for deadline := time.Now().Add(p.Limit); ; time.Sleep(10 * time.Millisecond) {
		state, err := qtbridge.Inspect(key)
		p.must(err)
		if !state.Segment.Exists && !state.Lock.Exists {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("left of %v: a segment %v, a lock %v; %v", key, state.Segment.Exists, state.Lock.Exists, state.Verdict)
		}
	}
}

func (p *Place) soon() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.t.Context(), p.Limit)
}

func (p *Place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}
