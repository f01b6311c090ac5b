package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// isTerminal tells whether w, or a reader, is a terminal.
func isTerminal(w any) bool {
	if patient, ok := w.(patientWriter); ok {
		w = patient.w
	}
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// hasColour tells whether to colour what is written to w: only on a terminal,
// and not where NO_COLOR is set to anything (no-color.org).
func hasColour(w io.Writer) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)
}
