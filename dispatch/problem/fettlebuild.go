package problem

import (
	"fmt"
	"math"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/geo"
)

// fettleFar bounds instants and lengths of time: 17 years in seconds. Sums of two stay within dispatch.Far.
const fettleFar = dispatch.Far / 2

// maxRate bounds every weight and rate: 10^12 a second for ten days still fits 63 bits.
const maxRate = 1_000_000_000_000

// fettleBuilder turns a decoded file into a problem.
type fettleBuilder struct {
	name string
	data []byte
	file fettleFile
	p    *dispatch.Problem

	fixed      bool // a matrix fixes the places: no new ones
	placeAt    map[geo.Point]int32
	placeNamed map[string]int32
	dimension  map[string]int
	profile    map[string]int32
	technician map[string]bool
	visit      map[string]int32
	usualIn    map[string]dispatch.TechnicianID // by building
}

func (b *fettleBuilder) fault(field, format string, args ...any) error {
	return fieldError(b.name, b.data, field, fmt.Sprintf(format, args...))
}

// head checks what stands alone at the top.
func (b *fettleBuilder) head() error {
	if b.file.Format != "" && b.file.Format != string(Fettle) {
		return b.fault("format", "is %q, want \"fettle\" or nothing", b.file.Format)
	}
	b.p.Name = b.file.Name
	if b.file.Origin.set {
		if b.p.Origin = b.file.Origin.wall; b.p.Origin.IsZero() {
			return b.fault("origin", "is %s, want an RFC 3339 time, as \"2026-06-15T00:00:00+08:00\"", b.file.Origin.text)
		}
	}
	b.dimension = map[string]int{}
	for i, d := range b.file.Dimensions {
		if _, twice := b.dimension[d]; d == "" || twice {
			return b.fault(fmt.Sprintf("dimensions[%d]", i), "is %q, want a name that no other dimension has", d)
		}
		b.dimension[d] = i
	}
	b.p.Dimensions = b.file.Dimensions
	b.technician = make(map[string]bool, len(b.file.Technicians))
	for i := range b.file.Technicians {
		id := b.file.Technicians[i].ID
		if id == "" || b.technician[id] {
			return b.fault(fmt.Sprintf("technicians[%d].id", i), "is %q, want an id that no other technician has", id)
		}
		b.technician[id] = true
	}
	b.visit = make(map[string]int32, len(b.file.Visits))
	for i := range b.file.Visits {
		id := b.file.Visits[i].ID
		if _, twice := b.visit[id]; id == "" || twice {
			return b.fault(fmt.Sprintf("visits[%d].id", i), "is %q, want an id that no other visit has", id)
		}
		b.visit[id] = int32(i)
	}
	var err error
	b.usualIn, err = b.usual()
	return err
}

// tick converts an instant.
func (b *fettleBuilder) tick(field string, t fettleTime) (dispatch.Tick, error) {
	if !t.set {
		return 0, b.fault(field, "is missing, want an RFC 3339 time or whole seconds from the origin")
	}
	s := t.seconds
	if !t.wall.IsZero() {
		if b.p.Origin.IsZero() {
			return 0, b.fault(field, "is %s, want an origin at the top of the file beside wall times", t.text)
		}
		s = t.wall.Unix() - b.p.Origin.Unix()
	}
	if s < -int64(fettleFar) || s > int64(fettleFar) {
		return 0, b.fault(field, "is %s, want a time within %d years of the origin", t.text, int64(fettleFar)/int64(365*24*time.Hour/time.Second))
	}
	return dispatch.Tick(s), nil
}

// optionalTick is NoTick for an instant that the file does not give.
func (b *fettleBuilder) optionalTick(field string, t fettleTime) (dispatch.Tick, error) {
	if !t.set {
		return dispatch.NoTick, nil
	}
	return b.tick(field, t)
}

