package constraint

import (
	"fmt"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/cost"
)

// Static tests the rules between a technician and a visit that no route can change: skills, territory, required, excluded
// and pinned technicians, and tools that are neither carried nor found at a depot. It returns "" when the technician may,
// else the rule and by how much it is missed.
func Static(t *dispatch.Technician, v *dispatch.Visit) (dispatch.Reason, int64) {
	if why := technicianWanted(t, v); why != "" {
		return why, 0
	}
	if why, short := skillsHeld(t, v); why != "" {
		return why, short
	}
	if !territoryServed(t, v) {
		return dispatch.ReasonCoverageArea, 0
	}
	if short := toolsMissing(t, v); short > 0 {
		return dispatch.ReasonToolMissing, short
	}
	return "", 0
}

// compileClasses groups technicians for whom the static rules decide alike, at the same cost. The group of a technician is
// what the rules read of it, so that 500 technicians of 40 skill sets are 40 classes. Tables by technician split such a
// group: those whose columns differ anywhere are classes of their own, and coarse leads back to the group.
func (m *Model) compileClasses() {
	p := m.Problem
	named := namedTechnicians(p)
	classes, groups := map[string]int32{}, map[string]int32{}
	var columns []int32
	for i := range m.Routes {
		r := &m.Routes[i]
		t := &p.Technicians[r.Technician]
		key := fmt.Sprint(t.Skills, t.Territories, r.tools, slices.ContainsFunc(t.Depots, func(d dispatch.Depot) bool { return d.AllTools }))
		if named[t.ID] {
			key = "named/" + string(t.ID)
		}
		group := key
		if columns = m.columns(columns[:0], r.Technician); len(columns) > 0 {
			key += fmt.Sprint("/", columns)
		}
		id, ok := classes[key]
		if !ok {
			id = int32(len(classes))
			classes[key] = id
			m.members = append(m.members, r.Technician)
			if _, ok := groups[group]; !ok {
				groups[group] = id
			}
			m.coarse = append(m.coarse, groups[group])
		}
		r.Class = id
	}
	m.Classes = int32(len(m.members))
}

// compileStatic decides the static rules of one visit for each class.
func (m *Model) compileStatic(i int32, v *dispatch.Visit) {
	if m.lines != nil {
		m.keep(i, v)
		return
	}
	m.fillLine(m.line(i), v)
	m.compileTables(i)
}

// fillLine decides the static rules of a visit for each class. What it reads of a visit is what lines.ask writes down.
func (m *Model) fillLine(row int, v *dispatch.Visit) {
	for c, technician := range m.members {
		t := &m.Problem.Technicians[technician]
		if first := int(m.coarse[c]); first < c {
			m.allowed[row+c] = m.allowed[row+first]
		} else {
			why, _ := Static(t, v)
			m.allowed[row+c] = why == ""
		}
		if m.static == nil {
			continue
		}
		if first := int(m.coarse[c]); first < c {
			m.static[row+c] = m.static[row+first]
		} else {
			m.static[row+c] = cost.SkillSurplus(&m.Problem.Policy, t, v) + cost.Personal(&m.Problem.Policy, t, v)
		}
	}
}

// compileTables adds to a row, whose group rules and costs stand there already, what the tables by technician say.
func (m *Model) compileTables(i int32) {
	if !m.fixedSize() {
		return
	}
	row := int(i) * int(m.Classes)
	for c, technician := range m.members {
		m.allowed[row+c] = m.allowed[row+c] && m.tables.Forbids(i, technician) < 0
		if m.static == nil {
			continue
		}
		m.static[row+c] += cost.CoverRemoved(m.Problem, i, technician)
		for k := 0; m.tables != nil && k < len(m.tables.Terms); k++ {
			m.static[row+c] += m.tables.Terms[k].At(i, technician)
		}
	}
}

// namedTechnicians are those to whom some visit refers by id.
func namedTechnicians(p *dispatch.Problem) map[dispatch.TechnicianID]bool {
	named := map[dispatch.TechnicianID]bool{}
	for i := range p.Visits {
		v := &p.Visits[i]
		for _, list := range [][]dispatch.TechnicianID{v.Only, v.Excluded, v.Preferred} {
			for _, id := range list {
				named[id] = true
			}
		}
		if v.Pin != nil && v.Pin.Technician != "" {
			named[v.Pin.Technician] = true
		}
		if v.Usual != "" && p.Policy.Continuity != 0 {
			named[v.Usual] = true
		}
		if v.Promise != nil && p.Policy.Stability.Technician != 0 {
			named[v.Promise.Technician] = true
		}
	}
	return named
}
