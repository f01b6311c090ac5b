//go:build cgo && linux

package conformance

import (
	"errors"
	"fmt"
	"os"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

func peersSegmentStays(s *scene) {
	data := []byte("still here")
	s.peerCreates(data)
	segment := s.attach(qtbridge.ReadOnly)
	s.peer.Do("shm.delete", "m", nil)
	s.same("Go", data, s.snapshot(segment))
	if s.cell.Kind.native() && s.peerLocks() {
		s.keyFileGoesWithPeer(segment)
		return
	}
	s.peerAttaches(s.peer, "n")
	s.same("the peer, anew", data, s.peerReads("n"))
	s.peer.Do("shm.delete", "n", nil)
	s.close(segment)
	s.gone()
}

// keyFileGoesWithPeer: from Qt 6.6 on the creator's semaphore is on the segment's key
// file, which its destructor removes.
func (s *scene) keyFileGoesWithPeer(segment *qtbridge.Segment) {
	s.Helper()
	file, _, err := s.key.KeyFiles()
	s.must("KeyFiles()", err)
	_, err = os.Stat(file)
	s.equal("the key file is gone", true, errors.Is(err, os.ErrNotExist))
	says := "Inspect(): " + s.inspect().Verdict.String()
	_, err = qtbridge.Attach(s.ctx, s.key, qtbridge.ReadOnly)
	says += ", and Attach() returns: " + s.refused("Attach()", err, qtbridge.ErrNotFound)
	s.close(segment)
	s.impossible(fmt.Sprintf("A peer on Qt %s removes the key file when who made the segment ends, so that others find it no more",
		minor(s.peer.QtVersion)), says)
}

func gosSegmentStays(s *scene) {
	data := []byte("still here")
	segment := s.create(len(data))
	s.write(segment, data)
	s.peerAttaches(s.peer, "m")
	s.close(segment)
	s.same("the peer", data, s.peerReads("m"))
	again := s.attach(qtbridge.ReadOnly)
	s.same("Go, anew", data, s.snapshot(again))
	s.close(again)
	s.peer.Do("shm.delete", "m", nil)
	s.gone()
}

// gone: both sides find nothing when the last one has detached. With a POSIX key the
// segment stays, as Qt has no call that removes it; Recover does.
func (s *scene) gone() {
	s.Helper()
	if s.cell.Kind.posix() {
		s.equal("the segment is there", true, s.inspect().Segment.Exists)
		s.forget()
	}
	_, err := qtbridge.Attach(s.ctx, s.key, qtbridge.ReadOnly)
	s.refused("Attach()", err, qtbridge.ErrNotFound)
	s.object(s.peer, "g")
	s.equal("attach() of the peer", "NotFound", s.peer.Do("shm.attach", "g", peertest.Args{"mode": "ReadOnly"}).Error)
	s.peer.Do("shm.delete", "g", nil)
	s.equal("the segment is there", false, s.inspect().Segment.Exists)
}

// crashLeaves: what is left when the only user was killed is seen, read and removed, and
// is in nobody's way then.
func crashLeaves(s *scene) {
	s.env.LeavesBehind()
	data := []byte("of the dead")
	killed := s.newPeer(s.cell.Peer, "Qt2")
	s.createBy(killed, data)
	killed.Kill()
	s.equal("the verdict", qtbridge.Orphaned, s.inspect().Verdict)
	segment := s.attach(qtbridge.ReadOnly)
	s.same("Go", data, s.snapshot(segment))
	s.close(segment)
	s.equal("the verdict, after a look", qtbridge.Orphaned, s.inspect().Verdict)
	s.object(s.peer, "m")
	s.equal("create() of the peer", "AlreadyExists", s.peer.Do("shm.create", "m", peertest.Args{"size": 4}).Error)
	s.peer.Do("shm.delete", "m", nil)
	_, err := qtbridge.Recover(s.ctx, s.key, qtbridge.Policy{})
	s.must("Recover()", err)
	s.gone()
	s.peerCreates(data)
	s.peer.Do("shm.delete", "m", nil)
}

// splitIsSeen: somebody deletes the key file, and the next one makes another segment.
func splitIsSeen(s *scene) {
	s.env.LeavesBehind()
	s.peerCreates([]byte("old"))
	file, _, err := s.key.KeyFiles()
	s.must("KeyFiles()", err)
	inode, err := os.Open(file) // so that the next one gets another
	s.must("open the key file", err)
	defer func() { _ = inode.Close() }()
	s.must("remove the key file", os.Remove(file))
	second := s.newPeer(s.cell.Peer, "Qt2")
	s.createBy(second, []byte("new"))
	s.equal("the verdict", qtbridge.Split, s.inspect().Verdict)
	segment := s.attach(qtbridge.ReadOnly)
	s.same("Go", []byte("new"), s.snapshot(segment))
	s.close(segment)
	second.Do("shm.delete", "m", nil)
	s.same("the first peer", []byte("old"), s.peerReads("m"))
	s.peer.Do("shm.delete", "m", nil)
}
