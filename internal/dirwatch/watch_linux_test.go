package dirwatch

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// begin starts a watch that ends with the test. The counter is of its calls of
// rouse.
func begin(t *testing.T, dir string, names ...string) (*Watch, *atomic.Int32) {
	t.Helper()
	var roused atomic.Int32
	w, err := Start(dir, func() { roused.Add(1) }, names...)
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w, &roused
}

func requireTold(t *testing.T, w *Watch) {
	t.Helper()
	select {
	case <-w.Told():
	case <-time.After(10 * time.Second):
		require.FailNow(t, "nothing was told")
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
}

func TestTellsWhatComesAndGoes(t *testing.T) {
	dir := t.TempDir()
	name, away := filepath.Join(dir, "name"), filepath.Join(t.TempDir(), "away")
	w, roused := begin(t, dir, "another", "name")
	assert.False(t, w.IsTold())

	write(t, name)
	requireTold(t, w)
	assert.False(t, w.IsTold(), "a signal is taken once")
	require.NoError(t, os.Rename(name, away))
	requireTold(t, w)
	require.NoError(t, os.Rename(away, name))
	requireTold(t, w)
	require.NoError(t, os.Remove(name))
	require.Eventually(t, w.IsTold, 10*time.Second, time.Millisecond)
	require.Eventually(t, func() bool { return roused.Load() == 4 }, 10*time.Second, time.Millisecond)
	assert.EqualValues(t, 2, w.Came(), "made, and moved back")
	assert.False(t, w.IsLost())
}

// What happens to other names and to the content of files tells nothing. What is
// told of a name is told after all that was before.
func TestTellsNothingElse(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "name")
	write(t, name)
	w, roused := begin(t, dir, "name")
	last, _ := begin(t, dir, "last")
	write(t, name)
	write(t, filepath.Join(dir, "name2"))
	require.NoError(t, os.Remove(filepath.Join(dir, "name2")))
	write(t, filepath.Join(dir, "last"))
	requireTold(t, last)
	assert.False(t, w.IsTold())
	assert.Zero(t, roused.Load())
}

func TestIsLost(t *testing.T) {
	for name, lose := range map[string]func(dir string) error{
		"removed": os.Remove,
		"moved":   func(dir string) error { return os.Rename(dir, dir+"2") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "dir")
			require.NoError(t, os.Mkdir(dir, 0o700))
			w, _ := begin(t, dir, "name")
			assert.False(t, w.IsLost())
			require.NoError(t, lose(dir))
			requireTold(t, w)
			assert.True(t, w.IsLost())
		})
	}
}

// Watches of one directory do not depend on each other, and the last one to end
// leaves nothing open.
func TestClose(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "name")
	first, err := Start(dir, func() {}, "name")
	require.NoError(t, err)
	second, err := Start(dir, func() {}, "name")
	require.NoError(t, err)
	first.Close()
	write(t, name)
	requireTold(t, second)
	assert.False(t, first.IsTold())
	second.Close()
	inotify.Lock()
	assert.Nil(t, inotify.file)
	inotify.Unlock()

	again, _ := begin(t, dir, "name")
	require.NoError(t, os.Remove(name))
	requireTold(t, again)
}

func TestStartRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file)
	_, err := Start(file, func() {})
	require.ErrorIs(t, err, syscall.ENOTDIR)
	_, err = Start(file+"2", func() {})
	require.ErrorIs(t, err, syscall.ENOENT)
	inotify.Lock()
	assert.Nil(t, inotify.file)
	inotify.Unlock()
}

func TestNil(t *testing.T) {
	var w *Watch
	assert.Nil(t, w.Told())
	assert.False(t, w.IsTold())
	assert.Zero(t, w.Came())
}
