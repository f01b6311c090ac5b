//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"

	"qtinterop/internal/conformance"
	"qtinterop/internal/peertest"
)

// program is one side of a pair, and which Qt it has.
type program struct {
	Path string
	conformance.About
	sum string // of the file
}

// Name is the Qt that it runs with, and the one that it was built with if that is
// another.
func (p program) Name() string {
	if p.Compiled != p.Running {
		return p.Compiled + ", run with " + p.Running
	}
	return p.Running
}

func programs(paths []string, about func(string) (conformance.About, error)) ([]program, error) {
	var all []program
	for _, path := range paths {
		qt, err := about(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		sum, err := sumOf(path)
		if err != nil {
			return nil, err
		}
		all = append(all, program{Path: path, About: qt, sum: sum})
	}
	return all, nil
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

// aboutGo asks a conform for its Qt.
func aboutGo(path string) (conformance.About, error) {
	var about conformance.About
	out, err := exec.Command(path, "about").Output()
	if err != nil {
		return about, err
	}
	return about, json.Unmarshal(out, &about)
}

// aboutPeer asks a testpeer for the version of its Qt.
func aboutPeer(path string) (conformance.About, error) {
	cmd := exec.Command(path, "verbs")
	cmd.Stdin = bytes.NewReader([]byte(`{"id":1,"op":"hello"}` + "\n"))
	out, err := cmd.Output()
	if err != nil {
		return conformance.About{}, err
	}
	var hello peertest.Reply
	err = json.Unmarshal(out, &hello)
	return conformance.About{Compiled: hello.QtVersion, Running: hello.QtVersion}, err
}
