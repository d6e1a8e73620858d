package handbook

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"fettle/internal/pgtest"
)

// site is where pages say that the service listens; each run has a port of its own instead.
const site = "127.0.0.1:8080"

var server pgtest.Server

// bin is the folder with the program.
var bin string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "fettle-handbook-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	bin = dir
	build := exec.CommandContext(context.Background(), "go", "build", "-o", filepath.Join(dir, "fettle"), "fettle/cmd/fettle")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	server.Stop()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// TestEveryCommandOfThePages runs them.
func TestEveryCommandOfThePages(t *testing.T) {
	pages, err := filepath.Glob("../../docs/howto/*.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, page := range append(pages, "../../docs/tutorial.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		script := commands(string(text))
		if script == "" {
			continue
		}
		ran++
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			play(t, script)
		})
	}
	if ran < 6 {
		t.Errorf("%d pages with commands, want the tutorial and the how-tos", ran)
	}
}

// TestACommandThatFailsIsFound: a page whose third line fails does not pass.
func TestACommandThatFailsIsFound(t *testing.T) {
	t.Parallel()
	out, err := run(t, commands("text\n```sh\ntrue\n```\nmore\n```json\n{}\n```\n```sh\necho before\nfettle fly\necho after\n```\n"))
	if err == nil || !strings.Contains(out, "before") || strings.Contains(out, "after") {
		t.Errorf("error %v, output %q; want it to end at the command that fails", err, out)
	}
}

// commands are the blocks marked sh of a page, one after the other.
func commands(page string) string {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(page) {
		switch fence := strings.TrimSpace(line); {
		case fence == "```sh":
			inside = true
		case strings.HasPrefix(fence, "```"):
			inside = false
		case inside:
			b.WriteString(line)
		}
	}
	return b.String()
}

func play(t *testing.T, script string) {
	t.Helper()
	if out, err := run(t, script); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// run runs a script with bash, which stops at the first command that fails. What it leaves running ends with it.
func run(t *testing.T, script string) (string, error) {
	t.Helper()
	port := free(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-m", "-euo", "pipefail", "-c", strings.ReplaceAll(script, site, port))
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "FETTLE_LISTEN="+port)
	cmd.Env = append(cmd.Env, surroundings(t, script)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return end(cmd.Process.Pid) }
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	_ = end(cmd.Process.Pid)
	return out.String(), err
}

// end ends what a session of a script has left: its jobs have process groups of their own.
func end(session int) error {
	return exec.CommandContext(context.Background(), "pkill", "-KILL", "-s", fmt.Sprint(session)).Run()
}

// surroundings are what a page takes for granted: a database, an identity provider.
func surroundings(t *testing.T, script string) (env []string) {
	t.Helper()
	if strings.Contains(script, "$DATABASE_URL") {
		env = append(env, "DATABASE_URL="+server.Database(t, ""))
	}
	if strings.Contains(script, "$ISSUER") {
		p := newProvider(t)
		env = append(env, "ISSUER="+p.URL, "ACCESS_TOKEN="+p.token(t))
	}
	return env
}

func free(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}

// TestRequirementsNameWhatExists: the tests and folders that docs/requirements.md names are there.
func TestRequirementsNameWhatExists(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/requirements.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := declared(t)
	for n, line := range strings.Split(string(text), "\n") {
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(line, -1) {
			switch word := name[1]; {
			case strings.HasPrefix(word, "Test"):
				if !tests[word] {
					t.Errorf("line %d names %s, which is no test", n+1, word)
				}
			case folder.MatchString(word):
				if _, err := os.Stat(filepath.Join("../..", word)); err != nil {
					t.Errorf("line %d names %s, which is not there", n+1, word)
				}
			}
		}
	}
}

// folder is a path of the tree.
var folder = regexp.MustCompile(`^(api|benchmarks|cmd|console|dispatch|docs|forecast|geo|intake|internal|kpi|ledger|org|rental|scripts|simulate|storage)(/[a-zA-Z0-9_./]+)?$`)

// declared are the tests of the tree.
func declared(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".cache" || d.Name() == ".git"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		code, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, f := range regexp.MustCompile(`(?m)^func (Test\w+)`).FindAllSubmatch(code, -1) {
			names[string(f[1])] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
