//go:build cgo

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// alone runs f where there is nothing of other tests that doctor could find: in an IPC
// namespace of its own, with a /dev/shm of its own.
func alone(t *testing.T, f func()) {
	t.Helper()
	peertest.InOwnIPC(t, func() {
		peertest.EnterOwnMounts(t)
		require.NoError(t, unix.Mount("none", "/dev/shm", "tmpfs", 0, ""))
		f()
	})
}

// unspelled is a key that no file name tells and nobody would guess.
func unspelled(env *peertest.Env) qtbridge.Key { return qtbridge.QtKey("7é" + env.Name()) }

// jams leaves the lock of a key taken by a process that is gone, or open for several.
func jams(env *peertest.Env, qt int, key qtbridge.Key, value int) {
	peer := env.Verbs(qt)
	peer.Do("sem.new", "s", peertest.Args{"key": key.Name(), "initial": value, "mode": "Create"})
	peer.Kill()
}

// A lock that lets in several is mended, also where the key cannot be spelled.
func TestDoctorOpenLock(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		alone(t, func() {
			key := unspelled(env)
			peer, other := env.Verbs(qt), env.Verbs(qt)
			makes(peer, key, 5)
			_, lock, err := key.KeyFiles()
			require.NoError(t, err)
			other.Do("sem.new", "s", peertest.Args{"key": key.Name(), "initial": 1, "mode": "Open"})
			other.Must("sem.release", "s", nil)
			other.Kill() // the kernel takes back what it has released
			found(t, []string{key.String()})

			jams(env, qt, key, 2)
			for _, args := range [][]string{{key.String()}, nil} {
				f := found(t, args, "open-lock")
				assert.Contains(t, f[0].Text, "at 2")
			}
			f := found(t, []string{"--fix"})
			assert.Equal(t, []string{qtbridge.ResetLock.String()}, f[0].Done)
			assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
			peer.Must("shm.lock", key.String(), nil)
			assert.Equal(t, 0, observer.LookSemaphore(lock).Value)
			peer.Must("shm.unlock", key.String(), nil)
			require.NoError(t, peer.End())
		})
	})
}

// What cannot be spelled is mended by its path, as the command says.
func TestDoctorMendsByPath(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		alone(t, func() {
			key := unspelled(env)
			peer := env.Verbs(qt)
			makes(peer, key, 5)
			segment, lock, err := key.KeyFiles()
			require.NoError(t, err)
			path := qtbridge.NativeKey(segment).String()

			jams(env, qt, key, 0)
			f := found(t, nil, "jammed-lock")
			assert.Equal(t, "qtshm doctor "+quote(path)+" --fix", f[0].Command)
			found(t, []string{path}, "jammed-lock")
			found(t, []string{path, "--fix"})
			peer.Must("shm.lock", key.String(), nil)
			peer.Must("shm.unlock", key.String(), nil)

			peer.Kill()
			jams(env, qt, key, 0)
			found(t, []string{"--fix"})
			assert.NoFileExists(t, segment)
			assert.NoFileExists(t, lock)
			found(t, nil)
		})
	})
}

// A writer that detached and cannot create again, as somebody else is attached.
func TestDoctorBlockedPeer(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(env.Name())
		writer, reader := env.Verbs(qt), env.Verbs(qt)
		makes(writer, key, 5)
		attaches(reader, key)
		writer.Must("shm.detach", key.String(), nil)
		f := found(t, []string{key.String()})
		assert.Equal(t, fmt.Sprintf("qtshm doctor %s --peer %d", key, writer.PID()), f[0].Command)
		for _, fix := range []string{"--fix=false", "--fix"} {
			f = found(t, []string{key.String(), peerFlag(writer), fix}, "held-open")
			assert.Equal(t, fmt.Sprintf("kill %d", reader.PID()), f[0].Command)
		}
		assert.NotEmpty(t, f[0].Error)
		require.NoError(t, reader.End()) // as the command has it
		writer.Must("shm.create", key.String(), peertest.Args{"size": 6})
	})
}

