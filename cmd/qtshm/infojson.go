package main

import (
	"time"

	"qtinterop/qtbridge"
)

// infoJSON is what info --json prints; docs/qtshm.md documents it.
type infoJSON struct {
	Key     string      `json:"key"`
	Kind    string      `json:"kind"` // qt (setKey) or native (setNativeKey)
	Verdict string      `json:"verdict"`
	Segment segmentJSON `json:"segment"`
	Lock    *lockJSON   `json:"lock"` // null for a native key
	Strays  []strayJSON `json:"strays"`
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

type segmentJSON struct {
	File       fileJSON `json:"file"`
	IPCKey     string   `json:"ipcKey,omitempty"` // also without a segment if there is a key file
	Exists     bool     `json:"exists"`
	*factsJSON          // absent where there is no segment
}

// factsJSON is what the kernel says of a segment.
type factsJSON struct {
	ID       int         `json:"id"`
	Size     int64       `json:"size"`
	Mode     string      `json:"mode"`
	Owner    int         `json:"owner"`
	Attached int         `json:"attached"`
	Creator  processJSON `json:"creator"`
	Last     processJSON `json:"last"`
}

type lockJSON struct {
	File   fileJSON `json:"file"`
	IPCKey string   `json:"ipcKey,omitempty"`
	Exists bool     `json:"exists"`
	*lockDetails
	Strays []int `json:"strays,omitempty"`
}

// lockDetails are absent where there is no semaphore.
type lockDetails struct {
	ID      int         `json:"id"`
	State   string      `json:"state"` // free, held or unknown
	Value   int         `json:"value"`
	Waiters int         `json:"waiters"`
	Mode    string      `json:"mode"`
	Owner   int         `json:"owner"`
	Last    processJSON `json:"last"`
}

type strayJSON struct {
	IPCKey string `json:"ipcKey"`
	factsJSON
	Evidence string `json:"evidence"`
	Users    []int  `json:"users"`
}

func newInfoJSON(s *qtbridge.State) infoJSON {
	shown := infoJSON{Key: s.Key.String(), Kind: kindOf(s.Key), Verdict: s.Verdict.String(),
		Segment: newSegmentJSON(&s.Segment), Strays: []strayJSON{}}
	if !s.Key.IsNative() {
		shown.Lock = newLockJSON(&s.Lock)
	}
	for _, stray := range s.Strays {
		shown.Strays = append(shown.Strays, strayJSON{ipcKeyText(stray.IPCKey), *newFactsJSON(&stray.SegmentFacts), stray.Evidence.String(), append([]int{}, stray.Users...)})
	}
	return shown
}

func kindOf(key qtbridge.Key) string {
	if key.IsNative() {
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

func newProcessJSON(p qtbridge.Process) processJSON {
	return processJSON{p.PID, p.Alive, programName(p.PID)}
}

func newFactsJSON(f *qtbridge.SegmentFacts) *factsJSON {
	return &factsJSON{f.ID, f.Size, modeText(f.Mode), f.Owner, f.Attached, newProcessJSON(f.Creator), newProcessJSON(f.Last)}
}

func newSegmentJSON(s *qtbridge.SegmentState) segmentJSON {
	shown := segmentJSON{File: newFileJSON(&s.File), Exists: s.Exists}
	if s.File.Exists {
		shown.IPCKey = ipcKeyText(s.IPCKey)
	}
	if s.Exists {
		shown.factsJSON = newFactsJSON(&s.SegmentFacts)
	}
	return shown
}

func newLockJSON(l *qtbridge.LockState) *lockJSON {
	shown := lockJSON{File: newFileJSON(&l.File), Exists: l.Exists, Strays: l.Strays}
	if l.File.Exists {
		shown.IPCKey = ipcKeyText(l.IPCKey)
	}
	if l.Exists {
		shown.lockDetails = &lockDetails{l.ID, lockText(l), l.Value, l.Waiters, modeText(l.Mode), l.Owner, newProcessJSON(l.Last)}
	}
	return &shown
}
