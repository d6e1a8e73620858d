package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"fettle/dispatch/engine"
	"fettle/ledger"
	"fettle/org"
)

// soon is how long the suite claims for.
const soon = 30 * time.Second

// claimable is a store that hands due work out. Every store does.
func claimable(t *testing.T, s engine.Store) ledger.DueStore {
	t.Helper()
	d, ok := s.(ledger.DueStore)
	if !ok {
		t.Fatalf("%T is no ledger.DueStore", s)
	}
	return d
}

// take claims all that is due at a second.
func take(t *testing.T, d ledger.DueStore, second, limit int) []ledger.DueWork {
	t.Helper()
	return must(d.ClaimDue(t.Context(), here, ledger.DueFilter{}, at(second), at(second).Add(soon), limit))(t)
}

func keysOf(ws []ledger.DueWork) string {
	out := make([]string, len(ws))
	for i := range ws {
		out[i] = fmt.Sprint(ws[i].Key, ws[i].Attempt)
	}
	return fmt.Sprint(out)
}

func claimPromises() []promise {
	return []promise{
		{"claims the most urgent first and of those the longest overdue, each once until the claim ends", claimOnce},
		{"only who holds the claim settles", claimFences},
		{"what is set anew is new work", claimReplaced},
		{"what is given back counts its attempts and waits", yields},
		{"lays aside and revives", laysAside},
		{"removes old outcomes of a kind", prunesOutcomes},
		{"ends claims and waits of a clock that was ahead", clockSetBack},
		{"two workers never have the same", manyWorkers},
	}
}

func claimOnce(t *testing.T, s engine.Store) {
	t.Helper()
	d := claimable(t, s)
	work := []ledger.DueWork{
		{Kind: "k", Key: "b", At: at(2)},
		{Kind: "k", Key: "a", At: at(3), Rank: ledger.Urgent},
		{Kind: "m", Key: "z", At: at(1), Rank: ledger.CanWait},
		{Kind: "k", Key: "later", At: at(9)},
		{Kind: "k", Key: "c", At: at(3), Payload: "p"},
	}
	commit(t, s, here, &engine.Batch{DueSet: work})
	commit(t, s, there, &engine.Batch{DueSet: work[:1]})
	same(t, "before", "[]", keysOf(take(t, d, 0, 9)))
	first := take(t, d, 5, 2)
	same(t, "first", "[a1 b1]", keysOf(first))
	if first[0].Claim == "" || first[0].Claim != first[1].Claim {
		t.Errorf("claims are %q and %q, want one", first[0].Claim, first[1].Claim)
	}
	same(t, "the rest", "[c1 z1]", keysOf(take(t, d, 5, 9)))
	same(t, "nothing is left", "[]", keysOf(take(t, d, 6, 9)))
	same(t, "claims ended", "[a2 later1 b2 c2 z2]", keysOf(take(t, d, 5+31, 9)))
	same(t, "oldest", at(1), must(d.OldestDue(t.Context(), here, ledger.DueFilter{}, at(99)))(t))
	same(t, "oldest of a kind", at(2), must(d.OldestDue(t.Context(), here, ledger.DueFilter{Only: "k"}, at(99)))(t))
	same(t, "another org", 1, len(must(d.ClaimDue(t.Context(), there, ledger.DueFilter{}, at(5), at(9), 9))(t)))
}

