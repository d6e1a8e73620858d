package demo

import (
	"slices"
	"time"
)

// Stats counts what the simulated operator has done and how the service did, since Run began.
type Stats struct {
	Technicians int
	Reports     int // orders posted
	Merged      int // of them merged into others on arrival
	Accepted    int
	Declined    int
	Ignored     int // offers that a technician let pass
	Departed    int
	Arrived     int
	Started     int
	Paused      int // for a missing part
	Resumed     int // for a second visit
	Completed   int
	Rated       int
	Verified    int
	Reopened    int
	Canceled    int // by tenants
	Appointed   int // new windows agreed where the old ones had passed

	Positions         int // taken by the service
	PositionsRejected int

	Conflicts  int // verbs that the state of the order no longer allowed
	Errors     int // calls refused for another reason: a fault here or there
	Retries    int // calls that failed for a reason that may pass
	GivenUp    int // of them tried too often
	Reconnects int // of the stream of events

	// Durations from the report to the first acceptance and to the first completion, medians; 0 before the first.
	MedianToAccept, MedianToComplete time.Duration
	// Shares of the orders accepted, reached and completed that were so by their due time; 0 before the first.
	AcceptedInTime, OnSiteInTime, CompletedInTime float64
	// Open is how many orders are known that are not done; OldestOpen is when the oldest of them was reported.
	Open       int
	OldestOpen time.Time
}

// tally collects what Stats is made of.
type tally struct {
	toAccept, toComplete         []time.Duration
	accepts, arrivals, completes promise
}

// promise counts how often something was done by its due time.
type promise struct{ kept, all int }

func (p *promise) note(at, due time.Time) {
	if due.IsZero() {
		return
	}
	p.all++
	if !at.After(due) {
		p.kept++
	}
}

func (p *promise) share() float64 {
	if p.all == 0 {
		return 0
	}
	return float64(p.kept) / float64(p.all)
}

// keep appends a duration; the oldest are forgotten beyond some thousand.
func keep(ds []time.Duration, d time.Duration) []time.Duration {
	const most = 20_000
	if len(ds) >= most {
		ds = slices.Delete(ds, 0, most/2)
	}
	return append(ds, d)
}

func median(ds []time.Duration) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(ds))
	return sorted[len(sorted)/2]
}

// count changes the counters.
func (o *Operator) count(change func(*Stats)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change(&o.stats)
}

// note changes the tally.
func (o *Operator) note(change func(*tally)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change(&o.tally)
}

// takeStock notes how much is open.
func (o *Operator) takeStock() {
	open, oldest := 0, time.Time{}
	for _, ord := range o.orders {
		if ord.completed || ord.created.IsZero() {
			continue
		}
		open++
		if oldest.IsZero() || ord.created.Before(oldest) {
			oldest = ord.created
		}
	}
	o.count(func(s *Stats) { s.Open, s.OldestOpen = open, oldest })
}

// Stats returns the figures so far. It may be called at any time from any goroutine.
func (o *Operator) Stats() Stats {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.stats
	s.MedianToAccept, s.MedianToComplete = median(o.tally.toAccept), median(o.tally.toComplete)
	s.AcceptedInTime, s.OnSiteInTime = o.tally.accepts.share(), o.tally.arrivals.share()
	s.CompletedInTime = o.tally.completes.share()
	return s
}
