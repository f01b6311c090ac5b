//go:build cgo && (linux || windows)

package qtbridge

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// The writer is killed at any point 1,000 times while it is watched. Each time
// what it leaves is removed, another one starts, and what that publishes is seen.
func TestWatchWhileTheWriterIsKilled(t *testing.T) {
	kills := fewerOnWindows(1000)
	env := peertest.New(t)
	env.LeavesBehind()
	name := env.Name()
	kinds := []struct {
		key  Key
		args []string
	}{
		{NativeKeyIn(env.Work, name), []string{"writer", name}},
		{QtKey(name), []string{"writer", "--set-key", name}},
	}
	var watches []*watch
	var killed [2][]int // pids
	torn := 0
	for _, kind := range kinds {
		watches = append(watches, startWatch(t, kind.key, WatchOptions{}))
	}
	for i := range kills {
		kind, w := kinds[i%2], watches[i%2]
		// It can look live while the watch is attached for its copy.
		clearUp(t, kind.key, killed[i%2])
		writer := env.Start(peertest.QtVersions[i/2%2], env.Work, kind.args...)
		id := paged([]byte(writer.Publish(fmt.Sprint("life ", i))))
		for {
			m := w.next()
			if isWhole := requirePart(t, m.Data); !isWhole {
				require.True(t, kind.key.IsNative(), "torn in spite of the lock: %q", m.Data)
				torn++
			}
			if bytes.Equal(m.Data, id) {
				break
			}
		}
		var lines strings.Builder
		for j := range 200 {
			fmt.Fprintf(&lines, "%d/%d %s|\n", i, j, strings.Repeat("x", j))
		}
		go writer.Write(lines.String())
		time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
		writer.Kill()
		killed[i%2] = append(killed[i%2], writer.PID())
	}
	// Without a lock, a writer that stands still halfway, as when the machine does not let
	// it run, cannot be told from one that has finished.
	require.LessOrEqual(t, torn, kills/100, "torn")
}

// requirePart requires that data is one of the ids of the test above, or its beginning, and
// tells whether it is whole.
func requirePart(t *testing.T, data []byte) bool {
	t.Helper()
	var i, j int
	data = bytes.TrimRight(data, "\x00")
	if len(data) == 0 || bytes.HasPrefix(data, []byte("life ")) {
		return true
	}
	_, err := fmt.Sscanf(string(data), "%d/%d", &i, &j)
	require.NoError(t, err, "%q", data)
	whole := fmt.Sprintf("%d/%d %s|", i, j, strings.Repeat("x", j))
	require.True(t, strings.HasPrefix(whole, string(data)), "%q is not of %q", data, whole)
	return len(data) == len(whole)
}

// What a writer that is killed with the lock in hand has written is not a message, also for
// a watch that stays attached and gets the lock by its end.
func TestWatchTheWriterIsKilledInTheLock(t *testing.T) {
	stayOrNot(t, func(t *testing.T, env *peertest.Env, qt int, opts WatchOptions) {
		env.LeavesBehind()
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		create(peer, key, 8, []byte("before.."))
		w := startWatch(t, key, opts)
		w.until(paged([]byte("before..")))
		peer.Must("shm.lock", key.String(), nil)
		peer.Do("shm.write", key.String(), peertest.Args{"data": []byte("half")})
		w.none(50 * time.Millisecond)
		peer.Kill()
		require.Equal(t, Removed, w.next().Cause)
		w.none(50 * time.Millisecond)
	})
}

func TestWatchGrowsTo256MiB(t *testing.T) {
	const size = 256 << 20
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{QtKey(env.Name()), nativeKey(env)} {
			peer := env.Verbs(qt)
			create(peer, key, 1, []byte("1"))
			w := startWatch(t, key, WatchOptions{})
			require.Len(t, w.next().Data, pagedSize(1))
			peer.Do("shm.delete", key.String(), nil)
			object(peer, key.String(), key)
			peer.Must("shm.create", key.String(), peertest.Args{"size": size})
			peer.Do("shm.lockedWrite", key.String(), peertest.Args{"offset": size - 3, "data": []byte("end")})
			for {
				m := w.next()
				if m.Cause == Removed {
					continue
				}
				require.Len(t, m.Data, size)
				if string(m.Data[size-3:]) == "end" {
					break
				}
			}
			w.stop()
		}
		runtime.GC()
	})
}
