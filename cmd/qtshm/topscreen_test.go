//go:build cgo && linux

package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// resize makes the terminal so large.
func (s *screen) resize(width, height int) {
	s.t.Helper()
	s.tmux("resize-window", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height))
}

// lines are the screen's without what is empty at their ends.
func (s *screen) lines() []string {
	s.t.Helper()
	return strings.Split(strings.TrimRight(s.text(), "\n"), "\n")
}

// The preview has the room that the table leaves, and a long name leaves the mark.
func TestTopSizes(t *testing.T) {
	program := topProgram(t)
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(strings.Repeat(plainName(env), 6))
		makes(env.Verbs(qt), key, 4096)
		s := startTop(t, program, key.Name()[:20])
		for _, size := range []struct{ width, height, bytes, preview int }{
			{200, 50, 40, 45}, {80, 24, 16, 19}, {50, 12, 8, 7}, {20, 5, 0, 0},
		} {
			s.resize(size.width, size.height)
			s.eventually("its size", func(all string) bool {
				lines := s.lines()
				shown := 0
				for _, line := range lines {
					require.LessOrEqual(t, ansi.StringWidth(line), size.width)
					if strings.HasPrefix(line, "0000") {
						shown++
					}
				}
				second := "0000" + strconv.FormatInt(int64(size.bytes), 16)
				return len(lines) == size.height && strings.Contains(all, "\n> "+key.Name()[:4]) && shown == size.preview &&
					(size.preview < 2 || strings.Contains(all, second+"  "))
			})
		}
		s.keys("q")
		s.restored()
	})
}

// Changed bytes are highlighted; the content is shown as text and as numbers too.
func TestTopContent(t *testing.T) {
	program := topProgram(t)
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(plainName(env))
		peer := env.Verbs(qt)
		makes(peer, key, 64)
		write := func(offset int, data string) {
			peer.Must("shm.lock", key.String(), nil)
			peer.Do("shm.write", key.String(), peertest.Args{"offset": offset, "data": []byte(data)})
			peer.Must("shm.unlock", key.String(), nil)
		}
		write(0, "text of one\nand another line")
		write(48, "\xfe\xff\xff\xff\x00\x00\x00\x00\x00\x00\x04\x40")
		s := startTop(t, program, key.Name())
		s.waitFor("74 65 78 74")
		write(8, "two")
		s.waitFor("text of two")
		s.eventually("what has changed", func(string) bool {
			coloured := s.tmux("capture-pane", "-p", "-e")
			return strings.Contains(coloured, "66 20  \x1b[7m74") && strings.Contains(coloured, "text of \x1b[7mtwo\x1b")
		})
		s.keys("v")
		s.waitFor("as text, UTF-8")
		s.waitFor("\nand another line\n")
		s.waitFor("(and 36 bytes more, from offset 0x1c on)")
		s.keys("v", "v")
		s.waitFor("as 32-bit numbers")
		s.waitFor(" -2 ")
		s.keys("v", "v")
		s.waitFor("as doubles")
		write(56, "\x00\x00\x00\x00\x00\x00\x04\x40")
		s.waitFor(" 2.5")
		s.keys("f")
		s.waitFor("PAUSED")
		write(56, "\x00\x00\x00\x00\x00\x00\x0c\x40")
		s.keys("f")
		s.waitFor(" 3.5")
		s.keys("v", "Enter")
		s.waitFor("Esc back")
		s.waitFor("lock file")
		s.resize(80, 10)
		s.keys("End")
		s.waitFor("00000030")
		s.keys("Home")
		s.waitFor("verdict         live")
		s.keys("PgDn")
		s.eventually("the next page", func(all string) bool { return !strings.Contains(all, "verdict") })
		s.keys("Escape")
		s.waitFor("Enter details")
		s.keys("q")
		s.restored()
	})
}

// The details of a picture show it, above its bytes.
func TestTopPicture(t *testing.T) {
	program := topProgram(t)
	env := peertest.New(t)
	key := qtbridge.QtKey(plainName(env))
	peer := env.Verbs(6)
	makes(peer, key, 4096)
	write := func(data []byte) {
		peer.Must("shm.lock", key.String(), nil)
		peer.Do("shm.write", key.String(), peertest.Args{"data": data})
		peer.Must("shm.unlock", key.String(), nil)
	}
	write(append([]byte(pictureMarkers[0]), pngOf(t, gradient(6, 4))...))
	s := startTop(t, program, key.Name())
	s.waitFor("89 50 4e 47")
	s.keys("Enter")
	s.waitFor("\n▀▀▀▀▀▀\n▀▀▀▀▀▀\n00000000  00 00 00 01 89 50 4e 47")
	write([]byte("no picture any more, but text"))
	s.waitFor("|no pictu")
	s.eventually("no picture", func(all string) bool { return !strings.Contains(all, "▀") })
	s.keys("q")
	s.restored()
}

