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

// compileClasses groups technicians for whom the static rules decide alike. The group of a technician is what the rules
// read of it, so that 500 technicians of 40 skill sets are 40 classes.
func (m *Model) compileClasses() {
	p := m.Problem
	named := namedTechnicians(p)
	classes := map[string]int32{}
	for i := range m.Routes {
		r := &m.Routes[i]
		t := &p.Technicians[r.Technician]
		key := fmt.Sprint(t.Skills, t.Territories, r.tools, slices.ContainsFunc(t.Depots, func(d dispatch.Depot) bool { return d.AllTools }))
		if named[t.ID] {
			key = "named/" + string(t.ID)
		}
		id, ok := classes[key]
		if !ok {
			id = int32(len(classes))
			classes[key] = id
			m.members = append(m.members, r.Technician)
		}
		r.Class = id
	}
	m.Classes = int32(len(m.members))
}

// compileStatic decides the static rules of one visit for each class.
func (m *Model) compileStatic(i int32, v *dispatch.Visit) {
	row := int(i) * int(m.Classes)
	for c, technician := range m.members {
		t := &m.Problem.Technicians[technician]
		why, _ := Static(t, v)
		m.allowed[row+c] = why == ""
		if m.static != nil {
			m.static[row+c] = cost.SkillSurplus(&m.Problem.Policy, t, v) + cost.Preference(&m.Problem.Policy, t, v)
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
	}
	return named
}
