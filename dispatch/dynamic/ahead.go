package dynamic

import (
	"fmt"
	"math/rand/v2"

	"fettle/dispatch"
)

// Ahead says how visits to come are anticipated: some are drawn from what the day has shown so far, each with the place of
// one known visit, the work of another and the window of a third, and are planned beside the real ones. Then they are struck
// out, and what they kept free is free: Bent and Van Hentenryck (2004), "Scenario-based planning for partially dynamic
// vehicle routing with stochastic customers", Operations Research 52(6), 977-987, with one scenario a moment and no
// consensus. Nobody leaves home for drawn visits alone.
//
// Only visits at short notice are drawn, for the others find somebody anyhow; and only where time on duty is paid: where it
// is not, experiments showed longer ways and no fewer refusals.
type Ahead struct {
	Share float64 // of the number of visits to come that is expected; 0 draws none
	// Short is the longest notice, from becoming known to the end of the window, in mean ways from technicians' homes.
	Short float64
	// Worth is the price of a drawn visit in stops of mean length: what its place in the plan may cost.
	Worth float64
}

// Limits on the work of one moment.
const (
	drawn  = 400 // draws that estimate how many visits are to come
	mostAt = 60  // drawn visits that are planned
)

// imagine adds drawn visits to a rest.
func (r *rest) imagine(rng *rand.Rand, a Ahead) {
	m := r.m
	if a.Share <= 0 || len(m.Notice) == 0 || !r.paid() {
		return
	}
	way, work := r.means()
	var short []dispatch.Visit
	later := 0
	for range drawn {
		v, notice, ok := m.draw(rng)
		if !ok {
			continue
		}
		if later++; float64(notice) < a.Short*way {
			short = append(short, v)
		}
	}
	// Of all visits that come during the day the share later/drawn is still to come; the rest are those seen so far.
	expected := float64(len(m.Notice)) * float64(later) / max(drawn-float64(later), 0.05*drawn)
	count := int(a.Share * expected * float64(len(short)) / max(float64(later), 1))
	price := max(min(a.Worth*(work+way/2)*r.rate(), float64(costNew/2)), 1)
	for i := range min(count, len(short), mostAt) {
		v := short[i]
		v.ID, v.Unserved = dispatch.VisitID(fmt.Sprintf("\x00%d", i)), int64(price)
		r.problem.Visits = append(r.problem.Visits, v)
	}
}

// draw makes a visit that may still come, and how long before the end of its window it does.
func (m *Moment) draw(rng *rand.Rand) (v dispatch.Visit, notice dispatch.Tick, ok bool) {
	known := m.Problem.Visits
	window, work, place := &known[rng.IntN(len(known))], &known[rng.IntN(len(known))], &known[rng.IntN(len(known))]
	notice = m.Notice[rng.IntN(len(m.Notice))]
	if len(window.Windows) == 0 {
		return v, 0, false
	}
	end := window.Windows[len(window.Windows)-1].End
	at := end - notice
	w := dispatch.TimeWindow{Start: max(window.Windows[0].Start, at+1), End: end}
	v = *work
	v.Place, v.Windows = place.Place, []dispatch.TimeWindow{w}
	return v, notice, at > m.Now && !w.Empty()
}

// paid reports whether time on duty is.
func (r *rest) paid() bool {
	for k := range r.problem.Technicians {
		if r.problem.Technicians[k].Rates.Duty != 0 {
			return true
		}
	}
	return false
}

// rate is the mean price of a tick of work and travel.
func (r *rest) rate() float64 {
	var sum int64
	for k := range r.problem.Technicians {
		sum += r.problem.Technicians[k].Rates.Duty + r.problem.Technicians[k].Rates.Travel
	}
	return float64(sum) / float64(len(r.problem.Technicians))
}

// means are the mean way from a start place to a known visit, and the mean time on site, in ticks.
func (r *rest) means() (way, work float64) {
	p, ways := r.m.Problem, 0
	for i := range p.Visits {
		work += float64(p.Visits[i].OnSite)
		for k := range p.Technicians {
			if t := &p.Technicians[k]; len(t.Shifts) > 0 {
				way += float64(leg(p, t, t.Shifts[0].StartPlace, p.Visits[i].Place))
				ways++
			}
		}
	}
	return way / max(float64(ways), 1), work / float64(len(p.Visits))
}
