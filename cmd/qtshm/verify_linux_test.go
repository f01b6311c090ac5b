//go:build cgo && linux

package main

import (
	"crypto/rand"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/conformance"
	"qtinterop/internal/pairs"
	"qtinterop/internal/peertest"
	"qtinterop/internal/procfs"
)

// verify runs qtshm verify as a process, which starts itself again.
func verify(t *testing.T, args ...string) (status int, out, errOut string) {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"verify"}, args...)...)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, ended := err.(*exec.ExitError); !ended {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

func TestVerify(t *testing.T) {
	dir := t.TempDir()
	junit, page, document := filepath.Join(dir, "verify.xml"), filepath.Join(dir, "verify.html"), filepath.Join(dir, "verify.json")
	args := []string{"--quick", "--junit", junit, "--html", page, "--json", document}
	for _, qt := range peertest.QtVersions {
		args = append(args, "--peer", peertest.Path(t, qt))
	}
	status, out, errOut := verify(t, args...)
	require.Equal(t, exitOK, status, "%s%s", out, errOut)
	assert.Contains(t, out, "passed ")
	assert.Contains(t, out, " 0 failed, ")

	var suites struct {
		Suites []struct {
			Name            string `xml:"name,attr"`
			Tests, Failures int
		} `xml:"testsuite"`
	}
	data, err := os.ReadFile(junit)
	require.NoError(t, err)
	require.NoError(t, xml.Unmarshal(data, &suites))
	assert.Len(t, suites.Suites, 4*len(peertest.QtVersions)+4, "a suite for each kind of key, and for the two without Go")
	assert.Regexp(t, `passed +Qt 5\.\S+ and 6\.\S+ +setKey +peers: bytes`, out)
	assert.Less(t, len(data), 1<<19)

	var report struct {
		Passed, Failed int
		Cells          []struct{ Results []conformance.Result }
	}
	data, err = os.ReadFile(document)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &report))
	assert.Zero(t, report.Failed)
	assert.Equal(t, report.Passed, strings.Count(out, "passed  "))
	assert.NotEmpty(t, report.Cells[0].Results[0].Transcript)

	data, err = os.ReadFile(page)
	require.NoError(t, err)
	assert.Contains(t, string(data), "</html>")
}

func TestVerifyOnly(t *testing.T) {
	peer := peertest.Path(t, 6)
	t.Setenv("PATH", filepath.Dir(peer)+":"+os.Getenv("PATH"))
	status, out, errOut := verify(t, "--only", "key derivation", "--peer", filepath.Base(peer), "--peer", peer)
	require.Equal(t, exitOK, status, "%s%s", out, errOut)
	assert.Equal(t, 2, strings.Count(out, "key derivation"), "it is about one kind of key\n%s", out)
	assert.Contains(t, out, "2 passed, 0 failed, 0 not applicable")

	status, out, errOut = verify(t, "--only", "peers: size", "--peer", peer, "--peer", peertest.Path(t, 5), "--peer", peer)
	require.Equal(t, exitOK, status, "%s%s", out, errOut)
	assert.Equal(t, 4, strings.Count(out, "peers: size"), "each two once\n%s", out)
}

// On a terminal there is a bar beneath the rows, and nothing of it is left in the end.
func TestVerifyProgress(t *testing.T) {
	args := []string{"verify", "--quick", "--peer", peertest.Path(t, 6), "--only", "size", "--only", "key derivation"}
	for columns, bars := range map[uint16][]string{
		80: {"[..............................] 0 of 5: key derivation\r", "[############..................] 2 of 5: ", "[##############################] 5 of 5\r"},
		20: {"\x1b[K0 of 5: key derivat\r", "\x1b[K2 of 5: ", "\x1b[K5 of 5\r"},
	} {
		shown := newTerminal(t, columns).run(nil, args...)
		for _, bar := range bars {
			assert.Contains(t, shown, bar)
		}
		assert.Equal(t, 5, strings.Count(shown, "\x1b[Kpassed  ")+strings.Count(shown, "\x1b[Knot applicable  "), "a row takes the place of the bar: %q", shown)
		assert.Regexp(t, `\x1b\[K[45] passed, 0 failed, `, shown, "the bar is gone")
	}

	// A peer that does not answer has none of its rows to come.
	missing := filepath.Join(t.TempDir(), "missing")
	assert.Contains(t, newTerminal(t, 80).run(nil, "verify", "--peer", missing, "--only", "size"), "] 4 of 4\r")
	// It is about a program as well.
	shown := newTerminal(t, 80).run(nil, "verify", "--program", "exit 3", "--key", rand.Text())
	assert.Contains(t, shown, "] 0 of 7: its segment appears\r")

	status, out, errOut := verify(t, args[1:]...)
	require.Equal(t, exitOK, status, "%s%s", out, errOut)
	assert.NotContains(t, out+errOut, "\x1b", "it is for terminals")
}

