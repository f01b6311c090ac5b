package winobj

import (
	"slices"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"qtinterop/internal/ipc"
	"qtinterop/internal/peertest"
)

// listed returns what List finds with this name of a segment.
func listed(t *testing.T, segment string) []ipc.Found {
	t.Helper()
	found, err := system.List(nil)
	require.NoError(t, err)
	return slices.DeleteFunc(found, func(f ipc.Found) bool { return f.Place.Segment != segment })
}

func requireListed(t *testing.T, p ipc.Place) ipc.Found {
	t.Helper()
	found := listed(t, p.Segment)
	require.Len(t, found, 1)
	require.Equal(t, p, found[0].Place)
	require.Equal(t, facts(t, p), found[0].Facts)
	require.False(t, found[0].Unclear)
	return found[0]
}

func TestList(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []string{env.Name(), env.Name() + " 共享", `Global\` + env.Name()} {
			for _, native := range []bool{false, true} {
				peer, reader := env.Verbs(qt), env.Verbs(qt)
				kind := ipc.KindBoth
				var p ipc.Place
				if native {
					p = withNativeKey(peer, key)
					withNativeKey(reader, key)
					if !peertest.HasIPCKeys(t, qt) {
						kind = ipc.KindSegment
					}
				} else {
					p = withKey(t, peer, key)
					withKey(t, reader, key)
				}
				assert.Empty(t, listed(t, p.Segment))
				peer.Must("shm.create", "m", peertest.Args{"size": 1})
				reader.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
				f := requireListed(t, p)
				assert.Equal(t, kind, f.Kind)
				assert.Equal(t, 2, f.Segment.Attached)
				users := []int{peer.PID(), reader.PID()}
				slices.Sort(users)
				assert.Equal(t, users, f.Users)
				assert.Regexp(t, `^testpeer-qt[56]\.exe$`, f.Programs[peer.PID()])
				assert.Len(t, f.Programs, 2)
				reader.Kill()
				peer.Kill()
				assert.Empty(t, listed(t, p.Segment), "it is gone")
			}
		}
	})
}

func TestListLocks(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := env.Name()
		peer := env.Verbs(qt)
		p := withKey(t, peer, name)
		peer.Do("sem.new", "s", peertest.Args{"key": name, "initial": 0, "mode": "Open"})
		f := requireListed(t, p)
		assert.Equal(t, ipc.KindSemaphore, f.Kind)
		assert.Equal(t, []int{peer.PID()}, f.LockUsers)
		assert.Contains(t, f.Programs, peer.PID())
	})
}

// A name of Qt's for all sessions leads to an object with a native key alone.
func TestListGlobalNamesOfQts(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		rest, _ := ipc.QtRest(withKey(t, peer, env.Name()).Segment)
		name := ipc.QtPlace(`Global\`, rest).Segment
		p := ipc.Place{Segment: name, Lock: name + "_sem", Native: true}
		peer.Do("shm.setNativeKey", "m", peertest.Args{"key": name})
		peer.Must("shm.create", "m", peertest.Args{"size": 1})
		requireListed(t, p)
	})
}

// What no program with Qt has open is not Qt's, as this one; and where a segment
// cannot be looked at, that is said.
func TestListWhatIsNotQts(t *testing.T) {
	name := peertest.New(t).Name()
	own, err := windows.CreateFileMapping(windows.InvalidHandle, nil, windows.PAGE_READWRITE, 0, 8, wide(t, name))
	require.NoError(t, err)
	defer func() { _ = windows.CloseHandle(own) }()
	assert.Empty(t, listed(t, name))

	const hash = "0123456789abcdef0123456789abcdef01234567"
	p := ipc.QtPlace("", name+hash)
	mutex, err := windows.CreateMutex(nil, false, wide(t, p.Segment))
	require.NoError(t, err)
	defer func() { _ = windows.CloseHandle(mutex) }()
	assert.Empty(t, listed(t, p.Segment))
	semaphore, _, err := kernel32.NewProc("CreateSemaphoreW").Call(0, 1, 1, uintptr(unsafe.Pointer(wide(t, p.Lock))))
	require.NotZero(t, semaphore, "%v", err)
	defer func() { _ = windows.CloseHandle(windows.Handle(semaphore)) }()
	found := listed(t, p.Segment)
	require.Len(t, found, 1)
	assert.True(t, found[0].Unclear)
	assert.Equal(t, ipc.KindKeyFile, found[0].Kind)
}
