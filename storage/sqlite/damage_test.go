package sqlite_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/storage/sqlite"
	"fettle/storage/storagetest"
	"fettle/storage/whole"
)

// kept is all that a store answers, as far as the test has written it.
type kept struct {
	Orders      []*engine.Order
	Technicians []*engine.Technician
	Events      []engine.Event
	Due         []engine.DueWork
	Positions   []engine.Position
}

func readKept(t *testing.T, db *sqlite.DB) (k kept, err error) {
	t.Helper()
	var errs [5]error
	k.Orders, errs[0] = db.Orders(t.Context(), "o", engine.OrderFilter{}, "", 1000)
	k.Technicians, errs[1] = db.Technicians(t.Context(), "o", "", 1000)
	k.Events, errs[2] = db.Events(t.Context(), "o", 0, 1000)
	k.Due, errs[3] = db.Due(t.Context(), "o", engine.DueFilter{}, day.Add(time.Hour), 1000)
	k.Positions, errs[4] = db.Positions(t.Context(), "o")
	return k, errors.Join(errs[:]...)
}

// snapshot copies the files of a directory, each with the instant of its last change, as a crash leaves them.
func snapshot(t *testing.T, from, to string, files []string) {
	t.Helper()
	for _, name := range files {
		info, err := os.Stat(filepath.Join(from, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		data, err2 := os.ReadFile(filepath.Join(from, name))
		at := filepath.Join(to, name)
		if err := errors.Join(err, err2, os.WriteFile(at, data, 0o600), os.Chtimes(at, info.ModTime(), info.ModTime())); err != nil {
			t.Fatal(err)
		}
	}
}

// decay flips a bit of a file or cuts bytes off its end. The instant of its last change stays, as a disk leaves it.
func decay(t *testing.T, path string, rng *rand.Rand) string {
	t.Helper()
	data, err := os.ReadFile(path)
	info, err2 := os.Stat(path)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	var what string
	if n := len(data); rng.IntN(3) == 0 {
		cut := 1 + rng.IntN(n)
		data = data[:n-cut]
		what = fmt.Sprintf("%d bytes cut from the end of %s, of %d", cut, filepath.Base(path), n)
	} else {
		at, bit := rng.IntN(n), rng.IntN(8)
		data[at] ^= 1 << bit
		what = fmt.Sprintf("bit %d of byte %d of %s, of %d", bit, at, filepath.Base(path), n)
	}
	if err := errors.Join(os.WriteFile(path, data, 0o600), os.Chtimes(path, info.ModTime(), info.ModTime())); err != nil {
		t.Fatal(err)
	}
	return what
}

var files = []string{"fettle.db", "fettle.db.sum", "fettle.db-wal", "fettle.db-shm"}

// damaged makes two directories with the same rows, as a stop and as a kill leave them.
func damaged(t *testing.T) (stopped, killed string, want kept) {
	t.Helper()
	dir := t.TempDir()
	db := open(t, dir, sqlite.Options{})
	db.HoldCheckpoints() // the files must stay while they are copied
	const orders = 40
	for n := range orders {
		b := batch(int64(2*n+1), fmt.Sprintf("w%02d", n))
		b.Orders[0].Assignment.Technician = dispatch.TechnicianID(fmt.Sprint("t", n))
		b.Technicians = []*engine.Technician{storagetest.Technician(fmt.Sprint("t", n))}
		if err := db.Commit(t.Context(), "o", b); err != nil {
			t.Fatal(err)
		}
		if n == orders/2 {
			if err := db.Sum(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := db.SavePositions(t.Context(), "o", []engine.Position{{Technician: "t1", At: day, Sequence: 4}}); err != nil {
		t.Fatal(err)
	}
	want, err := readKept(t, db)
	if err != nil {
		t.Fatal(err)
	}
	killed, stopped = t.TempDir(), t.TempDir()
	snapshot(t, dir, killed, files)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	snapshot(t, dir, stopped, files)
	return stopped, killed, want
}

// outcomes of opening a directory that has decayed.
const (
	refusedDamage = "refused"
	unharmed      = "as it was"
	failedRead    = "a read failed"
	silent        = "SILENT"
)

// afterDecay opens a directory with what has decayed, and says what came of it.
func afterDecay(t *testing.T, dir string, want *kept) (string, error) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{Readers: 1})
	if err != nil {
		return refusedDamage, err
	}
	defer db.Close() //nolint:errcheck // it may be damaged
	got, err := readKept(t, db)
	switch {
	case err != nil:
		return failedRead, err
	case !reflect.DeepEqual(got, *want):
		return silent, nil
	}
	return unharmed, nil
}

// TestDecay flips a bit or cuts the end of each file of a directory at random (R-D7): what was lost is named, or nothing was.
func TestDecay(t *testing.T) {
	t.Parallel()
	stopped, killed, want := damaged(t)
	rounds := 100
	if os.Getenv("FETTLE_TORTURE") == "full" {
		rounds = 1000
	}
	rng, count := rand.New(rand.NewPCG(1, 7)), map[string]int{}
	for n := range rounds {
		from := []string{stopped, killed}[n%2]
		dir := t.TempDir()
		snapshot(t, from, dir, files)
		hit, err := filepath.Glob(filepath.Join(dir, "fettle.db*"))
		if err != nil {
			t.Fatal(err)
		}
		victim := hit[rng.IntN(len(hit))]
		what := decay(t, victim, rng)
		outcome, err := afterDecay(t, dir, &want)
		count[filepath.Base(victim)+" "+outcome]++
		switch {
		case outcome == silent || outcome == failedRead:
			t.Errorf("%s: %s: %v", what, outcome, err)
		case outcome == refusedDamage && (!errors.Is(err, sqlite.ErrDamaged) || !strings.Contains(err.Error(), filepath.Base(victim))):
			t.Errorf("%s: refused, and no word of the file: %v", what, err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Log(count)
	t.Run("saboteur", func(t *testing.T) { // without sums and without an index of the log
		for n := range 1000 {
			dir := t.TempDir()
			snapshot(t, []string{stopped, killed}[n%2], dir, []string{"fettle.db", "fettle.db-wal"})
			decay(t, filepath.Join(dir, "fettle.db"), rng)
			if outcome, _ := afterDecay(t, dir, &want); outcome == silent {
				return
			}
		}
		t.Error("nothing is lost without a word when there are no sums: the test sees nothing")
	})
}

// TestDamageThatIsFoundBeside: a large database is looked at while it is served.
func TestDamageThatIsFoundBeside(t *testing.T) {
	t.Parallel()
	stopped, _, _ := damaged(t)
	db := open(t, stopped, sqlite.Options{})
	db.InspectBeside(t.Context())
	if err := db.Healthy(t.Context()); err != nil {
		t.Fatalf("nothing is wrong: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(stopped, "fettle.db")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-4096] = 77                                                              // no kind of page
	if err := errors.Join(os.WriteFile(file, data, 0o600), whole.Keep(file)); err != nil { // so that the start does not look
		t.Fatal(err)
	}
	db = open(t, stopped, sqlite.Options{})
	db.InspectBeside(t.Context())
	for what, err := range map[string]error{"healthy": db.Healthy(t.Context()), "commit": db.Commit(t.Context(), "o", batch(1000, "w"))} {
		if !errors.Is(err, sqlite.ErrDamaged) || !errors.Is(err, engine.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrDamaged", what, err)
		}
	}
}
