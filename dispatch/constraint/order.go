package constraint

import "fettle/dispatch"

// compileLinks tabulates the links: which visits have any, and how often a plan may need to be timed until they hold.
func (m *Model) compileLinks() {
	p := m.Problem
	if len(p.Links) == 0 {
		return
	}
	m.tied = make([]bool, m.Visits)
	m.rounds = linkRounds
	for i := range p.Links {
		for _, v := range []int32{p.Links[i].First, p.Links[i].Second} {
			if !m.tied[v] {
				m.tied[v] = true
				m.rounds += 2 + len(p.Visits[v].Windows)
			}
		}
	}
}

// linkRounds is how many rounds of Joint.Walk there are beyond two for each linked visit and one for each of its windows:
// links that can be kept are kept by then, each round settling one visit at least.
const linkRounds = 8

// Tied reports whether a visit is in a link.
func (m *Model) Tied(v int32) bool { return m.tied != nil && v < m.Visits && m.tied[v] }

// tiedOne reports whether some stop is a linked visit: then the route keeps everything at its earliest.
func (m *Model) tiedOne(stops []int32) bool {
	for _, v := range stops {
		if v < m.Visits && m.tied[v] {
			return true
		}
	}
	return false
}

// push raises what the gap of a link wants: Second after First, and First when Second comes too long after it. It reports
// whether either start is too early.
func (j *Joint) push(l *dispatch.Link) (first, second bool) {
	a, b := j.Start[l.First], j.Start[l.Second]
	if by := a + int32(l.MinGap); b < by {
		second = j.raise(l.Second, by, l)
	}
	if !l.Limited() {
		return first, second
	}
	if by := b - int32(l.MaxGap); a < by {
		first = j.raise(l.First, by, l)
	}
	return first, second
}

func (j *Joint) raise(v, by int32, l *dispatch.Link) bool {
	if by > j.floor[v] {
		j.floor[v], j.by[v] = by, l
	}
	return true
}
