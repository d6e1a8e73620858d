package kpi

import (
	"cmp"
	"slices"
	"time"
)

// Lost is where the time of orders goes, hop by hop, in a group and period: from the report until the work was accepted, and in all.
type Lost struct {
	Group  string
	Start  time.Time
	End    time.Time
	Orders int // that count
	Total  time.Duration
	// Answer is of orders that were accepted: how long that took, and how many of them took at most the target.
	Accepted int
	Answer   time.Duration
	InTarget int
	Hops     []LostHop // that took time, in the order of Hops
	// Worst is the hop that takes most of the time until acceptance; "" when nothing was accepted.
	Worst Hop
}

// LostHop is one hop of a Lost.
type LostHop struct {
	Hop    Hop
	Orders int           // in which it took time
	Spent  time.Duration // of all orders together
	Median time.Duration // of orders in which it took time
	P90    time.Duration
	// Waited is what accepted orders spent in it before they were accepted, and InTargetWithout how many of them would have been
	// accepted within the target had the hop taken no time and all else been the same.
	Waited          time.Duration
	InTargetWithout int
}

// lostRow is a Lost while it is made.
type lostRow struct {
	Lost
	spent   [8][]time.Duration
	waited  [8]time.Duration
	without [8]int
}

// Losses says where the time of orders went, by period and group as Report. Target is the time to acceptance that counts as kept.
func (b *Book) Losses(q Query, target time.Duration, now time.Time) []Lost {
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	rows := map[rowKey]*lostRow{}
	b.selected(&q, func(f *Fact) {
		if !f.counts() {
			return
		}
		start, end := q.period(f.Created)
		key := rowKey{start.UnixMicro(), f.group(q.By)}
		if rows[key] == nil {
			rows[key] = &lostRow{Lost: Lost{Group: key.group, Start: start, End: end}}
		}
		rows[key].add(f, b.pieces(f, now), target)
	})
	out := make([]Lost, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.finish())
	}
	slices.SortFunc(out, func(a, b Lost) int {
		if c := a.Start.Compare(b.Start); c != 0 {
			return c
		}
		return cmp.Compare(a.Group, b.Group)
	})
	return out
}

// add counts an order.
func (r *lostRow) add(f *Fact, pieces []piece, target time.Duration) {
	var all, before [8]time.Duration
	answer := time.Duration(0)
	for i := range pieces {
		p := &pieces[i]
		all[p.hop] += p.length()
		r.Total += p.length()
		if p.from < f.Accepted.UnixMicro() {
			before[p.hop] += p.length()
			answer += p.length()
		}
	}
	r.Orders++
	for i, d := range all {
		if d > 0 {
			r.spent[i] = append(r.spent[i], d)
		}
	}
	if f.Accepted.IsZero() {
		return
	}
	r.Accepted++
	r.Answer += answer
	if answer <= target {
		r.InTarget++
	}
	for i, d := range before {
		r.waited[i] += d
		if answer-d <= target {
			r.without[i]++
		}
	}
}

func (r *lostRow) finish() Lost {
	out := r.Lost
	var most time.Duration
	for i, hop := range Hops() {
		n := len(r.spent[i])
		if n == 0 {
			continue
		}
		slices.Sort(r.spent[i])
		h := LostHop{Hop: hop, Orders: n, Median: middle(r.spent[i]), P90: r.spent[i][(n*9-1)/10], Waited: r.waited[i], InTargetWithout: r.without[i]}
		for _, d := range r.spent[i] {
			h.Spent += d
		}
		if h.Waited > most {
			most, out.Worst = h.Waited, hop
		}
		out.Hops = append(out.Hops, h)
	}
	return out
}

// middle is the median of what is sorted.
func middle(sorted []time.Duration) time.Duration {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
