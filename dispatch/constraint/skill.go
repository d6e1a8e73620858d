package constraint

import (
	"fettle/dispatch"
)

// skillsHeld reports whether a technician has every required skill at its level; if not, why and by how many levels.
func skillsHeld(t *dispatch.Technician, v *dispatch.Visit) (dispatch.Reason, int64) {
	for _, s := range v.Skills {
		held := t.Level(s.Skill)
		if held == 0 {
			return dispatch.ReasonSkillMissing, int64(max(s.Level, 1))
		}
		if held < s.Level {
			return dispatch.ReasonSkillLevel, int64(s.Level - held)
		}
	}
	return "", 0
}
