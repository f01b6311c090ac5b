package main

import "fmt"

// printJSON prints a result of --json: one line.
func (a *app) printJSON(v any) error { return writeJSON(a.out, v) }

// printf prints a result for people.
func (a *app) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(a.out, format, args...)
	return err
}

// hint tells a person at a terminal what goes on.
func (a *app) hint(format string, args ...any) {
	if isTerminal(a.err) && !a.json {
		fmt.Fprintf(a.err, "qtshm: "+format+"\n", args...)
	}
}

// note tells people what they did not ask for, and ought to know.
func (a *app) note(format string, args ...any) {
	if !a.json {
		fmt.Fprintln(a.err, printable(fmt.Sprintf("qtshm: "+format, args...)))
	}
}
