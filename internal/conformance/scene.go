//go:build cgo && linux

package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// limit is how long a call may wait before its row fails.
const limit = 20 * time.Second

// Kind is a way to name a segment.
type Kind struct {
	Name string
	verb string // by which the peer gives it to its QSharedMemory
	// keys makes of a random name the key here and the text for the peer.
	keys func(env *peertest.Env, name string) (qtbridge.Key, string)
}

// Kinds are all ways to name a segment.
var Kinds = []Kind{
	{"setKey", "shm.setKey", func(_ *peertest.Env, name string) (qtbridge.Key, string) {
		return qtbridge.QtKey(name), name
	}},
	{"native relative", "shm.setNativeKey", func(env *peertest.Env, name string) (qtbridge.Key, string) {
		return qtbridge.NativeKeyIn(env.Work, name), name
	}},
	{"native absolute", "shm.setNativeKey", func(env *peertest.Env, name string) (qtbridge.Key, string) {
		return qtbridge.NativeKey(env.Work + "/" + name), env.Work + "/" + name
	}},
	{"POSIX", "shm.setNativeIpcKey", func(_ *peertest.Env, name string) (qtbridge.Key, string) {
		return qtbridge.PosixKey("/" + name), "posix:/" + name
	}},
}

func (k Kind) derived() bool { return k.verb == "shm.setKey" } // its names are made by Qt
func (k Kind) native() bool  { return k.verb == "shm.setNativeKey" }
func (k Kind) posix() bool   { return k.verb == "shm.setNativeIpcKey" }
func (k Kind) keyFile() bool { return !k.posix() }

// scene is what a row plays in: a place of its own, a peer, and a key.
type scene struct {
	*reporter
	ctx     context.Context
	cell    Cell
	env     *peertest.Env
	peer    *peertest.Peer
	other   *peertest.Peer // where the rows are between two
	key     qtbridge.Key
	peerKey string
	reason  string // why it is impossible
	says    string
	mayStay string // part of the names of what a killed Go program leaves for the next one to sweep
}

// impossible ends the row: what it is about Qt itself cannot do. says is how
// qtbridge told so.
func (s *scene) impossible(reason, says string) {
	s.reason, s.says = reason, says
	s.Logf("impossible in Qt itself: %s; qtbridge: %s", reason, says)
}

// newPeer starts another process of a peer.
func (s *scene) newPeer(path, name string) *peertest.Peer {
	peer := s.env.VerbsOf(path)
	peer.Trace = func(line string) { s.record(name + " " + line) }
	return peer
}

// noOp begins what a peer says of a verb that it does not have.
const noOp = "there is no op"

// hasIPCKeys tells whether a Qt has QNativeIpcKey, and with it POSIX keys and a lock
// for native ones.
func hasIPCKeys(version string) bool {
	var major, minor int
	_, err := fmt.Sscanf(version, "%d.%d", &major, &minor)
	return err == nil && major == 6 && minor >= 6
}

// peerLocks tells whether the peer's Qt has a lock for keys of this kind.
func (s *scene) peerLocks() bool { return s.locks(s.peer) }

func (s *scene) locks(peer *peertest.Peer) bool {
	return !s.cell.Kind.native() || hasIPCKeys(peer.QtVersion)
}

// object has a peer make a QSharedMemory with the key.
func (s *scene) object(peer *peertest.Peer, name string) {
	peer.Do("shm.new", name, nil)
	peer.Do(s.cell.Kind.verb, name, peertest.Args{"key": s.peerKey})
}

// peerCreates has the peer make a segment of these bytes, as its object "m".
func (s *scene) peerCreates(data []byte) {
	s.Helper()
	s.createBy(s.peer, data)
}

// createBy has a peer make a segment of these bytes, as its object "m".
func (s *scene) createBy(peer *peertest.Peer, data []byte) {
	s.Helper()
	s.object(peer, "m")
	peer.Must("shm.create", "m", peertest.Args{"size": len(data)})
	peer.Do("shm.write", "m", peertest.Args{"data": data})
}

