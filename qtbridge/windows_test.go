//go:build cgo && windows

package qtbridge

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/native"
)

// windowsRow is one of Go's Qt × the peer's × the kind of key.
type windowsRow struct {
	env  *peertest.Env
	qt   int
	key  Key
	name string // as the peer gives it
}

func eachWindowsRow(t *testing.T, test func(t *testing.T, x windowsRow)) {
	for _, qt := range peertest.QtVersions {
		for _, kind := range []string{"setKey", "setNativeKey"} {
			t.Run(fmt.Sprintf("go-qt%s/peer-qt%d/%s", native.VersionRunning()[:1], qt, kind), func(t *testing.T) {
				env := peertest.New(t)
				x := windowsRow{env: env, qt: qt, name: env.Name()}
				x.key = QtKey(x.name)
				if kind == "setNativeKey" {
					x.key = NativeKey(x.name)
				}
				test(t, x)
			})
		}
	}
}

// peer is a Qt process with an object m for the key.
func (x windowsRow) peer() *peertest.Peer {
	peer := x.env.Verbs(x.qt)
	peer.Do("shm.new", "m", nil)
	set := "shm.setKey"
	if x.key.IsNative() {
		set = "shm.setNativeKey"
	}
	peer.Do(set, "m", peertest.Args{"key": x.name})
	return peer
}

func (x windowsRow) args(face string, more ...string) []string {
	args := append([]string{face, x.name}, more...)
	if !x.key.IsNative() {
		args = append(args, "--set-key")
	}
	return args
}

func (x windowsRow) segment(t *testing.T) string {
	t.Helper()
	segment, _, err := x.key.KeyFiles()
	require.NoError(t, err)
	return segment
}

var windowsPayloads = [][]byte{{0x7f}, []byte("\x00a\x00共享"), bytes.Repeat([]byte("xyz"), 4097)}

func TestWindowsGoWritesQtReads(t *testing.T) {
	eachWindowsRow(t, func(t *testing.T, x windowsRow) {
		peer := x.peer()
		for _, data := range windowsPayloads {
			s, err := Create(soon(t), x.key, len(data), ReadWrite)
			require.NoError(t, err)
			write := func() error { _, err := s.WriteAt(data, 0); return err }
			if x.key.IsNative() {
				require.ErrorIs(t, s.Lock(soon(t)), ErrNoLock)
				require.NoError(t, write())
			} else {
				require.NoError(t, s.WithLock(soon(t), write))
			}
			_, err = Create(soon(t), x.key, 1, ReadWrite)
			require.ErrorIs(t, err, ErrExists)
			peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
			require.Equal(t, paged(data), peer.Do("shm.read", "m", nil).Bytes())
			require.Equal(t, paged(data), x.env.Raw(x.segment(t)))
			peer.Must("shm.detach", "m", nil)
			require.NoError(t, s.Close())
			require.Nil(t, observer.Look(x.segment(t)), "nobody has a handle any more")
		}
	})
}

func TestWindowsQtWritesGoReads(t *testing.T) {
	eachWindowsRow(t, func(t *testing.T, x windowsRow) {
		_, err := Attach(soon(t), x.key, ReadOnly)
		require.ErrorIs(t, err, ErrNotFound)
		for _, data := range windowsPayloads {
			peer := x.peer()
			peer.Must("shm.create", "m", peertest.Args{"size": len(data)})
			peer.Do("shm.write", "m", peertest.Args{"data": data})
			s, err := Attach(soon(t), x.key, ReadOnly)
			require.NoError(t, err)
			got, err := s.Snapshot(soon(t), nil)
			require.NoError(t, err)
			require.Equal(t, paged(data), got)
			require.Equal(t, len(paged(data)), s.Size())
			part := make([]byte, len(data))
			_, err = s.ReadAt(part, 0)
			require.NoError(t, err)
			require.Equal(t, data, part)
			_, err = s.WriteAt(part, 0)
			require.ErrorIs(t, err, ErrReadOnly)
			require.ErrorIs(t, s.View(func(data []byte) error { data[0]++; return nil }), ErrReadOnly)
			require.NoError(t, s.Close())
			peer.Kill()
		}
	})
}

func TestWindowsLockExcludesAQtProcess(t *testing.T) {
	eachWindowsRow(t, func(t *testing.T, x windowsRow) {
		if x.key.IsNative() {
			return // has no lock; see TestWindowsGoWritesQtReads
		}
		s, err := Create(soon(t), x.key, 8, ReadWrite)
		require.NoError(t, err)
		peer := x.peer()
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
		peer.Must("shm.lock", "m", nil)
		require.ErrorIs(t, s.TryLock(), ErrLocked)
		short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, s.Lock(short), ErrLocked)
		peer.Must("shm.unlock", "m", nil)
		require.NoError(t, s.Lock(soon(t)))
		answer := peer.Async("shm.lock", "m", nil)
		select {
		case <-answer:
			t.Fatal("the peer got a lock that is taken")
		case <-time.After(50 * time.Millisecond):
		}
		require.NoError(t, s.Unlock())
		require.True(t, (<-answer).OK())
		peer.Must("shm.unlock", "m", nil)
		require.ErrorIs(t, s.Unlock(), ErrNotLocked)

		const rounds = 200
		counted := peer.Async("shm.count", "m", peertest.Args{"n": rounds})
		for range rounds {
			require.NoError(t, s.WithLock(soon(t), func() error {
				return s.View(func(data []byte) error { data[0]++; carry(data); return nil })
			}))
		}
		require.Zero(t, (<-counted).LockFailed)
		require.NoError(t, s.View(func(data []byte) error {
			assert.EqualValues(t, 2*rounds, int(data[0])+int(data[1])<<8)
			return nil
		}))
		require.NoError(t, s.Lock(soon(t)))
		require.NoError(t, s.Close(), "which gives the lock back")
		peer.Must("shm.lock", "m", nil)
	})
}

func carry(data []byte) {
	if data[0] == 0 {
		data[1]++
	}
}

func TestWindowsGoReadsTheMissionsWriter(t *testing.T) {
	eachWindowsRow(t, func(t *testing.T, x windowsRow) {
		writer := x.env.Start(x.qt, x.env.Work, x.args("writer")...)
		for _, id := range []string{"4711", "0815"} {
			writer.Line(id)
			published, err := writer.ReadLine()
			require.NoError(t, err)
			require.Equal(t, id, string(published))
			s, err := Attach(soon(t), x.key, ReadOnly)
			require.NoError(t, err)
			got, err := s.Snapshot(soon(t), nil)
			require.NoError(t, err)
			require.Equal(t, paged([]byte(id)), got)
			require.NoError(t, s.Close())
		}
		require.NoError(t, writer.End())
	})
}

func TestWindowsTheMissionsPollerReadsGo(t *testing.T) {
	eachWindowsRow(t, func(t *testing.T, x windowsRow) {
		poller := x.env.Start(x.qt, x.env.Work, x.args("poller", "--interval", "2", "--count", "1")...)
		s, err := Create(soon(t), x.key, 4, ReadWrite)
		require.NoError(t, err)
		if s.Lockable() {
			require.NoError(t, s.Lock(soon(t)))
		}
		_, err = s.WriteAt([]byte("4711"), 0)
		require.NoError(t, err)
		if s.Lockable() {
			require.NoError(t, s.Unlock())
		}
		line, err := poller.ReadLine()
		require.NoError(t, err)
		assert.Contains(t, string(line), fmt.Sprintf("%x", paged([]byte("4711"))))
		require.NoError(t, s.Close())
		require.NoError(t, poller.End())
	})
}