// attaches has a peer attach to a segment.
func attaches(peer *peertest.Peer, key qtbridge.Key) {
	peer.Do("shm.new", key.String(), nil)
	peer.Do("shm.setKey", key.String(), peertest.Args{"key": key.Name()})
	peer.Must("shm.attach", key.String(), nil)
}

func TestDoctorStoppedHolder(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(env.Name())
		peer := env.Verbs(qt)
		makes(peer, key, 5)
		peer.Must("shm.lock", key.String(), nil)
		found(t, []string{key.String()})
		require.NoError(t, syscall.Kill(peer.PID(), syscall.SIGSTOP))
		defer func() { require.NoError(t, syscall.Kill(peer.PID(), syscall.SIGCONT)) }()
		require.Eventually(t, func() bool { return do(t, "doctor", key.String()).status == exitError }, limit, 10*time.Millisecond)
		f := found(t, []string{key.String()}, "locked")
		assert.Equal(t, fmt.Sprintf("kill -CONT %d", peer.PID()), f[0].Command)
	})
}

// Nothing is said to be right before the segments of both are compared.
func TestDoctorComparesSegments(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key, another := qtbridge.QtKey(env.Name()), qtbridge.QtKey(plainName(env))
		owner, peer := env.Verbs(qt), env.Verbs(qt)
		makes(owner, key, 5)
		assert.Empty(t, found(t, []string{key.String(), peerFlag(owner)}))
		segment, _, err := key.KeyFiles()
		require.NoError(t, err)

		f := found(t, []string{key.String(), peerFlag(peer)})
		require.Len(t, f, 1)
		assert.Equal(t, "peer-not-attached", f[0].ID)
		assert.Contains(t, f[0].Text, fmt.Sprintf("id %d", observer.Look(segment).ID))
		makes(peer, another, 5)
		f = found(t, []string{key.String(), peerFlag(peer)})
		assert.Contains(t, f[0].Text, "("+another.String()+")")
		attaches(peer, key)
		assert.Empty(t, found(t, []string{key.String(), peerFlag(peer)}))
	})
}

func TestDoctorMeansAnotherKey(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := plainName(env)
		peer := env.Verbs(qt)
		makes(peer, qtbridge.QtKey(name), 5)
		for _, other := range []string{"Q" + name[1:], name[1:], name + "1", name[:3] + name[4:5] + name[3:4] + name[5:], name[:4] + "-" + name[5:]} {
			if other == name {
				continue // two letters are the same
			}
			f := found(t, []string{other}, "no-segment")
			assert.Equal(t, "qtshm doctor "+name, f[0].Command, other)
			assert.Equal(t, []int{peer.PID()}, f[0].PIDs)
		}
		f := found(t, []string{name + "11"}, "no-segment")
		assert.Equal(t, "qtshm ls", f[0].Command)
		assert.Contains(t, f[0].Text, "--peer")
	})
}

func TestIsSimilar(t *testing.T) {
	for _, pair := range [][2]string{{"Settings", "settings"}, {"Settings", "Setings"}, {"Settings", "Settigns"}, {"cam1", "cam2"}, {"ab", "abc"}} {
		assert.True(t, isSimilar(pair[0], pair[1]), pair)
		assert.True(t, isSimilar(pair[1], pair[0]), pair)
	}
	for _, pair := range [][2]string{{"a", "a"}, {"", "a"}, {"a", "b"}, {"Settings", "Setting11"}, {"cam", "mac"}, {"abcd", "badc"}} {
		assert.False(t, isSimilar(pair[0], pair[1]), pair)
		assert.False(t, isSimilar(pair[1], pair[0]), pair)
	}
}

