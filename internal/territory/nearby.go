package territory

import (
	"cmp"
	"hash/maphash"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/geo/index"
)

// Near is a technician near a place.
type Near struct {
	Technician *engine.Technician // shared: do not change it
	Position   engine.Position
	Stale      bool
	Meters     float64
}

// nearby finds people by where they were last seen: those who were are in the grid, under their number.
type nearby struct {
	grid   *index.Grid
	people []*person // by number; nil where somebody has left
	free   []int32
	seed   maphash.Seed
}

// cellMeters suits some ten thousand people in a city: one to a dozen in a cell.
const cellMeters = 1000

func newNearby() nearby {
	grid, err := index.NewGrid(index.GridConfig{CellMeters: cellMeters})
	if err != nil {
		panic(err) //nolint:forbidigo // a configuration that is known to work
	}
	return nearby{grid: grid, seed: maphash.MakeSeed()}
}

// enter gives a person a number.
func (n *nearby) enter(who *person) {
	if last := len(n.free) - 1; last >= 0 {
		who.number, n.free = n.free[last], n.free[:last]
		n.people[who.number] = who
		return
	}
	who.number = int32(len(n.people))
	n.people = append(n.people, who)
}

func (n *nearby) leave(who *person) {
	n.grid.Remove(who.number)
	n.people[who.number], n.free = nil, append(n.free, who.number)
}

// place takes over where a person is and what they can do.
func (n *nearby) place(who *person) {
	if who.at.At.IsZero() || n.grid.Put(who.number, who.at.Point, n.bits(who.technician)) != nil {
		n.grid.Remove(who.number) // never seen, or a place that is none
	}
}

// move takes over where a person is.
func (n *nearby) move(who *person) {
	if n.grid.Update(who.number, who.at.Point) != nil {
		n.place(who) // seen for the first time
	}
}

// bits are the skills of a technician as the grid knows them: 64 for as many skills as there are, so that two may share one.
func (n *nearby) bits(te *engine.Technician) (out uint64) {
	for _, l := range te.Skills {
		out |= n.bit(l.Skill)
	}
	return out
}

func (n *nearby) bit(s dispatch.Skill) uint64 { return 1 << (maphash.String(n.seed, string(s)) % 64) }

// find lists up to count people by distance, ties by id.
func (n *nearby) find(p geo.Point, skill dispatch.SkillLevel, count int, radius geo.Meters) []index.Neighbor {
	f := index.Filter{Radius: radius}
	if skill.Skill != "" {
		f.Skills = n.bit(skill.Skill)
		f.Keep = func(number int32) bool { return level(n.people[number].technician, skill.Skill) >= max(1, skill.Level) }
	}
	found := n.grid.Nearest(p, count, f, make([]index.Neighbor, 0, min(count, n.grid.Len())))
	slices.SortFunc(found, func(a, b index.Neighbor) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(n.people[a.ID].technician.ID, n.people[b.ID].technician.ID))
	})
	return found
}

func level(te *engine.Technician, s dispatch.Skill) int32 {
	for _, l := range te.Skills {
		if l.Skill == s {
			return max(1, l.Level)
		}
	}
	return 0
}

// Nearby lists up to n technicians by distance from a point, with a skill at a level or above when skill is not empty, and
// not farther than radius when that is positive. It takes microseconds whatever their number.
func (t *Territory) Nearby(p geo.Point, skill dispatch.SkillLevel, n int, radius geo.Meters) []Near {
	t.desk.RLock()
	defer t.desk.RUnlock()
	found := t.desk.near.find(p, skill, n, radius)
	out := make([]Near, len(found))
	for i, f := range found {
		who := t.desk.near.people[f.ID]
		out[i] = Near{Technician: who.technician, Position: who.at, Stale: t.stale(who.at), Meters: float64(f.Distance)}
	}
	return out
}