// waits makes sure that a call of a peer's does not return yet.
func (s *scene) waits(what string, call <-chan peertest.Reply) {
	s.Helper()
	select {
	case reply := <-call:
		s.Fatalf("%s returned %v, and should wait", what, reply.Ret)
	case <-time.After(100 * time.Millisecond):
		s.Logf("    %s waits", what)
	}
}

// peerAttaches has a peer attach with a fresh object.
func (s *scene) peerAttaches(peer *peertest.Peer, name string) {
	s.Helper()
	s.object(peer, name)
	peer.Must("shm.attach", name, peertest.Args{"mode": "ReadWrite"})
}

// peerReads returns what the peer's object reads.
func (s *scene) peerReads(name string) []byte {
	s.Helper()
	return s.peer.Do("shm.read", name, nil).Bytes()
}

// did notes what Go called and what came of it.
func (s *scene) did(call string, err error) error {
	if err != nil {
		s.record("Go  " + call + ": " + err.Error())
	} else {
		s.record("Go  " + call)
	}
	return err
}

// must ends the row at an error.
func (s *scene) must(call string, err error) {
	s.Helper()
	if s.did(call, err) != nil {
		s.Fatalf("%s: %v", call, err)
	}
}

// refused ends the row unless err is of the code. It returns the error's
// text, without what is random in it.
func (s *scene) refused(call string, err error, code qtbridge.Code) string {
	s.Helper()
	if !errors.Is(s.did(call, err), code) {
		s.Fatalf("%s: want an error %q, have: %v", call, code, err)
	}
	return strings.NewReplacer("/dev/shm"+s.key.Name(), "/dev/shm/NAME", s.key.String(), "KEY", s.key.Name(), "KEY", s.env.Work, "DIR").Replace(err.Error())
}

// same ends the row unless both are the same bytes.
func (s *scene) same(who string, want, have []byte) {
	s.Helper()
	if !bytes.Equal(want, have) {
		s.Fatalf("%s read %d bytes %.40q, want %d bytes %.40q", who, len(have), have, len(want), want)
	}
	s.Logf("    %s: the same %d bytes", who, len(want))
}

func (s *scene) create(size int) *qtbridge.Segment {
	s.Helper()
	segment, err := qtbridge.Create(s.ctx, s.key, size, qtbridge.ReadWrite)
	s.must(fmt.Sprintf("Create(%v, %d)", s.key, size), err)
	s.Cleanup(func() { _ = segment.Close() }) // where the row has failed
	return segment
}

func (s *scene) attach(mode qtbridge.Mode) *qtbridge.Segment {
	s.Helper()
	segment, err := qtbridge.Attach(s.ctx, s.key, mode)
	s.must(fmt.Sprintf("Attach(%v, %v)", s.key, mode), err)
	s.Cleanup(func() { _ = segment.Close() })
	return segment
}

func (s *scene) snapshot(segment *qtbridge.Segment) []byte {
	s.Helper()
	data, err := segment.Snapshot(s.ctx, nil)
	s.must("Snapshot()", err)
	return data
}

func (s *scene) write(segment *qtbridge.Segment, data []byte) {
	s.Helper()
	_, err := segment.WriteAt(data, 0)
	s.must(fmt.Sprintf("WriteAt(%.40q)", data), err)
}

func (s *scene) close(segment *qtbridge.Segment) {
	s.Helper()
	s.must("Close()", segment.Close())
}

func (s *scene) inspect() qtbridge.State {
	s.Helper()
	state, err := qtbridge.Inspect(s.key)
	s.must("Inspect()", err)
	s.Logf("    verdict %v, segment %v, attached %d", state.Verdict, state.Segment.Exists, state.Segment.Attached)
	return state
}
