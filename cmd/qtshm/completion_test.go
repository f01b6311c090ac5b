//go:build cgo && (linux || windows)

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"qtinterop/internal/peertest"
)

// completions are what a shell is told to complete the last of args to.
func completions(t *testing.T, args ...string) (offered []string, directive string) {
	t.Helper()
	r := do(t, append([]string{"__complete"}, args...)...)
	assert.Equal(t, exitOK, r.status)
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	return lines[:len(lines)-1], lines[len(lines)-1]
}

const (
	onlyOffered = ":4"
	filesAsWell = ":0"
)

func TestCompletionOfKeys(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		name := plainName(e)
		segmentOf(e, qt, name, []byte("x"))
		for _, command := range []string{"get", "put", "watch", "lock", "guess", "info", "rm", "sem", "doctor"} {
			offered, directive := completions(t, command, name[:5])
			assert.Contains(t, offered, name+"\tlive", command)
			assert.Equal(t, onlyOffered, directive)
		}
		for _, command := range []string{"publish", "create", "ls", "version"} {
			offered, directive := completions(t, command, "")
			assert.Empty(t, offered, command)
			assert.Equal(t, onlyOffered, directive)
		}
		offered, _ := completions(t, "sem", name, "")
		assert.Equal(t, []string{"acquire", "release", "value"}, offered)
		offered, directive := completions(t, "lock", name, "--", "")
		assert.Empty(t, offered)
		assert.Equal(t, filesAsWell, directive, "a command and its arguments")
	})
}

func TestCompletionOfFlags(t *testing.T) {
	for _, flag := range []struct {
		args    []string
		offered []string
	}{
		{[]string{"get", "x", "--as", ""}, []string{"raw", "hex", "text", "json", "image", "datastream"}},
		{[]string{"watch", "x", "--as="}, []string{"raw", "hex", "text", "json", "image", "datastream"}},
		{[]string{"put", "x", "--as", ""}, []string{"image", "datastream"}},
		{[]string{"get", "x", "--graphics", ""}, graphicsNames()},
		{[]string{"put", "x", "--encoding", ""}, encodingNames},
		{[]string{"get", "x", "--offset", ""}, []string{}},
		{[]string{"watch", "x", "--poll", ""}, []string{}},
	} {
		offered, directive := completions(t, flag.args...)
		assert.Equal(t, flag.offered, offered, "%v", flag.args)
		assert.Equal(t, onlyOffered, directive)
	}
	for _, args := range [][]string{
		{"put", "x", "--file", ""}, {"publish", "x", "--file", ""}, {"put", "x", "--as", "image", ""}, {"publish", "--as=image", "x", ""},
	} {
		_, directive := completions(t, args...)
		assert.Equal(t, filesAsWell, directive)
	}
	offered, _ := completions(t, "publish", "x", "--enc")
	assert.Len(t, offered, 1)
	for _, name := range encodingNames {
		assert.NoError(t, new(textEncoding).Set(name))
	}
}

// A command that does not exist is one that is meant.
func TestDidYouMean(t *testing.T) {
	refused(t, exitUsage, "did you mean get?", "gett", "x")
	refused(t, exitUsage, "did you mean watch?", "follow", "x")
	refused(t, exitUsage, "did you mean rm?", "delete", "x")
	refused(t, exitUsage, `unknown command "frobnicate"; see`, "frobnicate")
}
