package obligation_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/obligation"
)

// world is one lease with its obligations as a store would hold them, and a sink.
type world struct {
	r   *rand.Rand
	now time.Time
	l   lease.Lease
	all []obligation.Obligation
	p   *obligation.Policy

	down      int            // days on which nothing is swept
	delivered map[string]int // by message id
	told      []calendar.Date
	ends      []ended // what the terms said, as the test knows it
	stale     []string

	forget bool // saboteur: edits do not re-derive
}

// ended is when the test set an end; zero end: the lease was closed.
type ended struct {
	at  time.Time
	end calendar.Date
}

// life plays a lease through random edits, outages and crashes, and returns what was wrong in the end.
func life(seed uint64, forget bool) error {
	w := &world{
		r: rand.New(rand.NewPCG(seed, 8)), p: policy(shanghai), delivered: map[string]int{}, forget: forget,
		now: day("2026-01-01").At(calendar.Clock{Hour: 10}, shanghai),
	}
	start := day("2026-01-01")
	end := start.Add(20 + w.r.IntN(300))
	m := lease.Moment{At: w.now, Zone: shanghai, Actor: "test"}
	l, err := lease.New(lease.Lease{ID: "L", Tenant: "T", Unit: "U"}, lease.Terms{Start: start, End: end}, m)
	if err == nil {
		l, err = l.Activate(m)
	}
	if err != nil {
		return err
	}
	w.l, w.ends = l, []ended{{w.now, end}}
	merge(&w.all, obligation.Reconcile(&w.l, nil, w.p, w.now))
	for range 460 {
		w.now = w.now.AddDate(0, 0, 1)
		if w.r.IntN(60) == 0 {
			w.down = w.r.IntN(50)
		}
		if w.r.IntN(40) == 0 {
			if err := w.edit(); err != nil {
				return err
			}
		}
		if w.down > 0 {
			w.down--
			continue
		}
		for w.sweep() {
			w.now = w.now.Add(time.Minute)
		}
		w.now = calendar.DateOf(w.now, shanghai).At(calendar.Clock{Hour: 10}, shanghai)
	}
	return w.judge()
}

// edit changes the lease as its operator might.
func (w *world) edit() error {
	m := lease.Moment{At: w.now, Zone: shanghai, Actor: "test"}
	terms := *w.l.Current()
	var l lease.Lease
	var err error
	end := calendar.Date{}
	switch w.r.IntN(8) {
	case 0:
		l, err = w.l.Terminate(m.Today(), "moved", m)
	case 1:
		l, err = w.l.Renew("L2", m.At)
	case 2:
		terms.Rent++
		end = terms.End
		l, err = w.l.Amend(terms, m)
	default:
		end = terms.End.Add(w.r.IntN(200) - 90)
		if end.Before(terms.Start) {
			end = terms.Start
		}
		terms.End = end
		l, err = w.l.Amend(terms, m)
	}
	if err != nil {
		return nil // the state forbids it: nothing happened
	}
	w.l = l
	w.ends = append(w.ends, ended{w.now, end})
	if !w.forget {
		merge(&w.all, obligation.Reconcile(&w.l, w.all, w.p, w.now))
	}
	w.l = w.l.On(m.Today())
	return nil
}

// sweep does one step of the service; now and then it dies on the way. It reports whether there is more to do.
func (w *world) sweep() bool {
	w.l = w.l.On(calendar.DateOf(w.now, shanghai))
	i, changes := obligation.Sweep(&w.l, w.all, w.now)
	if i < 0 {
		return false
	}
	if w.r.IntN(5) == 0 {
		return true // killed before anything was committed
	}
	claimed := w.all[i]
	if err := claimed.Claim(w.now); err != nil {
		w.now = w.now.Add(obligation.ClaimFor)
		return true
	}
	merge(&w.all, append(changes, claimed)) // committed
	if w.r.IntN(5) == 0 {
		return true // killed before the sink was asked
	}
	w.deliver(&claimed)
	if w.r.IntN(5) == 0 {
		return true // killed after the sink had it
	}
	if err := claimed.Send(w.now); err != nil {
		w.stale = append(w.stale, err.Error())
	}
	merge(&w.all, []obligation.Obligation{claimed})
	return true
}

// deliver is the sink: it keeps one message of each id, and knows of which end it told.
func (w *world) deliver(o *obligation.Obligation) {
	w.delivered[o.ID]++
	last := w.ends[len(w.ends)-1]
	days := map[obligation.Rung]int{"60": 60, "30": 30, "7": 7}[o.Rung]
	if told := o.Due.Add(days); told != last.end {
		w.stale = append(w.stale, fmt.Sprintf("%s told of %v on %v, the terms say %v", o.ID, told, w.now, last.end))
	}
	w.told = append(w.told, o.Due.Add(days))
}

// judge compares what was delivered with what the test knows of the terms: no message of terms that were no longer in force,
// and of the last terms each rung accounted for, the nearest one that is due delivered.
func (w *world) judge() error {
	last := w.ends[len(w.ends)-1]
	if len(w.stale) > 0 {
		return fmt.Errorf("stale: %v", w.stale)
	}
	open := slices.ContainsFunc(w.all, func(o obligation.Obligation) bool { return o.State.Open() && !o.At.After(w.now) })
	if last.end.IsZero() {
		if open {
			return errors.New("a closed lease has open obligations")
		}
		return nil
	}
	if w.down > 0 || last.end.Add(2).After(calendar.DateOf(w.now, shanghai)) {
		return nil // it is not over yet
	}
	if open {
		return errors.New("something that is due was never taken up")
	}
	// The notice of 7 days is the nearest rung: it must have told of this end, whatever happened, unless the end had passed
	// when it was agreed on.
	if !slices.Contains(w.told, last.end) && !calendar.DateOf(last.at, shanghai).After(last.end) {
		return fmt.Errorf("nobody was told of the end on %v, agreed on at %v", last.end, last.at)
	}
	audit := obligation.NewAuditor(w.p, day("2025-01-01"), day("2031-01-01"), w.now)
	audit.Add(&w.l, w.all)
	if c := audit.Result(); !c.Zero() || len(c.Exceptions) > 0 {
		return fmt.Errorf("certificate: %+v", c)
	}
	return nil
}

// R-T8: reminders follow the last committed terms through 5,000 random histories with outages and crashes at every step.
func TestRemindersFollowTheTermsThroughRandomEdits(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5_000) {
		if err := life(seed, false); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// With the defence off the same test turns red.
func TestWithoutReconcilingTheModelSeesIt(t *testing.T) {
	t.Parallel()
	seen := 0
	for seed := range uint64(200) {
		if life(seed, true) != nil {
			seen++
		}
	}
	if seen < 50 {
		t.Fatalf("edits that do not re-derive were seen in %d of 200 histories", seen)
	}
}
