package main

import (
	"fmt"
	"slices"
	"strings"

	"qtinterop/internal/procfs"
	"qtinterop/qtbridge"
)

// judge adds what the verdict on an entry means.
func (x *examination) judge(e *qtbridge.Entry, name string) {
	x.judgeNamesakes(e, name)
	s := &e.State
	if owner := s.Lock.PrivateTo; owner != nil && owner.Alive {
		x.addPrivateLock(e, name)
		return
	}
	f := finding{Severity: problem, Key: name, PIDs: e.Users, entry: e, Command: mendingCommand(e)}
	switch s.Verdict {
	case qtbridge.Orphaned:
		if e.Key.IsPosix() {
			x.addUnused(f)
			return
		}
		f.ID = "orphan"
		x.describeOrphan(&f)
	case qtbridge.Abandoned:
		f.ID = "abandoned"
		f.Text = fmt.Sprintf("Nobody is attached to the segment, and its creator, process %d, runs without it: the last one attached was killed. A create() of its key fails as long as that process runs.", s.Segment.Creator.PID)
	case qtbridge.ForeignLock:
		f.ID = "foreign-lock"
		f.Text = fmt.Sprintf("The segment belongs to user %s and its lock to user %s, so that the programs of the former can neither lock nor attach.",
			x.names.name(s.Segment.Owner), x.names.name(s.Lock.Owner))
	case qtbridge.Unattended:
		f.ID, f.entry, f.Command = "unattended", nil, ""
		f.Text = "Nobody is attached to the segment, and its creator is in another pid namespace, as in another container, so that it cannot be told whether it runs. As long as the segment is there, a create() of its key fails. If you know that its creator is gone, remove the segment with the command."
		if key, _, ok := reach(e); ok {
			f.Command = "qtshm rm --assume-gone " + quote(key.String())
		}
	case qtbridge.LockOpen:
		f.ID = "open-lock"
		f.Text = fmt.Sprintf("The semaphore of the lock is at %d, so that the lock lets in as many at once: whoever unlocks once too often, or after a reset, adds to it. Nobody who locks is safe from another.", s.Lock.Value)
	case qtbridge.Jammed:
		f.ID = "jammed-lock"
		f.Text = jammedText(&s.Lock)
	case qtbridge.Leftover:
		x.addLeftover(f)
		return
	case qtbridge.Split, qtbridge.KeyFileLost, qtbridge.SegmentLost:
		if len(s.Strays) == 0 && e.Name != "" {
			return // told where the key is
		}
		f.ID, f.entry = "split-key", nil
		f.Text, f.Command, f.PIDs = x.splitText(e)
	case qtbridge.Live:
		if s.Segment.File.Path == "" {
			x.addNameless(e, name)
		} else {
			x.addReaders(e, name)
		}
		return
	case qtbridge.Apart:
		if x.peer == nil {
			x.addIPCNamespace(f.Key, s.Strangers)
		}
		return
	case qtbridge.LockLost:
		x.addLockLost(f)
		return
	case qtbridge.Locked:
		f.ID, f.Severity, f.entry, f.Command = "locked", note, nil, ""
		f.Text = heldText(e)
		if pid := s.Lock.Last.PID; procfs.IsStopped(pid) {
			f.Severity, f.Command, f.PIDs = problem, fmt.Sprintf("kill -CONT %d", pid), []int{pid}
			f.Text = fmt.Sprintf("The lock is held: process %s took it last, and is stopped, so that it gives nothing back until it is continued. Others wait%s.",
				programCell(e, pid), waitersText(&s.Lock))
		}
	default:
		return
	}
	x.add(f)
}

// heldText and jammedText are about a lock that is taken. Windows does not tell by
// whom.

func heldText(e *qtbridge.Entry) string {
	if pid := e.State.Lock.Last.PID; pid != 0 {
		return fmt.Sprintf("The lock is held: process %s took it last, and runs. Until it gives it back, others wait%s.", programCell(e, pid), waitersText(&e.State.Lock))
	}
	if hasKeyFiles && !e.Key.IsPosix() {
		return "The lock is held, and who took it last is in another pid namespace, so that it cannot be told whether it runs. If you know that it is gone, qtshm rm --force --assume-gone sets the lock free."
	}
	if len(e.State.Lock.Users) == 0 {
		return "The lock is held, by whom cannot be seen. If you know that it is gone, qtshm rm --break-lock sets the lock free."
	}
	return fmt.Sprintf("The lock is held. One of the processes %s has it, or one that is gone; then others wait for ever. If you know that it is gone, qtshm rm --break-lock sets the lock free.", pidList(e.State.Lock.Users))
}

// waitersText tells how many wait for a lock.
func waitersText(l *qtbridge.LockState) string {
	if l.Waiters == 0 {
		return ""
	}
	return fmt.Sprintf(", %d by now", l.Waiters)
}

func jammedText(l *qtbridge.LockState) string {
	who := "who took it"
	if l.Last.PID != 0 {
		who = fmt.Sprintf("process %d, which operated on it last,", l.Last.PID)
	}
	return "The lock is taken, and " + who + " is gone: nobody will give it back, and every lock() waits for ever."
}

// mendingCommand is the command that mends what Recover mends.
func mendingCommand(e *qtbridge.Entry) string {
	key, tmpdir, ok := reach(e)
	switch {
	case ok && tmpdir != "":
		return "TMPDIR=" + quote(tmpdir) + " qtshm doctor " + quote(key.String()) + " --fix"
	case ok:
		return "qtshm doctor " + quote(key.String()) + " --fix"
	case e.State.Segment.Exists:
		return fmt.Sprintf("ipcrm -m %d", e.State.Segment.ID)
	}
	return fmt.Sprintf("ipcrm -s %d", e.State.Lock.ID)
}