// The details have a curve of each number of a struct, as a Qt program changes it.
func TestTopCurves(t *testing.T) {
	program := topProgram(t)
	env := peertest.New(t)
	key := qtbridge.QtKey(plainName(env))
	peer := env.Verbs(6)
	makes(peer, key, 4096)
	s := newScreen(t, program)
	s.keys("$QTSHM top --format 'u8 number'", "Enter")
	s.waitFor("qtshm top:")
	s.keys("/", key.Name(), "Enter")
	s.waitFor("00000000  00 00")
	s.keys("Enter")
	s.waitFor("number          0            ▁\n")
	for _, step := range []struct {
		number byte
		line   string
	}{{2, "number          2            ▁█\n"}, {1, "number          1            ▁█▅\n"}} {
		peer.Must("shm.lock", key.String(), nil)
		peer.Do("shm.write", key.String(), peertest.Args{"base64": []byte{step.number}})
		peer.Must("shm.unlock", key.String(), nil)
		s.waitFor(step.line)
	}
	s.keys("q")
	s.restored()
}

// Keys move by one, by a page, and to the ends, in any order.
func TestTopMoves(t *testing.T) {
	program := topProgram(t)
	env := peertest.New(t)
	peer := env.Verbs(6)
	name := plainName(env)
	var keys []qtbridge.Key
	for c := 'a'; c <= 'z'; c++ {
		keys = append(keys, qtbridge.QtKey(name+string(c)))
		makes(peer, keys[len(keys)-1], int(c))
	}
	s := startTop(t, program, name)
	s.resize(80, 16) // 8 rows
	s.eventually("8 rows", func(string) bool { lines := s.lines(); return len(lines) == 16 && strings.HasPrefix(lines[10], "-- ") })
	selected := func(key qtbridge.Key) { t.Helper(); s.waitFor("-- " + key.Name() + " (") }
	selected(keys[0])
	for _, step := range []struct {
		key string
		at  int
	}{{"PgDn", 8}, {"Down", 9}, {"PgUp", 1}, {"Up", 0}, {"PgUp", 0}, {"End", 25}, {"PgDn", 25}, {"Home", 0}} {
		s.keys(step.key)
		selected(keys[step.at])
	}
	s.keys("s", "Home")
	s.waitFor("by size")
	selected(keys[25])
	s.keys("r", "Home")
	s.waitFor("by size, reversed")
	selected(keys[0])
	s.keys("q")
	s.restored()
}

// Without /proc there is nothing to see: top says so, and gives the terminal back.
func TestTopWithoutProc(t *testing.T) {
	if os.Geteuid() != 0 {
		peertest.Skip(t, "only root can have a /proc of its own")
	}
	peertest.New(t)
	s := newScreen(t, topProgram(t))
	s.keys(strings.Join(peertest.OwnMounts(t), " ")+" sh -c 'mount -t tmpfs none /proc && exec $QTSHM top'", "Enter")
	s.waitFor("there is no /proc/sysvipc to read")
	s.restored()
}

// Idle it takes 0.5 % of a core with a hundred rows. How much it is depends on the
// machine: what fails is one that does not come to rest.
func TestTopIdle(t *testing.T) {
	env := peertest.New(t)
	if _, err := exec.LookPath("nsenter"); err != nil {
		peertest.Skip(t, "there is no nsenter")
	}
	peer := env.VerbsAs(6, peertest.InNamespaces(t, syscall.CLONE_NEWIPC)) // where nobody else is busy
	name := plainName(env)
	for i := range 100 {
		makes(peer, qtbridge.QtKey(name+string(rune('a'+i/26))+string(rune('a'+i%26))), 64)
	}
	s := newScreen(t, topProgram(t))
	s.keys("nsenter -i -t "+strconv.Itoa(peer.PID())+" "+strings.Join(peertest.OwnMounts(t), " ")+" sh -c 'mount -t tmpfs none /dev/shm && exec $QTSHM top'", "Enter")
	s.waitFor("100 of 100")
	pid := topPID(t, s)
	time.Sleep(3 * time.Second) // what it has just begun to follow it looks at more often
	before := cpuTime(t, pid)
	const span = 10 * time.Second
	time.Sleep(span)
	took := cpuTime(t, pid) - before
	t.Logf("%.1f %% of a core", 100*took.Seconds()/span.Seconds())
	assert.Less(t, took, span/10)
	s.keys("q")
	s.restored()
}

// cpuTime is what a process has taken of the processors.
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	user, err := strconv.Atoi(fields[11])
	require.NoError(t, err)
	system, err := strconv.Atoi(fields[12])
	require.NoError(t, err)
	return time.Duration(user+system) * (time.Second / 100)
}
