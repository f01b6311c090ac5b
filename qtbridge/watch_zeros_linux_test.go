//go:build cgo && linux

package qtbridge

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// arrived returns when each content came first, of a watch that has ended.
func arrived(w *watch) map[string]time.Time {
	seen := make(map[string]time.Time)
	for range len(w.messages) {
		if m := <-w.messages; seen[string(m.Data)].IsZero() {
			seen[string(m.Data)] = m.Time
		}
	}
	return seen
}

// A Qt program that creates anew for each message, which ends in zeros: a C string, a
// struct with padding, a buffer that is larger than its text.
func TestWatchSeesMessagesThatEndInZeros(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, zeros := range []int{1, 7, 100, 10_000} {
			key := nativeKey(env)
			w := startWatch(t, key, WatchOptions{})
			peer := env.Verbs(qt)
			written := make(map[string]time.Time)
			for i := range 50 {
				message := append(fmt.Appendf(nil, "page-%d", i), make([]byte, zeros)...)
				obj := fmt.Sprint(i)
				object(peer, obj, key)
				if !peer.Do("shm.create", obj, peertest.Args{"size": len(message)}).OK() {
					t.Logf("message %d met a reader", i) // as beside any other
					peer.Do("shm.delete", obj, nil)
					continue
				}
				peer.Do("shm.write", obj, peertest.Args{"data": message})
				written[string(message)] = time.Now()
				time.Sleep(10 * time.Millisecond)
				peer.Do("shm.delete", obj, nil)
			}
			time.Sleep(100 * time.Millisecond)
			w.stop()
			seen := arrived(w)
			var delays []time.Duration
			for message, at := range written {
				if when, ok := seen[message]; ok {
					delays = append(delays, when.Sub(at))
				}
			}
			// All of them, a fraction of a millisecond late, on a quiet machine.
			t.Logf("%d of %d with %d zeros", len(delays), len(written), zeros)
			require.Greater(t, len(written), 40)
			require.Greater(t, len(delays), len(written)*3/4)
			slices.Sort(delays)
			assert.Less(t, delays[len(delays)/2], 25*time.Millisecond, "half of Settle")
		}
	})
}

// A record that is all zero is a message too, if it stays for a few milliseconds.
func TestWatchSeesARecordOfZeros(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{nativeKey(env), QtKey(env.Name())} {
			w := startWatch(t, key, WatchOptions{})
			peer := env.Verbs(qt)
			create(peer, key, 8, []byte("before"))
			w.until([]byte("before\x00\x00"))
			peer.Do("shm.delete", key.String(), nil)
			start := time.Now()
			create(peer, key, 16, nil)
			w.until(make([]byte, 16))
			assert.Less(t, time.Since(start), 45*time.Millisecond, "before Settle")
			w.stop()
		}
	})
}

// A segment that is seen half filled, without a lock, is a message that is mended as
// soon as it is whole.
func TestWatchMendsTheBeginningOfAMessage(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		if peertest.HasIPCKeys(t, qt) {
			return // it has a lock
		}
		key := nativeKey(env)
		w := startWatch(t, key, WatchOptions{})
		peer := env.Verbs(qt)
		create(peer, key, 8, []byte("half"))
		w.until([]byte("half\x00\x00\x00\x00"))
		start := time.Now()
		peer.Do("shm.write", key.String(), peertest.Args{"data": []byte("half-all")})
		w.until([]byte("half-all"))
		assert.Less(t, time.Since(start), time.Second, "not after the longest time between looks")
	})
}
