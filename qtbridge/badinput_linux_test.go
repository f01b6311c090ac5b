//go:build cgo

package qtbridge

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

func TestFilesThatAreNoKeyFiles(t *testing.T) {
	env := peertest.New(t)
	own := env.Work + "/precious"
	require.NoError(t, os.WriteFile(own, []byte("data"), 0o600))
	for _, path := range []string{own, env.Work} {
		_, err := Create(soon(t), NativeKey(path), 5, ReadWrite)
		requireError(t, err, "create", NativeKey(path), ErrKey)
	}
	data, err := os.ReadFile(own)
	require.NoError(t, err)
	assert.Equal(t, "data", string(data))
	require.NoError(t, os.Symlink("loop", env.Work+"/loop"))
	_, err = Attach(soon(t), NativeKey(env.Work+"/loop"), ReadOnly)
	requireError(t, err, "attach", NativeKey(env.Work+"/loop"), ErrKey)
}

func TestTMPDIRThatIsNone(t *testing.T) {
	env := peertest.New(t)
	t.Setenv("TMPDIR", env.Tmp+"/missing")
	key := QtKey(env.Name())
	_, err := Create(soon(t), key, 5, ReadWrite)
	e := requireError(t, err, "create", key, ErrKey)
	assert.Contains(t, e.Msg, env.Tmp+"/missing")
}

func TestSizeBeyondTheSystemLimit(t *testing.T) {
	env := peertest.New(t)
	for _, key := range []Key{QtKey(env.Name()), NativeKey(env.Work + "/key")} {
		var err error
		unchanged(t, env, func() {
			peertest.InOwnIPC(t, func() {
				if err = os.WriteFile("/proc/sys/kernel/shmmax", []byte("8192"), 0); err == nil {
					_, err = Create(t.Context(), key, 8193, ReadWrite)
				}
			})
		})
		e := requireError(t, err, "create", key, ErrSize)
		assert.Contains(t, e.Msg, "shmmax")
	}
}

func TestAnotherUsersSegment(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		keys := []Key{QtKey(env.Name()), NativeKey(env.Work + "/key")}
		peer.Do("shm.new", "0", peertest.Args{"key": keys[0].Name()})
		peer.Do("shm.new", "1", nil)
		peer.Do("shm.setNativeKey", "1", peertest.Args{"key": keys[1].Name()})
		for i, key := range keys {
			peer.Must("shm.create", string(rune('0'+i)), peertest.Args{"size": 5})
			segment, _ := keyFiles(t, key)
			before := *observer.Look(segment)
			var created, attached error
			peertest.AsNobody(t, func() {
				_, created = Create(t.Context(), key, 5, ReadWrite)
				_, attached = Attach(t.Context(), key, ReadOnly)
			})
			requireError(t, created, "create", key, ErrPermission)
			e := requireError(t, attached, "attach", key, ErrPermission)
			assert.ErrorIs(t, attached, fs.ErrPermission)
			assert.Contains(t, e.Msg, "belongs to user 0")
			assert.Equal(t, before, *observer.Look(segment))
		}
	})
}

// impossibleKeys are keys whose files cannot be.
func impossibleKeys(env *peertest.Env) []unusableKey {
	return []unusableKey{
		{"198 letters", QtKey(strings.Repeat("a", 198)), ErrKey},
		{"missing directory", NativeKey(env.Work + "/missing/key"), ErrNotFound},
		{"long file name", NativeKey(env.Work + "/" + strings.Repeat("a", 256)), ErrKey},
		{"long path", NativeKey(strings.Repeat("/a", 4000)), ErrKey},
		{"below a file", NativeKey("/etc/passwd/key"), ErrKey},
	}
}
