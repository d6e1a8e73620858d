package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// The exit statuses, a contract with scripts.
const (
	exitDone        = 0
	exitNo          = 1 // the answer is no: infeasible, check failed
	exitUsage       = 2 // bad usage or input: one line on stderr names file, line and field
	exitInterrupted = 3 // interrupted; the best result so far is written
)

// outcome is an error that says with which status the process ends. An empty text prints nothing: the output says it all.
type outcome struct {
	status int
	text   string
}

// Error implements error.
func (o outcome) Error() string { return o.text }

var (
	errNo          = outcome{status: exitNo}
	errInterrupted = outcome{status: exitInterrupted, text: "interrupted: this is the best result so far"}
)

// usageError is a fault of the command line in one sentence.
func usageError(format string, args ...any) error {
	return outcome{status: exitUsage, text: fmt.Sprintf(format, args...)}
}

// report prints the one line of an error and returns the status it stands for.
func (s *session) report(err error) int {
	if err == nil {
		return exitDone
	}
	status := exitUsage
	var o outcome
	if errors.As(err, &o) {
		status = o.status
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	var bad *kong.ParseError
	if errors.As(err, &bad) {
		text += ` (see "` + strings.TrimSpace("fettle "+commandOf(bad)) + ` --help")`
	}
	if text != "" {
		fmt.Fprintln(s.stderr, "fettle: "+text)
	}
	return status
}

// commandOf is the name of the command that was being parsed, "" before one was found.
func commandOf(err *kong.ParseError) string {
	if err.Context == nil || err.Context.Selected() == nil {
		return ""
	}
	return err.Context.Selected().Name
}
