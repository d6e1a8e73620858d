package explain

import (
	"slices"

	"fettle/dispatch"
)

// changes lists what could be changed to favour the exchange: windows of the unit and of the visit that a miss is about, the
// work of each visit on the other route and of the unit, the ways about the placement, and the shift.
func (t *trial) changes(at placement, missed int32) []change {
	other := len(t.stops) - 1
	tech, shift := t.other()
	duty := &t.p.Technicians[tech].Shifts[shift]
	most := max(int64(duty.End)+int64(duty.Overtime)-int64(duty.Start), 1)
	if t.own {
		own := &t.p.Technicians[0].Shifts[0]
		most = max(most, int64(own.End)+int64(own.Overtime)-int64(own.Start))
	}
	var out []change
	windows := func(v int32) {
		if visit := &t.p.Visits[v]; len(visit.Windows) > 0 && (visit.Pin == nil || visit.Pin.Start == dispatch.NoTick) {
			out = append(out, change{kind: FlipWindowEnd, visit: v, most: most}, change{kind: FlipWindowStart, visit: v, most: most})
			if t.u.has(v) {
				out = append(out, change{kind: FlipWindowMove, sign: 1, visit: v, most: most}, change{kind: FlipWindowMove, sign: -1, visit: v, most: most})
			}
		}
	}
	work := func(v int32) { out = append(out, change{kind: FlipOnSite, visit: v, most: t.longest(v)}) }
	t.u.each(windows)
	if k := slices.Index(t.visits, missed); missed != none && k >= 0 && !t.u.has(int32(k)) {
		windows(int32(k))
	}
	for _, code := range t.stops[other] {
		if int(code) < len(t.visits) {
			work(code)
		}
	}
	t.u.each(work)
	out = append(out, t.ways(at, tech)...)
	return append(out, change{kind: FlipShiftEnd, tech: tech, shift: shift, most: most}, change{kind: FlipShiftStart, tech: tech, shift: shift, most: most})
}

// other is the technician and shift of the other route in the small problem.
func (t *trial) other() (tech, shift int32) {
	tech = int32(len(t.techs) - 1)
	return tech, int32(len(t.p.Technicians[tech].Shifts) - 1)
}

// longest is the longest work of a visit for any kind of technician.
func (t *trial) longest(v int32) int64 {
	most := t.p.Visits[v].OnSite
	for _, by := range t.p.Visits[v].OnSiteBy {
		most = max(most, by)
	}
	return int64(most)
}

// ways lists the legs to and from the head of the unit at a placement on the other route.
func (t *trial) ways(at placement, tech int32) (out []change) {
	if at.p == none {
		return nil
	}
	stops := t.stops[len(t.stops)-1]
	duty := &t.p.Technicians[tech].Shifts[len(t.p.Technicians[tech].Shifts)-1]
	where := func(node int) int32 {
		switch {
		case node == 0:
			return duty.StartPlace
		case node > len(stops):
			return duty.EndPlace
		case int(stops[node-1]) >= len(t.visits):
			return t.p.Technicians[tech].Depots[int(stops[node-1])-len(t.visits)].Place
		}
		return t.p.Visits[stops[node-1]].Place
	}
	here := t.p.Visits[t.u.head].Place
	legs := [][2]int32{{where(int(at.p)), here}}
	if t.u.tail == none {
		legs = append(legs, [2]int32{here, where(int(at.p) + 1)})
	}
	for _, leg := range legs {
		if leg[0] == dispatch.NoPlace || leg[1] == dispatch.NoPlace || leg[0] == leg[1] {
			continue
		}
		if d := t.times[tech][int(leg[0])*len(t.places)+int(leg[1])]; d > 0 && d < dispatch.Unreachable {
			out = append(out, change{kind: FlipTravel, tech: tech, from: leg[0], to: leg[1], most: int64(d)})
		}
	}
	return out
}

// apply makes the problem that a change by x gives. What does not change is shared.
func (t *trial) apply(c *change, x int64) *dispatch.Problem {
	p := t.p
	switch c.kind {
	case FlipWindowEnd, FlipWindowStart, FlipWindowMove, FlipOnSite:
		p.Visits = slices.Clone(p.Visits)
		alterVisit(&p.Visits[c.visit], c, dispatch.Tick(x))
	case FlipTravel:
		p.Travel = slices.Clone(p.Travel)
		table := slices.Clone(t.times[c.tech])
		table[int(c.from)*len(t.places)+int(c.to)] -= int32(x)
		p.Travel[c.tech].Time = dense(len(t.places), table)
	case FlipShiftEnd, FlipShiftStart, FlipSkill:
		p.Technicians = slices.Clone(p.Technicians)
		t.alterTechnician(&p.Technicians[c.tech], c, x)
	}
	return &p
}

