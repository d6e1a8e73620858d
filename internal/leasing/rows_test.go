package leasing_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
)

// R-T1: after an outage of an hour, of the two weeks of the incident, of 45 days, each rung of each lease is sent, late or superseded,
// exactly one of them, and none twice. A scheduler that asks for what is due today leaves what was due before unaccounted for.
func TestOutages(t *testing.T) {
	t.Parallel()
	for _, outage := range []time.Duration{time.Hour, 14 * 24 * time.Hour, 45 * 24 * time.Hour} {
		for _, today := range []bool{false, true} {
			h, r := newHouse(t), rand.New(rand.NewPCG(uint64(outage), 1))
			const leases = 30
			for i := range leases {
				h.create(lease.ID(fmt.Sprintf("L%03d", i)), "2026-01-01", day("2026-03-03").Add(r.IntN(60)).String())
			}
			h.today = today
			for d := day("2026-01-02"); d.Before(day("2026-05-10")); d = d.Add(1) {
				at := d.At(calendar.Clock{Hour: 10}, shanghai)
				if d == day("2026-03-20") {
					at = at.Add(outage) // nobody sweeps meanwhile
				}
				h.until(at)
				h.sweep()
			}
			c := h.certify()
			if lost := !c.Zero(); lost != (today && outage > 24*time.Hour) {
				t.Errorf("outage %s, saboteur %v: %s", outage, today, c.Text("en", shanghai))
			}
			if !today && c.InTime+c.Late+c.Superseded != 3*leases {
				t.Errorf("outage %s: %s", outage, c.Text("en", shanghai))
			}
			h.once()
		}
	}
}

// R-T2: fifty random jumps of the clock lose nothing and double nothing. A post that forgets what it has sent doubles.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	jumps := []time.Duration{time.Hour, -time.Hour, 24 * time.Hour, -24 * time.Hour, -10 * time.Minute, 60 * 24 * time.Hour}
	doubled := 0
	for seed := range uint64(3) {
		for _, forget := range []bool{false, true} {
			h, r := newHouse(t), rand.New(rand.NewPCG(seed, 2))
			h.sink.forget = forget
			const leases = 15
			for i := range leases {
				h.create(lease.ID(fmt.Sprintf("L%03d", i)), "2026-01-01", day("2026-04-01").Add(r.IntN(300)).String())
			}
			for range 50 {
				jump := jumps[r.IntN(len(jumps)-1)]
				if r.IntN(12) == 0 {
					jump = jumps[len(jumps)-1]
				}
				h.clock.Jump(jump)
				h.sweep()
				h.clock.Advance(time.Duration(r.IntN(900)) * time.Second)
				h.sweep()
			}
			h.until(day("2027-03-01").At(calendar.Clock{Hour: 12}, shanghai))
			for range 3 {
				h.clock.Advance(time.Hour)
				h.sweep()
			}
			c := h.certify()
			if !forget && (!c.Zero() || c.Expected != 3*leases) {
				t.Errorf("seed %d: %s", seed, c.Text("en", shanghai))
			}
			if !forget {
				h.once()
				continue
			}
			for _, n := range h.sink.times {
				doubled += n - 1
			}
		}
	}
	if doubled == 0 {
		t.Error("nothing came twice though the post forgot what it had sent")
	}
}

// once fails the test for a message that came twice.
func (h *house) once() {
	h.t.Helper()
	for id, n := range h.sink.times {
		if n > 1 {
			h.t.Errorf("%s came %d times", id, n)
		}
	}
}

// dueNow is what a sweep takes up: what is due, or with the saboteur what is due today.
func (h *house) dueNow() []ledger.DueWork {
	h.t.Helper()
	work, err := h.store.Due(h.t.Context(), org.Default, ledger.DueFilter{}, h.clock.Now(), 10_000)
	if err != nil {
		h.t.Fatal(err)
	}
	if !h.today {
		return work
	}
	now := calendar.DateOf(h.clock.Now(), shanghai)
	var out []ledger.DueWork
	for _, w := range work {
		if calendar.DateOf(w.At, shanghai) == now {
			out = append(out, w)
		}
	}
	return out
}
