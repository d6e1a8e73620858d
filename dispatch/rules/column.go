package rules

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"

	"fettle/dispatch"
)

// travelName is the one variable that depends on visit and technician.
const travelName = "travel"

// column is a variable: a field of visits or of technicians. One of the two functions is set; they return string, int64,
// []string, map[string]int64 or map[string]string.
type column struct {
	name       string
	kind       *cel.Type
	visit      func(p *dispatch.Problem, v *dispatch.Visit) any
	technician func(t *dispatch.Technician) any
}

// columns are the variables but travel, by name.
func columns() []column {
	levels, texts := cel.MapType(cel.StringType, cel.IntType), cel.MapType(cel.StringType, cel.StringType)
	list := cel.ListType(cel.StringType)
	type visit = dispatch.Visit
	type technician = dispatch.Technician
	type problem = dispatch.Problem
	return []column{
		{"technician.attributes", texts, nil, func(t *technician) any { return t.Attributes }},
		{"technician.history", cel.IntType, nil, func(t *technician) any { return t.History }},
		{"technician.id", cel.StringType, nil, func(t *technician) any { return string(t.ID) }},
		{"technician.kind", cel.StringType, nil, func(t *technician) any { return t.Kind }},
		{"technician.maxVisits", cel.IntType, nil, func(t *technician) any { return int64(t.MaxVisits) }},
		{"technician.name", cel.StringType, nil, func(t *technician) any { return t.Name }},
		{"technician.skills", levels, nil, func(t *technician) any { return skillLevels(t.Skills) }},
		{"technician.territories", list, nil, func(t *technician) any { return t.Territories }},
		{"technician.tools", list, nil, func(t *technician) any { return t.Tools }},
		{"visit.attributes", texts, func(_ *problem, v *visit) any { return v.Attributes }, nil},
		{"visit.building", cel.StringType, func(_ *problem, v *visit) any { return v.Building }, nil},
		{"visit.due", cel.IntType, func(_ *problem, v *visit) any { return dueOf(v) }, nil},
		{"visit.id", cel.StringType, func(_ *problem, v *visit) any { return string(v.ID) }, nil},
		{"visit.onSite", cel.IntType, func(_ *problem, v *visit) any { return int64(v.OnSite) }, nil},
		{"visit.place", cel.StringType, func(p *problem, v *visit) any { return p.Places[v.Place].Name }, nil},
		{"visit.priority", cel.IntType, func(_ *problem, v *visit) any { return int64(v.Priority) }, nil},
		{"visit.skills", levels, func(_ *problem, v *visit) any { return skillLevels(v.Skills) }, nil},
		{"visit.territory", cel.StringType, func(_ *problem, v *visit) any { return v.Territory }, nil},
		{"visit.tier", cel.StringType, func(_ *problem, v *visit) any { return v.Tier }, nil},
		{"visit.tools", list, func(_ *problem, v *visit) any { return v.Tools }, nil},
		{"visit.urgency", cel.StringType, func(_ *problem, v *visit) any { return string(v.Urgency) }, nil},
		{"visit.usual", cel.StringType, func(_ *problem, v *visit) any { return string(v.Usual) }, nil},
		{"visit.workOrder", cel.StringType, func(_ *problem, v *visit) any { return string(v.WorkOrder) }, nil},
	}
}

func skillLevels(skills []dispatch.SkillLevel) map[string]int64 {
	out := make(map[string]int64, len(skills))
	for _, s := range skills {
		if _, twice := out[string(s.Skill)]; !twice {
			out[string(s.Skill)] = int64(max(s.Level, 1))
		}
	}
	return out
}

func dueOf(v *dispatch.Visit) int64 {
	if v.Due == dispatch.NoTick {
		return -1
	}
	return int64(v.Due)
}

// fields lists the names of a variable's fields.
func fields(all []column, of string) string {
	var names []string
	for i := range all {
		if field, ok := strings.CutPrefix(all[i].name, of+"."); ok {
			names = append(names, field)
		}
	}
	return strings.Join(names, ", ")
}

// value of a column for the visit or technician of an index.
func (c *column) value(p *dispatch.Problem, i int32) any {
	if c.visit != nil {
		return c.visit(p, &p.Visits[i])
	}
	return c.technician(&p.Technicians[i])
}

// appendKey appends text that is the same for equal values of one column alone.
func appendKey(key []byte, value any) []byte {
	text := func(s string) {
		key = binary.AppendUvarint(key, uint64(len(s)))
		key = append(key, s...)
	}
	switch x := value.(type) {
	case string:
		text(x)
	case int64:
		key = binary.AppendVarint(key, x)
	case []string:
		key = binary.AppendUvarint(key, uint64(len(x)))
		for _, s := range x {
			text(s)
		}
	case map[string]int64:
		key = binary.AppendUvarint(key, uint64(len(x)))
		for _, name := range sorted(x) {
			text(name)
			key = binary.AppendVarint(key, x[name])
		}
	case map[string]string:
		key = binary.AppendUvarint(key, uint64(len(x)))
		for _, name := range sorted(x) {
			text(name)
			text(x[name])
		}
	}
	return key
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// size is how many characters or entries a value has, and how many characters the longest text within.
func size(value any) (whole, inner int) {
	longest := func(s string) { inner = max(inner, utf8.RuneCountInString(s)) }
	switch x := value.(type) {
	case string:
		return utf8.RuneCountInString(x), 0
	case []string:
		for _, s := range x {
			longest(s)
		}
		return len(x), inner
	case map[string]int64:
		for name := range x {
			longest(name)
		}
		return len(x), inner
	case map[string]string:
		for name, s := range x {
			longest(name)
			longest(s)
		}
		return len(x), inner
	}
	return 1, 0
}
