package app

import (
	"testing"
	"time"

	"fettle/internal/watchdog"
	"fettle/org"
)

func TestAPulseNeedsEveryOrg(t *testing.T) {
	t.Parallel()
	p := newPulse([]org.ID{"a", "b"})
	at := time.Date(2026, 3, 9, 4, 0, 0, 0, time.UTC)
	steps := []struct {
		org   org.ID
		after time.Duration
		whole bool
		due   int
		want  bool
		sum   int
	}{
		{"a", 0, true, 1, false, 1}, // b was not swept yet
		{"b", time.Second, true, 2, true, 3},
		{"a", time.Second, false, 4, false, 6}, // failed
		{"b", time.Second, true, 2, false, 6},
		{"a", time.Second, true, 1, true, 3},
		{"a", stuckAfter + time.Second, true, 0, false, 2}, // b stands still
		{"b", time.Second, true, 0, true, 0},
	}
	for i, s := range steps {
		at = at.Add(s.after)
		sum, all := p.felt(s.org, at, s.whole, watchdog.Beat{Time: at, Due: s.due})
		if all != s.want || sum.Due != s.sum {
			t.Errorf("step %d: %t with %d due, want %t with %d", i, all, sum.Due, s.want, s.sum)
		}
	}
}
