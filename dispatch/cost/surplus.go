package cost

import "fettle/dispatch"

// SkillSurplus is the price of the levels by which a technician exceeds what a visit requires, summed over its skills.
func SkillSurplus(p *dispatch.Policy, t *dispatch.Technician, v *dispatch.Visit) int64 {
	if p.SkillSurplus == 0 {
		return 0
	}
	var levels int64
	for _, s := range v.Skills {
		levels += int64(max(t.Level(s.Skill)-max(s.Level, 1), 0))
	}
	return levels * p.SkillSurplus
}
