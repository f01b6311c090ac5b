//go:build cgo && (linux || windows)

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// qtshm runs a command in this process.
func qtshm(t testing.TB, args ...string) (status int, out, errOut string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

// plainName is a name of letters alone, which a file name tells in full.
func plainName(env *peertest.Env) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return 'a' + r - '0'
		}
		return r
	}, env.Name())
}

// makes has a peer create a segment.
func makes(peer *peertest.Peer, key qtbridge.Key, size int) {
	peer.Do("shm.new", key.String(), nil)
	op := "shm.setKey"
	if key.IsNative() {
		op = "shm.setNativeKey"
	}
	peer.Do(op, key.String(), peertest.Args{"key": key.Name()})
	peer.Must("shm.create", key.String(), peertest.Args{"size": size})
}

func forEachPeer(t *testing.T, test func(t *testing.T, env *peertest.Env, qt int)) {
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("peer-qt%d", qt), func(t *testing.T) { test(t, peertest.New(t), qt) })
	}
}

// found requires that doctor finds exactly these problems.
func found(t *testing.T, args []string, want ...string) []finding {
	t.Helper()
	status, out, errOut := qtshm(t, append([]string{"doctor", "--json"}, args...)...)
	require.Empty(t, errOut)
	var findings []finding
	problems := []string{}
	for line := range strings.Lines(out) {
		var f finding
		require.NoError(t, json.Unmarshal([]byte(line), &f))
		findings = append(findings, f)
		if f.Severity == problem && len(f.Done) == 0 {
			problems = append(problems, f.ID)
		}
		assert.NotEmpty(t, f.Text)
	}
	require.Equal(t, append([]string{}, want...), problems, out)
	assert.Equal(t, min(len(want), 1), status)
	return findings
}

func TestDoctorHealthy(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(env.Name())
		peer := env.Verbs(qt)
		found(t, []string{key.String()}, "no-segment")
		makes(peer, key, 5)
		found(t, []string{key.String()})
		_, out, _ := qtshm(t, "doctor", key.String())
		assert.Equal(t, "nothing is wrong\n", out)
		peer.Must("shm.lock", key.String(), nil)
		assert.Equal(t, "locked", found(t, []string{key.String()})[0].ID)
	})
}

func TestDoctorKeyKind(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		t.Chdir(env.Work)
		name := env.Name()
		peer := env.Verbs(qt)
		makes(peer, qtbridge.QtKey(name), 5)
		f := found(t, []string{"native:" + name}, "key-kind")
		assert.Equal(t, "qtshm get "+name, f[0].Command)
		other := env.Name()
		makes(peer, qtbridge.NativeKey(other), 5)
		found(t, []string{other}, "key-kind")
	})
}

func TestDoctorBadInput(t *testing.T) {
	unknown := exitNotFound
	if !hasKeyFiles {
		unknown = exitUsage // there is no --peer
	}
	for _, bad := range []struct {
		status int
		args   []string
	}{{exitUsage, []string{"doctor", "--peer=-1"}}, {unknown, []string{"doctor", "--peer=2147483647"}}, {exitUsage, []string{"top"}}} {
		status, out, errOut := qtshm(t, bad.args...)
		assert.Equal(t, bad.status, status)
		assert.Empty(t, out)
		assert.NotEmpty(t, errOut)
	}
	_, _, errOut := qtshm(t, "top")
	assert.Contains(t, errOut, "qtshm ls --json")
}
