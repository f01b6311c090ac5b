//go:build cgo

package qtbridge

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// ownFile makes a file that is the user's own, with something in it.
func ownFile(t *testing.T, env *peertest.Env) string {
	t.Helper()
	path := env.Work + "/precious"
	require.NoError(t, os.WriteFile(path, []byte("data"), 0o600))
	return path
}

// The last one to detach deletes the key file, whoever's it is and whatever is
// in it.
func TestHazardDetachDeletesAUsersFile(t *testing.T) {
	told(t, "plain-Qt", func(t *testing.T, env *peertest.Env, qt int) {
		file := ownFile(t, env)
		writer, reader := env.Verbs(qt), env.Verbs(qt)
		create(writer, NativeKey(file), 8, nil)
		object(reader, "m", NativeKey(file))
		reader.Must("shm.attach", "m", nil)
		require.NoError(t, writer.End())
		if peertest.HasIPCKeys(t, qt) { // its destructor deletes what its lock hangs on, under the reader
			assert.NoFileExists(t, file)
			reader.Do("shm.detach", "m", nil)
			return
		}
		require.Equal(t, 1, observer.Look(file).Attached)
		require.FileExists(t, file)
		reader.Must("shm.detach", "m", nil)
		assert.NoFileExists(t, file)
	})
	told(t, "qtbridge-creates", func(t *testing.T, env *peertest.Env, qt int) {
		file := ownFile(t, env)
		_, err := Create(soon(t), NativeKey(file), 8, ReadWrite)
		requireError(t, err, "create", NativeKey(file), ErrKey)
		assert.Nil(t, observer.Look(file))
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, "data", string(data))
	})
	told(t, "qtbridge-attaches", func(t *testing.T, env *peertest.Env, qt int) {
		file := ownFile(t, env)
		writer := env.Verbs(qt)
		create(writer, NativeKey(file), 8, nil)
		s := mustAttach(t, NativeKey(file), ReadOnly)
		writer.Must("shm.detach", NativeKey(file).String(), nil)
		require.Equal(t, 1, observer.Look(file).Attached)
		require.FileExists(t, file)
		require.NoError(t, s.Close())
		assert.Nil(t, observer.Look(file))
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, "data", string(data))
		assert.Empty(t, env.Files(env.Tmp), "the link is gone")
	})
}