func alterVisit(v *dispatch.Visit, c *change, x dispatch.Tick) {
	v.Windows = slices.Clone(v.Windows)
	switch c.kind {
	case FlipWindowEnd:
		v.Windows[len(v.Windows)-1].End += x
	case FlipWindowStart:
		v.Windows[0].Start -= x
	case FlipWindowMove:
		for k := range v.Windows {
			v.Windows[k].Start += dispatch.Tick(c.sign) * x
			v.Windows[k].End += dispatch.Tick(c.sign) * x
		}
	case FlipOnSite:
		v.OnSite = max(v.OnSite-x, 0)
		by := make(map[string]dispatch.Tick, len(v.OnSiteBy))
		for kind, work := range v.OnSiteBy {
			by[kind] = max(work-x, 0)
		}
		v.OnSiteBy = by
	}
}

func (t *trial) alterTechnician(tech *dispatch.Technician, c *change, x int64) {
	switch c.kind {
	case FlipShiftEnd:
		tech.Shifts = slices.Clone(tech.Shifts)
		tech.Shifts[c.shift].End += dispatch.Tick(x)
	case FlipShiftStart:
		tech.Shifts = slices.Clone(tech.Shifts)
		tech.Shifts[c.shift].Start -= dispatch.Tick(x)
	case FlipSkill:
		tech.Skills = raise(tech.Skills, c.skill, int32(x))
	}
}

// raise adds levels to a skill; one that is not held is at level 0.
func raise(held []dispatch.SkillLevel, skill dispatch.Skill, levels int32) []dispatch.SkillLevel {
	out := slices.Clone(held)
	for i := range out {
		if out[i].Skill == skill {
			out[i].Level = max(out[i].Level, 1) + levels
			return out
		}
	}
	return append(out, dispatch.SkillLevel{Skill: skill, Level: levels})
}

// search finds the change with the smallest amount under which the exchange is possible and its difference meets the goal.
// Changes count as ticks; nil when none does it.
func (t *trial) search(list []change, goal func(difference int64) bool) *Flip {
	var best *change
	amount, difference := int64(0), int64(0)
	meets := func(c *change, x int64) (int64, bool) {
		d, possible := t.evaluate(t.apply(c, x))
		return d, possible && goal(d)
	}
	for i := range list {
		c := &list[i]
		most := c.most
		if best != nil {
			most = min(most, amount-1)
		}
		if x, d, ok := least(c, most, meets); ok {
			best, amount, difference = c, x, d
		}
	}
	if best == nil {
		return nil
	}
	return t.flip(best, amount, difference)
}

// least finds an amount of at most most that meets the goal although one less does not, by doubling and then bisection.
// Where more helps at least as much as less, a failure at most settles it at once; a window that moves can move too far.
func least(c *change, most int64, meets func(c *change, x int64) (int64, bool)) (x, difference int64, found bool) {
	if most < 1 {
		return 0, 0, false
	}
	low, high := int64(0), most
	d, ok := meets(c, most)
	if c.kind == FlipWindowMove && !ok {
		for step := int64(1); step < most && !ok; step *= 2 {
			if d, ok = meets(c, step); ok {
				low, high = step/2, step
			}
		}
	}
	if !ok {
		return 0, 0, false
	}
	for low+1 < high {
		mid := low + (high-low)/2
		if e, fits := meets(c, mid); fits {
			high, d = mid, e
		} else {
			low = mid
		}
	}
	return high, d, true
}

// flip names a change by the indices of the whole problem.
func (t *trial) flip(c *change, amount, difference int64) *Flip {
	f := &Flip{Kind: c.kind, Amount: amount, Visit: none, Technician: none, Shift: none, From: none, To: none, Difference: difference}
	switch c.kind {
	case FlipWindowMove:
		f.Visit, f.Amount = t.visits[c.visit], c.sign*amount
	case FlipWindowEnd, FlipWindowStart, FlipOnSite:
		f.Visit = t.visits[c.visit]
	case FlipTravel:
		f.Technician, f.From, f.To = t.techs[c.tech], t.places[c.from], t.places[c.to]
	case FlipShiftEnd, FlipShiftStart:
		f.Technician = t.techs[c.tech]
		f.Shift = t.b.m.Routes[t.routes[len(t.routes)-1]].Shift
	case FlipSkill:
		f.Technician, f.Skill = t.techs[c.tech], c.skill
	}
	return f
}