// addUnused is about a POSIX segment that nobody has open, which is nothing unusual.
func (x *examination) addUnused(f finding) {
	f.ID, f.Severity = "unused-segment", note
	f.Command = "qtshm rm " + quote(f.entry.Key.String())
	f.Text = "Nobody has the segment open. A POSIX segment stays until somebody removes it, which Qt never does, and a create() of its key fails. If nobody needs its content, the command removes it."
	f.entry = nil
	x.add(f)
}

// addLeftover is about key files that lead to nothing.
func (x *examination) addLeftover(f finding) {
	s := &f.entry.State
	f.ID = "stale-key-file"
	if owner := s.Lock.PrivateTo; owner != nil {
		f.Severity = note
		f.Text = fmt.Sprintf("This was the private lock of process %d, a Go program that ended without removing it. It does no harm, and goes with the next such program in the same directory.", owner.PID)
		x.add(f)
		return
	}
	f.Text = fmt.Sprintf("There is no segment, but what Qt left behind: %s. It does no harm to Qt programs%s; programs that look for the file may wait for a segment in vain.",
		strings.Join(leftoverParts(s), " and "), x.exceptOthers(&s.Lock))
	x.add(f)
}

// addPrivateLock is about a lock that is nobody's business but of the process that made it.
func (x *examination) addPrivateLock(e *qtbridge.Entry, name string) {
	owner := e.State.Lock.PrivateTo
	f := finding{ID: "private-lock", Severity: note, Key: name}
	if owner.PID != 0 {
		f.PIDs = []int{owner.PID}
	}
	f.Text = "This is a " + privateLockText(owner) + ", which it needs of Qt 6.6 and later while it is attached to a segment, and removes itself. It is nothing that another program could use or is to remove."
	x.add(f)
}

// exceptOthers tells whom a lock shuts out that was left behind.
func (x *examination) exceptOthers(l *qtbridge.LockState) string {
	if !l.Exists || !hasKeyFiles {
		return ""
	}
	return " of user " + x.names.name(l.Owner) + ", but those of others cannot use the key as long as the semaphore is there"
}

func leftoverParts(s *qtbridge.State) []string {
	var left []string
	if s.Segment.File.Exists {
		left = append(left, "the key file "+s.Segment.File.Path)
	}
	switch {
	case s.Key.IsPosix():
		left = append(left, "the semaphore "+s.Lock.File.Path)
	case s.Lock.Exists:
		left = append(left, fmt.Sprintf("the semaphore %d, last used by process %d, which is gone", s.Lock.ID, s.Lock.Last.PID))
	case s.Lock.File.Exists:
		left = append(left, "the key file "+s.Lock.File.Path)
	}
	return left
}

func (x *examination) addLockLost(f finding) {
	f.ID = "lock-lost"
	if len(f.entry.State.Lock.Strays) > 0 {
		f.Text = "The key file of the lock was deleted while programs use the segment: they go on with a semaphore that newcomers do not find, so that the lock keeps nobody out. End the programs and start them again."
		f.entry, f.Command = nil, "kill "+pidList(f.PIDs)
	} else {
		f.Severity = note
		f.Text = "There is a segment, and no semaphore for its lock: who made it has ended. Qt makes a new one with the next lock()."
	}
	x.add(f)
}

// splitText explains a segment that its key does not lead to any more. Those of
// the new segment are to end first.
func (x *examination) splitText(e *qtbridge.Entry) (text, command string, pids []int) {
	s := &e.State
	for _, stray := range x.mostCertain(s.Strays) {
		pids = append(pids, stray.Users...)
	}
	switch s.Verdict {
	case qtbridge.Split:
		text = fmt.Sprintf("There seem to be two segments of this key: its key file %s was deleted or replaced, or the old segment removed, so some programs are attached to the old segment and others to the new one. End those of the new segment first, then those of the old one, and start them again.", s.Segment.File.Path)
	case qtbridge.KeyFileLost:
		text = fmt.Sprintf("The key file %s was deleted while programs are attached to its segment: nobody new finds it. End them and start them again.", s.Segment.File.Path)
	default:
		if pids == nil {
			pids = e.Users
		}
		text = "The segment was removed from the system while programs are attached to it, as by ipcrm, or by systemd (RemoveIPC=) at the end of a session: they go on with it, and nobody new finds it. End them and start them again."
	}
	if len(pids) > 0 {
		command = "kill " + pidList(pids)
	}
	if s.Verdict == qtbridge.Split && len(e.Users) > 0 && len(pids) > 0 {
		command = "kill " + pidList(e.Users) + "; sleep 1; " + command
	}
	return text, command, pids
}

// mostCertain are the strays that there is the best evidence for, and that of the peer, so
// that nobody is told to end what has nothing to do with the key: what shows the System V
// key is certain, and what used the lock or is as old is nearer than what looks alike.
func (x *examination) mostCertain(strays []qtbridge.Stray) []qtbridge.Stray {
	isPeers := func(i int) bool { return x.peer != nil && slices.Contains(strays[i].Users, x.peer.pid) }
	for _, limit := range []qtbridge.Evidence{qtbridge.SameKey, qtbridge.SameCreator, qtbridge.SameAge} {
		if best := selected(strays, func(i int) bool { return strays[i].Evidence <= limit || isPeers(i) }); len(best) > 0 {
			return best
		}
	}
	return strays
}

func pidList(pids []int) string { return strings.Trim(fmt.Sprint(pids), "[]") }