// An orphan without its key file is known by its lock, and goes.
func TestDoctorOrphanWithoutKeyFile(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		alone(t, func() {
			key, other := qtbridge.QtKey(plainName(env)), qtbridge.QtKey(plainName(env))
			for _, key := range []qtbridge.Key{key, other} {
				peer := env.Verbs(qt)
				makes(peer, key, 5)
				peer.Must("shm.lock", key.String(), nil)
				peer.Must("shm.unlock", key.String(), nil)
				peer.Kill()
			}
			segment, _, err := key.KeyFiles()
			require.NoError(t, err)
			id := observer.Look(segment).ID
			hidden := filepath.Join(env.Other, "hidden")
			require.NoError(t, os.Rename(segment, hidden))

			for _, args := range [][]string{{key.String()}, nil} {
				_, out, _ := qtshm(t, append([]string{"doctor"}, args...)...)
				assert.Contains(t, out, fmt.Sprintf("problem orphan (%s)", key))
				assert.Contains(t, out, fmt.Sprintf("ipcrm -m %d", id))
			}
			found(t, []string{key.String(), "--fix"})
			assert.Nil(t, observer.Look(hidden))
			found(t, []string{"--fix"}) // the other one's
		})
	})
}

// Of no lock that tells its key, it is left alone.
func TestDoctorLeavesUnknownOrphans(t *testing.T) {
	env := peertest.New(t)
	alone(t, func() {
		key := qtbridge.NativeKey(env.Other + "/key")
		peer := env.Verbs(6)
		makes(peer, key, 5)
		peer.Kill()
		id := observer.Look(key.Name()).ID
		hidden := filepath.Join(env.Other, "sub", "hidden")
		require.NoError(t, os.Mkdir(filepath.Dir(hidden), 0o700))
		require.NoError(t, os.Rename(key.Name(), hidden))
		f := found(t, []string{"--fix"}, "orphan")
		assert.Equal(t, fmt.Sprintf("ipcrm -m %d", id), f[0].Command)
		assert.NotEmpty(t, f[0].Error)
		assert.NotNil(t, observer.Look(hidden))
		assert.Contains(t, do(t, "doctor", env.Name()).out, fmt.Sprintf("segment %d", id))
		require.NoError(t, observer.RemoveSegment(id))
	})
}

// Another IPC namespace is seen also where there is a segment here, or no file.
func TestDoctorSeesStrangers(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key, private := qtbridge.QtKey(env.Name()), qtbridge.QtKey(env.Name())
		far, near := env.VerbsAs(qt, peertest.InNamespaces(t, syscall.CLONE_NEWIPC)), env.Verbs(qt)
		makes(far, key, 5)
		makes(near, key, 6)
		f := found(t, []string{key.String()}, "ipc-namespace")
		assert.Equal(t, []int{far.PID()}, f[0].PIDs)
		_, out, _ := qtshm(t, "doctor", "--json")
		assert.Contains(t, out, fmt.Sprintf(`"pids":[%d]`, far.PID()))

		hidden := env.VerbsAs(qt, func(cmd *exec.Cmd) {
			peertest.WithPrivate(t, env.Tmp)(cmd)
			peertest.InNamespaces(t, syscall.CLONE_NEWIPC)(cmd)
		})
		makes(hidden, private, 5)
		f = found(t, []string{private.String()}, "ipc-namespace")
		assert.Equal(t, []int{hidden.PID()}, f[0].PIDs)
	})
}

// A semaphore of another user's keeps out also where there is no segment.
func TestDoctorForeignLockWithoutSegment(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(env.Name())
		peer, other := env.Verbs(qt), env.VerbsAs(qt, peertest.AsUserNobody(t))
		peer.Do("sem.new", "s", peertest.Args{"key": key.Name(), "initial": 1, "mode": "Open"})
		other.Do("shm.new", "m", peertest.Args{"key": key.Name()})
		require.False(t, other.Do("shm.create", "m", peertest.Args{"size": 5}).OK())
		peertest.AsNobody(t, func() {
			f := found(t, []string{key.String()}, "foreign-lock")
			assert.Contains(t, f[0].Command, "sudo -u root")
		})
		found(t, []string{key.String()}, "no-segment")
	})
}

