//go:build linux

package pairs

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/conformance"
	"qtinterop/internal/peertest"
)

func qt(version string) Program {
	return Program{About: conformance.About{Compiled: version, Running: version}, sum: version}
}

// sample is a report of one Go Program and two peers, with a row of each status.
func sample(t *testing.T) *Report {
	goes, peers := []Program{qt("6.4.2")}, []Program{qt("5.15.8"), qt("6.8.2")}
	passed := conformance.Result{Row: "size", Documented: "exact", Status: conformance.Passed, Transcript: []string{"Qt  <b>&"}}
	failed := conformance.Result{Row: "lock", Status: conformance.Failed, Reason: "it did not"}
	impossible := conformance.Result{Row: "lock", Status: conformance.Impossible, Reason: "no lock", Says: "ErrNoLock"}
	var cells []*Cell
	for _, kind := range Kinds {
		cells = append(cells, &Cell{Go: goes[0], Peer: peers[0], Kind: kind, Results: []conformance.Result{passed, impossible}},
			&Cell{Go: goes[0], Peer: peers[1], Kind: kind, Results: []conformance.Result{passed, failed}})
	}
	r := NewReport("abc", false, goes, peers, cells)
	require.Equal(t, Counts{Passed: 8, Failed: 4, Impossible: 4}, r.Counts)
	return r
}

func TestMarkdown(t *testing.T) {
	text := written(t, (*Report).WriteMarkdown)
	assert.Contains(t, text, "| **6.4.2** | 1 passed, 1 impossible (a) | 1 passed, 1 failed: **lock** |")
	assert.Contains(t, text, "**a.** no lock.")
	assert.Contains(t, text, "ErrNoLock")
	assert.Contains(t, text, "| size | exact |")
}

func TestPage(t *testing.T) {
	text := written(t, (*Report).WritePage)
	assert.Contains(t, text, `href="#cell-8"`)
	assert.Contains(t, text, `id="cell-8"`)
	assert.Contains(t, text, "Qt  &lt;b&gt;&amp;", "a transcript is text")
	assert.NotContains(t, text, "<b>&")
	assert.NotContains(t, text, "http")
}

func TestJUnit(t *testing.T) {
	var all junit
	require.NoError(t, xml.Unmarshal([]byte(written(t, (*Report).WriteJUnit)), &all))
	require.Len(t, all.Suites, 8)
	assert.Equal(t, 1, all.Suites[0].Skipped)
	assert.Equal(t, "no lock", all.Suites[0].Cases[1].Skipped.Message)
	assert.Equal(t, 1, all.Suites[1].Failures)
	assert.Equal(t, "it did not", all.Suites[1].Cases[1].Failure.Message)
	assert.Nil(t, all.Suites[1].Cases[0].Failure)
}

// Two peers without Go are in a table of their own, each two once, and one that is there
// twice, or does not answer, not again.
func TestPeersWithoutGo(t *testing.T) {
	silent := Program{Failure: io.EOF}
	g, peers := qt("6.4.2"), []Program{qt("5.15.8"), qt("6.8.2"), qt("5.15.8"), silent, qt("6.11.0")}
	var of []*Cell
	for _, c := range CellsOfPeers(g, peers) {
		c.Results = []conformance.Result{{Row: "peers: size", Status: conformance.Passed}, {Row: "peers: lock", Status: conformance.Impossible, Reason: "no lock"}}
		of = append(of, c)
	}
	require.Len(t, of, len(Kinds)*3)
	assert.Equal(t, "5.15.8 and 6.8.2", of[0].Names())
	assert.Equal(t, "5.15.8 and 6.11.0", of[1].Names())
	assert.Equal(t, "6.8.2 and 6.11.0", of[2].Names())
	assert.Contains(t, (&Runner{}).command(of[0]), "--other="+of[0].Other.Path)

	r := NewReport("abc", false, []Program{g}, peers, append(Cells([]Program{g}, peers), of...))
	require.Len(t, r.Tables, 2*len(Kinds))
	without := r.Tables[len(Kinds)]
	assert.Equal(t, "setKey, without Go", without.Kind)
	require.Len(t, without.Lines, 2)
	assert.Nil(t, without.Lines[1].Cells[0], "it is in the line before")
	assert.Same(t, of[2], without.Lines[1].Cells[1].Cell)
	assert.Len(t, r.Entries(), len(Kinds)*(len(peers)+3))

	assert.Contains(t, written(t, func(_ *Report, w io.Writer) error { return r.WriteMarkdown(w) }),
		"| **6.8.2** |  | 1 passed, 1 impossible (a) |")
	page := written(t, func(_ *Report, w io.Writer) error { return r.WritePage(w) })
	assert.Equal(t, 1, strings.Count(page, `id="cell-24"`))
	assert.Contains(t, page, "setKey: peers on 6.8.2 and 6.11.0, without Go")
	assert.NotContains(t, page, "this library: </li>")
	assert.Contains(t, written(t, func(_ *Report, w io.Writer) error { return r.WriteJUnit(w) }), `name="POSIX: peers on 5.15.8 and 6.8.2, without Go"`)
	assert.Contains(t, written(t, func(_ *Report, w io.Writer) error { return r.WriteJSON(w) }), `"other": {`)
	only := NewReport("abc", false, []Program{g}, []Program{silent}, Cells([]Program{g}, []Program{silent}))
	assert.Len(t, only.Tables, len(Kinds))
}