// windows converts and checks windows.
func (b *fettleBuilder) windows(field string, windows []fettleWindow) ([]dispatch.TimeWindow, error) {
	var out []dispatch.TimeWindow
	for k, w := range windows {
		at := fmt.Sprintf("%s[%d]", field, k)
		start, err := b.tick(at+".start", w.Start)
		if err != nil {
			return nil, err
		}
		end, err := b.tick(at+".end", w.End)
		if err != nil {
			return nil, err
		}
		if end <= start {
			return nil, b.fault(at, "ends at %s, want an end after the start %s", w.End.text, w.Start.text)
		}
		if k > 0 && start < out[k-1].End {
			return nil, b.fault(at, "starts at %s, want windows in order that do not overlap: the one before ends at %s", w.Start.text, windows[k-1].End.text)
		}
		out = append(out, dispatch.TimeWindow{Start: start, End: end})
	}
	return out, nil
}

// amounts converts amounts by name to amounts by dimension; nil stays nil.
func (b *fettleBuilder) amounts(field string, by map[string]int32) ([]int32, error) {
	if by == nil {
		return nil, nil
	}
	out := make([]int32, len(b.p.Dimensions))
	for _, name := range sortedKeys(by) {
		d, ok := b.dimension[name]
		if !ok {
			return nil, b.fault(field+"."+name, "is no dimension of this file, want one of %v", b.p.Dimensions)
		}
		if out[d] = by[name]; out[d] < 0 || out[d] > math.MaxInt32/2 {
			return nil, b.fault(field+"."+name, "is %d, want a number from 0 to 2^30", out[d])
		}
	}
	return out, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// skills converts skills; the level is 1 when the file gives none.
func (b *fettleBuilder) skills(field string, skills []fettleSkill) ([]dispatch.SkillLevel, error) {
	var out []dispatch.SkillLevel
	for k, s := range skills {
		at := fmt.Sprintf("%s[%d]", field, k)
		level := int32(1)
		if s.Level != nil {
			level = *s.Level
		}
		switch {
		case s.Skill == "":
			return nil, b.fault(at+".skill", "is missing, want the name of a skill")
		case level < 1 || level > 1000:
			return nil, b.fault(at+".level", "is %d, want a level from 1 to 1000", level)
		case slices.ContainsFunc(out, func(o dispatch.SkillLevel) bool { return string(o.Skill) == s.Skill }):
			return nil, b.fault(at+".skill", "is %q, which is given twice", s.Skill)
		}
		out = append(out, dispatch.SkillLevel{Skill: dispatch.Skill(s.Skill), Level: level})
	}
	return out, nil
}

// who converts a list of technicians' ids.
func (b *fettleBuilder) who(field string, ids []string) ([]dispatch.TechnicianID, error) {
	var out []dispatch.TechnicianID
	for k, id := range ids {
		if !b.technician[id] {
			return nil, b.fault(fmt.Sprintf("%s[%d]", field, k), "is %q, want the id of a technician of this file", id)
		}
		out = append(out, dispatch.TechnicianID(id))
	}
	return out, nil
}

// rate checks a weight.
func (b *fettleBuilder) rate(field string, v int64) error {
	if v < 0 || v > maxRate {
		return b.fault(field, "is %d, want a whole number from 0 to 10^12", v)
	}
	return nil
}

// rates checks several weights, in the order of their names.
func (b *fettleBuilder) rates(prefix string, values map[string]int64) error {
	for _, name := range sortedKeys(values) {
		if err := b.rate(prefix+"."+name, values[name]); err != nil {
			return err
		}
	}
	return nil
}

// policy converts the weights; without any, visits are served first and travel counts.
func (b *fettleBuilder) policy() error {
	in := b.file.Policy
	if in == nil {
		b.p.Policy.Unserved.Lexicographic = true
		return nil
	}
	b.p.Policy = dispatch.Policy{
		ID: in.ID, Version: in.Version, DefaultTier: in.DefaultTier,
		SkillSurplus: in.SkillSurplus, NotPreferred: in.NotPreferred, Fairness: in.Fairness, MaxLateness: in.MaxLateness,
	}
	weights := map[string]int64{"skillSurplus": in.SkillSurplus, "notPreferred": in.NotPreferred, "fairness": in.Fairness, "maxLateness": in.MaxLateness}
	if in.Unserved == nil {
		b.p.Policy.Unserved.Lexicographic = true
	} else {
		b.p.Policy.Unserved = dispatch.UnservedPolicy(*in.Unserved)
		weights["unserved.perVisit"], weights["unserved.perPriority"] = in.Unserved.PerVisit, in.Unserved.PerPriority
		if in.Unserved.Lexicographic && in.Unserved.PerVisit+in.Unserved.PerPriority != 0 {
			return b.fault("policy.unserved", "is lexicographic and has prices, want one or the other")
		}
	}
	if err := b.rates("policy", weights); err != nil {
		return err
	}
	for i, t := range in.Tiers {
		if err := b.tier(fmt.Sprintf("policy.tiers[%d]", i), t); err != nil {
			return err
		}
	}
	if b.p.Policy.DefaultTier != "" && b.p.Policy.Tier("") == nil {
		return b.fault("policy.defaultTier", "is %q, want the name of a tier", in.DefaultTier)
	}
	return b.userTerms(in)
}

func (b *fettleBuilder) tier(field string, t fettleTier) error {
	if t.Name == "" || b.p.Policy.Tier(t.Name) != nil {
		return b.fault(field+".name", "is %q, want a name that no other tier has", t.Name)
	}
	tier := dispatch.LatenessTier{Name: t.Name}
	for k, s := range t.Steps {
		at := fmt.Sprintf("%s.steps[%d]", field, k)
		if err := b.rate(at+".perSecond", s.PerSecond); err != nil {
			return err
		}
		if k > 0 && s.After.ticks <= tier.Steps[k-1].After {
			return b.fault(at+".after", "is %d s, want more than the step before", s.After.ticks)
		}
		tier.Steps = append(tier.Steps, dispatch.LatenessStep{After: s.After.ticks, PerTick: s.PerSecond})
	}
	b.p.Policy.Tiers = append(b.p.Policy.Tiers, tier)
	return nil
}

// pairs converts the pairs of visits.
func (b *fettleBuilder) pairs() error {
	for i, in := range b.file.Pairs {
		field := fmt.Sprintf("pairs[%d]", i)
		first, second, err := b.twoVisits(field, in.First, in.Second)
		if err != nil {
			return err
		}
		amount, err := b.amounts(field+".amount", in.Amount)
		if err != nil {
			return err
		}
		b.p.Pairs = append(b.p.Pairs, dispatch.Pair{First: first, Second: second, Amount: amount})
	}
	return nil
}

// twoVisits finds two visits that are named by id.
func (b *fettleBuilder) twoVisits(field, one, other string) (first, second int32, err error) {
	first, ok := b.visit[one]
	if !ok {
		return 0, 0, b.fault(field+".first", "is %q, want the id of a visit of this file", one)
	}
	if second, ok = b.visit[other]; !ok {
		return 0, 0, b.fault(field+".second", "is %q, want the id of a visit of this file", other)
	}
	return first, second, nil
}

// links converts the links between visits.
func (b *fettleBuilder) links() error {
	for i, in := range b.file.Links {
		first, second, err := b.twoVisits(fmt.Sprintf("links[%d]", i), in.First, in.Second)
		if err != nil {
			return err
		}
		l := dispatch.Link{First: first, Second: second, MinGap: in.MinGap.ticks, MaxGap: dispatch.NoTick, Both: in.Both, Apart: in.Apart}
		if in.MaxGap != nil {
			l.MaxGap = in.MaxGap.ticks
		}
		b.p.Links = append(b.p.Links, l)
	}
	return nil
}
