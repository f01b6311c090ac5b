//go:build cgo && (linux || windows)

package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

func TestBadInput(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	own, foreign := "systemv", "windows" // types of native keys
	if !hasKeyFiles {
		own, foreign = foreign, own
	}
	for _, bad := range []struct {
		status int
		says   string
		args   []string
	}{
		{exitUsage, "command", nil},
		{exitUsage, "unknown command", []string{"frobnicate"}},
		{exitUsage, "takes no arguments", []string{"ls", "more"}},
		{exitUsage, "arg", []string{"get"}},
		{exitUsage, "unknown flag", []string{"get", key, "--frob"}},
		{exitUsage, "unknown form", []string{"get", "foo:bar"}},
		{exitUsage, "no keys of the type", []string{"get", foreign + ":/x"}},
		{exitUsage, "%25", []string{"get", own + ":/100%"}},
		{exitUsage, "legacy key", []string{"get", own + ":/x?legacyKey=y"}},
		{exitUsage, "no name", []string{"get", "native:"}},
		{exitUsage, "empty", []string{"get", ""}},
		{exitUsage, "no format", []string{"get", key, "--as", "png"}},
		{exitUsage, "no encoding", []string{"get", key, "--encoding", "klingon"}},
		{exitUsage, "no size", []string{"get", key, "--length", "64X"}},
		{exitUsage, "no size", []string{"get", key, "--length", "99999999999999G"}},
		{exitUsage, "negative", []string{"get", key, "--timeout", "-1s"}},
		{exitNotFound, missing(), []string{"get", key}},
		{exitNotFound, missing(), []string{"put", key, "x"}},
		{exitNotFound, missing(), []string{"get", "native:" + nativeName(e)}},
		{exitNotFound, missing(), append([]string{"lock", key, "--"}, childThat("exits", "0")...)},
		{exitNotFound, "no segment", []string{"rm", key}},
		{exitNotFound, "no segment", []string{"rm", "--force", key}},
		{exitNotFound, "--create", []string{"sem", key, "value"}},
		{exitNotFound, "--create", []string{"sem", key, "acquire"}},
		{exitUsage, "--size is missing", []string{"create", key}},
		{exitUsage, "at least 1", []string{"create", key, "--size", "0"}},
		{exitUsage, "no size", []string{"create", key, "--size", "many"}},
		{exitUsage, "no size", []string{"create", key, "--size", ""}},
		{exitUsage, "nothing to write", []string{"publish", key}},
		{exitUsage, "more than one", []string{"publish", key, "x", "--lines"}},
		{exitUsage, "at least 1", []string{"publish", key, ""}},
		{exitUsage, "at least 1", []string{"publish", key, "x", "--size", "0"}},
		{exitUsage, "longer than --size", []string{"publish", key, "xy", "--size", "1"}},
		{exitUsage, "not in this encoding", []string{"publish", key, "共", "--encoding", "latin1"}},
		{exitUsage, "no such file", []string{"publish", key, "--file", "/none/at/all"}},
		{exitNoCommand, "cannot be run", []string{"sem", key, "acquire", "--", "none-at-all"}},
		{exitUsage, "value out of range", append([]string{"lock", key, "-E", "256", "--"}, childThat("exits", "0")...)},
		{exitUsage, "contradict", append([]string{"lock", key, "-n", "--timeout", "1s", "--"}, childThat("exits", "0")...)},
		{exitUsage, "--fail", []string{"watch", key, "--fail"}},
		{exitUsage, "no command", []string{"lock", key}},
		{exitUsage, "no command", []string{"lock", key, "--"}},
		{exitUsage, "behind --", []string{"lock", key, "true"}},
		{exitNoCommand, "cannot be run", []string{"lock", key, "--", "/none/at/all"}},
		{exitNoCommand, "cannot be run", []string{"watch", key, "--", "none-at-all"}},
		{exitUsage, "no command", []string{"watch", key, "--"}},
		{exitUsage, "with a command", []string{"watch", key, "--as", "hex", "--", "true"}},
		{exitUsage, "invalid argument", []string{"watch", key, "--count", "-1"}},
		{exitLocked, "no segment within", []string{"watch", key, "--timeout", "100ms"}},
		{exitLocked, "0 of 2", []string{"watch", key, "--timeout", "100ms", "--count", "2"}},
		{exitUsage, "cannot be done", []string{"sem", key, "steal"}},
		{exitUsage, "no count", []string{"sem", key, "acquire", "x"}},
		{exitUsage, "count", []string{"sem", key, "acquire", "--create", "-1"}},
		{exitUsage, "neither", []string{"sem", key, "value", "2"}},
		{exitUsage, "native key", []string{"sem", "native:" + key, "value"}},
	} {
		refused(t, bad.status, bad.says, bad.args...)
		nothing(t, key)
	}
	assert.Empty(t, e.Files(e.Tmp))
	assert.Empty(t, e.Files(e.Work))
}

