//go:build cgo

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

func TestLs(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(plainName(env)[:12])
		peer := env.Verbs(qt)
		makes(peer, key, 4711)
		segment, _, err := key.KeyFiles()
		require.NoError(t, err)

		t.Setenv("COLUMNS", "80")
		status, out, errOut := qtshm(t, "ls")
		assert.Equal(t, exitOK, status, errOut)
		row := ""
		for line := range strings.Lines(out) {
			line = strings.TrimSuffix(line, "\n")
			assert.LessOrEqual(t, ansi.StringWidth(line), 80, line)
			if strings.HasPrefix(line, key.Name()) {
				row = line
			}
		}
		assert.Regexp(t, `^\S+ +both +4711 +1 root +\d+\S* +\d+\S* +free +\d+\w live$`, row)
		_, out, _ = qtshm(t, "ls", "--wide")
		assert.Contains(t, out, fmt.Sprintf("%d/testpeer-qt%d", peer.PID(), qt))

		status, out, _ = qtshm(t, "ls", "--json")
		assert.Equal(t, exitOK, status)
		for line := range strings.Lines(out) {
			var entry map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &entry))
			if entry["key"] != key.String() {
				continue
			}
			row = ""
			shown := entry["segment"].(map[string]any)
			assert.Equal(t, "live", entry["verdict"])
			assert.EqualValues(t, 4711, shown["size"])
			assert.EqualValues(t, observer.Look(segment).ID, shown["id"])
			assert.EqualValues(t, peer.PID(), shown["creator"].(map[string]any)["pid"])
			assert.Equal(t, "free", entry["lock"].(map[string]any)["state"])
			assert.Len(t, entry["users"], 1)
		}
		assert.Empty(t, row, "not in the JSON")
		status, _, _ = qtshm(t, "ls", "more")
		assert.Equal(t, exitUsage, status)
	})
}

func peerFlag(p *peertest.Peer) string { return fmt.Sprintf("--peer=%d", p.PID()) }

// The peer is also examined where nothing is wrong.
func TestDoctorHealthyPeer(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(env.Name())
		peer := env.Verbs(qt)
		makes(peer, key, 5)
		found(t, []string{key.String(), peerFlag(peer)})
	})
}

func TestDoctorOtherTMPDIR(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(env.Name())
		peer := env.VerbsAs(qt, peertest.WithTMPDIR(env.Other))
		found(t, []string{key.String(), peerFlag(peer)}, "other-tmpdir") // before it has made anything
		makes(peer, key, 5)
		f := found(t, []string{key.String()}, "other-tmpdir")
		assert.Contains(t, f[0].Command, "TMPDIR="+env.Other+" ")
		t.Setenv("TMPDIR", env.Other)
		found(t, []string{key.String(), peerFlag(peer)}) // as the command has it
	})
}

func TestDoctorOtherDirectory(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		t.Chdir(env.Work)
		peer := env.VerbsIn(qt, env.Other)
		found(t, []string{"native:k", peerFlag(peer)}, "other-directory")
		makes(peer, qtbridge.NativeKey("k"), 5)
		f := found(t, []string{"native:k"}, "other-directory")
		assert.Equal(t, "qtshm doctor native:"+env.Other+"/k", f[0].Command)
		found(t, []string{"native:" + env.Other + "/k", peerFlag(peer)})
	})
}

func TestDoctorOtherUser(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(env.Name())
		owner, peer := env.Verbs(qt), env.VerbsAs(qt, peertest.AsUserNobody(t))
		makes(owner, key, 5)
		f := found(t, []string{key.String(), peerFlag(peer)}, "other-user")
		assert.Contains(t, f[0].Command, "sudo -u root")
		peertest.AsNobody(t, func() { found(t, []string{key.String()}, "other-user") })
	})
}

func TestDoctorPrivateTmp(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(env.Name())
		peer := env.VerbsAs(qt, peertest.WithPrivate(t, env.Tmp))
		found(t, []string{key.String(), peerFlag(peer)}, "private-tmp")
		makes(peer, key, 5)
		found(t, []string{key.String(), peerFlag(peer)}, "private-tmp")
		f := found(t, []string{key.String()}, "private-tmp")
		assert.Contains(t, f[0].Command, fmt.Sprintf("nsenter --target %d --mount", peer.PID()))
	})
}

