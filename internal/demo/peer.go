//go:build cgo && (linux || windows)

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// peer is a running testpeer, in one of its two faces of the mission.
type peer struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *bufio.Reader
}

// start starts a testpeer, which is killed at the latest when ctx ends.
func start(ctx context.Context, dir, path string, args ...string) (*peer, error) {
	p := &peer{cmd: exec.CommandContext(ctx, path, args...)}
	p.cmd.Dir = dir
	stdin, err1 := p.cmd.StdinPipe()
	stdout, err2 := p.cmd.StdoutPipe()
	stderr, err3 := p.cmd.StderrPipe()
	if err := firstError(err1, err2, err3); err != nil {
		return nil, err
	}
	p.stdin, p.stdout, p.stderr = stdin, bufio.NewReader(stdout), bufio.NewReader(stderr)
	return p, p.cmd.Start()
}

// end ends the peer by the end of its stdin: its destructors run.
func (p *peer) end() {
	_ = p.stdin.Close()
	go func() { _, _ = io.Copy(io.Discard, p.stderr) }() // Wine 8.0 may leave it open
	_, _ = io.Copy(io.Discard, p.stdout)
	_ = p.cmd.Wait()
}

func (p *peer) line() (string, error) {
	line, err := p.stdout.ReadString('\n')
	return strings.TrimSpace(line), err
}

// object reads a line of JSON from stdout.
func (p *peer) object() (map[string]any, error) {
	line, err := p.line()
	if err != nil {
		return nil, err
	}
	var object map[string]any
	return object, json.Unmarshal([]byte(line), &object)
}

// report reads stderr up to a report of Qt's return values that accept accepts.
func (p *peer) report(accept func(map[string]any) bool) (map[string]any, error) {
	for {
		line, err := p.stderr.ReadString('\n')
		if err != nil {
			return nil, err
		}
		var report map[string]any
		if json.Unmarshal([]byte(line), &report) == nil && accept(report) {
			return report, nil
		}
	}
}

// textOf is the QString that a poller has read, up to the first NUL: that of Qt 6
// goes on with the zeros of the page, that of Qt 5 ends there.
func textOf(answer map[string]any) string {
	text, _, _ := strings.Cut(fmt.Sprint(answer["text"]), "\x00")
	return text
}

// printCalls prints what Qt returned, with the error where it is false.
func printCalls(who string, report map[string]any, calls ...string) {
	for i, call := range calls {
		if i > 0 {
			who = ""
		}
		fmt.Printf("   %-11s %s() = %v", who, call, report[call])
		if report[call] == false {
			fmt.Printf(", %v %q", report[call+"Error"], report[call+"ErrorString"])
		}
		fmt.Println()
	}
}

// hasIPCKeys tells whether a peer's Qt is 6.6 or later, and so has a lock for native
// keys.
func hasIPCKeys(peer string) (bool, error) {
	cmd := exec.Command(peer, "verbs")
	cmd.Stdin = strings.NewReader(`{"id":1,"op":"hello"}` + "\n")
	line, err := cmd.Output()
	if err != nil {
		return false, err
	}
	var hello struct{ QtVersion string }
	if err := json.Unmarshal(line, &hello); err != nil {
		return false, err
	}
	var major, minor int
	_, err = fmt.Sscanf(hello.QtVersion, "%d.%d", &major, &minor)
	return major == 6 && minor >= 6, err
}