func TestRefusedWhileInUse(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		segmentOf(e, qt, key, []byte("abcd"))
		segment, _ := files(t, key)
		refused(t, exitInUse, "end the programs", "rm", key)
		refused(t, exitInUse, "end the programs", "rm", "--force", key)
		who := "created by process"
		if !hasKeyFiles {
			who = "exists"
		}
		size := pagedSize(4)
		refused(t, exitExists, who, "create", key, "--size", "4")
		refused(t, exitExists, who, "publish", key, "x")
		refused(t, exitUsage, "past the end", "get", key, "--offset", strconv.Itoa(size+1))
		refused(t, exitUsage, "too much", "get", key, "--offset", "2", "--length", strconv.Itoa(size-1))
		assert.Equal(t, paged("abcd"), string(e.Raw(segment)))
		assert.Equal(t, 1, observer.Look(segment).Attached)
	})
}

func TestErrorsAsJSON(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	r := do(t, "--json", "get", key)
	require.Equal(t, exitNotFound, r.status)
	shown := object(t, r.err)
	assert.Equal(t, "not-found", shown["code"])
	assert.EqualValues(t, exitNotFound, shown["status"])
	assert.Equal(t, "attach", shown["op"])
	assert.Equal(t, key, shown["key"])
	assert.Contains(t, shown["error"], missing())

	r = do(t, "get", key, "--json", "--offset", "x")
	require.Equal(t, exitUsage, r.status)
	assert.Equal(t, "usage", object(t, r.err)["code"])
	r = do(t, "get", key, "--json", "--as", "hex")
	assert.Equal(t, exitUsage, r.status)
	assert.Contains(t, object(t, r.err)["error"], "contradict")
}

// Each code, verdict and means has a slug of its own.
func TestSlugs(t *testing.T) {
	for code := qtbridge.ErrUnknown; !strings.HasPrefix(code.Error(), "code "); code++ {
		assert.Contains(t, codeSlugs, code)
	}
	for evidence := qtbridge.SameKey; !strings.HasPrefix(evidence.String(), "evidence "); evidence++ {
		assert.Contains(t, evidenceSlugs, evidence)
	}
	var verdicts []string
	for v := qtbridge.Unclear; !strings.HasPrefix(v.String(), "verdict "); v++ {
		verdicts = append(verdicts, slugOf(v.String()))
	}
	assert.ElementsMatch(t, []string{"unclear", "free", "leftover", "live", "in-use-elsewhere", "orphaned", "locked", "abandoned",
		"lock-lost", "key-file-lost", "segment-lost", "split-in-two", "lock-jammed", "foreign-lock", "unattended", "segment-of-another-key", "lock-open"}, verdicts)
	for m, slug := range map[qtbridge.Means]string{qtbridge.ByPoll: "poll", qtbridge.ByLock: "lock", qtbridge.ByKeyFile: "key-file"} {
		assert.Equal(t, slug, slugOf(m.String()))
	}
}

func TestSize(t *testing.T) {
	for text, bytes := range map[string]size{
		"0": 0, "7": 7, "7B": 7, "64K": 65536, "64k": 65536, "64KiB": 65536, "64kB": 64000, "1M": 1 << 20, "1MiB": 1 << 20,
		"1MB": 1e6, "2G": 2 << 30, "2GiB": 2 << 30, "2GB": 2e9,
	} {
		s, err := parseSize(text)
		assert.NoError(t, err)
		assert.Equal(t, bytes, s, text)
	}
	for _, text := range []string{"", "K", "1T", "-1", "1 K", "1.5K", "0x10", "1KK", "iB", "9999999999G"} {
		_, err := parseSize(text)
		assert.Error(t, err, text)
	}
}
