package main

import (
	"fmt"
	"strings"

	"qtinterop/qtbridge"
)

// namesakeLines are the other key files that lead to the same object.
func namesakeLines(files []qtbridge.KeyFile) string {
	var text strings.Builder
	for _, f := range files {
		text.WriteString(infoLine("  also found by", f.Path+", which has the same System V key by chance"))
	}
	return text.String()
}

func newNamesakesJSON(files []qtbridge.KeyFile) []fileJSON {
	var shown []fileJSON
	for i := range files {
		shown = append(shown, newFileJSON(&files[i]))
	}
	return shown
}

// judgeNamesakes adds what it means that other key files lead to the same.
func (x *examination) judgeNamesakes(e *qtbridge.Entry, name string) {
	s := &e.State
	for _, other := range s.Segment.Namesakes {
		f := finding{ID: "same-ipc-key", Severity: problem, Key: name, PIDs: e.Users}
		same := fmt.Sprintf("The key files %s and %s have the same System V key by chance: 16 bits of the inode and 8 of the device are all that is in it. ", s.Segment.File.Path, other.Path)
		switch {
		case s.Verdict == qtbridge.Namesake:
			f.Text = same + "The segment is that of the latter, and nothing of this key is there: its create() fails, and its attach() gets at the other segment. The command gives this key another System V key."
			f.Command = renewal(s.Segment.File.Path)
		case x.isOfAnother(other.Path):
			f.Severity = note
			f.Text = same + "The segment is that of the former. The command gives the other one another System V key."
			f.Command = renewal(other.Path)
		default:
			f.Text = same + "Which of them the segment was made by cannot be told, and the programs of both keys get at it. End them, and move a new empty file to one of these names."
		}
		x.add(f)
	}
	for _, other := range s.Lock.Namesakes {
		if s.Lock.File.Exists { // else it is told of the segment
			x.add(finding{ID: "same-ipc-key", Severity: problem, Key: name, Text: fmt.Sprintf(
				"The key files %s and %s have the same System V key by chance, so that two locks are one: the programs of one key wait for those of the other, and remove the lock from under them at their end. End them, and remove both files.",
				s.Lock.File.Path, other.Path)})
		}
	}
}

// isOfAnother tells whether the key file at path leads to a segment that is not its own.
func (x *examination) isOfAnother(path string) bool {
	for i := range x.entries {
		if s := &x.entries[i].State; s.Segment.File.Path == path && s.Verdict == qtbridge.Namesake {
			return true
		}
	}
	return false
}

// renewal is the command that gives a name another inode: one that is made while the old
// one is there.
func renewal(path string) string {
	return "touch " + quote(path+".new") + " && mv " + quote(path+".new") + " " + quote(path)
}
