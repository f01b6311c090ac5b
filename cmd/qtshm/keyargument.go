package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"qtinterop/internal/procfs"
	"qtinterop/qtbridge"
)

// takesFound are the commands whose KEY can be what other tools tell of a segment that
// exists: its id, its System V key, or the path of its key file.
var takesFound = []string{"get", "put", "guess", "info", "watch", "rm", "lock", "doctor"}

// findKeyArgument puts the KEY in the place of what stands for one.
func findKeyArgument(c *cobra.Command, args []string) error {
	if len(args) == 0 || !slices.Contains(takesFound, c.Name()) {
		return nil
	}
	key, err := findKey(args[0])
	if err == nil && key != (qtbridge.Key{}) {
		args[0] = key.String()
	}
	return err
}

// findKey is the key of id:N, 0xKEY, or a path; the zero Key for what is a key as it is.
func findKey(text string) (qtbridge.Key, error) {
	id, isID := strings.CutPrefix(text, "id:")
	switch {
	case !hasKeyFiles:
		return qtbridge.Key{}, nil
	case isID:
		n, err := strconv.Atoi(id)
		if err != nil || n < 0 {
			return qtbridge.Key{}, usagef("%q is no id of a segment; give id: and a number, as of ipcs", text)
		}
		return keyOfSegment(text, func(s *qtbridge.SegmentState) bool { return s.ID == n })
	case isIPCKey(text) && !isKeyInUse(text):
		n, _ := strconv.ParseUint(text[2:], 16, 32)
		return keyOfSegment(text, func(s *qtbridge.SegmentState) bool { return uint32(s.IPCKey) == uint32(n) })
	case filepath.IsAbs(text) && !isKeyInUse(text):
		return keyOfFile(text)
	}
	return qtbridge.Key{}, nil
}

// isIPCKey tells whether a text is a System V key of Qt's as ipcs(1) shows it.
func isIPCKey(text string) bool {
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "0x"), 16, 32)
	return err == nil && strings.HasPrefix(text, "0x") && n>>24 == 'Q'
}

// isKeyInUse tells whether a text is a key as it is.
func isKeyInUse(text string) bool {
	state, err := qtbridge.Inspect(qtbridge.QtKey(text))
	return err == nil && (state.Segment.Exists || state.Segment.File.Exists)
}

// keyOfSegment is the key of the segment that is meant by text.
func keyOfSegment(text string, means func(*qtbridge.SegmentState) bool) (qtbridge.Key, error) {
	entries, err := qtbridge.List()
	if err != nil {
		return qtbridge.Key{}, err
	}
	for i := range entries {
		e := &entries[i]
		s := &e.State.Segment
		if !s.Exists || e.Key.IsPosix() || !means(s) {
			continue
		}
		if s.File.Path == "" {
			return qtbridge.Key{}, refusedf(exitNotFound, "%s: no key file was found that leads to segment %d, so that Qt cannot attach to it; see qtshm doctor", text, s.ID)
		}
		return keyHere(e), nil
	}
	return qtbridge.Key{}, refusedf(exitNotFound, "%s: there is no such segment of Qt's; see qtshm ls", text)
}

// keyHere is the key by which this program gets at an entry, with TMPDIR as it is.
func keyHere(e *qtbridge.Entry) qtbridge.Key {
	if key, tmpdir, _ := reach(e); tmpdir == "" {
		return key
	}
	return qtbridge.NativeKey(e.State.Segment.File.Path)
}

// keyOfFile is the key that a key file belongs to, which is a native one if the name is
// not Qt's.
func keyOfFile(path string) (qtbridge.Key, error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return qtbridge.Key{}, nil
	}
	if !strings.HasPrefix(filepath.Base(path), "qipc_") {
		return qtbridge.NativeKey(path), nil
	}
	entries, err := qtbridge.List()
	if err != nil {
		return qtbridge.Key{}, err
	}
	for i := range entries {
		s := &entries[i].State
		if !entries[i].Key.IsPosix() && (procfs.IsSameFile(path, s.Segment.File.Path) || procfs.IsSameFile(path, s.Lock.File.Path)) {
			return keyHere(&entries[i]), nil
		}
	}
	return qtbridge.NativeKey(path), nil
}
