//go:build cgo && linux

package qtbridge

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"qtinterop/internal/peertest"
)

// Two processes want one lock all the time: how often per second it changes
// hands between a Go and a Qt process, in relation to two Qt processes.
func BenchmarkHandover(b *testing.B) {
	env := peertest.New(b)
	const qt, n = 6, 2000
	key := QtKey(env.Name())
	s := mustCreate(b, key, 8)
	var peers []*peertest.Peer
	for range 2 {
		peer := env.Verbs(qt)
		object(peer, "m", key)
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
		peers = append(peers, peer)
	}
	counting := func(i int) <-chan peertest.Reply { return peers[i].Async("shm.count", "m", peertest.Args{"n": n}) }
	var ratios, shares []float64
	for b.Loop() {
		start := time.Now()
		one, other := counting(0), counting(1)
		between := float64((<-one).Interrupted + (<-other).Interrupted)
		qtPerSecond := between / time.Since(start).Seconds()

		start = time.Now()
		one = counting(0)
		interrupted, err := countInterrupted(s, n)
		require.NoError(b, err)
		between = float64((<-one).Interrupted + interrupted)
		ratios = append(ratios, between/time.Since(start).Seconds()/qtPerSecond)
		shares = append(shares, float64(interrupted)/n)
	}
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(shares), "alternation")
	b.ReportMetric(0, "ns/op")
}

// countInterrupted is what testpeer's shm.count does.
func countInterrupted(s *Segment, n int) (interrupted int, err error) {
	var last uint64
	for i := range n {
		err := s.WithLock(context.Background(), func() error {
			var buf [8]byte
			if _, err := s.ReadAt(buf[:], 0); err != nil {
				return err
			}
			_, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
			before := binary.LittleEndian.Uint64(buf[:])
			if i > 0 && before != last+1 {
				interrupted++
			}
			last = before
			binary.LittleEndian.PutUint64(buf[:], before+1)
			_, err := s.WriteAt(buf[:], 0)
			return err
		})
		if err != nil {
			return interrupted, err
		}
	}
	return interrupted, nil
}
