package main

import (
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"qtinterop/qtbridge"
)

// complete says what a shell may complete at the end of line: keys that exist, and
// values of flags.
func complete(root *cobra.Command, line []string) {
	behindDash := slices.Contains(line[:max(0, len(line)-1)], "--") // which cobra does not tell
	for _, c := range root.Commands() {
		c.ValidArgsFunction = cobra.NoFileCompletions
		if entries, ok := keysOf[c.Name()]; ok {
			c.ValidArgsFunction = completeArgs(entries, behindDash)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if kind := f.Value.Type(); kind == "string" && f.Name != "hex" || kind == "stringArray" {
				return // a file, which the shell knows best
			}
			_ = c.RegisterFlagCompletionFunc(f.Name, completeFlag(f.Name))
		})
	}
}

// keysOf tells of what exists the keys that a command is for.
var keysOf = map[string]func(e *qtbridge.Entry) bool{
	"get": hasSegment, "put": hasSegment, "watch": hasSegment, "lock": hasSegment,
	"sem":   func(e *qtbridge.Entry) bool { return e.State.Lock.Exists },
	"guess": hasSegment, "info": isAny, "doctor": isAny, "rm": isAny, "publish": isNone,
}

func hasSegment(e *qtbridge.Entry) bool { return e.State.Segment.Exists }
func isAny(*qtbridge.Entry) bool        { return true }
func isNone(*qtbridge.Entry) bool       { return false }

// completeArgs completes KEY, and behind -- what the shell knows.
func completeArgs(is func(*qtbridge.Entry) bool, behindDash bool) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		switch {
		case behindDash:
			return nil, cobra.ShellCompDirectiveDefault
		case len(args) == 0:
			return liveKeys(is), cobra.ShellCompDirectiveNoFileComp
		case len(args) == 1 && c.Flag("file") != nil && c.Flag("as").Changed:
			return nil, cobra.ShellCompDirectiveDefault // the picture
		case len(args) == 1 && c.Name() == "sem":
			return []cobra.Completion{"acquire", "release", "value"}, cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// liveKeys are the keys of what exists, but those that no line can hold.
func liveKeys(is func(*qtbridge.Entry) bool) []cobra.Completion {
	entries, _ := qtbridge.List()
	var keys []cobra.Completion
	for i := range entries {
		e := &entries[i]
		if key := e.Key.String(); e.Key != (qtbridge.Key{}) && printable(key) == key && is(e) && e.State.Lock.PrivateTo == nil {
			keys = append(keys, cobra.CompletionWithDesc(key, e.State.Verdict.String()))
		}
	}
	return keys
}

// completeFlag completes the value of a flag, where there is a choice.
func completeFlag(name string) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		switch name {
		case "as":
			return c.Flag(name).Value.(*showing).names(), cobra.ShellCompDirectiveNoFileComp
		case "graphics":
			return graphicsNames(), cobra.ShellCompDirectiveNoFileComp
		case "encoding":
			return encodingNames, cobra.ShellCompDirectiveNoFileComp
		case "peer":
			return peers(), cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// peers are the processes that are attached to a segment.
func peers() []cobra.Completion {
	entries, _ := qtbridge.List()
	var found []cobra.Completion
	for i := range entries {
		for _, pid := range entries[i].Users {
			peer := cobra.CompletionWithDesc(strconv.Itoa(pid), printable(entries[i].Programs[pid]))
			if !slices.Contains(found, peer) {
				found = append(found, peer)
			}
		}
	}
	return found
}