// A signal ends it, and nothing is left of what it has started or made: with namespaces for the
// peers, without, and with a finished program; by kill(1), and by Ctrl-C, which all processes get.
func TestVerifyInterrupted(t *testing.T) {
	noUnshare := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(noUnshare, "unshare"), []byte("#!/bin/sh\nexit 1\n"), 0o777))
	lines := "n=0; while :; do echo model-$n; n=$((n+1)); sleep 0.1; done | " + peertest.Path(t, 6) + " writer --set-key -- "
	for _, byTerminal := range []bool{false, true} {
		for name, path := range map[string]string{"peers": os.Getenv("PATH"), "peers without namespaces": noUnshare + ":" + os.Getenv("PATH"), "program": os.Getenv("PATH")} {
			t.Run(fmt.Sprintf("%s/terminal=%v", name, byTerminal), func(t *testing.T) {
				e := peertest.New(t)
				key, mark, junit := plainName(e), rand.Text(), filepath.Join(t.TempDir(), "verify.xml")
				args := []string{"verify", "--peer", peertest.Path(t, 5), "--peer", peertest.Path(t, 6)}
				if name == "program" {
					args = []string{"verify", "--program", lines + key, "--key", key}
				}
				before := objects(t)
				cmd := exec.Command(binary, append(args, "--junit", junit)...)
				cmd.Env = append(os.Environ(), "PATH="+path, "QTINTEROP_TEST="+mark, "TMPDIR="+e.Tmp)
				cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
				var out, errOut peertest.SyncBuffer
				cmd.Stdout, cmd.Stderr = &out, &errOut
				require.NoError(t, cmd.Start())
				defer func() { _ = cmd.Process.Kill() }()
				require.Eventually(t, func() bool { return strings.Count(out.String(), "passed  ") > 2 }, limit, 10*time.Millisecond)
				require.NotEmpty(t, marked(mark))
				pid := cmd.Process.Pid
				if byTerminal {
					pid = -pid
				}
				require.NoError(t, syscall.Kill(pid, syscall.SIGINT))
				sent := time.Now()
				_ = cmd.Wait()
				assert.Less(t, time.Since(sent), limit)
				assert.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode(), "%s%s", &out, &errOut)
				assert.Contains(t, errOut.String(), "interrupt")
				assert.Regexp(t, `\n[0-9]+ passed, 0 failed, [0-9]+ not applicable, in `, out.String())
				assert.NotContains(t, out.String(), "failed  ", "no row fails for it")
				assert.Eventually(t, func() bool { return len(marked(mark)) == 0 }, limit, 10*time.Millisecond, "processes %v", marked(mark))
				assert.Equal(t, before, objects(t))
				assert.Empty(t, e.Files(e.Tmp))
				data, err := os.ReadFile(junit)
				require.NoError(t, err)
				assert.Contains(t, string(data), "interrupted before")
			})
		}
	}
}