func TestWhatPassedIsKept(t *testing.T) {
	r := Runner{Out: t.TempDir()}
	require.NoError(t, os.Mkdir(filepath.Join(r.Out, "cells"), 0o777))
	made := func() *Cell { return &Cell{Go: qt("6.4.2"), Peer: qt("5.15.8"), Kind: "setKey"} }

	failed := made()
	failed.Results = []conformance.Result{{Row: "size", Status: conformance.Failed}}
	require.NoError(t, r.save(failed))
	assert.False(t, r.load(made()), "what failed is tried again")

	passed := made()
	passed.Results = []conformance.Result{{Row: "size", Status: conformance.Passed}}
	require.NoError(t, r.save(passed))
	again := made()
	require.True(t, r.load(again))
	assert.Equal(t, passed.Results, again.Results)
	assert.Equal(t, passed.Peer, again.Peer)

	other := made()
	other.Peer.Running = "5.15.9"
	assert.False(t, r.load(other), "another Qt")
	other = made()
	other.Go.sum = "x"
	assert.False(t, r.load(other), "another program")
	quick := Runner{Out: r.Out, Quick: true}
	assert.False(t, quick.load(made()))
}

// A program that ends before its last row has not passed.
func TestAProgramThatEndsEarlyFails(t *testing.T) {
	if os.Geteuid() != 0 {
		peertest.Skip(t, "only root can make namespaces")
	}
	path := filepath.Join(t.TempDir(), "conform")
	for name, text := range map[string]string{
		"after a row": `echo '{"row":"size","status":"passed"}'; exit 7`,
		"in a row":    `echo '{"row":"size","status":"passed"}'; echo '{"row":"lo'; exit 7`,
		"at once":     `exit 0`,
	} {
		require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o777))
		c := &Cell{Go: Program{Path: path}, Peer: qt("5.15.8"), Kind: "setKey"}
		require.NoError(t, new(Runner).run(t.Context(), c))
		assert.Equal(t, 1, Count(c.Results).Failed, "%s: %v", name, c.Results)
	}
}

// written is what a method writes of the sample.
func written(t *testing.T, write func(*Report, io.Writer) error) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, write(sample(t), &b))
	return b.String()
}

func TestJSON(t *testing.T) {
	var d document
	require.NoError(t, json.Unmarshal([]byte(written(t, (*Report).WriteJSON)), &d))
	assert.Equal(t, 4, d.Failed)
	require.Len(t, d.Cells, 8)
	assert.Equal(t, "it did not", d.Cells[1].Results[1].Reason)
	assert.Equal(t, "6.8.2", d.Cells[1].Peer.Running)
}

func TestTheMiddleOfALongTranscriptIsLeftOut(t *testing.T) {
	long := conformance.Result{Status: conformance.Passed}
	for i := range 100 {
		long.Transcript = append(long.Transcript, strconv.Itoa(i))
	}
	text := transcript(long)
	assert.Contains(t, text, "23\n… 64 lines more\n88\n")
	long.Status = conformance.Failed
	assert.Contains(t, transcript(long), "\n50\n")
}

// A peer that prints without end is not listened to for long.
func TestAPeerThatDoesNotEnd(t *testing.T) {
	begun := time.Now()
	peer, err := Peer(t.Context(), "yes")
	require.ErrorContains(t, err, "more than")
	assert.Equal(t, err, peer.Failure)
	assert.Less(t, time.Since(begun), answerLimit)
}
