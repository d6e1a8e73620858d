package operation

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"fettle/internal/adapter/spreadsheet"
)

// Worker is how work that takes memory is done in a process of its own, so that it is that process which ends when there is none
// left. Without a Command it is done in this one.
type Worker struct {
	// Command reads what spreadsheet.PackInput gives and writes the XLSX: a program and its arguments.
	Command []string
	// Limit says how much memory it may take, for people; "" when nothing limits it.
	Limit string
}

// MemoryError says that a worker has ended for want of memory.
type MemoryError struct{ Limit string }

// Error implements error.
func (e *MemoryError) Error() string {
	return "OUT_OF_MEMORY: the process of the export ran out of memory" + e.bound()
}

// bound says what the limit was.
func (e *MemoryError) bound() string {
	if e.Limit == "" {
		return ""
	}
	return " (limit " + e.Limit + ")"
}

// How an export that runs out of memory is tried, and for how long it is told of one that did.
const (
	memoryAttempts = 3
	memoryTold     = 5 * time.Minute
)

// maxSaid is how much is kept of the beginning of what a worker says on its standard error, in bytes.
const maxSaid = 4 << 10

// pack makes an XLSX.
func (w *Worker) pack(ctx context.Context, in io.Reader) ([]byte, error) {
	var out bytes.Buffer
	if len(w.Command) == 0 {
		err := spreadsheet.Pack(in, &out)
		return out.Bytes(), err
	}
	said := &head{}
	cmd := exec.CommandContext(ctx, w.Command[0], w.Command[1:]...)
	for _, v := range os.Environ() { // what is set for the service is not for the worker
		if !strings.HasPrefix(v, "FETTLE_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &out, said
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("pack: %w", ctx.Err()) // it was ended by us
	}
	if err == nil {
		return out.Bytes(), nil
	}
	if starved(err, said.String()) {
		return nil, &MemoryError{Limit: w.Limit}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
	return nil, fmt.Errorf("pack: %w: %s", err, cmp.Or(first, "it said nothing"))
}

// starved reports whether a process that has ended did so for want of memory: the kernel kills one of those that take it all, and the
// runtime says so itself where there is a limit for the process.
func starved(err error, said string) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return errors.Is(err, syscall.ENOMEM)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		return true
	}
	for _, text := range []string{"out of memory", "cannot allocate memory", "pthread_create failed"} {
		if strings.Contains(said, text) {
			return true
		}
	}
	return false
}

// head keeps the beginning of what is written to it.
type head struct{ data []byte }

// Write implements io.Writer.
func (h *head) Write(p []byte) (int, error) {
	h.data = append(h.data, p[:min(len(p), maxSaid-len(h.data))]...)
	return len(p), nil
}

// String is what was kept.
func (h *head) String() string { return string(h.data) }

// ranOut notes that a worker has run out of memory.
func (r *Runner) ranOut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := machine.Now()
	r.recent = append(r.lately(now), now)
	r.ever++
}

// lately are the instants of those that ran out of memory not long ago. The caller holds mu.
func (r *Runner) lately(now time.Time) []time.Time {
	for len(r.recent) > 0 && now.Sub(r.recent[0]) > memoryTold {
		r.recent = r.recent[1:]
	}
	return r.recent
}

// OutOfMemory is how many workers have run out of memory in the last five minutes of the machine, and how many since the start.
func (r *Runner) OutOfMemory() (lately int, ever int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.recent = r.lately(machine.Now())
	return len(r.recent), r.ever
}
