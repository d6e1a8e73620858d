// Command gotest runs go test and treats a skipped test as a failure. It shows
// the closing line of each package and the output of failing tests, then one
// line that sums up.
//
// Usage: gotest [-o FILE] [go test flags and packages]
//
// With -o it also writes every event as JSON to FILE.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// event is one line of go test -json.
type event struct {
	Action, Package, Test, Output string
}

// report collects what is worth showing.
type report struct {
	out                     io.Writer
	output                  map[string][]string // output of unfinished tests
	passed, failed, skipped int
	skips                   []string
}

func main() {
	code, err := run(os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		code = 2
	}
	os.Exit(code)
}

// run executes go test and returns the exit status to end with.
func run(args []string, stdout, stderr io.Writer) (code int, err error) {
	log := io.Discard
	if len(args) > 1 && args[0] == "-o" {
		f, err := os.Create(args[1])
		if err != nil {
			return 0, fmt.Errorf("create log: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		log, args = f, args[2:]
	}
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return 0, fmt.Errorf("open pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start go test: %w", err)
	}
	r := &report{out: stdout, output: map[string][]string{}}
	scanErr := r.read(io.TeeReader(events, log))
	waitErr := cmd.Wait()
	if scanErr != nil {
		return 0, fmt.Errorf("read go test -json: %w", scanErr)
	}
	return r.close(waitErr != nil), nil
}

// read takes events until the stream ends.
func (r *report) read(events io.Reader) error {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprintf(r.out, "%s", line) // not JSON: go test speaks plainly about builds
			} else {
				r.add(e)
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// add takes one event.
func (r *report) add(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		if e.Test == "" {
			r.packageLine(e)
			return
		}
		r.output[key] = append(r.output[key], e.Output)
	case "pass", "fail", "skip":
		if e.Test != "" {
			r.count(e)
			r.finish(e, key)
		}
	}
}

// packageLine shows what go test says about a package, less its plain PASS.
func (r *report) packageLine(e event) {
	if e.Output != "PASS\n" {
		fmt.Fprint(r.out, e.Output)
	}
}

// count counts finished tests; subtests count with their parents.
func (r *report) count(e event) {
	switch e.Action {
	case "pass":
		r.passed++
	case "fail":
		r.failed++
	case "skip":
		r.skipped++
		r.skips = append(r.skips, e.Package+" "+e.Test)
	}
}

// finish shows the output of a test that did not pass and forgets the rest.
func (r *report) finish(e event, key string) {
	if e.Action != "pass" {
		for _, line := range r.output[key] {
			if !strings.HasPrefix(line, "=== ") {
				fmt.Fprint(r.out, line)
			}
		}
	}
	delete(r.output, key)
}

// close sums up and returns the exit status. Output of tests that never
// finished (a panic, a timeout) is shown here.
func (r *report) close(failed bool) int {
	keys := make([]string, 0, len(r.output))
	for key := range r.output {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		fmt.Fprintf(r.out, "unfinished: %s\n%s", key, strings.Join(r.output[key], ""))
	}
	for _, name := range r.skips {
		fmt.Fprintln(r.out, "skipped, which counts as a failure:", name)
	}
	fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	if failed || r.failed > 0 || r.skipped > 0 {
		return 1
	}
	return 0
}
