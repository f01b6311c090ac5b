package winobj

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"qtinterop/internal/ipc"
	"qtinterop/internal/peertest"
)

func requireUnusable(t *testing.T, name string, err error) {
	t.Helper()
	e := requireCode(t, ipc.Unusable, err)
	assert.Contains(t, e.Text, name+" cannot be the name of a segment, or is that of another object: ")
	assert.Contains(t, e.Text, "; use another key")
}

func TestNamesOfOtherObjects(t *testing.T) {
	name := peertest.New(t).Name()
	mutex, err := windows.CreateMutex(nil, false, wide(t, name))
	require.NoError(t, err)
	defer func() { _ = windows.CloseHandle(mutex) }()
	for _, name := range []string{name, `missing\` + name, `C:\key`, `\key`, `Global\`, "a\x00b", ""} {
		p := ipc.Place{Segment: name, Lock: name, Native: true}
		_, err = system.Segment(p)
		requireUnusable(t, name, err)
		_, err = system.Attached(p)
		requireUnusable(t, name, err)
		facts, err := system.Facts(p)
		requireUnusable(t, name, err)
		assert.Equal(t, name, facts.SegmentFile.Path)
		if name != "" {
			_, err = system.Semaphore(p)
			requireUnusable(t, name, err)
			_, err = system.Lock(p)
			requireUnusable(t, name, err)
		}
	}
}

func TestNoLock(t *testing.T) {
	p := ipc.Place{Segment: peertest.New(t).Name(), Native: true}
	_, err := system.Semaphore(p)
	requireCode(t, ipc.NotFound, err)
	_, err = system.Lock(p)
	requireCode(t, ipc.NotFound, err)
	assert.False(t, system.IsJammed(p))
}

// No other user can be had for a test under Wine.
func TestErrorsOfWindows(t *testing.T) {
	for _, look := range []func(string, error) error{openError, stateError} {
		err := look("name", windows.ERROR_ACCESS_DENIED)
		assert.ErrorIs(t, err, fs.ErrPermission)
		assert.Equal(t, "the object name belongs to another user; run as that user", requireCode(t, ipc.Permission, err).Text)
		requireUnusable(t, "name", look("name", windows.ERROR_INVALID_HANDLE))
	}
	requireUnusable(t, "name", openError("name", windows.ERROR_OUTOFMEMORY))
	e := requireCode(t, ipc.Unknown, stateError("name", windows.ERROR_OUTOFMEMORY))
	assert.Equal(t, windows.ERROR_OUTOFMEMORY.Error()+"; try again", e.Text)
}

func TestLongNames(t *testing.T) {
	assert.NoError(t, system.CheckName(strings.Repeat("a", 32766)))
	assert.NoError(t, system.CheckName(strings.Repeat("共", 32766)))
	e := requireCode(t, ipc.Unusable, system.CheckName(strings.Repeat("a", 32767)))
	assert.Equal(t, "Qt makes a name of 32767 letters of it, and Windows knows the first 32766; use a shorter key on both sides", e.Text)
	requireCode(t, ipc.Unusable, system.CheckName(strings.Repeat("𝄞", 16384)))
}