func claimFences(t *testing.T, s engine.Store) {
	t.Helper()
	d := claimable(t, s)
	commit(t, s, here, &engine.Batch{DueSet: []ledger.DueWork{{Kind: "k", Key: "a", At: at(1)}, {Kind: "k", Key: "b", At: at(1)}}})
	slow := take(t, d, 2, 1)[0]
	same(t, "held", "[a1]", keysOf(must(d.HeldDue(t.Context(), here, slow.Claim))(t)))
	fast := take(t, d, 2+31, 1)
	if keysOf(fast) != "[b1]" { // b was due before the claim of a ended
		t.Fatalf("got %s", keysOf(fast))
	}
	fast = take(t, d, 2+31, 1)
	same(t, "taken over", "[a2]", keysOf(fast))
	out := ledger.Outcome{Kind: "k", Key: "a", Due: at(1), Settled: at(40), Fate: ledger.FateLate, Attempt: 1}
	for _, w := range []ledger.DueWork{slow, {Kind: "k", Key: "a"}, {Kind: "k", Key: "nobody", Claim: slow.Claim}} {
		if err := d.SettleDue(t.Context(), here, w, out); !errors.Is(err, ledger.ErrClaimLost) {
			t.Errorf("settle %+v: got %v, want ErrClaimLost", w, err)
		}
	}
	if err := d.YieldDue(t.Context(), here, []ledger.Yield{{Work: slow, Next: at(0), Problem: "x"}}); err != nil {
		t.Error(err)
	}
	same(t, "not given back by who lost it", "[]", keysOf(take(t, d, 34, 9)))
	if err := d.SettleDue(t.Context(), here, fast[0], out); err != nil {
		t.Error(err)
	}
	same(t, "settled", "[]", keysOf(must(d.HeldDue(t.Context(), here, fast[0].Claim))(t)))
	outcomes := func(q ledger.OutcomeQuery) []ledger.Outcome {
		q.Kind = "k"
		return must(d.Outcomes(t.Context(), here, q, 9))(t)
	}
	same(t, "what became of it", []ledger.Outcome{out}, outcomes(ledger.OutcomeQuery{From: at(1), To: at(2)}))
	same(t, "the next page", []ledger.Outcome(nil), outcomes(ledger.OutcomeQuery{From: at(1), To: at(2), After: out}))
	same(t, "before and after", 0, len(outcomes(ledger.OutcomeQuery{From: at(0), To: at(1)}))+len(outcomes(ledger.OutcomeQuery{From: at(2), To: at(9)})))
	if _, err := d.DueRow(t.Context(), here, "k", "a"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("the row is still there: %v", err)
	}
	same(t, "a row", 1, must(d.DueRow(t.Context(), here, "k", "b"))(t).Attempt)
	same(t, "of a kind", "[b1]", keysOf(must(d.DueOfKind(t.Context(), here, "k", "a", 9))(t)))
}

func claimReplaced(t *testing.T, s engine.Store) {
	t.Helper()
	d := claimable(t, s)
	w := ledger.DueWork{Kind: "k", Key: "a", At: at(1)}
	commit(t, s, here, &engine.Batch{DueSet: []ledger.DueWork{w}})
	old := take(t, d, 2, 1)[0]
	w.At = at(3)
	commit(t, s, here, &engine.Batch{DueSet: []ledger.DueWork{w}})
	if err := d.SettleDue(t.Context(), here, old, ledger.Outcome{}); !errors.Is(err, ledger.ErrClaimLost) {
		t.Errorf("the old claim settles the new work: %v", err)
	}
	same(t, "claimed anew", "[a1]", keysOf(take(t, d, 4, 9)))
}

func yields(t *testing.T, s engine.Store) {
	t.Helper()
	d := claimable(t, s)
	commit(t, s, here, &engine.Batch{DueSet: []ledger.DueWork{{Kind: "k", Key: "a", At: at(1)}, {Kind: "k", Key: "b", At: at(1)}}})
	got := take(t, d, 2, 9)
	give := []ledger.Yield{{Work: got[0], Next: at(8), Problem: "the sink is away"}, {Work: got[1], Next: at(2)}}
	if err := d.YieldDue(t.Context(), here, give); err != nil {
		t.Fatal(err)
	}
	same(t, "what was not tried does not count", "[b1]", keysOf(take(t, d, 3, 9)))
	again := take(t, d, 8, 9)
	same(t, "after its wait", "[a2]", keysOf(again))
	same(t, "the reason is kept", "the sink is away", again[0].Problem)
	same(t, "its instant is not moved", at(1), again[0].At)
}

func laysAside(t *testing.T, s engine.Store) {
	t.Helper()
	d := claimable(t, s)
	commit(t, s, here, &engine.Batch{DueSet: []ledger.DueWork{{Kind: "k", Key: "a", At: at(1)}, {Kind: "k", Key: "b", At: at(1)}}})
	var give []ledger.Yield
	for _, w := range take(t, d, 2, 9) {
		give = append(give, ledger.Yield{Work: w, Next: at(2), Problem: "never", Dead: true})
	}
	if err := d.YieldDue(t.Context(), here, give); err != nil {
		t.Fatal(err)
	}
	same(t, "not tried", "[]", keysOf(take(t, d, 99, 9)))
	same(t, "listed", "[a1 b1]", keysOf(must(d.DeadDue(t.Context(), here, "", "", 9))(t)))
	same(t, "the next page", "[b1]", keysOf(must(d.DeadDue(t.Context(), here, "k", "a", 9))(t)))
	same(t, "not overdue", time.Time{}, must(d.OldestDue(t.Context(), here, ledger.DueFilter{}, at(99)))(t))
	if err := d.ReviveDue(t.Context(), here, "k", "b"); err != nil {
		t.Error(err)
	}
	if err := d.ReviveDue(t.Context(), here, "k", "b"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("revived twice: %v", err)
	}
	same(t, "revived", "[b1]", keysOf(take(t, d, 99, 9)))
}

