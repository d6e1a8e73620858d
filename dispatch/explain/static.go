package explain

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
)

// fault is one static rule between a technician and a visit that is not kept.
type fault struct {
	visit  int32
	reason dispatch.Reason
	short  int64
	skill  dispatch.SkillLevel // that is missing, for the rules about skills
	rule   string              // name of the eligibility rule
}

// bend ranks static rules by how readily an organisation can change them: a level is trained, an exclusion is not lifted.
func bend(why dispatch.Reason) int {
	return slices.Index([]dispatch.Reason{
		dispatch.ReasonSkillLevel, dispatch.ReasonSkillMissing, dispatch.ReasonToolMissing,
		dispatch.ReasonCoverageArea, dispatch.ReasonEligibility, dispatch.ReasonNotRequired, dispatch.ReasonPinned, dispatch.ReasonExcluded,
	}, why)
}

// faults lists every static rule that keeps a technician from the unit: it lifts the rule that fails and asks again.
func (b *board) faults(t int32, u unit) (out []fault) {
	tech := &b.p.Technicians[t]
	u.each(func(v int32) {
		for _, k := range b.m.Ineligible(v, t) {
			out = append(out, fault{visit: v, reason: dispatch.ReasonEligibility, rule: b.p.Policy.Eligibility[k].Name})
		}
		visit := b.p.Visits[v]
		for {
			why, short := constraint.Static(tech, &visit)
			if why == "" {
				return
			}
			f := fault{visit: v, reason: why, short: short}
			switch why {
			case dispatch.ReasonSkillMissing, dispatch.ReasonSkillLevel:
				at := slices.IndexFunc(visit.Skills, func(s dispatch.SkillLevel) bool { return tech.Level(s.Skill) < max(s.Level, 1) })
				f.skill = visit.Skills[at]
				visit.Skills = slices.Delete(slices.Clone(visit.Skills), at, at+1)
			case dispatch.ReasonToolMissing:
				visit.Tools = nil
			case dispatch.ReasonCoverageArea:
				visit.Territory = ""
			case dispatch.ReasonNotRequired:
				visit.Only = nil
			case dispatch.ReasonExcluded:
				visit.Excluded = nil
			case dispatch.ReasonPinned:
				visit.Pin = nil
			default:
				out = append(out, f)
				return
			}
			out = append(out, f)
		}
	})
	return out
}

// farness orders technicians by what keeps them away: the number of rules, how hard they are to change, the levels.
func farness(faults []fault) (sum int64) {
	for i := range faults {
		sum += 1_000_000 + 10_000*int64(bend(faults[i].reason)) + min(faults[i].short, 9_999)
	}
	return sum
}

// nearestStatic is the technician whom the fewest static rules keep from the unit, and these rules. Technicians whose
// routes share a class are equal to the rules; those without a shift are asked one by one. none without technicians.
func (b *board) nearestStatic(u unit) (int32, []fault) {
	best, least := none, int64(math.MaxInt64)
	var why []fault
	seen := make([]bool, b.m.Classes)
	for t := range b.of {
		if rs := b.of[t]; len(rs) > 0 {
			class := b.m.Routes[rs[0]].Class
			if seen[class] {
				continue
			}
			seen[class] = true
		}
		if f := b.faults(int32(t), u); farness(f) < least {
			best, least, why = int32(t), farness(f), f
		}
	}
	return best, why
}

// staticRefusal is the refusal of a technician by static rules, or for want of a shift.
func (b *board) staticRefusal(t int32, u unit) Refusal {
	faults := b.faults(t, u)
	no := Refusal{Technician: t, Shift: none, Visit: u.head, Reason: dispatch.ReasonOutOfShift}
	if len(faults) == 0 {
		no.Detail = title(b.who(t)) + " cannot: no shift."
		return no
	}
	f := slices.MinFunc(faults, func(x, y fault) int { return bend(y.reason) - bend(x.reason) })
	no.Reason, no.Short, no.Visit = f.reason, f.short, f.visit
	no.Detail = title(b.who(t)) + " cannot: " + b.faultsText(t, faults) + "."
	return no
}

// faultsText says in words what keeps a technician away.
func (b *board) faultsText(t int32, faults []fault) string {
	parts := make([]string, 0, len(faults))
	for i := range faults {
		parts = append(parts, b.faultText(t, &faults[i]))
	}
	return strings.Join(parts, " and ")
}

func (b *board) faultText(t int32, f *fault) string {
	v := &b.p.Visits[f.visit]
	switch f.reason {
	case dispatch.ReasonSkillMissing:
		return fmt.Sprintf("%s needs skill %s at level %d", b.visit(f.visit), f.skill.Skill, max(f.skill.Level, 1))
	case dispatch.ReasonSkillLevel:
		held := b.p.Technicians[t].Level(f.skill.Skill)
		return fmt.Sprintf("%s needs skill %s at level %d, held at level %d", b.visit(f.visit), f.skill.Skill, f.skill.Level, held)
	case dispatch.ReasonToolMissing:
		var missing []string
		for _, tool := range v.Tools {
			if !slices.Contains(b.p.Technicians[t].Tools, tool) {
				missing = append(missing, tool)
			}
		}
		return fmt.Sprintf("%s needs %s, which is not carried", b.visit(f.visit), strings.Join(missing, ", "))
	case dispatch.ReasonCoverageArea:
		return fmt.Sprintf("%s is in territory %s, which is not served", b.visit(f.visit), v.Territory)
	case dispatch.ReasonEligibility:
		return fmt.Sprintf("rule %q of the policy forbids %s", f.rule, b.visit(f.visit))
	case dispatch.ReasonNotRequired:
		return fmt.Sprintf("%s requires other technicians", b.visit(f.visit))
	case dispatch.ReasonExcluded:
		return fmt.Sprintf("%s excludes this technician", b.visit(f.visit))
	case dispatch.ReasonPinned:
		return fmt.Sprintf("%s is pinned to %s", b.visit(f.visit), v.Pin.Technician)
	}
	return string(f.reason)
}
