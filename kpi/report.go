package kpi

import (
	"slices"
	"time"

	"fettle/dispatch"
)

// Report answers a query as of an instant: rows by period, then by group. A period without orders has no row.
func (b *Book) Report(q Query, now time.Time) []Row {
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	t := tallies{query: &q, definitions: Definitions(), rows: map[rowKey]*tally{}}
	b.selected(&q, func(f *Fact) { t.add(f, b.pieces(f, now), now) })
	b.spend(&t, now)
	rows := make([]*tally, 0, len(t.rows))
	for _, r := range t.rows {
		rows = append(rows, r)
	}
	sortRows(rows)
	out := make([]Row, len(rows))
	for i, r := range rows {
		out[i] = r.finish(&t)
	}
	return out
}

type rowKey struct {
	start int64 // microseconds since 1970
	group string
}

// tallies are the rows of a report while it is made.
type tallies struct {
	query       *Query
	definitions []Definition
	rows        map[rowKey]*tally
}

// tally is a row while it is made.
type tally struct {
	row    Row
	values [][]float64 // by definition
	spent  [8]time.Duration
	orders int64
	// Of technicians within the period, whatever orders they were for.
	travel, busy time.Duration
	who          map[dispatch.TechnicianID]bool
}

func (t *tallies) row(group string, at time.Time) *tally {
	start, end := t.query.period(at)
	key := rowKey{start.UnixMicro(), group}
	r := t.rows[key]
	if r == nil {
		r = &tally{
			row: Row{Group: group, Start: start, End: end}, values: make([][]float64, len(t.definitions)),
			who: map[dispatch.TechnicianID]bool{},
		}
		t.rows[key] = r
	}
	return r
}

// add counts an order in the row of its report.
func (t *tallies) add(f *Fact, pieces []piece, now time.Time) {
	r := t.row(f.group(t.query.By), f.Created)
	for i := range t.definitions {
		if of := t.definitions[i].of; of != nil {
			if v, ok := of(f, now); ok {
				r.values[i] = append(r.values[i], v)
			}
		}
	}
	if !f.counts() {
		return
	}
	r.orders++
	for i := range pieces {
		r.spent[pieces[i].hop] += pieces[i].length()
	}
}

// Indices of hops in Hops.
const hopTravel, hopAtDoor, hopWork = 3, 4, 5

// spend counts the time of technicians in the rows of the periods in which it was spent, which is not where the order was
// reported. Rows that hold no order are not made for it.
func (b *Book) spend(t *tallies, now time.Time) {
	q := t.query
	all := *q
	all.From = time.Time{} // work of the period may be for an order from before
	b.selected(&all, func(f *Fact) {
		for _, p := range b.pieces(f, now) {
			if p.hop < hopTravel || p.hop > hopWork || p.who < 0 {
				continue
			}
			t.charge(f, &p, b.technicians[p.who])
		}
	})
}

// charge adds a stretch of work to the rows of the periods that it touches.
func (t *tallies) charge(f *Fact, p *piece, who dispatch.TechnicianID) {
	q := t.query
	group := f.group(q.By)
	if q.By == ByTechnician {
		group = string(who) // the one who travelled, who may not be the one who finished
	}
	from, to := later(time.UnixMicro(p.from), q.From), earlier(time.UnixMicro(p.to), q.To)
	for from.Before(to) {
		start, end := q.period(from)
		cut := earlier(to, end)
		if r := t.rows[rowKey{start.UnixMicro(), group}]; r != nil {
			r.busy += cut.Sub(from)
			if p.hop == hopTravel {
				r.travel += cut.Sub(from)
			}
			r.who[who] = true
		}
		if !end.After(from) {
			return
		}
		from = cut
	}
}

// finish makes the row.
func (r *tally) finish(t *tallies) Row {
	for i := range t.definitions {
		d := &t.definitions[i]
		v := Value{ID: d.ID}
		switch d.ID { //nolint:exhaustive // the rest are of orders
		case TravelShare:
			v.N, v.Value = len(r.who), ratio(r.travel, r.busy)
		case Utilization:
			if t.query.OnDuty == nil {
				continue
			}
			v.N, v.Value = len(r.who), ratio(r.busy, r.duty(t.query))
		default:
			v.fill(d.Unit, r.values[i])
		}
		r.row.Values = append(r.row.Values, v)
	}
	if r.orders > 0 {
		for i, d := range r.spent {
			r.row.Hops[i] = d / time.Duration(r.orders)
			r.row.Total += r.row.Hops[i]
		}
	}
	return r.row
}

// duty is the length of the shifts of those who worked in the row.
func (r *tally) duty(q *Query) (sum time.Duration) {
	for who := range r.who {
		sum += q.OnDuty(who, r.row.Start, r.row.End)
	}
	return sum
}

func ratio(a, b time.Duration) float64 {
	if b <= 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// fill makes a value of what orders add.
func (v *Value) fill(u Unit, parts []float64) {
	v.N = len(parts)
	if u == UnitCount {
		v.Value = float64(v.N)
		return
	}
	if v.N == 0 {
		return
	}
	var sum float64
	for _, p := range parts {
		sum += p
	}
	v.Value = sum / float64(v.N)
	if u == UnitMinutes {
		slices.Sort(parts)
		v.Median, v.P90 = quantile(parts, 0.5), quantile(parts, 0.9)
	}
}

// quantile of sorted values, between the nearest two.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
