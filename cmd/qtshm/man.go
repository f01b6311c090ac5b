//go:build man

package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manCmd writes the manual pages; scripts/man runs it. It is not in ordinary
// builds, which need not carry what formats them.
func (a *app) manCmd() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Hidden: true,
		Args:   usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			c.Root().InitDefaultCompletionCmd()
			return doc.GenManTree(c.Root(), &doc.GenManHeader{Section: "1", Manual: "qtinterop", Source: "qtinterop"}, args[0])
		},
	}
}

func init() {
	moreCommands = append(moreCommands, (*app).manCmd)
}
