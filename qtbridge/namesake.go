package qtbridge

import (
	"errors"
	"fmt"

	"qtinterop/internal/ipc"
)

// Two key files can make one System V key, which has 16 bits of the inode in it. Then
// what is made by the one is found by the other, and Qt takes it for its own.

// errNamesake is the cause of errors about what is, or may be, of another key file.
var errNamesake = errors.New("another key file has the same System V key")

// find is look for one who is to use the segment.
func (p place) find(op string, key Key) (ipc.Segment, error) {
	segment, err := p.look(op, key)
	if err == nil {
		err = p.checkUse(op, key, ErrBusy, segment)
	}
	return segment, err
}

// checkUse is an error if the segment is that of another key file. Programs make the key
// file before the segment, so that most looks tell that it is not.
func (p place) checkUse(op string, key Key, code Code, segment ipc.Segment) error {
	if !segment.HasYoungerFile() {
		return nil
	}
	n := p.system.Namesakes(p.Place)
	if n.Whose != ipc.WhoseTheirs {
		return nil
	}
	return p.namesakeError(op, key, code, n)
}

// checkRemoval is an error if the segment, which is to go or to be taken over, is or may
// be that of another key file.
func (p place) checkRemoval(op string, key Key) error {
	if n := p.system.Namesakes(p.Place); n.Whose != ipc.WhoseOurs {
		return p.namesakeError(op, key, ErrExists, n)
	}
	return nil
}

func (p place) namesakeError(op string, key Key, code Code, n ipc.Namesakes) *Error {
	return &Error{Op: op, Key: key, Code: code, Err: errNamesake,
		Msg: namesakeText("the segment", p.Segment, n.Whose, keyFilesOf(n.Files))}
}

// namesakeText says whose an object is, and what to do.
func namesakeText(object, file string, whose ipc.Whose, namesakes []KeyFile) string {
	others := namesakes[0].Path
	if more := len(namesakes) - 1; more > 0 {
		others += fmt.Sprintf(" (or %d more)", more)
	}
	if whose == ipc.WhoseTheirs {
		return fmt.Sprintf("%s is that of the key file %s, which was there before, and with which %s has its System V key in common by chance; use another key, or move a new empty file to %s",
			object, others, file, file)
	}
	return fmt.Sprintf("the key files %s and %s have one System V key by chance, and it cannot be told by which of them %s was made; if it was the former, move a new empty file to the latter",
		file, others, object)
}

// mayBeText is what to add to an error about a segment that exists; empty if it is surely
// of this key file.
func mayBeText(p place, n ipc.Namesakes) string {
	if n.Whose == ipc.WhoseOurs {
		return ""
	}
	return fmt.Sprintf("; it may be that of the key file %s, which by chance has the same System V key as %s", n.Files[0].Path, p.Segment)
}

func keyFilesOf(files []ipc.File) []KeyFile {
	var found []KeyFile
	for _, f := range files {
		found = append(found, KeyFile(f))
	}
	return found
}

// checkNamesakes is an error if what the actions concern is, or may be, of another key
// file.
func (s *State) checkNamesakes(actions []Action) error {
	for _, a := range actions {
		object, file, whose, namesakes := "the segment", s.Segment.File.Path, s.Segment.whose, s.Segment.Namesakes
		switch a {
		case RemoveSegment:
		case RemoveLock, ResetLock, GiveLock:
			object, whose, namesakes = "the lock", s.Lock.whose, s.Lock.Namesakes
			if s.Lock.File.Exists {
				file = s.Lock.File.Path
			}
		default:
			continue
		}
		if whose != ipc.WhoseOurs {
			return s.namesakeError(object, file, whose, namesakes)
		}
	}
	return nil
}

func (s *State) namesakeError(object, file string, whose ipc.Whose, namesakes []KeyFile) *Error {
	return &Error{Op: opRecover, Key: s.Key, Code: ErrBusy, Err: errNamesake, Msg: namesakeText(object, file, whose, namesakes)}
}
