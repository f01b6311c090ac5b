//go:build cgo && linux

package conformance

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"qtinterop/internal/peertest"
	"qtinterop/internal/program"
	"qtinterop/qtbridge"
)

// Cell is a peer and a kind of key; the third of a cell is this program's own Qt.
type Cell struct {
	Peer  string // path of a testpeer
	Other string // path of another; then the rows are between the two, without Go
	Kind  Kind
	Quick bool // one payload, and fewer rounds
	Alone bool // nobody else uses this IPC namespace and /dev/shm: a row must leave nothing there

	Only []string // names of rows; none for all
	Self []string // arguments of this program before those of [Command]
}

// Run tries the rows, one after the other, and reports each as it ends. It sets
// TMPDIR meanwhile. If ctx ends, the row that is tried is not reported.
func Run(ctx context.Context, cell Cell, report func(Result)) {
	for _, row := range cell.rows() {
		result := runRow(ctx, cell, row)
		if ctx.Err() != nil {
			return
		}
		report(result)
	}
}

// rows are those that are tried.
func (c Cell) rows() []row {
	of := rows
	if c.Other != "" {
		of = peerRows
	}
	return slices.DeleteFunc(rowsOf(of, c.Kind), func(r row) bool { return len(c.Only) > 0 && !slices.Contains(c.Only, r.name) })
}

// Rows are the names of the rows that Run tries, in order.
func (c Cell) Rows() []string { return namesOf(c.rows()) }

// rowsOf are the rows that are about a kind of key.
func rowsOf(rows []row, kind Kind) []row {
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.only != nil && !r.only(kind) })
}

func namesOf(rows []row) []string {
	var names []string
	for _, row := range rows {
		names = append(names, row.name)
	}
	return names
}

// rowLimit is how long a process of a row may run, so that one that hangs fails the row.
var rowLimit = 60 * time.Second

func runRow(ctx context.Context, cell Cell, row row) Result {
	begun := time.Now()
	r := &reporter{}
	before := leftovers()
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	s := &scene{reporter: r, cell: cell, ctx: limited}
	r.run(func() {
		s.env = peertest.New(r)
		s.env.Limit = rowLimit // of a peer that hangs
		s.env.Interrupted = ctx.Done()
		r.Cleanup(s.settle) // before it looks at what is left
		s.key, s.peerKey = cell.Kind.keys(s.env, s.env.Name())
		s.peer = s.newPeer(s.cell.Peer, "Qt ")
		if cell.Other != "" {
			s.playPeers(row)
		} else if !s.outOfReach() {
			row.run(s)
		}
	})
	if cell.Alone {
		s.nothingLeft(before)
	}
	result := Result{Row: row.name, Documented: row.documented, Status: Passed,
		Seconds: time.Since(begun).Seconds(), Transcript: r.transcript()}
	switch {
	case r.Failed():
		result.Status, result.Reason = Failed, r.failure
	case s.reason != "":
		result.Status, result.Reason, result.Says = Impossible, s.reason, s.says
	}
	return result
}

// settled is how long what is removed a moment after its last use may stay on a busy
// machine.
const settled = 3 * time.Second

// settle waits until the private lock is gone, if it is not that of a killed program,
// which stays. Of a POSIX key Qt leaves everything.
func (s *scene) settle() {
	if s.mayStay == "" {
		program.AwaitPrivateLock(s.env.Tmp)
	}
	if _, running := qtbridge.QtVersion(); s.cell.Kind.posix() && hasIPCKeys(running) {
		s.forget()
	}
}

// nothingLeft has the row fail for what was not there before.
func (s *scene) nothingLeft(before []string) {
	isOurs := func(left string) bool {
		return !slices.Contains(before, left) && (s.mayStay == "" || !strings.Contains(left, s.mayStay))
	}
	for deadline := time.Now().Add(settled); time.Now().Before(deadline) && slices.ContainsFunc(leftovers(), isOurs); {
		time.Sleep(5 * time.Millisecond)
	}
	for _, left := range leftovers() {
		if isOurs(left) {
			s.Errorf("left behind: %s", left)
		}
	}
}

// leftovers names all segments and semaphores that there are.
func leftovers() []string {
	var found []string
	for _, table := range []string{"shm", "sem"} {
		data, _ := os.ReadFile("/proc/sysvipc/" + table)
		for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
			if fields := strings.Fields(line); i > 0 && len(fields) > 1 { // the first names the columns
				found = append(found, fmt.Sprintf("%s with the key %s and the id %s", table, fields[0], fields[1]))
			}
		}
	}
	entries, _ := os.ReadDir("/dev/shm")
	for _, entry := range entries {
		found = append(found, "/dev/shm/"+entry.Name())
	}
	return found
}

// outOfReach tells whether one side's Qt does not have this kind of key at all, and
// makes sure that it says so.
func (s *scene) outOfReach() bool {
	if !s.cell.Kind.posix() {
		return false
	}
	if _, running := qtbridge.QtVersion(); !hasIPCKeys(running) {
		_, err := qtbridge.Create(s.ctx, s.key, 1, qtbridge.ReadWrite)
		says := s.refused("Create(PosixKey)", err, qtbridge.ErrUnsupported)
		_, err = qtbridge.Attach(s.ctx, s.key, qtbridge.ReadOnly)
		s.refused("Attach(PosixKey)", err, qtbridge.ErrUnsupported)
		s.impossible(fmt.Sprintf("Qt %s, which Go runs with, has no POSIX keys (QNativeIpcKey is of 6.6)", minor(running)), says)
		return true
	}
	reason, answers := s.lacksPosix(s.peer)
	if reason == "" {
		return false
	}
	says := "nothing was asked of it"
	if answers {
		_, err := qtbridge.Attach(s.ctx, s.key, qtbridge.ReadOnly)
		says = s.refused("Attach(PosixKey)", err, qtbridge.ErrNotFound)
	}
	s.impossible(reason, says)
	return true
}

// lacksPosix tells why a peer has no POSIX keys; answers, whether that is for its Qt, and
// not for its verbs alone.
func (s *scene) lacksPosix(peer *peertest.Peer) (reason string, answers bool) {
	s.Helper()
	peer.Do("shm.new", "m", nil)
	reply, err := peer.Try(s.cell.Kind.verb, "m", peertest.Args{"key": s.peerKey})
	peer.Do("shm.delete", "m", nil)
	hasVerb := !strings.HasPrefix(reply.Fail, noOp)
	switch has := hasIPCKeys(peer.QtVersion); {
	case err != nil || hasVerb && !has:
		s.Fatalf("a peer on Qt %s does not say that it has no POSIX keys: %+v, %v", peer.QtVersion, reply, err)
	case hasVerb:
		return "", true
	case has:
		return "The peer has no verbs of QNativeIpcKey", false
	}
	return fmt.Sprintf("A peer on Qt %s has no POSIX keys (QNativeIpcKey is of 6.6)", minor(peer.QtVersion)), true
}

// minor is a version without its last number.
func minor(version string) string {
	var a, b int
	_, _ = fmt.Sscanf(version, "%d.%d", &a, &b)
	return fmt.Sprintf("%d.%d", a, b)
}
