//go:build linux

package pairs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"qtinterop/internal/conformance"
)

// jobs is how many cells run at a time, and cellLimit how long one may take.
const (
	jobs      = 2
	cellLimit = 5 * time.Minute
)

// Kinds are the names of the kinds of keys, as package conformance knows them.
var Kinds = []string{"setKey", "native relative", "native absolute", "POSIX"}

// Cell is a Go program, a peer and a kind of key, and what came of them. With another peer
// the Go program has the two play with each other, and takes no part.
type Cell struct {
	Go, Peer Program  `json:"-"`
	Other    *Program `json:"-"`
	Kind     string
	Results  []conformance.Result
	Begun    time.Time
	Seconds  float64
}

// Names says which Qts play.
func (c *Cell) Names() string {
	if c.Other != nil {
		return c.Peer.Name() + " and " + c.Other.Name()
	}
	return c.Peer.Name()
}

// Runner runs cells, and keeps those that passed.
type Runner struct {
	Out   string // directory for what passed; empty to keep nothing
	Quick bool
	Only  []string                                 // names of rows; none for all
	Row   func(c *Cell, result conformance.Result) // what came of a row that was tried, as it comes; may be nil
	Tell  func(c *Cell, kept bool, n, of int)      // what came of a cell; may be nil

	mu   sync.Mutex // for what follows, and for Row and Tell, which are called one at a time
	done int
}

// Cells are those of each Go program with each peer, for each kind of key.
func Cells(goes, peers []Program) []*Cell {
	var cells []*Cell
	for _, kind := range Kinds {
		for _, g := range goes {
			for _, peer := range peers {
				cells = append(cells, &Cell{Go: g, Peer: peer, Kind: kind})
			}
		}
	}
	return cells
}

// CellsOfPeers are those of each two peers that are different and answer, once, for each
// kind of key, played by a Go program.
func CellsOfPeers(g Program, peers []Program) []*Cell {
	peers = different(peers)
	var cells []*Cell
	for _, kind := range Kinds {
		for i, one := range peers {
			for _, other := range peers[i+1:] {
				cells = append(cells, &Cell{Go: g, Peer: one, Other: &other, Kind: kind})
			}
		}
	}
	return cells
}

// different are the peers that answer, each once.
func different(peers []Program) []Program {
	var found []Program
	for _, peer := range peers {
		if peer.Failure == nil && !slices.ContainsFunc(found, peer.is) {
			found = append(found, peer)
		}
	}
	return found
}

// is tells whether two programs are the same file with the same Qt. The name of a program
// in Python tells it which Qt to take.
func (p Program) is(other Program) bool { return p.sum == other.sum && p.About == other.About }

// Run runs cells, but not what is kept from before. If ctx ends, the programs of those that
// run are ended, and Run returns its error; what had come until then is in the cells.
func (r *Runner) Run(ctx context.Context, cells []*Cell) error {
	if r.Out != "" {
		if err := os.MkdirAll(filepath.Join(r.Out, "cells"), 0o777); err != nil {
			return err
		}
	}
	queue := make(chan *Cell)
	failures := make([]error, jobs)
	var workers sync.WaitGroup
	for i := range jobs {
		workers.Go(func() {
			for c := range queue {
				if ctx.Err() == nil {
					failures[i] = errors.Join(failures[i], r.one(ctx, c, len(cells)))
				}
			}
		})
	}
	for _, c := range cells {
		queue <- c
	}
	close(queue)
	workers.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(failures...)
}

func (r *Runner) one(ctx context.Context, c *Cell, of int) error {
	kept := r.load(c)
	if !kept {
		if err := r.run(ctx, c); err != nil || ctx.Err() != nil {
			return err
		}
		if err := r.save(c); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	if r.Tell != nil {
		r.Tell(c, kept, r.done, of)
	}
	return nil
}

// path is where a cell is kept: under another name once a program or its Qt is
// another.
func (r *Runner) path(c *Cell) string {
	other := Program{}
	if c.Other != nil {
		other = *c.Other
	}
	sum := sha256.Sum256(fmt.Append(nil, c.Go.sum, c.Go.About, c.Peer.sum, c.Peer.About, other.sum, other.About, c.Kind, r.Quick, r.Only))
	return filepath.Join(r.Out, "cells", fmt.Sprintf("%x.json", sum[:12]))
}

// load takes the results from before, if nothing failed then.
func (r *Runner) load(c *Cell) bool {
	if r.Out == "" {
		return false
	}
	data, err := os.ReadFile(r.path(c))
	if err != nil {
		return false
	}
	kept := *c
	if json.Unmarshal(data, &kept) != nil || Count(kept.Results).Failed > 0 {
		return false
	}
	*c = kept
	return true
}

func (r *Runner) save(c *Cell) error {
	if r.Out == "" {
		return nil
	}
	data, err := json.MarshalIndent(c, "", "\t")
	if err != nil {
		return err
	}
	path := r.path(c)
	if err := os.WriteFile(path+".new", data, 0o666); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// run runs all rows of a cell. A program that ends before the last row fails it, and so
// does a peer that does not even say which Qt it has.
func (r *Runner) run(ctx context.Context, c *Cell) error {
	c.Begun = time.Now()
	defer func() { c.Seconds = time.Since(c.Begun).Seconds() }()
	if c.Peer.Failure != nil {
		r.note(c, conformance.Result{Row: "the peer answers", Documented: "cpp/testpeer/README.md has the protocol",
			Status: conformance.Failed, Reason: c.Peer.Failure.Error()})
		return nil
	}
	tmp, err := os.MkdirTemp("", "pair")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	limited, cancel := context.WithTimeout(ctx, cellLimit)
	defer cancel()
	args := r.command(c)
	cmd := exec.CommandContext(limited, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	endInOrder(cmd)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	for decoder := json.NewDecoder(stdout); ; {
		var result conformance.Result
		if decoder.Decode(&result) != nil {
			break
		}
		r.note(c, result)
	}
	if err := cmd.Wait(); ctx.Err() == nil && (err != nil || len(c.Results) == 0 && len(r.Only) == 0) {
		r.note(c, conformance.Result{Row: "the program ends in order", Status: conformance.Failed,
			Reason: fmt.Sprintf("%v after %d rows", errors.Join(limited.Err(), err), len(c.Results)), Transcript: strings.Split(stderr.String(), "\n")})
	}
	return nil
}

// endInOrder has a command leave nothing behind when its context ends. With namespaces of its
// own these go with it, and all in them; else it has to remove what it has made. A Ctrl-C goes
// to this program alone, so that none of its rows fail for it.
func endInOrder(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	if !Apart() {
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = 10 * time.Second
	}
}

func (r *Runner) note(c *Cell, result conformance.Result) {
	c.Results = append(c.Results, result)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Row != nil {
		r.Row(c, result)
	}
}

// command is what plays a cell.
func (r *Runner) command(c *Cell) []string {
	args := append(slices.Clone(OwnNamespaces()), c.Go.Path) // cells run at once
	args = append(append(args, c.Go.Args...), fmt.Sprintf("--alone=%v", Apart()), fmt.Sprintf("--quick=%v", r.Quick))
	for _, row := range r.Only {
		args = append(args, "--only="+row)
	}
	if c.Other != nil {
		args = append(args, "--other="+c.Other.Path)
	}
	return append(args, c.Peer.Path, c.Kind)
}
