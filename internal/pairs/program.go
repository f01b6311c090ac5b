//go:build linux

// Package pairs tries Go programs with peers, each pair for each kind of key alone in
// namespaces of its own, and renders what came of it. A Go program is a conform, or
// qtshm, and plays the rows of package conformance.
package pairs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"qtinterop/internal/conformance"
	"qtinterop/internal/peertest"
)

// Program is one side of a pair, and which Qt it has.
type Program struct {
	Path string
	Args []string // before what it is called with
	conformance.About
	Failure error  // why it does not say which Qt it has
	sum     string // of the file
}

// Name is the Qt that it runs with, and the one that it was built with if that is
// another.
func (p Program) Name() string {
	if p.Compiled != p.Running {
		return p.Compiled + ", run with " + p.Running
	}
	return p.Running
}

// answerLimit is how long a program may take to say which Qt it has.
const answerLimit = 20 * time.Second

// GoProgram asks a Go program for its Qt.
func GoProgram(ctx context.Context, path string, args ...string) (Program, error) {
	p := Program{Path: path, Args: args}
	out, err := ask(ctx, path, nil, append(args, "about")...)
	if err == nil {
		err = json.Unmarshal(out, &p.About)
	}
	return p.summed(err)
}

// Peer asks a testpeer for its Qt. One that does not answer is a Program with a Failure.
func Peer(ctx context.Context, path string) (Program, error) {
	if found, err := exec.LookPath(path); err == nil {
		path = found
	}
	if full, err := filepath.Abs(path); err == nil && strings.Contains(path, "/") {
		path = full // cells have other working directories
	}
	p, err := askPeer(ctx, path)
	if err != nil {
		p.Failure = err
		p.Compiled, p.Running = "unknown", "unknown"
	}
	return p, err
}

func askPeer(ctx context.Context, path string) (Program, error) {
	out, err := ask(ctx, path, []byte(`{"id":1,"op":"hello"}`+"\n"), "verbs")
	var hello peertest.Reply
	if err == nil {
		err = json.Unmarshal(out, &hello)
	}
	switch {
	case err != nil:
	case hello.QtVersion == "":
		err = errors.New("it does not say which Qt it has")
	case hello.Protocol != peertest.Protocol:
		err = fmt.Errorf("it speaks version %d of the protocol, and this program version %d; take a testpeer of the same release", hello.Protocol, peertest.Protocol)
	}
	return Program{Path: path, About: conformance.About{Compiled: hello.QtVersion, Running: hello.QtVersion}}.summed(err)
}

func ask(ctx context.Context, path string, stdin []byte, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	cmd.WaitDelay = time.Second
	out := answer{end: cancel}
	cmd.Stdout = &out
	err := cmd.Run()
	if out.isTooLong() {
		return nil, fmt.Errorf("its answer has more than %d bytes", answerSize)
	}
	return out.text, errors.Join(ctx.Err(), err)
}

// answer is what a program prints; end ends the program if that is too much.
type answer struct {
	text []byte
	end  func()
}

const answerSize = 64 << 10

func (a *answer) isTooLong() bool { return len(a.text) > answerSize }

func (a *answer) Write(p []byte) (int, error) {
	if a.text = append(a.text, p[:min(len(p), answerSize+1-len(a.text))]...); a.isTooLong() {
		a.end()
	}
	return len(p), nil
}

// summed notes the sum of the file, unless something is wrong with the program.
func (p Program) summed(err error) (Program, error) {
	if err == nil {
		p.sum, err = sumOf(p.Path)
	}
	if err != nil {
		return p, fmt.Errorf("%s: %w", p.Path, err)
	}
	return p, nil
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return fmt.Sprintf("%x", h.Sum(nil)), err
}
