//go:build cgo

package native

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// The other major version of Qt comes first, so that what both have is its own.
func TestTwoMajorsInOneProgram(t *testing.T) {
	other := map[string]string{"5": "-lQt6Core", "6": "-lQt5Core"}[wantMajor]
	program := t.TempDir() + "/twomajors"
	build := exec.Command("go", "build", "-tags", buildTags, "-o", program, "./testdata/twomajors")
	build.Env = append(os.Environ(), "CGO_LDFLAGS=-Wl,--no-as-needed "+other)
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	said, err := exec.Command(program).Output()
	require.NoError(t, err)
	assert.Equal(t, `true true true true true true "" "" false false`, string(said))
}

// A build without the development files of Qt says how to have them, and that there
// is another Qt to build with.
func TestBuildWithoutQt(t *testing.T) {
	packages := map[string]string{"5": "qtbase5-dev", "6": "qt6-base-dev"}
	noHeaders := t.TempDir()
	noHeadersPC := "Name: Qt\nDescription: Qt without headers\nVersion: " + wantMajor + "\nCflags: -I" + t.TempDir() + "\n"
	require.NoError(t, os.WriteFile(noHeaders+"/Qt"+wantMajor+"Core.pc", []byte(noHeadersPC), 0o644))
	for name, pkgConfig := range map[string]string{"no Qt": t.TempDir(), "no headers": noHeaders} {
		t.Run(name, func(t *testing.T) {
			// With flags of its own, for the build cache does have the package.
			build := exec.Command("go", "build", "-tags", buildTags, "-gcflags=-trimpath="+t.TempDir(), ".")
			build.Env = append(os.Environ(), "PKG_CONFIG_PATH=", "PKG_CONFIG_LIBDIR="+pkgConfig)
			out, err := build.CombinedOutput()
			require.Error(t, err)
			assert.Regexp(t, "apt-get.install.*"+packages[wantMajor]+".*-tags.qt5", string(out))
		})
	}
}

func TestLocal8Bit(t *testing.T) {
	for _, qt := range peertest.QtVersions {
		peer := peertest.New(t).Verbs(qt)
		for _, text := range []string{"", "plain", "é共享\x00€", "nul\x00", "🀄", strings.Repeat("享", 1<<16)} {
			data, err := ToLocal8Bit(text)
			require.NoError(t, err)
			theirs := peer.Do("text.encode", "", peertest.Args{"encoding": "Local8Bit", "text": text}).Bytes()
			assert.Equal(t, theirs, data)
			back, err := FromLocal8Bit(data)
			require.NoError(t, err)
			assert.Equal(t, text, back)
		}
		for _, data := range [][]byte{nil, {}, {0}, {0xff, 0, 0xfe}, []byte("\uFEFFmarked"), []byte("a\xe5\x85")} {
			text, err := FromLocal8Bit(data)
			require.NoError(t, err)
			theirs, _ := peer.Do("text.decode", "", peertest.Args{"encoding": "Local8Bit", "base64": append([]byte{}, data...)}).Ret.(string)
			assert.Equal(t, theirs, text, "% x", data)
		}
	}
}

// sizeOf is the size of a segment that was created with size.
func sizeOf(size int) int { return size }

// segmentPlace is how the key files of segments of QtKeys begin.
func segmentPlace(env *peertest.Env) string { return env.Tmp + "/qipc_sharedmemory_" }

// semaphorePlace is the only key file there is.
func semaphorePlace(_ *testing.T, env *peertest.Env, _ string) string {
	return env.Tmp + "/" + env.Files(env.Tmp)[0]
}

// undone is what the kernel undoes of 1 that a process took or gave.
const undone = 1

// tstRounds is how often Qt's tests do what they do often.
const tstRounds = 5

// noKeyCode is what a semaphore without a key answers.
const noKeyCode = KeyError

// The types of native keys in Qt's own terms.
const (
	osDefaultType = PosixRealtime
	osLegacyType  = SystemV
)
