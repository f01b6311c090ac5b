//go:build cgo && (linux || windows)

package qtbridge

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// The rows: who writes × the Qt in Go (the build tag) × the Qt of the peer ×
// the kind of key × the payload. In each, what Go, the Qt process and the
// observer read must be the same.

// keyKind is a way to name the same segment on both sides.
type keyKind struct {
	name    string
	native  bool
	peerDir func(*peertest.Env) string // where the peer runs; Go runs in Work
	keys    func(env *peertest.Env, name string) (ours Key, peers string)
}

type payload struct {
	name string
	data []byte
}

func payloads() []payload {
	list := []payload{
		{"1-byte", []byte{0x7f}},
		{"ascii-id", []byte("model-4711")},
		{"chinese-utf8", []byte("共享内存")},
		{"chinese-gbk", []byte("\xb9\xb2\xcf\xed\xc4\xda\xb4\xe6")},
		{"nuls", []byte("\x00a\x00\x00b\x00")},
	}
	for _, size := range []int{4095, 4096, 4097, 16 << 20} {
		data := make([]byte, size)
		_, _ = rand.Read(data)
		list = append(list, payload{fmt.Sprintf("random-%d", size), data})
	}
	return list
}

// exchange is what both directions of a row have in common.
type exchange struct {
	kind      keyKind
	env       *peertest.Env
	peer      *peertest.Peer
	key       Key
	file      string // key file of the segment
	peerLocks bool   // it has a lock for keys of this kind
}

func eachRow(t *testing.T, role string, run func(t *testing.T, x exchange, data []byte)) {
	for _, qt := range peertest.QtVersions {
		for _, kind := range keyKinds {
			t.Run(fmt.Sprintf("%s/%s/peer-qt%d/%s", role, goQt(), qt, kind.name), func(t *testing.T) {
				env := peertest.New(t)
				t.Chdir(env.Work)
				peer := env.VerbsIn(qt, kind.peerDir(env))
				for _, p := range payloads() {
					t.Run(p.name, func(t *testing.T) {
						x := exchange{kind: kind, env: env, peer: peer, peerLocks: !kind.native || peertest.HasIPCKeys(t, qt)}
						var peers string
						x.key, peers = kind.keys(env, env.Name())
						x.file, _ = keyFiles(t, x.key)
						peer.Do("shm.new", "m", nil)
						if kind.native {
							peer.Do("shm.setNativeKey", "m", peertest.Args{"key": peers})
						} else {
							peer.Do("shm.setKey", "m", peertest.Args{"key": peers})
						}
						run(t, x, p.data)
						peer.Do("shm.delete", "m", nil)
						require.Nil(t, observer.Look(x.file), "the last one to detach removes the segment")
						require.NoFileExists(t, x.file)
						require.Empty(t, env.Files(env.Tmp))
					})
				}
			})
		}
	}
}

func TestGoWritesQtReads(t *testing.T) {
	eachRow(t, "go-writes-qt-reads", func(t *testing.T, x exchange, data []byte) {
		s := mustCreate(t, x.key, len(data))
		write := func() error { _, err := s.WriteAt(data, 0); return err }
		if s.Lockable() {
			require.NoError(t, s.WithLock(soon(t), write))
		} else { // native keys on Windows
			require.ErrorIs(t, s.Lock(soon(t)), ErrNoLock)
			require.NoError(t, write())
		}

		x.peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
		lock := x.peer.Do("shm.lock", "m", nil)
		assert.Equal(t, x.peerLocks, lock.OK(), "lock() of Qt: %s", lock.ErrorString)
		same(t, paged(data), x.peer.Do("shm.read", "m", nil).Bytes(), "the Qt process")
		same(t, paged(data), x.env.Raw(x.file), "the observer")
		assert.EqualValues(t, pagedSize(len(data)), x.peer.Do("shm.size", "m", nil).Ret)
		assert.Equal(t, x.peerLocks, x.peer.Do("shm.unlock", "m", nil).OK())
		x.peer.Must("shm.detach", "m", nil)
		require.NoError(t, s.Close())
	})
}

