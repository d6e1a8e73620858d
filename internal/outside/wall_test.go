package outside

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// shifts are edits that make the wall clock of a build that of the machine and as many seconds as a file says, which is read
// each time. The monotonic clock stays as it is, as when the clock of a machine is set.
func shifts() []edit {
	return []edit{
		{"internal/clock/clock.go", "\treturn time.Now() //nolint", "\treturn shifted() //nolint"},
		{"internal/clock/clock.go", "import (\n\t\"context\"\n\t\"time\"\n)\n", `import (
	"context"
	"os"
	"strconv"
	"time"
	"unsafe"
)

// shifted adds whole seconds to the wall clock of an instant, beside which package time keeps its monotonic one.
func shifted() time.Time {
	t := time.Now()
	text, _ := os.ReadFile(os.Getenv("FETTLE_SHIFT"))
	seconds, _ := strconv.ParseInt(string(text), 10, 64)
	*(*uint64)(unsafe.Pointer(&t)) += uint64(seconds) << 30
	return t
}
`},
	}
}

// shiftable is the program with a wall clock that tests set. It is built for the first test that wants it.
var shiftable = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("FETTLE_OUTSIDE_BINARY"); given != "" {
		return given, nil // of a saboteur, who brings the edits
	}
	dir, err := os.MkdirTemp("", "fettle-shift-")
	return filepath.Join(dir, "fettle"), err
})

// wall is the wall clock of services that start after it was made.
type wall struct {
	t     *testing.T
	file  string
	ahead time.Duration
}

// newWall lets services of the test start as the program with another wall clock, which now shows an instant.
func newWall(t *testing.T, shows time.Time) *wall {
	t.Helper()
	program, err := shiftable()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		if err := build(t.Context(), program, "-overlay", overlay(t, shifts())); err != nil {
			t.Fatal(err)
		}
	}
	plain := binary
	binary = program
	t.Cleanup(func() { binary = plain })
	w := &wall{t: t, file: filepath.Join(t.TempDir(), "shift")}
	t.Setenv("FETTLE_SHIFT", w.file)
	w.set(time.Until(shows))
	return w
}

// set sets the clock ahead of the machine's, by whole seconds.
func (w *wall) set(ahead time.Duration) {
	w.t.Helper()
	w.ahead = ahead.Truncate(time.Second)
	next := w.file + ".next"
	if err := os.WriteFile(next, []byte(strconv.FormatInt(int64(w.ahead/time.Second), 10)), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(next, w.file); err != nil {
		w.t.Fatal(err)
	}
}

// jump sets the clock forwards, or backwards.
func (w *wall) jump(by time.Duration) { w.set(w.ahead + by) }

// now is what the clock shows.
func (w *wall) now() time.Time { return time.Now().Add(w.ahead) }

// business is the zone of the org, whatever that of the machine is.
var business = time.FixedZone("+08:00", 8*60*60)

// nextAt is the next time of day in the zone of the org.
func nextAt(hour, minute int) time.Time {
	n := time.Now().In(business)
	return time.Date(n.Year(), n.Month(), n.Day()+1, hour, minute, 0, 0, business)
}

// rungs are the reminders of a lease, the nearest to its end first.
func rungs() []int { return []int{7, 30, 60} }

// contract is a lease of the test.
type contract struct {
	id  string
	end time.Time // midnight of the last day, in the zone of the org
}

// owed is the id of the reminder that is owed for what fell due after one instant and until another: the nearest rung, "" for
// none.
func (c *contract) owed(after, until time.Time) string {
	for _, days := range rungs() {
		if at := c.due(days); at.After(after) && !at.After(until) {
			return fmt.Sprintf("%s.v1.%d", c.id, days)
		}
	}
	return ""
}

// due is when a rung is due: at nine of its day.
func (c *contract) due(days int) time.Time { return c.end.AddDate(0, 0, -days).Add(9 * time.Hour) }
