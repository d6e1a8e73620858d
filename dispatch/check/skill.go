package check

import "fettle/dispatch"

// skills demands every required skill at its level or above.
func (t *tour) skills() {
	for k := range t.stops {
		v := t.visit(k)
		if v == nil {
			continue
		}
		for _, want := range v.Skills {
			need, held := max(want.Level, 1), heldLevel(t.who, want.Skill)
			switch {
			case held == 0:
				t.fault(dispatch.ReasonSkillMissing, k, int64(need), "Visit %s needs skill %s, which technician %s does not have.", v.ID, want.Skill, t.who.ID)
			case held < need:
				t.fault(dispatch.ReasonSkillLevel, k, int64(need-held), "Visit %s needs skill %s at level %d; technician %s has level %d.",
					v.ID, want.Skill, need, t.who.ID, held)
			}
		}
	}
}

// heldLevel is the level of a skill, 0 when it is not held: the first entry counts, and level 0 means 1.
func heldLevel(who *dispatch.Technician, skill dispatch.Skill) int32 {
	for _, s := range who.Skills {
		if s.Skill == skill {
			return max(s.Level, 1)
		}
	}
	return 0
}
