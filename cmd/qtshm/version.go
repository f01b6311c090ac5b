package main

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

// release is the version of a package, which its script sets; else it is that of the
// module.
var release string

// versionJSON is what version --json prints.
type versionJSON struct {
	Version    string   `json:"version"`
	Revision   string   `json:"revision,omitempty"` // of the source, where the build knows it
	Go         string   `json:"go"`
	QtCompiled string   `json:"qtCompiled"` // empty in a build without Qt
	QtRunning  string   `json:"qtRunning"`
	IPC        []string `json:"ipc"` // the kinds of IPC supported
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "the versions of qtshm and of Qt, and the kinds of IPC supported",
		Example: "  qtshm version\n  qtshm version --json",
		Args:    usageArgs(noArgs),
		RunE:    func(*cobra.Command, []string) error { return a.version() },
	}
}

func (a *app) version() error {
	v := versions()
	if a.json {
		return a.printJSON(v)
	}
	text := strings.TrimSpace("qtshm " + v.Version + " " + v.Revision)
	return a.printf("%s\nGo %s\n%s\nIPC: %s (QSharedMemory, QSystemSemaphore)\n", text, v.Go, qtText(v), ipcText)
}

func qtText(v versionJSON) string {
	if v.QtRunning == "" {
		return "built without Qt"
	}
	return fmt.Sprintf("Qt %s, compiled against %s", v.QtRunning, v.QtCompiled)
}

func versions() versionJSON {
	v := versionJSON{Version: "(devel)", IPC: []string{}}
	v.QtCompiled, v.QtRunning = qtbridge.QtVersion()
	if v.QtRunning != "" {
		v.IPC = append(v.IPC, ipcName)
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.Version, v.Go = info.Main.Version, info.GoVersion
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v.Revision = s.Value
			}
		}
	}
	if release != "" {
		v.Version = release
	}
	return v
}
