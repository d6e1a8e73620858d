package explain

import (
	"slices"

	"fettle/dispatch/cost"
)

// fairness prices unequal work when a little of it moves, without a pass over all technicians. It holds the loads in order
// with their prefix sums, so that the load above a mean is found by bisection. The zero weight switches it off.
type fairness struct {
	weight int64
	loads  []int64 // by technician that has a shift
	index  []int32 // technician -> index in loads, none without a shift
	sum    int64
	sorted []int64
	prefix []int64 // prefix[i] is the sum of sorted[:i]
	now    int64   // cost as it stands
}

// moved is work that is added to a technician's load, or taken from it when negative.
type moved struct {
	technician int32
	work       int64
}

// newFairness counts on-site time without entry, as Model.Fairness does.
func (b *board) newFairness() fairness {
	f := fairness{weight: b.p.Policy.Fairness}
	if f.weight == 0 {
		return f
	}
	f.index = make([]int32, len(b.p.Technicians))
	for t := range b.p.Technicians {
		f.index[t] = none
		if len(b.of[t]) == 0 {
			continue
		}
		f.index[t] = int32(len(f.loads))
		load := b.p.Technicians[t].History
		for _, r := range b.of[t] {
			load += b.load(r, b.lines[r].stops)
		}
		f.loads = append(f.loads, load)
	}
	f.settle()
	return f
}

// load is the work of the visits among stops.
func (b *board) load(r int32, stops []int32) (sum int64) {
	for _, v := range stops {
		if v < b.m.Visits {
			sum += int64(b.m.OnSite(&b.m.Routes[r], v))
		}
	}
	return sum
}

// settle renews the order after loads changed. O(n log n).
func (f *fairness) settle() {
	f.sorted = append(f.sorted[:0], f.loads...)
	slices.Sort(f.sorted)
	f.prefix = append(f.prefix[:0], 0)
	for _, l := range f.sorted {
		f.prefix = append(f.prefix, f.prefix[len(f.prefix)-1]+l)
	}
	f.sum = f.prefix[len(f.sorted)]
	f.now = cost.Fairness(f.weight, f.loads)
}

// apply makes a change permanent.
func (f *fairness) apply(s moved) {
	if f.weight == 0 || s.work == 0 {
		return
	}
	f.loads[f.index[s.technician]] += s.work
	f.settle()
}

// change is what moving work would add to the cost. It agrees with cost.Fairness to the unit. O(log n) for each move.
func (f *fairness) change(moves ...moved) int64 {
	if f.weight == 0 || len(f.loads) == 0 {
		return 0
	}
	n, sum := int64(len(f.loads)), f.sum
	for _, s := range moves {
		sum += s.work
	}
	mean := (sum + n - 1) / n
	i, _ := slices.BinarySearch(f.sorted, mean)
	over := f.sum - f.prefix[i] - int64(len(f.sorted)-i)*mean
	for k, s := range moves {
		was, first := f.loads[f.index[s.technician]], true
		is := was
		for j, o := range moves {
			if o.technician == s.technician {
				is += o.work
				first = first && j >= k
			}
		}
		if first {
			over += max(is-mean, 0) - max(was-mean, 0)
		}
	}
	return over*f.weight - f.now
}
