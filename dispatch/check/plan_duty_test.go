package check_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/check"
)

// A longest duty keeps a technician at home until 10, as c ends at 110. Both a and b are late then, and neither may be later
// than that takes: the break, which opens at 20, waits until a is done though it could go first. Stated where it is, it
// gives the same times.
func TestLongestDutyTakesBreaksWhereNoVisitIsLater(t *testing.T) {
	t.Parallel()
	p := newDay(t)
	p.Technicians[0].MaxDuty, p.Technicians[0].Rates.Duty = 100, 1
	p.Technicians[0].Shifts[0].End = 120
	p.Technicians[0].Shifts[0].Breaks = []dispatch.Break{{Windows: []dispatch.TimeWindow{{Start: 20, End: 30}}, Duration: 5}}
	p.Policy.Tiers = []dispatch.LatenessTier{{Name: "gold", Steps: []dispatch.LatenessStep{{PerTick: 1}}}}
	p.Policy.DefaultTier = "gold"
	for i := range p.Visits {
		p.Visits[i].Place, p.Visits[i].OnSite, p.Visits[i].Due = 0, 10, 0
	}
	p.Visits[2].Due, p.Visits[2].Windows = dispatch.NoTick, []dispatch.TimeWindow{{Start: 100, End: 101}}
	got, violations := check.Schedule(p, 0, 0, visits(0, 1, 2))
	if len(violations) > 0 {
		t.Fatalf("violations: %v", violations)
	}
	starts := []dispatch.Tick{got.Departure}
	for _, s := range got.Stops {
		starts = append(starts, s.Start)
	}
	// Leaves at 10, a [10, 20), break [20, 25), b [25, 35), c [100, 110).
	if d := cmp.Diff([]dispatch.Tick{10, 10, 20, 25, 100}, starts); d != "" {
		t.Errorf("departure and starts (-want +got):\n%s", d)
	}
	again, _ := check.Schedule(p, 0, 0, got.Stops)
	if d := cmp.Diff(got, again); d != "" {
		t.Errorf("with the break stated (-first +again):\n%s", d)
	}
}

// limitedRoute is oneRoute with a longest duty and, often, visits whose lateness is priced.
func limitedRoute(t *rapid.T) *dispatch.Problem {
	p := oneRoute(t)
	p.Technicians[0].MaxDuty = dispatch.Tick(rapid.Int32Range(1, 80).Draw(t, "longest duty"))
	p.Technicians[0].Rates.Duty = rapid.Int64Range(0, 1).Draw(t, "duty price")
	p.Policy.Tiers = []dispatch.LatenessTier{{Steps: []dispatch.LatenessStep{{PerTick: 3}}}}
	for i := range p.Visits {
		if rapid.IntRange(0, 3).Draw(t, "due") > 0 {
			p.Visits[i].Due = dispatch.Tick(rapid.Int32Range(0, 60).Draw(t, "due at"))
		}
	}
	return p
}

// inOrder lists all visits of a problem as stops.
func inOrder(p *dispatch.Problem) []dispatch.Stop {
	order := make([]int32, len(p.Visits))
	for i := range order {
		order[i] = int32(i)
	}
	return visits(order...)
}

// lastDeparture is the end of a shift, or its latest departure.
func lastDeparture(s dispatch.Shift) dispatch.Tick {
	if s.LatestDeparture != dispatch.NoTick {
		return s.LatestDeparture
	}
	return s.End
}

// breakLegs names the leg of each break of a route.
func breakLegs(r *dispatch.Route) (legs []int) {
	done := 0
	for _, s := range r.Stops {
		if s.Kind == dispatch.StopBreak {
			legs = append(legs, done)
		} else {
			done++
		}
	}
	return legs
}

// TestLongestDutyIsTheBestOfAllDepartures compares the rule of the longest duty with leaving at every instant.
func TestLongestDutyIsTheBestOfAllDepartures(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := limitedRoute(t)
		most, shift := p.Technicians[0].MaxDuty, p.Technicians[0].Shifts[0]
		shortest, earliest := tooLate, tooLate
		for d := shift.Start; d <= lastDeparture(shift); d++ {
			for _, legs := range placements(len(shift.Breaks), len(p.Visits)) {
				if _, end := walk(p, d, legs); end <= shift.End {
					shortest = min(shortest, end-d)
					if end-d <= most {
						earliest = min(earliest, end)
					}
				}
			}
		}
		got, violations := check.Schedule(p, 0, 0, inOrder(p))
		switch {
		case shortest == tooLate:
			if len(violations) == 0 {
				t.Fatalf("feasible: %+v; no departure is", got)
			}
		case shortest > most:
			if len(violations) != 1 || violations[0].Rule != dispatch.ReasonMaxDuty || violations[0].By != int64(shortest-most) {
				t.Fatalf("violations %v; the shortest duty is %d of %d", violations, shortest, most)
			}
		case len(violations) > 0 || got.End != earliest || got.End-got.Departure > most:
			t.Fatalf("violations %v, got [%d, %d]; the earliest end with a duty of at most %d is %d", violations, got.Departure, got.End, most, earliest)
		default:
			if want := latestKept(p, &got); got.Departure != want {
				t.Fatalf("leaves at %d for %d; %d makes no visit later than the first departure that keeps the duty", got.Departure, got.End, want)
			}
		}
	})
}

// latestKept is the latest departure of a route, with its end and its breaks where they are, that makes no visit start later
// than both its due instant and its start at the first departure that keeps the longest duty.
func latestKept(p *dispatch.Problem, r *dispatch.Route) dispatch.Tick {
	shift, legs := p.Technicians[0].Shifts[0], breakLegs(r)
	from := max(shift.Start, r.End-p.Technicians[0].MaxDuty)
	first, _ := walk(p, from, legs)
	last := from
	for d := from; d <= lastDeparture(shift); d++ {
		starts, end := walk(p, d, legs)
		kept := end == r.End
		for i := range starts {
			due := p.Visits[i].Due
			kept = kept && (due == dispatch.NoTick || starts[i] <= max(due, first[i]))
		}
		if kept {
			last = d
		}
	}
	return last
}
