package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// terminal opens a pseudo terminal: what is written to the slave side can be read from the other.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	var unlock, number int32
	for _, request := range []struct {
		code uintptr
		arg  *int32
	}{{syscall.TIOCSPTLCK, &unlock}, {syscall.TIOCGPTN, &number}} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request.code, uintptr(unsafe.Pointer(request.arg))); errno != 0 {
			t.Fatal(errno)
		}
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(int(number)), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slave.Close() })
	return master, slave
}

// waitFor reads from a terminal until it has shown a text.
func waitFor(t *testing.T, master *os.File, text string) {
	t.Helper()
	var seen bytes.Buffer
	for buf := make([]byte, 4096); !strings.Contains(seen.String(), text); {
		n, err := master.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, seen.String())
		}
		seen.Write(buf[:n])
	}
}

func TestInterruptedSearchWritesItsBestPlan(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]os.Signal{"SIGINT": os.Interrupt, "SIGTERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problem, plan := write(t, "many.txt", many()), filepath.Join(t.TempDir(), "plan.json")
			master, slave := terminal(t)
			cmd := exec.CommandContext(t.Context(), binary, "solve", problem, "--time", "10m", "-o", plan)
			cmd.Env, cmd.Stderr = environment(), slave
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waitFor(t, master, "%") // the bar: the signal handler stands since before the file was read
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			waitFor(t, master, "fettle: interrupted")
			if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != exitInterrupted {
				t.Errorf("exit status %d, want %d", cmd.ProcessState.ExitCode(), exitInterrupted)
			}
			if got := squeeze(read(t, plan)); !strings.Contains(got, `"status":"INTERRUPTED"`) {
				t.Errorf("plan %.200s", got)
			}
			fettle(t, "check", problem, plan).wantStatus(t, exitDone)
		})
	}
}

func TestTableOnATerminal(t *testing.T) {
	t.Parallel()
	master, slave := terminal(t)
	cmd := exec.CommandContext(t.Context(), binary, solve(write(t, "three.txt", three))...)
	cmd.Env, cmd.Stdout = environment(), slave
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, master, "total   21.7")
}

func TestTerminalAsInputIsRefused(t *testing.T) {
	t.Parallel()
	_, slave := terminal(t)
	for _, command := range []string{"solve", "assign"} {
		cmd := exec.CommandContext(t.Context(), binary, command)
		cmd.Env, cmd.Stdin = environment(), slave
		out, err := cmd.CombinedOutput()
		if err == nil || cmd.ProcessState.ExitCode() != exitUsage || !strings.Contains(string(out), "name a FILE") {
			t.Errorf("%s: exit status %d, output %q", command, cmd.ProcessState.ExitCode(), out)
		}
	}
}
