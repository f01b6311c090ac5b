package main

import (
	"time"

	"qtinterop/qtbridge"
)

// infoJSON is what info --json prints; docs/qtshm.md documents it.
type infoJSON struct {
	Key     string `json:"key"`
	Kind    string `json:"kind"` // qt (setKey), native (setNativeKey) or posix
	Verdict string `json:"verdict"`
	// Elsewhere is the key by which what was found is to be used; absent if it is Key.
	Elsewhere string      `json:"elsewhere,omitempty"`
	Segment   segmentJSON `json:"segment"`
	Lock      *lockJSON   `json:"lock"` // null for a native key without one
	Strays    []strayJSON `json:"strays"`
	// Strangers are the processes of other IPC namespaces that use the key file.
	Strangers []int `json:"strangers,omitempty"`
}

type fileJSON struct {
	Path    string     `json:"path"`
	Exists  bool       `json:"exists"`
	Owner   *int       `json:"owner,omitempty"`
	Plain   bool       `json:"plain"` // as Qt makes it
	Changed *time.Time `json:"changed,omitempty"`
}

type processJSON struct {
	PID     int    `json:"pid"`
	Alive   bool   `json:"alive"`
	Program string `json:"program,omitempty"`
}

// placeJSON is where an object is found.
type placeJSON struct {
	File   *fileJSON `json:"file,omitempty"`
	IPCKey string    `json:"ipcKey,omitempty"` // also without an object if there is a key file
	Object string    `json:"object,omitempty"` // its name, on Windows, where there is no key file
}

type segmentJSON struct {
	placeJSON
	Exists     bool `json:"exists"`
	*factsJSON      // absent where there is no segment
	// Namesakes are other key files that lead to the same segment; absent if there are none.
	Namesakes []fileJSON `json:"namesakes,omitempty"`
}

// factsJSON is what the kernel says of a segment. What Windows does not tell is
// absent there, and what is not told of POSIX segments. Attached is -1 if unknown.
type factsJSON struct {
	ID       *int         `json:"id,omitempty"`
	Size     int64        `json:"size"`
	Mode     string       `json:"mode,omitempty"`
	Owner    *int         `json:"owner,omitempty"`
	Attached int          `json:"attached"`
	Creator  *processJSON `json:"creator,omitempty"`
	Last     *processJSON `json:"last,omitempty"`
}

type lockJSON struct {
	placeJSON
	Exists bool `json:"exists"`
	*lockDetails
	Strays    []int      `json:"strays,omitempty"`
	Namesakes []fileJSON `json:"namesakes,omitempty"`
	// PrivateTo is the Go program whose private lock it is; absent of all others.
	PrivateTo *processJSON `json:"privateTo,omitempty"`
}

// lockDetails are absent where there is no semaphore, and some on Windows.
type lockDetails struct {
	ID      *int         `json:"id,omitempty"`
	State   string       `json:"state"` // free, held or unknown
	Value   int          `json:"value"`
	Waiters *int         `json:"waiters,omitempty"`
	Mode    string       `json:"mode,omitempty"`
	Owner   *int         `json:"owner,omitempty"`
	Last    *processJSON `json:"last,omitempty"`
	Users   []int        `json:"users,omitempty"` // who may hold it, where only that is known
}

type strayJSON struct {
	IPCKey string `json:"ipcKey"`
	factsJSON
	Evidence string `json:"evidence"`
	Text     string `json:"text"` // of the evidence, for people
	Removed  bool   `json:"removed"`
	Users    []int  `json:"users"`
}

func newInfoJSON(s *qtbridge.State) infoJSON {
	shown := infoJSON{Key: s.Key.String(), Kind: kindOf(s.Key), Verdict: slugOf(s.Verdict.String()),
		Segment: newSegmentJSON(&s.Segment), Strays: []strayJSON{}, Strangers: s.Strangers}
	if s.Elsewhere != (qtbridge.Key{}) {
		shown.Elsewhere = s.Elsewhere.String()
	}
	if !s.Key.IsNative() || s.Lock.Exists {
		shown.Lock = newLockJSON(&s.Lock)
	}
	for _, stray := range s.Strays {
		shown.Strays = append(shown.Strays, strayJSON{ipcKeyText(stray.IPCKey), *newFactsJSON(&stray.SegmentFacts), evidenceSlugs[stray.Evidence], stray.Evidence.String(), stray.Removed, append([]int{}, stray.Users...)})
	}
	return shown
}

func kindOf(key qtbridge.Key) string {
	switch {
	case key.IsPosix():
		return "posix"
	case key.IsNative():
		return "native"
	}
	return "qt"
}

func newFileJSON(f *qtbridge.KeyFile) fileJSON {
	if !f.Exists {
		return fileJSON{Path: f.Path}
	}
	return fileJSON{f.Path, true, &f.Owner, f.Plain, &f.Changed}
}

func newPlaceJSON(f *qtbridge.KeyFile, ipcKey int32) placeJSON {
	if !hasKeyFiles {
		return placeJSON{Object: f.Path}
	}
	file := newFileJSON(f)
	if !f.Exists {
		return placeJSON{File: &file}
	}
	return placeJSON{File: &file, IPCKey: keyCell(ipcKey)}
}

func newProcessJSON(p qtbridge.Process) *processJSON {
	return &processJSON{p.PID, p.Alive, programName(p.PID)}
}

func newFactsJSON(f *qtbridge.SegmentFacts) *factsJSON {
	if !hasKeyFiles {
		return &factsJSON{Size: f.Size, Attached: f.Attached}
	}
	if f.IPCKey == 0 { // a memory file
		return &factsJSON{ID: &f.ID, Size: f.Size, Mode: modeText(f.Mode), Owner: &f.Owner, Attached: f.Attached}
	}
	return &factsJSON{&f.ID, f.Size, modeText(f.Mode), &f.Owner, f.Attached, newProcessJSON(f.Creator), newProcessJSON(f.Last)}
}

func newSegmentJSON(s *qtbridge.SegmentState) segmentJSON {
	shown := segmentJSON{placeJSON: newPlaceJSON(&s.File, s.IPCKey), Exists: s.Exists, Namesakes: newNamesakesJSON(s.Namesakes)}
	if s.Exists {
		shown.factsJSON = newFactsJSON(&s.SegmentFacts)
	}
	return shown
}

func newLockJSON(l *qtbridge.LockState) *lockJSON {
	shown := lockJSON{placeJSON: newPlaceJSON(&l.File, l.IPCKey), Exists: l.Exists, Strays: l.Strays, Namesakes: newNamesakesJSON(l.Namesakes)}
	if l.Exists {
		shown.lockDetails = newLockDetails(l)
	}
	if l.PrivateTo != nil {
		shown.PrivateTo = newProcessJSON(*l.PrivateTo)
	}
	return &shown
}

func newLockDetails(l *qtbridge.LockState) *lockDetails {
	if !hasKeyFiles {
		return &lockDetails{State: lockText(l), Value: l.Value, Users: l.Users}
	}
	if isMemoryFile(&l.File, l.IPCKey) {
		return &lockDetails{ID: &l.ID, State: lockText(l), Value: l.Value, Mode: modeText(l.Mode), Owner: &l.Owner, Users: l.Users}
	}
	return &lockDetails{&l.ID, lockText(l), l.Value, &l.Waiters, modeText(l.Mode), &l.Owner, newProcessJSON(l.Last), nil}
}
