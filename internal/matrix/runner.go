//go:build linux

package main

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
	"strings"
	"sync"
	"time"

	"qtinterop/internal/conformance"
)

// jobs is how many cells run at a time, and cellLimit how long one may take.
const (
	jobs      = 2
	cellLimit = 5 * time.Minute
)

// kinds are the names of the kinds of keys, as conform knows them.
var kinds = []string{"setKey", "native relative", "native absolute", "POSIX"}

// cell is a Go program, a peer and a kind of key, and what came of them.
type cell struct {
	Go, Peer program `json:"-"`
	Kind     string
	Results  []conformance.Result
	Begun    time.Time
	Seconds  float64
}

// runner runs cells, and keeps those that passed.
type runner struct {
	out   string
	quick bool

	mu    sync.Mutex // for what follows, and for stdout
	done  int
	total int
}

// all runs the cells that are not kept from before.
func (r *runner) all(goes, peers []program) ([]*cell, error) {
	if err := os.MkdirAll(filepath.Join(r.out, "cells"), 0o777); err != nil {
		return nil, err
	}
	var cells []*cell
	for _, kind := range kinds {
		for _, g := range goes {
			for _, peer := range peers {
				cells = append(cells, &cell{Go: g, Peer: peer, Kind: kind})
			}
		}
	}
	r.total = len(cells)
	queue := make(chan *cell)
	failures := make([]error, jobs)
	var workers sync.WaitGroup
	for i := range jobs {
		workers.Go(func() {
			for c := range queue {
				failures[i] = errors.Join(failures[i], r.one(c))
			}
		})
	}
	for _, c := range cells {
		queue <- c
	}
	close(queue)
	workers.Wait()
	return cells, errors.Join(failures...)
}

func (r *runner) one(c *cell) error {
	kept := r.load(c)
	if !kept {
		if err := r.run(c); err != nil {
			return err
		}
		if err := r.save(c); err != nil {
			return err
		}
	}
	r.tell(c, kept)
	return nil
}

// tell shows the progress.
func (r *runner) tell(c *cell, kept bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	how := fmt.Sprintf("%.1f s", c.Seconds)
	if kept {
		how = "kept from " + c.Begun.Format(time.DateTime)
	}
	fmt.Printf("matrix: %d/%d %s, Go on %s, peer on %s: %s (%s)\n", r.done, r.total, c.Kind, c.Go.Name(), c.Peer.Name(), count(c.Results), how)
	for _, result := range c.Results {
		if result.Status == conformance.Failed {
			fmt.Printf("matrix:     failed: %s: %s\n", result.Row, result.Reason)
		}
	}
}

// path is where a cell is kept: under another name once a program or its Qt is
// another.
func (r *runner) path(c *cell) string {
	sum := sha256.Sum256(fmt.Append(nil, c.Go.sum, c.Go.About, c.Peer.sum, c.Peer.About, c.Kind, r.quick))
	return filepath.Join(r.out, "cells", fmt.Sprintf("%x.json", sum[:12]))
}

// load takes the results from before, if nothing failed then.
func (r *runner) load(c *cell) bool {
	data, err := os.ReadFile(r.path(c))
	if err != nil {
		return false
	}
	kept := *c
	if json.Unmarshal(data, &kept) != nil || count(kept.Results).Failed > 0 {
		return false
	}
	*c = kept
	return true
}

func (r *runner) save(c *cell) error {
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

// inside is the place of a cell: IPC objects, processes, /dev/shm and TMPDIR that
// nobody else sees, and that are gone with it.
const inside = `mount -t tmpfs none /dev/shm; mount -t tmpfs none "$TMPDIR"; "$@"; exit $?`

// run runs all rows of a cell. A program that ends before the last row fails it.
func (r *runner) run(c *cell) error {
	tmp, err := os.MkdirTemp("", "matrix")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp) }()
	ctx, cancel := context.WithTimeout(context.Background(), cellLimit)
	defer cancel()
	args := []string{"--ipc", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "unchanged",
		"sh", "-c", inside, "cell", c.Go.Path, "--alone", fmt.Sprintf("--quick=%v", r.quick), c.Peer.Path, c.Kind}
	cmd := exec.CommandContext(ctx, "unshare", args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	c.Begun = time.Now()
	stdout, err := cmd.Output()
	c.Seconds = time.Since(c.Begun).Seconds()
	for decoder := json.NewDecoder(bytes.NewReader(stdout)); decoder.More(); {
		var result conformance.Result
		if decoder.Decode(&result) != nil {
			break
		}
		c.Results = append(c.Results, result)
	}
	if err != nil || len(c.Results) == 0 {
		c.Results = append(c.Results, conformance.Result{Row: "the program ends in order", Status: conformance.Failed,
			Reason: fmt.Sprintf("%v after %d rows", errors.Join(ctx.Err(), err), len(c.Results)), Transcript: strings.Split(stderr.String(), "\n")})
	}
	return nil
}
