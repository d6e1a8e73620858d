package cost

import "fettle/dispatch"

// Personal is the sum of the terms that look at who the technician is: preference, continuity and the promised technician.
func Personal(p *dispatch.Policy, t *dispatch.Technician, v *dispatch.Visit) int64 {
	return Preference(p, t, v) + Continuity(p, t, v) + PromisedTechnician(p, t, v)
}

// HasStatic reports whether a problem has costs that depend on visit and technician alone.
func HasStatic(p *dispatch.Problem) bool {
	q := &p.Policy
	return q.SkillSurplus != 0 || q.NotPreferred != 0 || q.Continuity != 0 || q.Stability.Technician != 0 ||
		len(q.Terms) > 0 || (p.Cover != nil && q.Cover != 0)
}

// Static adds the costs that depend on visit and technician alone to c by term. tables are those of Problem.Rules, nil
// without user terms.
func Static(c *dispatch.Cost, p *dispatch.Problem, tables *dispatch.Tables, visit, technician int32) {
	t, v := &p.Technicians[technician], &p.Visits[visit]
	c[dispatch.TermSkillSurplus] += SkillSurplus(&p.Policy, t, v)
	c[dispatch.TermPreference] += Preference(&p.Policy, t, v)
	c[dispatch.TermContinuity] += Continuity(&p.Policy, t, v)
	c[dispatch.TermStability] += PromisedTechnician(&p.Policy, t, v)
	c[dispatch.TermCover] += CoverRemoved(p, visit, technician)
	if tables == nil {
		return
	}
	for k := range tables.Terms {
		c[int(dispatch.TermUser)+k] += tables.Terms[k].At(visit, technician)
	}
}