// A Qt of another make has its segment of the same key in /dev/shm.
func TestDoctorTwoWorlds(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(env.Name())
		peer := env.Verbs(qt)
		makes(peer, key, 5)
		segment, _, err := key.KeyFiles()
		require.NoError(t, err)
		file, err := os.OpenFile("/dev/shm/"+filepath.Base(segment), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		require.NoError(t, err)
		defer os.Remove(file.Name())
		require.NoError(t, file.Truncate(5))
		require.NoError(t, file.Close())
		f := found(t, []string{key.String()})
		assert.Equal(t, "two-worlds", f[0].ID, "a note: nobody has it open")
		file, err = os.OpenFile(file.Name(), os.O_RDWR, 0)
		require.NoError(t, err)
		defer file.Close()
		data, err := syscall.Mmap(int(file.Fd()), 0, 5, syscall.PROT_READ, syscall.MAP_SHARED)
		require.NoError(t, err)
		defer syscall.Munmap(data)
		f = found(t, []string{key.String()}, "two-worlds")
		assert.Contains(t, f[0].Text, fmt.Sprint(os.Getpid()))
		found(t, []string{"posix:/" + filepath.Base(segment)}, "two-worlds")
	})
}

// Where no key file can be made, that is said, by a process that has the directory so.
func TestDoctorDirectory(t *testing.T) {
	env := peertest.New(t)
	for mount, says := range map[string]string{
		`mount -t tmpfs -o nr_inodes=1 none "$0"`:                                 "no inode left",
		`mount -t tmpfs none "$0" && mount -o remount,ro "$0"`:                    "read-only",
		`mount -t tmpfs -o size=4k none "$0" && head -c 4096 /dev/zero >"$0/all"`: "is full",
	} {
		for _, args := range [][]string{{"doctor"}, {"doctor", env.Name()}, {"doctor", "native:" + env.Tmp + "/key"}} {
			out := inMounts(t, env, mount, env.Tmp, args...)
			assert.Contains(t, out, says)
			assert.Contains(t, out, " directory")
			assert.NotContains(t, out, "nothing is wrong")
		}
	}
	key := qtbridge.QtKey(env.Name()).String()
	none := filepath.Join(env.Other, "none")
	t.Setenv("TMPDIR", none)
	f := found(t, []string{key}, "directory")
	assert.Contains(t, f[0].Text, none)
	require.NoError(t, os.Mkdir(none, 0o755))
	peertest.AsNobody(t, func() {
		f = found(t, []string{key}, "no-segment", "directory")
		assert.Contains(t, f[1].Text, "0755")
	})
}

// inMounts is what qtshm says in a mount namespace of its own.
func inMounts(t *testing.T, env *peertest.Env, command, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+env.Tmp)
	peertest.WithMounts(t, command, dir)(cmd)
	out, err := cmd.CombinedOutput()
	if _, ok := err.(*exec.ExitError); !ok {
		require.NoError(t, err)
	}
	return string(out)
}

// Without a /proc that tells of processes nothing is made up.
func TestDoctorWithoutProc(t *testing.T) {
	env := peertest.New(t)
	peer := env.Verbs(6)
	key := env.Name()
	makes(peer, qtbridge.QtKey(key), 5)
	for _, args := range [][]string{{"doctor"}, {"doctor", key}, {"doctor", key, "--fix"}} {
		assert.Contains(t, inMounts(t, env, `mount -t tmpfs none "$0"`, "/proc", args...), "no-ipc: What there is cannot be seen")
	}
	assert.Contains(t, inMounts(t, env, `mount -t tmpfs none "$0"`, "/proc", "doctor", key, peerFlag(peer)), "there is no /proc")
}

func TestDoctorLimits(t *testing.T) {
	env := peertest.New(t)
	for _, l := range []struct{ file, value, says string }{
		{"shmmni", "1", "shmmni is 1"}, {"shmall", "1", "shmall is 1"}, {"shmmax", "0", "shmmax allows 0"},
		{"sem", "250 32000 32 1", "semmni"}, {"sem", "250 1 32 128", "semmns"},
	} {
		alone(t, func() {
			peer := env.Verbs(6)
			makes(peer, qtbridge.QtKey(env.Name()), 5)
			found(t, nil)
			require.NoError(t, os.WriteFile("/proc/sys/kernel/"+l.file, []byte(l.value), 0))
			f := found(t, nil, "segment-limit")
			assert.Contains(t, f[0].Text, l.says)
			assert.Contains(t, f[0].Command, "sysctl kernel."+l.file)
			require.NoError(t, peer.End())
		})
	}
}

