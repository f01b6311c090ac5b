//go:build cgo && (linux || windows)

package qtbridge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/native"
)

// roles are what the test binary can be instead of tests, by the environment
// variable that says so.
var roles = map[string]func(order string){}

func TestMain(m *testing.M) {
	for variable, role := range roles {
		if order := os.Getenv(variable); order != "" {
			role(order)
			return
		}
	}
	idlePeriod = 0 // what tests leave is to be seen at once
	fmt.Printf("Go on Qt %s\n", native.VersionRunning())
	os.Exit(m.Run())
}

// goQt names this side in the names of end-to-end rows.
func goQt() string { return "go-qt" + native.VersionRunning()[:1] }

// soon is a context for what must not take long.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// within is a context that ends after d.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// closing closes a Segment at the end of the test, if the test has not.
func closing(t testing.TB, s *Segment) *Segment {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

func mustCreate(t testing.TB, key Key, size int) *Segment {
	t.Helper()
	s, err := Create(soon(t), key, size, ReadWrite)
	require.NoError(t, err)
	return closing(t, s)
}

func mustAttach(t testing.TB, key Key, mode Mode) *Segment {
	t.Helper()
	s, err := Attach(soon(t), key, mode)
	require.NoError(t, err)
	return closing(t, s)
}

// keyFiles are the key files of a key that Qt can use.
func keyFiles(t testing.TB, key Key) (segment, lock string) {
	t.Helper()
	segment, lock, err := key.KeyFiles()
	require.NoError(t, err)
	return segment, lock
}

// requireError requires an Error that names op and key, has the code and says
// more than that.
func requireError(t testing.TB, err error, op string, key Key, code Code) *Error {
	t.Helper()
	require.ErrorIs(t, err, code)
	e, ok := errors.AsType[*Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, op, e.Op)
	require.Equal(t, key, e.Key)
	require.NotEmpty(t, e.Msg, "no remedy")
	return e
}

// eachPeer runs a test once for each Qt of the peer.
func eachPeer(t *testing.T, test func(t *testing.T, env *peertest.Env, qt int)) {
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("%s/peer-qt%d", goQt(), qt), func(t *testing.T) {
			test(t, peertest.New(t), qt)
		})
	}
}

// paged is data as it is in a segment of its size.
func paged(data []byte) []byte {
	size := pagedSize(len(data))
	return append(data[:len(data):len(data)], make([]byte, size-len(data))...)
}

// pagedSize is the size in bytes of a segment that was created with size: on
// Windows in whole pages.
func pagedSize(size int) int {
	if runtime.GOOS != "windows" {
		return size
	}
	return (size + 4095) &^ 4095
}