func TestQtWritesGoReads(t *testing.T) {
	eachRow(t, "qt-writes-go-reads", func(t *testing.T, x exchange, data []byte) {
		x.peer.Must("shm.create", "m", peertest.Args{"size": len(data)})
		lock := x.peer.Do("shm.lock", "m", nil)
		assert.Equal(t, x.peerLocks, lock.OK(), "lock() of Qt: %s", lock.ErrorString)
		x.peer.Do("shm.write", "m", peertest.Args{"data": data})
		x.peer.Do("shm.unlock", "m", nil)

		s := mustAttach(t, x.key, ReadOnly)
		assert.Equal(t, x.peerLocks, s.Lockable())
		got, err := s.Snapshot(soon(t), nil)
		require.NoError(t, err)
		same(t, paged(data), got, "Go")
		same(t, paged(data), x.env.Raw(x.file), "the observer")
		assert.Equal(t, pagedSize(len(data)), s.Size())
		require.NoError(t, s.Close())
		require.NotNil(t, observer.Look(x.file), "the writer stays attached")
	})
}

// The two programs of the mission, as they are, with Go on the other side.

func missionArgs(face string, kind keyKind, peers string, more ...string) []string {
	args := append([]string{face, peers}, more...)
	if !kind.native {
		args = append(args, "--set-key")
	}
	return args
}

var missionIDs = []string{"4711", "共享内存-7", strings.Repeat("x", 5000)}

func eachMission(t *testing.T, test func(t *testing.T, env *peertest.Env, qt int, kind keyKind, key Key, peers string)) {
	for _, qt := range peertest.QtVersions {
		for _, kind := range keyKinds {
			t.Run(fmt.Sprintf("%s/peer-qt%d/%s", goQt(), qt, kind.name), func(t *testing.T) {
				env := peertest.New(t)
				t.Chdir(env.Work)
				key, peers := kind.keys(env, "RkWebViewModelSM"+env.Name())
				test(t, env, qt, kind, key, peers)
			})
		}
	}
}

func TestGoReadsTheMissionsWriter(t *testing.T) {
	eachMission(t, func(t *testing.T, env *peertest.Env, qt int, kind keyKind, key Key, peers string) {
		writer := env.Start(qt, kind.peerDir(env), missionArgs("writer", kind, peers)...)
		for _, id := range missionIDs {
			writer.Line(id)
			published, err := writer.ReadLine()
			require.NoError(t, err)
			require.Equal(t, id, string(published))

			s := mustAttach(t, key, ReadOnly)
			got, err := s.Snapshot(soon(t), nil)
			require.NoError(t, err)
			want, err := Local8Bit.Replacing().Encode(id) // toLocal8Bit(); on Linux id itself
			require.NoError(t, err)
			same(t, paged(want), got, "Go")
			same(t, paged(want), env.Raw(first(keyFiles(t, key))), "the observer")
			require.NoError(t, s.Close())
		}
		last := writer.Diary(func(m map[string]any) bool { return m["id"] == missionIDs[2] })
		assert.Equal(t, !kind.native || peertest.HasIPCKeys(t, qt), last["lock"], "what lock() returned and the program ignored")
		require.NoError(t, writer.End())
	})
}

func TestTheMissionsPollerReadsGo(t *testing.T) {
	eachMission(t, func(t *testing.T, env *peertest.Env, qt int, kind keyKind, key Key, peers string) {
		poller := env.Start(qt, kind.peerDir(env), missionArgs("poller", kind, peers, "--interval", "2")...)
		for _, id := range missionIDs {
			s := createBesidePoller(t, key, len(id))
			write := func() error { _, err := s.WriteAt([]byte(id), 0); return err }
			if s.Lockable() {
				require.NoError(t, s.WithLock(soon(t), write))
			} else {
				require.NoError(t, write())
			}
			poller.ReadUntilHex(fmt.Sprintf("%x", paged([]byte(id))))
			same(t, paged([]byte(id)), env.Raw(first(keyFiles(t, key))), "the observer")
			require.NoError(t, s.Close())
		}
		require.NoError(t, poller.End())
	})
}

// createBesidePoller creates until no reader is attached to the old segment.
func createBesidePoller(t *testing.T, key Key, size int) *Segment {
	ctx := soon(t)
	for {
		s, err := Create(ctx, key, size, ReadWrite)
		if err == nil {
			return closing(t, s)
		}
		require.ErrorIs(t, err, ErrExists)
		require.NoError(t, ctx.Err())
	}
}