// marked are the processes that have a mark in their environment.
func marked(mark string) (pids []int) {
	for _, pid := range procfs.Processes() {
		if value, err := procfs.Variable(pid, "QTINTEROP_TEST"); err == nil && value == mark {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Package testing is for tests.
func TestQtshmLinksNoTesting(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	assert.NotContains(t, strings.Split(string(out), "\n"), "testing")
}

// A peer that is not what it should be passes nothing, and nothing hangs.
func TestVerifyBadPeers(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"garbage":  "#!/bin/sh\necho garbage\ncat >/dev/null\n",
		"ends":     "#!/bin/sh\nexit 3\n",
		"no hello": "#!/bin/sh\nread line\necho '{\"ret\":true}'\n",
		"no ELF":   "\x7fELF of another machine",
		"newer":    "#!/bin/sh\nread line\necho '{\"id\":1,\"protocol\":2,\"qtVersion\":\"6.4.2\"}'\n",
		"hangs":    "#!/bin/sh\nexec sleep 100\n",
		"missing":  "",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
			if text != "" {
				require.NoError(t, os.WriteFile(path, []byte(text), 0o777))
			}
			junit := filepath.Join(dir, "junit.xml")
			status, out, errOut := verify(t, "--peer", path, "--junit", junit)
			assert.Equal(t, exitError, status)
			assert.Contains(t, out, "failed")
			assert.Contains(t, out, "the peer answers: "+path)
			assert.Contains(t, out, "0 passed")
			assert.Contains(t, errOut, " failed")
			data, err := os.ReadFile(junit)
			require.NoError(t, err)
			assert.Contains(t, string(data), "<failure")
		})
	}
}

// A peer that leaves a segment behind fails its rows, where somebody can look.
func TestVerifyPeerThatLeavesSegments(t *testing.T) {
	if !pairs.Apart() {
		peertest.Skip(t, "there can be no namespaces of their own here")
	}
	path := filepath.Join(t.TempDir(), "peer")
	text := "#!/bin/sh\nipcmk -M 64 >/dev/null\nexec " + peertest.Path(t, 6) + " \"$@\"\n"
	require.NoError(t, os.WriteFile(path, []byte(text), 0o777))
	status, out, _ := verify(t, "--only", "key derivation", "--peer", path)
	assert.Equal(t, exitError, status)
	assert.Contains(t, out, "key derivation: left behind: shm with the key")
	assert.Contains(t, out, "0 passed")
}

func TestVerifyUsage(t *testing.T) {
	peer := peertest.Path(t, 6)
	for _, args := range [][]string{
		{},
		{"--peer", peer, "--only", "no such row"},
		{"--peer", peer, "--junit", "/nowhere/verify.xml"},
		{"--peer", peer, "more"},
	} {
		status, out, errOut := verify(t, args...)
		assert.NotZero(t, status, "%v", args)
		assert.Empty(t, out, "%v: it says so before it begins", args)
		assert.NotEmpty(t, errOut, "%v", args)
	}
}

// The protocol is a contract: a peer that was written from cpp/testpeer/README.md alone,
// in another language, passes.
func TestVerifyPeerInPython(t *testing.T) {
	peer, err := filepath.Abs("../../cpp/testpeer/peer.py")
	require.NoError(t, err)
	withQt5 := filepath.Join(t.TempDir(), "peer-pyqt5")
	require.NoError(t, os.Symlink(peer, withQt5))
	for module, path := range map[string]string{"PyQt6": peer, "PyQt5": withQt5} {
		if err := exec.Command("/usr/bin/python3", "-c", "import "+module+".QtCore").Run(); err != nil {
			peertest.Skip(t, "there is no "+module+": run scripts/setup")
		}
		t.Run(module, func(t *testing.T) {
			status, out, errOut := verify(t, "--quick", "--peer", path)
			require.Equal(t, exitOK, status, "%s%s", out, errOut)
			assert.Contains(t, out, " 0 failed, ")
			assert.Equal(t, 1, strings.Count(out, "key derivation"))
		})
	}
}

