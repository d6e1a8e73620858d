package check

import "fettle/dispatch"

// stock demands, in every dimension and at every moment, that what will still be delivered before the next depot, what was
// collected since the last one and what pairs carry fits into the capacity. A depot that is Unlimited lifts the limit until
// a depot that is not.
func (t *tour) stock() {
	if t.who.Capacity == nil {
		return
	}
	for d, room := range t.who.Capacity {
		t.stockIn(d, int64(room))
	}
}

func (t *tour) stockIn(d int, room int64) {
	carried := t.carried(d)
	load, limited := t.deliveries(0, d), true
	t.fits(d, -1, load, room)
	for k := range t.stops {
		v := t.visit(k)
		if v == nil {
			limited = !t.who.Depots[t.stops[k].Depot].Unlimited
			load = t.deliveries(k+1, d) + t.carriedInto(carried, k)
		} else {
			load += amount(v.Collect, d) - amount(v.Deliver, d) + carried[k]
		}
		if limited {
			t.fits(d, k, load, room)
		}
	}
}

// fits reports a load after the k-th kept stop (-1: at the start) that is more than there is room for.
func (t *tour) fits(d, k int, load, room int64) {
	if load <= room {
		return
	}
	where := "at the start"
	if k >= 0 {
		where = sentence("after stop %d", t.stated[k])
	}
	name := sentence("dimension %d", d)
	if d < len(t.p.Dimensions) && t.p.Dimensions[d] != "" {
		name = t.p.Dimensions[d]
	}
	t.fault(dispatch.ReasonCapacity, k, load-room, "Technician %s has %d of %s on board %s, room for %d.", t.who.ID, load, name, where, room)
}

// deliveries is what visits from the k-th kept stop to the next depot use up.
func (t *tour) deliveries(k, d int) int64 {
	var sum int64
	for ; k < len(t.stops) && t.visit(k) != nil; k++ {
		sum += amount(t.visit(k).Deliver, d)
	}
	return sum
}

// carried is by kept stop what pairs take on board there (or, negative, hand over). A pair that is not whole on this route
// in its order carries nothing: that is a fault of its own.
func (t *tour) carried(d int) []int64 {
	change := make([]int64, len(t.stops))
	at := make(map[int32]int, len(t.stops))
	for k := range t.stops {
		if t.visit(k) != nil {
			at[t.stops[k].Visit] = k
		}
	}
	for i := range t.p.Pairs {
		pair := &t.p.Pairs[i]
		first, ok1 := at[pair.First]
		second, ok2 := at[pair.Second]
		if ok1 && ok2 && first < second {
			change[first] += amount(pair.Amount, d)
			change[second] -= amount(pair.Amount, d)
		}
	}
	return change
}

// carriedInto is what pairs have on board at the k-th kept stop.
func (t *tour) carriedInto(carried []int64, k int) int64 {
	var sum int64
	for _, c := range carried[:k] {
		sum += c
	}
	return sum
}

// amount reads one dimension of an optional list.
func amount(list []int32, d int) int64 {
	if d >= len(list) {
		return 0
	}
	return int64(list[d])
}
