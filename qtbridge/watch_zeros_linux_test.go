//go:build cgo && linux

package qtbridge

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// contents are those that came, of a watch that has ended.
func contents(w *watch) map[string]bool {
	seen := make(map[string]bool)
	for range len(w.messages) {
		m := <-w.messages
		seen[string(m.Data)] = true
	}
	return seen
}

// A Qt program that creates anew for each message, which ends in zeros: a C string, a
// struct with padding, a buffer that is larger than its text.
func TestWatchSeesMessagesThatEndInZeros(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, zeros := range []int{1, 7, 100, 10_000} {
			key := nativeKey(env)
			w := startWatch(t, key, WatchOptions{Settle: time.Hour})
			peer := env.Verbs(qt)
			var written []string
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
				written = append(written, string(message))
				time.Sleep(10 * time.Millisecond)
				peer.Do("shm.delete", obj, nil)
			}
			time.Sleep(100 * time.Millisecond)
			w.stop()
			seen := contents(w)
			missed := slices.DeleteFunc(slices.Clone(written), func(message string) bool { return seen[message] })
			t.Logf("%d of %d with %d zeros", len(written)-len(missed), len(written), zeros)
			require.Greater(t, len(written), 40)
			require.Less(t, len(missed), len(written)/2, "few, on a quiet machine")
		}
	})
}

// A record that is all zero is a message too, if it stays for a tenth of Settle.
func TestWatchSeesARecordOfZeros(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{nativeKey(env), QtKey(env.Name())} {
			w := startWatch(t, key, WatchOptions{Settle: 25 * time.Second}) // longer than until waits
			peer := env.Verbs(qt)
			create(peer, key, 8, []byte("before"))
			w.until([]byte("before\x00\x00"))
			peer.Do("shm.delete", key.String(), nil)
			create(peer, key, 16, nil)
			w.until(make([]byte, 16))
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
		peer.Do("shm.write", key.String(), peertest.Args{"data": []byte("half-all")})
		w.until([]byte("half-all"))
	})
}
