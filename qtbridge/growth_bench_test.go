//go:build cgo && linux

package qtbridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/native/nativetest"
)

// growth measures an operation while there is more and more of something.
type growth struct {
	ns map[string]map[int][]float64 // by operation, by how many there are
}

func (g *growth) add(operation string, n, rounds int, f func() (time.Duration, error)) error {
	var ns []float64
	for range 5 {
		took, err := f()
		if err != nil {
			return err
		}
		ns = append(ns, float64(took)/float64(rounds))
	}
	if g.ns == nil {
		g.ns = make(map[string]map[int][]float64)
	}
	if g.ns[operation] == nil {
		g.ns[operation] = make(map[int][]float64)
	}
	g.ns[operation][n] = append(g.ns[operation][n], median(ns))
	return nil
}

// report has a benchmark for each operation, with how many times as long it takes with n
// as with one.
func (g *growth) report(b *testing.B, operation string, counts []int) {
	b.Run(operation, func(b *testing.B) {
		b.ReportMetric(0, "ns/op")
		for _, n := range counts {
			b.ReportMetric(medianRatio(g.ns[operation][n], g.ns[operation][counts[0]]), fmt.Sprintf("x%d-growth", n))
			b.ReportMetric(median(append([]float64{}, g.ns[operation][n]...)), fmt.Sprintf("x%d-ns", n))
		}
	})
}

// timed is how long a loop takes.
func timed(rounds int, f func() error) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		start := time.Now()
		for range rounds {
			if err := f(); err != nil {
				return 0, err
			}
		}
		return time.Since(start), nil
	}
}

// Operations on one segment, while this process has more and more of them open.
func BenchmarkHandles(b *testing.B) {
	counts := []int{1, 100, 1000, 4000}
	const locks, cycles = 2000, 200
	g := growth{}
	b.Run("opening", func(b *testing.B) {
		for b.Loop() {
			env := peertest.NewInMemory(b) // where not one file of thousands has the System V key of another
			env.ProgramsLeaveBehind()      // if one has that of another program's
			keepPrivateLocks(b)
			ctx, buf := context.Background(), make([]byte, 64)
			key := QtKey(env.Name())
			s := mustCreate(b, key, 64)
			m := qtObject(b, key)
			open := 1
			for _, n := range counts {
				for ; open < n; open++ {
					openAnother(b, env)
				}
				require.NoError(b, g.add("lock", n, locks, timed(locks, func() error { return s.WithLock(ctx, func() error { return nil }) })))
				require.NoError(b, g.add("read", n, locks, timed(locks, func() error { _, err := s.Snapshot(ctx, buf); return err })))
				require.NoError(b, g.add("attach-to-detach", n, cycles, timed(cycles, func() error { return attachToDetach(ctx, key, buf) })))
				require.NoError(b, g.add("c++-lock", n, locks, func() (time.Duration, error) { return nativetest.LoopLock(m.Pointer(), locks) }))
				require.NoError(b, g.add("c++-attach-to-detach", n, cycles, func() (time.Duration, error) {
					return nativetest.LoopCycle(key.Name(), cycles, len(buf), true)
				}))
			}
		}
	})
	if g.ns == nil || b.Failed() {
		return
	}
	for _, operation := range []string{"lock", "c++-lock", "read", "attach-to-detach", "c++-attach-to-detach"} {
		g.report(b, operation, counts)
	}
}

// openAnother opens one more segment, by a key whose System V key nobody has.
func openAnother(b *testing.B, env *peertest.Env) {
	b.Helper()
	for tries := 1; ; tries++ {
		s, err := Create(context.Background(), QtKey(env.Name()), 64, ReadWrite)
		if errors.Is(err, ErrExists) && tries < 5 {
			continue
		}
		require.NoError(b, err)
		closing(b, s)
		return
	}
}

// attachToDetach is what the mission's reader does.
func attachToDetach(ctx context.Context, key Key, buf []byte) error {
	s, err := Attach(ctx, key, ReadOnly)
	if err != nil {
		return err
	}
	if _, err := s.Snapshot(ctx, buf); err != nil {
		return err
	}
	return s.Close()
}

// The same number of operations by more and more goroutines at once.
func BenchmarkGoroutines(b *testing.B) {
	counts := []int{1, 10, 100, 1000}
	const rounds = 5000
	g := growth{}
	b.Run("running", func(b *testing.B) {
		for b.Loop() {
			env := peertest.New(b)
			keepPrivateLocks(b)
			ctx := context.Background()
			key := QtKey(env.Name())
			s := mustCreate(b, key, 64)
			for _, n := range counts {
				require.NoError(b, g.add("lock", n, rounds, together(n, rounds, func([]byte) error {
					return s.WithLock(ctx, func() error { return nil })
				})))
				require.NoError(b, g.add("read", n, rounds, together(n, rounds, func(buf []byte) error {
					_, err := s.Snapshot(ctx, buf)
					return err
				})))
				require.NoError(b, g.add("attach-to-detach", n, rounds, together(n, rounds, func(buf []byte) error {
					return attachToDetach(ctx, key, buf)
				})))
			}
		}
	})
	for _, operation := range []string{"lock", "read", "attach-to-detach"} {
		g.report(b, operation, counts)
	}
}

// together is how long n goroutines take for rounds operations in all.
func together(n, rounds int, f func(buf []byte) error) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		errs := make(chan error, n)
		var all sync.WaitGroup
		start := time.Now()
		for range n {
			all.Go(func() {
				buf := make([]byte, 64)
				for range rounds / n {
					if err := f(buf); err != nil {
						errs <- err
						return
					}
				}
			})
		}
		all.Wait()
		took := time.Since(start)
		select {
		case err := <-errs:
			return 0, err
		default:
			return took, nil
		}
	}
}
