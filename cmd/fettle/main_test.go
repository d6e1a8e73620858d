package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// binary is the command as users run it, built once for all tests.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "fettle-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "fettle")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// call is one run of the binary.
type call struct {
	args  []string
	stdin string
	env   []string
	dir   string
}

// result is what it left behind.
type result struct {
	stdout, stderr string
	status         int
}

// fettle runs the binary with arguments.
func fettle(t *testing.T, args ...string) result {
	t.Helper()
	return call{args: args}.run(t)
}

func (c call) run(t *testing.T) result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, c.args...)
	cmd.Env = append(environment(), c.env...)
	cmd.Stdin, cmd.Dir = strings.NewReader(c.stdin), c.dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{stdout: stdout.String(), stderr: stderr.String(), status: cmd.ProcessState.ExitCode()}
}

// environment is that of the test without the variables that the command reads.
func environment() []string {
	var out []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "FETTLE_") {
			out = append(out, v)
		}
	}
	return out
}

// wantStatus fails the test, with all output, when the exit status is another.
func (r result) wantStatus(t *testing.T, want int) result {
	t.Helper()
	if r.status != want {
		t.Fatalf("exit status %d, want %d\nstdout: %s\nstderr: %s", r.status, want, r.stdout, r.stderr)
	}
	return r
}

// wantSilent fails the test when something was written to the standard error.
func (r result) wantSilent(t *testing.T) result {
	t.Helper()
	if r.stderr != "" {
		t.Errorf("stderr: %q, want nothing", r.stderr)
	}
	return r
}

// write puts a file into a folder of the test's own and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// three is a Solomon file of three customers. Distances are truncated to tenths: 2 - 1 is 3.6 (sqrt 13 = 3.605), 1 - 3 is 6.7
// (sqrt 45), depot - 2 is 1.4. The one best tour is 2 - 1 - 3, of 1.4 + 3.6 + 6.7 + 10 = 21.7; the other way round comes too
// late to customer 1.
const three = `THREE

VEHICLE
NUMBER     CAPACITY
  2         30

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0          0          0          0        100          0
    1      3          4         10         10         20          5
    2      1          1         10          0         90          5
    3      0         10          5         20         50          1.5
`

// many is a Solomon file of a grid of customers, big enough for a search to go on until its limit.
func many() string {
	var b strings.Builder
	b.WriteString("MANY\n\nVEHICLE\nNUMBER CAPACITY\n 20 100\n\nCUSTOMER\nCUST XCOORD YCOORD DEMAND READY DUE SERVICE\n\n 0 50 50 0 0 1000 0\n")
	for i := range 100 {
		fmt.Fprintf(&b, " %d %d %d 10 %d %d 10\n", i+1, 10*(i%10)+3, 10*(i/10)+i%7, 5*i, 5*i+300)
	}
	return b.String()
}

// fieldDay is the service day that ships with Fettle.
const fieldDay = "../../testdata/demo/field-day.json"