func clockSetBack(t *testing.T, s engine.Store) {
	t.Helper()
	d := claimable(t, s)
	const day = 86400
	commit(t, s, here, &engine.Batch{DueSet: []ledger.DueWork{{Kind: "k", Key: "a", At: at(1)}, {Kind: "k", Key: "b", At: at(1)}, {Kind: "k", Key: "later", At: at(2 * day)}}})
	got := take(t, d, day, 9)
	if err := d.YieldDue(t.Context(), here, []ledger.Yield{{Work: got[0], Next: at(day + 60), Problem: "x"}}); err != nil {
		t.Fatal(err)
	}
	same(t, "freed", 2, must(d.FreeDue(t.Context(), here, at(10+90)))(t))
	same(t, "claimed at the earlier time", "[a2 b2]", keysOf(take(t, d, 10, 9)))
	same(t, "freed", 0, must(d.FreeDue(t.Context(), here, at(10+90)))(t))
}

func manyWorkers(t *testing.T, s engine.Store) {
	t.Helper()
	d := claimable(t, s)
	const n = 300
	var work []ledger.DueWork
	for i := range n {
		work = append(work, ledger.DueWork{Kind: "k", Key: fmt.Sprintf("%03d", i), At: at(1)})
	}
	commit(t, s, here, &engine.Batch{DueSet: work})
	var mu sync.Mutex
	var got []string
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				batch, err := d.ClaimDue(t.Context(), here, ledger.DueFilter{}, at(2), at(2).Add(soon), 7)
				if err != nil {
					t.Error(err)
					return
				}
				left, err := d.Due(t.Context(), here, ledger.DueFilter{}, at(2), 1)
				if err != nil || len(left) == 0 && len(batch) == 0 {
					return
				}
				mu.Lock()
				for _, w := range batch {
					got = append(got, w.Key)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(got)
	if len(got) != n || len(slices.Compact(got)) != n {
		t.Errorf("%d claims of %d pieces of work", len(got), n)
	}
}

func prunesOutcomes(t *testing.T, s engine.Store) {
	t.Helper()
	d := claimable(t, s)
	p, ok := s.(ledger.OutcomePruner)
	if !ok {
		t.Fatalf("%T is no ledger.OutcomePruner", s)
	}
	for i := range 5 {
		for _, kind := range []string{"k", "other"} {
			commit(t, s, here, &engine.Batch{DueSet: []ledger.DueWork{{Kind: kind, Key: fmt.Sprint(i), At: at(i)}}})
		}
		for _, w := range take(t, d, 6, 9) {
			settled := w.At
			if i == 1 {
				settled = at(8)
			}
			out := ledger.Outcome{Kind: w.Kind, Key: w.Key, Due: w.At, Settled: settled, Fate: ledger.FateDone, Attempt: 1}
			if err := d.SettleDue(t.Context(), here, w, out); err != nil {
				t.Fatal(err)
			}
		}
	}
	left := func(o org.ID, kind string) (out string) {
		for _, x := range must(d.Outcomes(t.Context(), o, ledger.OutcomeQuery{Kind: kind, From: at(0), To: at(9)}, 9))(t) {
			out += x.Key
		}
		return out
	}
	prune := func(o org.ID, second, limit, want int) {
		t.Helper()
		same(t, "pruned", want, must(p.PruneOutcomes(t.Context(), o, "k", at(second), limit))(t))
	}
	prune(here, 3, 0, 0)
	prune(there, 3, 9, 0)
	prune(here, 3, 1, 1)
	same(t, "the oldest first", "1234", left(here, "k"))
	prune(here, 3, 9, 1)
	same(t, "what ended later stays", "134", left(here, "k"))
	prune(here, 9, 9, 3)
	same(t, "of its kind alone", "01234", left(here, "other"))
}