func TestDoctorNamespaces(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(env.Name())
		peer := env.VerbsAs(qt, peertest.InNamespaces(t, syscall.CLONE_NEWIPC|syscall.CLONE_NEWPID))
		makes(peer, key, 5)
		f := found(t, []string{key.String(), peerFlag(peer)}, "ipc-namespace")
		assert.Equal(t, "pid-namespace", f[1].ID)
		segment, _, err := key.KeyFiles()
		require.NoError(t, err)
		time.Sleep(1100 * time.Millisecond) // until the key file looks stale
		found(t, []string{key.String(), "--fix"}, "ipc-namespace")
		assert.FileExists(t, segment, "it is the peer's")
	})
}

func TestDoctorMends(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		orphaned, jammed, elsewhere := qtbridge.QtKey(env.Name()), qtbridge.QtKey(env.Name()), qtbridge.QtKey(plainName(env))
		crash := env.Verbs(qt)
		makes(crash, orphaned, 5)
		crash.Kill()
		live := env.Verbs(qt)
		makes(live, jammed, 5)
		jammer := env.Verbs(qt)
		jammer.Do("sem.new", "s", peertest.Args{"key": jammed.Name(), "initial": 0, "mode": "Create"})
		jammer.Kill()
		stale := qtbridge.QtKey(env.Name())
		segment, _, err := stale.KeyFiles()
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(segment, nil, 0o640))
		other := env.VerbsAs(qt, peertest.WithTMPDIR(env.Other))
		makes(other, elsewhere, 5)
		other.Kill()
		time.Sleep(1100 * time.Millisecond) // until the key file looks stale

		for key, want := range map[qtbridge.Key]string{orphaned: "orphan", jammed: "jammed-lock", stale: "stale-key-file"} {
			f := found(t, []string{key.String()}, want)
			assert.Equal(t, "qtshm doctor "+key.String()+" --fix", f[0].Command)
			f = found(t, []string{key.String(), "--fix"})
			assert.NotEmpty(t, f[0].Done)
		}
		found(t, []string{jammed.String()})
		assert.NoFileExists(t, segment)

		t.Setenv("TMPDIR", env.Other) // where the files of a dead process are looked for
		found(t, []string{elsewhere.String()}, "orphan")
		found(t, []string{elsewhere.String(), "--fix"})
		assert.Eventually(t, func() bool { return len(env.Files(env.Other)) == 0 }, 10*time.Second, 10*time.Millisecond,
			"also the private lock, after a while")
	})
}

// Without a key all is examined. In a namespace of its own, only this test's.
func TestDoctorExaminesAll(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peertest.InOwnIPC(t, func() {
			crash, live := env.Verbs(qt), env.Verbs(qt)
			key := qtbridge.QtKey(plainName(env))
			makes(crash, key, 5)
			makes(live, qtbridge.QtKey(plainName(env)), 5)
			crash.Kill()
			_, out, _ := qtshm(t, "doctor")
			assert.Contains(t, out, "problem orphan ("+key.String()+")")
			assert.Equal(t, 1, strings.Count(out, "orphan ("))
			require.NoError(t, live.End())
			_, err := qtbridge.Recover(t.Context(), key, qtbridge.Policy{})
			require.NoError(t, err)
		})
	})
}

func TestDoctorSplitKey(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(env.Name())
		old, newer := env.Verbs(qt), env.Verbs(qt)
		makes(old, key, 5)
		segment, _, err := key.KeyFiles()
		require.NoError(t, err)
		require.NoError(t, os.Rename(segment, filepath.Join(env.Other, "hidden")))
		f := found(t, []string{key.String()}, "split-key")
		assert.Equal(t, fmt.Sprintf("kill %d", old.PID()), f[0].Command)
		makes(newer, key, 6)
		old.Must("shm.lock", key.String(), nil)
		old.Must("shm.unlock", key.String(), nil)
		found(t, []string{key.String(), "--fix"}, "split-key")
	})
}

func TestDoctorInotifyLimit(t *testing.T) {
	env := peertest.New(t)
	peer := env.Verbs(6)
	key := qtbridge.QtKey(env.Name())
	makes(peer, key, 5)
	peertest.AsNobody(t, func() { // has a limit of its own
		for {
			fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
			if err == unix.EMFILE {
				break
			}
			require.NoError(t, err)
			defer unix.Close(fd)
		}
		found(t, []string{key.String()}, "other-user", "inotify-limit")
	})
}
