package outside

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestDecayedFiles flips a bit of each file of a data directory, as a disk does: the instant of the last change stays (R-D7). The
// service does not start on it and names the file; with the file as it was it starts, and nothing is lost. The same of a backup.
// Many more bits, and cut ends, are tried by TestDecay of the packages that own the files.
func TestDecayedFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	program(t, "org", "create", "other", "--data", dir)
	s := start(t, dir)
	l := newLedger(t, hire(s, 8))
	stop := l.run(s)
	eventually(t, readyWithin, "200 are acknowledged", func() bool { return l.acked.Load() >= 200 || t.Failed() })
	stop()
	backup := filepath.Join(t.TempDir(), "backup.zip")
	program(t, "backup", "--data", dir, "-o", backup)
	s.kill()
	rng := rand.New(rand.NewPCG(seed(t), 77))
	refuses := func(victim string, from int, args ...string) {
		t.Helper()
		back := decayed(t, victim, from, rng)
		out, err := exec.Command(binary, args...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), filepath.Base(victim)) || !strings.Contains(string(out), "damaged") {
			t.Errorf("NOT DETECTED: %s has decayed and %s says %v: %s", filepath.Base(victim), args[0], err, out)
		}
		if strings.Contains(string(out), "goroutine ") {
			t.Errorf("%s has decayed and %s panics: %s", filepath.Base(victim), args[0], out)
		}
		back()
	}
	serve := []string{"doctor", "--data", dir}
	refuses(filepath.Join(dir, "fettle.db-wal"), 32, serve...)
	s = start(t, dir)
	l.settle(s)
	l.audit(s, true)
	s.signal(syscall.SIGTERM)
	<-s.ended
	for range count(1, 20, "FETTLE_TORTURE_CYCLES") {
		for _, name := range []string{"fettle.db", "keys.json", "admin.token", filepath.Join("orgs", "other.token")} {
			refuses(filepath.Join(dir, name), 0, serve...)
		}
	}
	refuses(backup, 0, "restore", backup, "--data", filepath.Join(t.TempDir(), "restored"))
	s = start(t, dir)
	l.audit(s, true)
}

// decayed flips a bit of a file, of those after a place and in its first half, and leaves the instant of its last change.
func decayed(t *testing.T, path string, from int, rng *rand.Rand) (back func()) {
	t.Helper()
	info, err := os.Stat(path)
	data, err2 := os.ReadFile(path)
	if err := errors.Join(err, err2); err != nil || len(data) <= 2*from {
		t.Fatalf("%s: %d bytes, %v", path, len(data), err)
	}
	write := func() {
		t.Helper()
		if err := errors.Join(os.WriteFile(path, data, 0o600), os.Chtimes(path, info.ModTime(), info.ModTime())); err != nil {
			t.Fatal(err)
		}
	}
	at, bit := from+rng.IntN(len(data)/2-from), rng.IntN(8)
	data[at] ^= 1 << bit
	write()
	t.Logf("bit %d of byte %d of %s", bit, at, filepath.Base(path))
	return func() {
		data[at] ^= 1 << bit
		write()
	}
}