// Removing what a crash left can be what helps against a limit.
func TestDoctorMendsALimit(t *testing.T) {
	env := peertest.New(t)
	alone(t, func() {
		peer := env.Verbs(6)
		makes(peer, qtbridge.QtKey(env.Name()), 5)
		peer.Kill()
		require.NoError(t, os.WriteFile("/proc/sys/kernel/shmmni", []byte("1"), 0))
		found(t, nil, "orphan", "segment-limit")
		found(t, []string{"--fix"})
	})
}

// Who has nothing but its program in common with a split key is not told to end.
func TestDoctorSplitNamesThoseOfTheKey(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		alone(t, func() {
			split, lost := qtbridge.QtKey(env.Name()), qtbridge.NativeKey(env.Work+"/key")
			bystander, old, reader, newer := env.Verbs(qt), env.Verbs(qt), env.Verbs(qt), env.Verbs(qt)
			makes(bystander, lost, 5)
			require.NoError(t, os.Rename(lost.Name(), env.Other+"/hidden"))
			time.Sleep(2100 * time.Millisecond) // until it is seen to be older
			makes(old, split, 5)
			attaches(reader, split)
			segment, _, err := split.KeyFiles()
			require.NoError(t, err)
			require.NoError(t, os.Rename(segment, env.Other+"/split"))
			time.Sleep(2100 * time.Millisecond)
			makes(newer, split, 6)
			newer.Must("shm.lock", split.String(), nil)
			newer.Must("shm.unlock", split.String(), nil)
			for _, args := range [][]string{{split.String()}, {split.String(), peerFlag(reader)}} {
				f := found(t, args, "split-key")
				assert.Equal(t, fmt.Sprintf("kill %d; sleep 1; kill %d %d", newer.PID(), old.PID(), reader.PID()), f[0].Command)
			}
			for _, peer := range []*peertest.Peer{newer, reader, old, bystander} {
				require.NoError(t, peer.End())
			}
		})
	})
}

// A native key has no lock that could tell: the peer does.
func TestDoctorComparesALostNativeKey(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		env.LeavesBehind()
		key := qtbridge.NativeKey(env.Other + "/key")
		peer := env.Verbs(qt)
		makes(peer, key, 5)
		require.NoError(t, os.Mkdir(env.Other+"/deep", 0o700)) // where nobody looks
		require.NoError(t, os.Rename(key.Name(), env.Other+"/deep/hidden"))
		f := found(t, []string{key.String(), peerFlag(peer)}, "no-key-file")
		assert.Equal(t, fmt.Sprintf("kill %d", peer.PID()), f[0].Command)
	})
}

// A command can be typed as it is shown, whatever is in the key.
func TestDoctorQuotesKeys(t *testing.T) {
	env := peertest.New(t)
	for _, key := range []string{"a b" + env.Name(), "it's" + env.Name(), "a\x01\x1b[31mb\n'\\é" + env.Name()} {
		peer := env.Verbs(6)
		makes(peer, qtbridge.QtKey(key), 5)
		peer.Kill()
		out := do(t, "doctor", key).out
		_, command, _ := strings.Cut(out, "mend: qtshm ")
		command, _, _ = strings.Cut(command, "\n")
		assert.NotContains(t, out, "\x1b")
		cmd := exec.Command("bash", "-c", binary+" "+command)
		output, err := cmd.CombinedOutput()
		assert.NoError(t, err, "%s: %s", command, output)
		found(t, []string{key}, "no-segment")
	}
}

// What has taken the inode of a lost key file, as a pipe of anybody's, is no key file.
func TestDoctorSplitBesideAPipe(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(env.Name())
		old, newer := env.Verbs(qt), env.Verbs(qt)
		segment, _, err := key.KeyFiles()
		require.NoError(t, err)
		require.NoError(t, syscall.Mkfifo(segment, 0o600)) // which Qt takes for its key file
		makes(old, key, 5)
		require.NoError(t, os.Rename(segment, env.Tmp+"/pipe"))
		makes(newer, key, 6)
		f := found(t, []string{key.String()}, "split-key")
		assert.Contains(t, f[0].PIDs, old.PID())
	})
}