// Finished programs, which know no protocol: the mission's writer and poller, and what is
// none.
func TestVerifyProgram(t *testing.T) {
	const all = "its segment appears; its key files are Qt's; its content; Watch sees its changes; it takes the lock; our lock excludes it; what its crash leaves"
	for _, qt := range peertest.QtVersions {
		peer := peertest.Path(t, qt)
		e := peertest.New(t)
		version := e.Verbs(qt).QtVersion
		name := plainName(e)
		zeros := fmt.Sprintf(`(echo '{"id":1,"op":"shm.new","obj":"s","key":"%s"}'; echo '{"id":2,"op":"shm.create","obj":"s","size":1}'; sleep 60)`, name)
		lines := "n=0; while :; do echo model-$n; n=$((n+1)); sleep 0.1; done"
		for _, row := range []struct {
			name, command, key        string
			args                      []string
			passed, failed, otherwise int
		}{
			{"writer", lines + " | " + peer + " writer --set-key -- " + name, name, []string{"--expect-text", "model-[0-9]+"}, 7, 0, 0},
			{"native writer", "cd " + e.Work + "; " + lines + " | " + peer + " writer -- " + name, "native:" + filepath.Join(e.Work, name), nil, -1, 0, -1},
			{"poller", "sleep 60 | " + peer + " poller --set-key --interval 20 -- " + name, name, []string{"--reads", "--expect-text", "qtshm-verify"}, 5, 0, 0},
			{"other content", lines + " | " + peer + " writer --set-key -- " + name, name, []string{"--expect-text", "^other$"}, 2, 1, 0},
			{"zeros", zeros + " | " + peer + " verbs", name, nil, 3, 0, 4},
			{"another key", zeros + " | " + peer + " verbs", name + "another", nil, 0, 1, 0},
			{"ends", "exit 3", name, nil, 0, 1, 0},
			{"ends, reading", "exit 3", name, []string{"--reads"}, 0, 1, 0},
		} {
			if row.name == "zeros" && qt != 5 || row.name == "another key" && qt != 6 {
				continue // they take long
			}
			t.Run(row.name+"-qt"+string(rune('0'+qt)), func(t *testing.T) {
				junit := filepath.Join(t.TempDir(), "verify.xml")
				before := objects(t)
				status, out, errOut := verify(t, append(row.args, "--program", row.command, "--key", row.key, "--junit", junit)...)
				assert.Equal(t, row.failed > 0, status == exitError, "%s%s", out, errOut)
				if row.passed >= 0 {
					assert.Contains(t, out, fmt.Sprintf("%d passed, %d failed, %d not applicable", row.passed, row.failed, row.otherwise), "%s%s", out, errOut)
				} else {
					assert.Contains(t, out, " 0 failed", "%s%s", out, errOut)
				}
				if row.passed > 0 {
					assert.Contains(t, out, "Qt "+version+" ")
				}
				if strings.HasPrefix(row.name, "ends") {
					assert.Contains(t, out, "Qt unknown ")
				}
				if row.passed == 7 {
					for name := range strings.SplitSeq(all, "; ") {
						assert.Contains(t, out, name)
					}
				}
				assert.Equal(t, row.name == "another key", strings.Contains(out, "it has made ["+name+"]"), out)
				assert.FileExists(t, junit)
				nothing(t, row.key)
				// From 6.6 on a killed peer can leave a lock of a native key whose file is gone.
				if !peertest.HasIPCKeys(t, qt) {
					assert.Equal(t, before, objects(t), "it leaves nothing behind")
				}
			})
		}
	}
}

// objects are how many segments and semaphores there are.
func objects(t *testing.T) int {
	t.Helper()
	n := 0
	for _, table := range []string{"shm", "sem"} {
		data, err := os.ReadFile("/proc/sysvipc/" + table)
		require.NoError(t, err)
		n += strings.Count(string(data), "\n")
	}
	return n
}

func TestVerifyProgramUsage(t *testing.T) {
	for _, args := range [][]string{
		{"--program", "true"},
		{"--program", "true", "--key", "K", "--expect-text", "("},
		{"--program", "true", "--key", "K", "--peer", "x"},
		{"--program", "true", "--key", "K", "--reads", "--publishes"},
	} {
		status, out, errOut := verify(t, args...)
		assert.NotZero(t, status, "%v", args)
		assert.Empty(t, out, "%v", args)
		assert.NotEmpty(t, errOut, "%v", args)
	}
}
