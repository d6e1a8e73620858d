package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// session is one run of the command: its clock and its streams.
type session struct {
	start  time.Time
	stdin  *os.File
	stdout *os.File
	stderr *os.File
}

// elapsed is the time since the process began.
func (s *session) elapsed() time.Duration { return time.Since(s.start) }

// key is an idempotency key that no other run has.
func (s *session) key(of string) string {
	return fmt.Sprintf("%s-%d-%d", of, os.Getpid(), s.start.UnixNano())
}

// untilInterrupted gives a context that ends at the first SIGINT or SIGTERM. The second one ends the process at once, as if
// nobody had listened.
func (s *session) untilInterrupted() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// isTerminal tells a terminal from a file, a pipe and the null device.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
