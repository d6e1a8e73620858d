package due_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"fettle/ledger"
	"fettle/org"
)

// row is due work in memory.
type row struct {
	ledger.DueWork
	wake time.Time
	dead bool
}

// table is ledger.DueStore in memory.
type table struct {
	ledger.DueStore // what no sweeper asks for

	mu     sync.Mutex
	rows   map[[2]string]*row
	err    error
	claims int
	trust  bool // the saboteur's: settles for whoever asks
	fates  map[string][]ledger.Fate
}

func newTable(work ...ledger.DueWork) *table {
	t := &table{rows: make(map[[2]string]*row), fates: make(map[string][]ledger.Fate)}
	for _, w := range work {
		t.set(w)
	}
	return t
}

func (t *table) set(w ledger.DueWork) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[[2]string{w.Kind, w.Key}] = &row{DueWork: w, wake: w.At}
}

func (t *table) remove(w ledger.DueWork) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.rows, [2]string{w.Kind, w.Key})
}

// awake lists what is due, in order. The caller holds mu.
func (t *table) awake(now time.Time, limit int) []*row {
	var out []*row
	for _, w := range t.rows {
		if !w.wake.After(now) && !w.dead {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b *row) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), a.wake.Compare(b.wake), cmp.Compare(a.Kind+a.Key, b.Kind+b.Key))
	})
	return out[:min(limit, len(out))]
}

func (t *table) Due(_ context.Context, _ org.ID, _ ledger.DueFilter, now time.Time, limit int) (out []ledger.DueWork, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range t.awake(now, limit) {
		out = append(out, w.DueWork)
	}
	return out, t.err
}

func (t *table) NextDue(context.Context, org.ID) (time.Time, error) { return time.Time{}, nil }

func (t *table) ClaimDue(
	_ context.Context, _ org.ID, _ ledger.DueFilter, now, until time.Time, limit int,
) (out []ledger.DueWork, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return nil, t.err
	}
	t.claims++
	for _, w := range t.awake(now, limit) {
		w.Claim, w.wake = fmt.Sprint(t.claims), until
		w.Attempt++
		out = append(out, w.DueWork)
	}
	return out, nil
}

func (t *table) SettleDue(_ context.Context, _ org.ID, w ledger.DueWork, out ledger.Outcome) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := [2]string{w.Kind, w.Key}
	if r := t.rows[at]; !t.trust && (r == nil || r.Claim != w.Claim) {
		return ledger.ErrClaimLost
	}
	delete(t.rows, at)
	t.fates[w.Key] = append(t.fates[w.Key], out.Fate)
	return t.err
}

func (t *table) YieldDue(_ context.Context, _ org.ID, give []ledger.Yield) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, y := range give {
		r := t.rows[[2]string{y.Work.Kind, y.Work.Key}]
		if r == nil || r.Claim != y.Work.Claim {
			continue
		}
		r.Claim, r.wake, r.Problem, r.dead = "", y.Next, y.Problem, y.Dead
		if y.Problem == "" {
			r.Attempt--
		}
	}
	return t.err
}

func (t *table) HeldDue(_ context.Context, _ org.ID, claim string) (out []ledger.DueWork, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.rows {
		if r.Claim == claim {
			out = append(out, r.DueWork)
		}
	}
	return out, t.err
}

func (t *table) FreeDue(_ context.Context, _ org.ID, after time.Time) (n int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.rows {
		if !r.dead && !r.wake.Equal(r.At) && r.wake.After(after) {
			r.Claim, r.wake = "", r.At
			n++
		}
	}
	return n, t.err
}

func (t *table) OldestDue(_ context.Context, _ org.ID, _ ledger.DueFilter, now time.Time) (oldest time.Time, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.rows {
		if !r.dead && !r.wake.Equal(r.At) && !r.At.After(now) && (oldest.IsZero() || r.At.Before(oldest)) {
			oldest = r.At
		}
	}
	return oldest, t.err
}

func (t *table) DeadDue(_ context.Context, _ org.ID, _, _ string, limit int) (out []ledger.DueWork, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.rows {
		if r.dead && len(out) < limit {
			out = append(out, r.DueWork)
		}
	}
	return out, t.err
}

func (t *table) ReviveDue(_ context.Context, _ org.ID, kind, key string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.rows[[2]string{kind, key}]
	r.dead, r.wake, r.Attempt = false, r.At, 0
	return t.err
}
