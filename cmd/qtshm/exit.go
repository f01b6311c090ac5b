package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"qtinterop/qtbridge"
	"qtinterop/qtbridge/datastream"
	"qtinterop/qtbridge/layout"
)

// The exit statuses. Scripts rely on them: they never change.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitExists      = 4
	exitPermission  = 5
	exitLocked      = 6 // timed out, or lock not obtained
	exitInUse       = 7
	exitUnused      = 8   // --require-live, and nobody is attached
	exitCannotRun   = 126 // a command that is there, as a shell has it
	exitNoCommand   = 127 // as a shell has it
	exitInterrupted = 130
)

// exitText is what the statuses mean, for the help.
const exitText = `0 done, 1 other error, 2 usage, 3 not found, 4 already exists,
5 permission, 6 timed out or lock not obtained, 7 refused because it is in use,
8 nobody is attached (--require-live), 126 CMD cannot be run, 127 there is no CMD,
130 interrupted, any other that of CMD`

// codeStatuses are the exit statuses of qtbridge's errors; others are exitError.
var codeStatuses = map[qtbridge.Code]int{
	qtbridge.ErrNotFound:    exitNotFound,
	qtbridge.ErrExists:      exitExists,
	qtbridge.ErrPermission:  exitPermission,
	qtbridge.ErrKey:         exitUsage,
	qtbridge.ErrSize:        exitUsage,
	qtbridge.ErrRange:       exitUsage,
	qtbridge.ErrCount:       exitUsage,
	qtbridge.ErrText:        exitUsage,
	qtbridge.ErrNoLock:      exitUsage,
	qtbridge.ErrUnsupported: exitUsage,
	qtbridge.ErrLocked:      exitLocked,
	qtbridge.ErrUnstable:    exitLocked,
	qtbridge.ErrBusy:        exitInUse,
}

// usageError is a wrong command line.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// refusal is an error of the tool itself, with its exit status.
type refusal struct {
	status int
	msg    string
}

func (e refusal) Error() string { return e.msg }

// refusedf is an error with one of the exit statuses.
func refusedf(status int, format string, args ...any) error {
	return refusal{status, fmt.Sprintf(format, args...)}
}

// conflict is that a lock was not obtained, with the exit status that was asked for.
type conflict struct {
	status int
	error
}

func (c conflict) Unwrap() error { return c.error }

// childStatus is how a program that we ran ended; it is passed on without a word.
type childStatus int

func (s childStatus) Error() string { return fmt.Sprintf("the command ended with status %d", int(s)) }

// statusOf is the exit status of an error.
func statusOf(err error) int {
	if err == nil || isClosedPipe(err) {
		return exitOK
	}
	if child, ok := errors.AsType[childStatus](err); ok {
		return int(child)
	}
	if asked, ok := errors.AsType[conflict](err); ok {
		return asked.status
	}
	if _, ok := errors.AsType[signalError](err); ok {
		return exitInterrupted
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if refused, ok := errors.AsType[refusal](err); ok {
		return refused.status
	}
	if _, ok := errors.AsType[*layout.Error](err); ok {
		return exitUsage // bytes that --format does not fit
	}
	if e, ok := errors.AsType[*datastream.Error](err); ok && e.Code != datastream.ErrUnavailable && e.Code != datastream.ErrQt {
		return exitUsage // the same of a message, or values that it cannot have
	}
	if isPictureError(err) {
		return exitUsage
	}
	if e, ok := errors.AsType[*qtbridge.Error](err); ok {
		return statusOfCode(e.Code)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return exitPermission
	case errors.Is(err, context.DeadlineExceeded):
		return exitLocked
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitError
}

func statusOfCode(code qtbridge.Code) int {
	if status, ok := codeStatuses[code]; ok {
		return status
	}
	return exitError
}

// isClosedPipe tells whether err is that nobody reads our stdout any more.
func isClosedPipe(err error) bool {
	if errors.Is(err, io.ErrClosedPipe) {
		return true
	}
	path, ok := errors.AsType[*fs.PathError](err)
	return ok && path.Path == "/dev/stdout" && slices.Contains(brokenPipes, path.Err)
}

// withCause is err with the signal that ended ctx in it, if that is the reason.
func withCause(ctx context.Context, err error) error {
	cause, ok := errors.AsType[signalError](context.Cause(ctx))
	if ok && errors.Is(err, context.Canceled) {
		return cause
	}
	return err
}

// report says err on stderr: a line, or with --json an object.
func (a *app) report(err error) {
	if err == nil || isClosedPipe(err) {
		return
	}
	if _, ok := errors.AsType[childStatus](err); ok {
		return
	}
	if a.json {
		a.reportJSON(err)
		return
	}
	fmt.Fprintln(a.err, "qtshm: "+sentence(err))
}

// sentence is the text of an error for people: one line, also of joined errors.
func sentence(err error) string {
	return printable(strings.ReplaceAll(toolWords.Replace(err.Error()), "\n", "; "))
}

// errorJSON is an error as --json shows it; docs/qtshm.md documents it.
type errorJSON struct {
	Error  string `json:"error"` // for people; it may change
	Code   string `json:"code"`
	Status int    `json:"status"`
	Op     string `json:"op,omitempty"`
	Key    string `json:"key,omitempty"`
}

func (a *app) reportJSON(err error) {
	status := statusOf(err)
	shown := errorJSON{Error: sentence(err), Code: statusSlugs[status], Status: status}
	if e, ok := errors.AsType[*qtbridge.Error](err); ok {
		shown.Code, shown.Op = codeSlugs[e.Code], e.Op
		if e.Key != (qtbridge.Key{}) {
			shown.Key = e.Key.String()
		}
	}
	_ = json.NewEncoder(a.err).Encode(shown)
}
