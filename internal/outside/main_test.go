package outside

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"fettle/internal/pgtest"
)

// binary is the program under test, set once by TestMain.
var binary string

// postgres is the PostgreSQL of the tests that want one.
var postgres = &pgtest.Server{}

// TestMain builds the program once; FETTLE_OUTSIDE_BINARY names one that is built already.
func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "outside:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	if binary = os.Getenv("FETTLE_OUTSIDE_BINARY"); binary == "" {
		dir, err := os.MkdirTemp("", "fettle-outside-")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a folder of the system's for what is temporary
		binary = filepath.Join(dir, "fettle")
		if err := build(context.Background(), binary); err != nil {
			return 0, err
		}
	}
	if why := cannotMount(); why != "" {
		fmt.Println("outside: the tests of power cut and full disk do NOT run here:", why)
	}
	defer postgres.Stop()
	return m.Run(), nil
}

// build compiles the program as it is shipped; under the race detector the program runs under it too.
func build(ctx context.Context, to string, extra ...string) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	args := []string{"build", "-o", to}
	if raceEnabled {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(ctx, "go", append(append(args, extra...), "./cmd/fettle")...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return nil
}

// moduleRoot is the folder of go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod above the tests")
		}
		dir = up
	}
}

// full reports whether the long counts are asked for.
func full() bool { return os.Getenv("FETTLE_TORTURE") == "full" }

// count is how often something is done: normal in make test, long in make torture. Under the race detector, which makes the
// program several times slower, a normal run does a fifth. The variable name, when set, overrides both.
func count(normal, long int, name string) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	switch {
	case full():
		return long
	case raceEnabled:
		return max(1, normal/5)
	}
	return normal
}
