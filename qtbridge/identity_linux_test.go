//go:build cgo

package qtbridge

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// reuse starts an unrelated process with the pid of one that is gone.
func reuse(t *testing.T, pid int) {
	t.Helper()
	for range 500 {
		if err := os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte(strconv.Itoa(pid-1)), 0); err != nil {
			peertest.Skip(t, "only root can have a pid given anew")
		}
		cmd := exec.Command("sleep", "1000")
		require.NoError(t, cmd.Start())
		end := func() { _, _ = cmd.Process.Kill(), cmd.Wait() }
		if cmd.Process.Pid == pid {
			t.Cleanup(end)
			return
		}
		end() // another program was quicker
	}
	t.Fatal("the pid is not to be had")
}

// younger waits until a process that starts now is one that started later than what
// was done before.
func younger() { time.Sleep(2200 * time.Millisecond) }

// The pid of a creator that crashed is that of another program by now.
func TestOrphanWhosePIDIsAnothers(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		orphan(env, qt, key)
		pid := inspected(t, env, key, Orphaned).Segment.Creator.PID
		younger()
		reuse(t, pid)
		state := inspected(t, env, key, Orphaned)
		assert.Equal(t, Process{PID: pid}, state.Segment.Creator)
		s, err := Create(soon(t), key, 5, ReadWrite)
		require.NoError(t, err)
		closing(t, s)
		inspected(t, env, key, Live)
	})
}

// The same for a lock that was jammed.
func TestJamWhosePIDIsAnothers(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		orphan(env, qt, key)
		jam(env, qt, key)
		pid := inspected(t, env, key, Jammed).Lock.Last.PID
		younger()
		reuse(t, pid)
		inspected(t, env, key, Jammed)
		recovered(t, env, key, Policy{}, Free, RemoveSegment, RemoveLock)
	})
}

// A creator that lives is one, however long ago it was, and also where nobody is attached.
func TestCreatorOfLongAgoIsOne(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		creator := creatorAlone(env, qt, key)
		younger()
		state := inspected(t, env, key, Abandoned)
		assert.Equal(t, Process{PID: creator.PID(), Alive: true}, state.Segment.Creator)
		_, err := Create(soon(t), key, 5, ReadWrite)
		requireError(t, err, "create", key, ErrExists)
		env.LeavesBehind()
	})
}

// creatorAlone is a process that runs, and has created a segment that nobody is attached
// to: the last one was a reader, and crashed.
func creatorAlone(env *peertest.Env, qt int, key Key) *peertest.Peer {
	creator, reader := env.Verbs(qt), env.Verbs(qt)
	create(creator, key, 5, nil)
	attachPeer(reader, key)
	creator.Must("shm.detach", key.String(), nil)
	reader.Kill()
	return creator
}

// inOwnPIDs runs the test again in a pid namespace of its own, with the key in the
// environment.
func inOwnPIDs(t *testing.T, key Key) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "QTB_FAR_KEY="+key.Name())
	peertest.InNamespaces(t, syscall.CLONE_NEWPID)(cmd)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "looked from afar")
}

// What is to be seen of a crashed program from another container.
func TestUnattended(t *testing.T) {
	if name := os.Getenv("QTB_FAR_KEY"); name != "" {
		t.Log("looked from afar")
		unattended(t, QtKey(name))
		return
	}
	env := peertest.New(t)
	key := QtKey(env.Name())
	orphan(env, peertest.QtVersions[0], key)
	inOwnPIDs(t, key)
	inspected(t, env, key, Free)
	assert.Empty(t, env.Files(env.Tmp))
}

func unattended(t *testing.T, key Key) {
	state, err := Inspect(key)
	require.NoError(t, err)
	require.Equal(t, Unattended, state.Verdict)
	assert.Equal(t, Process{Alive: true}, state.Segment.Creator)
	_, err = Create(soon(t), key, 5, ReadWrite)
	assert.Contains(t, requireError(t, err, "create", key, ErrExists).Msg, "Policy.AssumeGone")
	report, err := Recover(soon(t), key, Policy{})
	require.NoError(t, err)
	assert.Empty(t, report.Actions)
	report, err = Recover(soon(t), key, Policy{AssumeGone: true, DryRun: true})
	require.NoError(t, err)
	assert.Equal(t, []Action{RemoveSegment, RemoveLock}, report.Actions)
	assert.Equal(t, Unattended, report.After.Verdict)
	report, err = Recover(soon(t), key, Policy{AssumeGone: true})
	require.NoError(t, err)
	assert.Equal(t, []Action{RemoveSegment, RemoveLock}, report.Actions)
	assert.Equal(t, Free, report.After.Verdict)
}

// A lock that a process of another container has, and a segment that it is attached to.
func TestHeldFromAfar(t *testing.T) {
	if name := os.Getenv("QTB_FAR_KEY"); name != "" {
		t.Log("looked from afar")
		heldFromAfar(t, QtKey(name))
		return
	}
	env := peertest.New(t)
	key := QtKey(env.Name())
	holder := env.Verbs(peertest.QtVersions[0])
	create(holder, key, 5, []byte("alive"))
	holder.Must("shm.lock", key.String(), nil)
	inOwnPIDs(t, key)
	assert.Equal(t, "alive", string(env.Raw(first(keyFiles(t, key)))))
	holder.Must("shm.unlock", key.String(), nil)
}

func heldFromAfar(t *testing.T, key Key) {
	state, err := Inspect(key)
	require.NoError(t, err)
	require.Equal(t, Locked, state.Verdict)
	_, err = Recover(soon(t), key, Policy{})
	assert.Contains(t, requireError(t, err, "recover", key, ErrLocked).Msg, "Policy.AssumeGone")
	start := time.Now()
	_, err = Recover(within(t, 300*time.Millisecond), key, Policy{AssumeGone: true})
	requireError(t, err, "recover", key, ErrLocked)
	assert.Less(t, time.Since(start), time.Second, "it does not wait longer than its context")
	// A decision, and a wrong one: it is done, but the segment stays.
	report, err := Recover(soon(t), key, Policy{AssumeGone: true})
	require.NoError(t, err)
	assert.Equal(t, []Action{ResetLock}, report.Actions)
	assert.Equal(t, Live, report.After.Verdict)
}
