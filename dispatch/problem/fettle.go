package problem

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fettle/dispatch"
)

// The types of this file are the documented JSON of docs/formats/fettle.md, field by field; the build files turn them into
// a problem.

type fettleFile struct {
	Format      string             `json:"format"`
	Name        string             `json:"name"`
	Origin      fettleTime         `json:"origin"`
	Dimensions  []string           `json:"dimensions"`
	Travel      []fettleTravel     `json:"travel"`
	Places      []fettlePlace      `json:"places"`
	Technicians []fettleTechnician `json:"technicians"`
	Visits      []fettleVisit      `json:"visits"`
	Pairs       []fettlePair       `json:"pairs"`
	Links       []fettleLink       `json:"links"`
	Policy      *fettlePolicy      `json:"policy"`
	Buildings   []fettleBuilding   `json:"buildings"`
	RelaxPins   *fettleRelax       `json:"relaxPins"`
}

type fettleTravel struct {
	Name         string              `json:"name"`
	StraightLine *fettleStraightLine `json:"straightLine"`
	Times        [][]int32           `json:"times"`
	Distances    [][]int32           `json:"distances"`
}

type fettleStraightLine struct {
	DetourFactor float64 `json:"detourFactor"`
	SpeedKPH     float64 `json:"speedKPH"`
}

type fettlePlace struct {
	Name      string   `json:"name"`
	Latitude  *float64 `json:"latitude"`
	Longitude *float64 `json:"longitude"`
	Datum     string   `json:"datum"`
	Index     *int32   `json:"index"`
}

type fettleTechnician struct {
	ID           string            `json:"id"`
	Name         string            `json:"name"`
	Kind         string            `json:"kind"`
	Home         *fettlePlace      `json:"home"`
	Skills       []fettleSkill     `json:"skills"`
	Tools        []string          `json:"tools"`
	Shifts       []fettleShift     `json:"shifts"`
	Travel       string            `json:"travel"`
	SpeedPercent int32             `json:"speedPercent"`
	Capacity     map[string]int32  `json:"capacity"`
	Depots       []fettleDepot     `json:"depots"`
	MaxVisits    int32             `json:"maxVisits"`
	MaxTravel    fettleDuration    `json:"maxTravel"`
	MaxDistance  int64             `json:"maxDistance"`
	MaxDuty      fettleDuration    `json:"maxDuty"`
	Territories  []string          `json:"territories"`
	Rates        *fettleRates      `json:"rates"`
	History      int64             `json:"history"`
	Attributes   map[string]string `json:"attributes"`
}

type fettleSkill struct {
	Skill string `json:"skill"`
	Level *int32 `json:"level"`
}

type fettleShift struct {
	Start           fettleTime     `json:"start"`
	End             fettleTime     `json:"end"`
	LatestDeparture fettleTime     `json:"latestDeparture"`
	StartPlace      *fettlePlace   `json:"startPlace"`
	EndPlace        *fettlePlace   `json:"endPlace"`
	StartAnywhere   bool           `json:"startAnywhere"`
	EndAnywhere     bool           `json:"endAnywhere"`
	Breaks          []fettleBreak  `json:"breaks"`
	Overtime        fettleDuration `json:"overtime"`
}

type fettleBreak struct {
	ID       string         `json:"id"`
	Windows  []fettleWindow `json:"windows"`
	Duration fettleDuration `json:"duration"`
}

type fettleDepot struct {
	Place     *fettlePlace   `json:"place"`
	Duration  fettleDuration `json:"duration"`
	Windows   []fettleWindow `json:"windows"`
	MaxStops  int32          `json:"maxStops"`
	Unlimited bool           `json:"unlimited"`
	AllTools  bool           `json:"allTools"`
}

type fettleRates struct {
	Fixed    int64 `json:"fixed"`
	Travel   int64 `json:"travel"`
	Distance int64 `json:"distance"`
	Duty     int64 `json:"duty"`
	OnSite   int64 `json:"onSite"`
	Overtime int64 `json:"overtime"`
}

type fettleWindow struct {
	Start fettleTime `json:"start"`
	End   fettleTime `json:"end"`
}

type fettleVisit struct {
	ID         string                    `json:"id"`
	WorkOrder  string                    `json:"workOrder"`
	Place      *fettlePlace              `json:"place"`
	Windows    []fettleWindow            `json:"windows"`
	OnSite     fettleDuration            `json:"onSite"`
	OnSiteBy   map[string]fettleDuration `json:"onSiteBy"`
	Entry      fettleDuration            `json:"entry"`
	EntryBy    map[string]fettleDuration `json:"entryBy"`
	Building   string                    `json:"building"`
	Skills     []fettleSkill             `json:"skills"`
	Tools      []string                  `json:"tools"`
	Deliver    map[string]int32          `json:"deliver"`
	Collect    map[string]int32          `json:"collect"`
	Only       []string                  `json:"only"`
	Excluded   []string                  `json:"excluded"`
	Preferred  []string                  `json:"preferred"`
	Territory  string                    `json:"territory"`
	Priority   int32                     `json:"priority"`
	Unserved   int64                     `json:"unserved"`
	Urgency    string                    `json:"urgency"`
	Due        fettleTime                `json:"due"`
	Tier       string                    `json:"tier"`
	Pin        *fettlePin                `json:"pin"`
	Usual      string                    `json:"usual"`
	Promise    *fettlePromise            `json:"promise"`
	Attributes map[string]string         `json:"attributes"`
}

type fettlePromise struct {
	Technician string        `json:"technician"`
	Window     *fettleWindow `json:"window"`
}

type fettleBuilding struct {
	Name  string `json:"name"`
	Usual string `json:"usual"`
}

type fettlePin struct {
	Technician string     `json:"technician"`
	Start      fettleTime `json:"start"`
	Rank       int32      `json:"rank"`
	Adjacent   bool       `json:"adjacent"`
	Started    bool       `json:"started"`
}

type fettlePair struct {
	First  string           `json:"first"`
	Second string           `json:"second"`
	Amount map[string]int32 `json:"amount"`
}

type fettleLink struct {
	First  string          `json:"first"`
	Second string          `json:"second"`
	MinGap fettleDuration  `json:"minGap"`
	MaxGap *fettleDuration `json:"maxGap"`
	Both   bool            `json:"both"`
	Apart  bool            `json:"apart"`
}

type fettlePolicy struct {
	ID           string              `json:"id"`
	Version      int32               `json:"version"`
	Unserved     *fettleUnserved     `json:"unserved"`
	Tiers        []fettleTier        `json:"tiers"`
	DefaultTier  string              `json:"defaultTier"`
	SkillSurplus int64               `json:"skillSurplus"`
	NotPreferred int64               `json:"notPreferred"`
	Fairness     int64               `json:"fairness"`
	MaxLateness  int64               `json:"maxLateness"`
	Continuity   int64               `json:"continuity"`
	Stability    *fettleStability    `json:"stability"`
	Terms        []fettleTerm        `json:"terms"`
	Eligibility  []fettleEligibility `json:"eligibility"`
}

type fettleRelax struct {
	Level string     `json:"level"`
	From  fettleTime `json:"from"`
}

type fettleStability struct {
	Technician int64 `json:"technician"`
	Moved      int64 `json:"moved"`
	PerSecond  int64 `json:"perSecond"`
}

type fettleTerm struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
	Weight     *int64 `json:"weight"`
}

type fettleEligibility struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
}

type fettleUnserved struct {
	Lexicographic bool  `json:"lexicographic"`
	PerVisit      int64 `json:"perVisit"`
	PerPriority   int64 `json:"perPriority"`
}

type fettleTier struct {
	Name  string       `json:"name"`
	Steps []fettleStep `json:"steps"`
}

type fettleStep struct {
	After     fettleDuration `json:"after"`
	PerSecond int64          `json:"perSecond"`
}

// fettleTime is an instant: RFC 3339, or whole seconds from the origin.
type fettleTime struct {
	set     bool
	wall    time.Time // zero when the file gives seconds
	seconds int64
	text    string // as it stands in the file, for messages
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *fettleTime) UnmarshalJSON(b []byte) error {
	*t = fettleTime{text: string(b)}
	if t.text == "null" {
		return nil
	}
	t.set = true
	var err error
	if b[0] != '"' {
		if t.seconds, err = strconv.ParseInt(t.text, 10, 64); err != nil {
			return fmt.Errorf("is %s, want whole seconds or an RFC 3339 time", b)
		}
		return nil
	}
	var s string
	if err = json.Unmarshal(b, &s); err != nil {
		return err
	}
	if t.wall, err = time.Parse(time.RFC3339, s); err != nil || t.wall.Nanosecond() != 0 {
		return fmt.Errorf("is %s, want an RFC 3339 time in whole seconds, as \"2026-06-15T08:00:00+08:00\"", b)
	}
	return nil
}

// fettleDuration is a length of time: whole seconds, "2700s", "45m", "1h30m" or ISO 8601 "PT45M".
type fettleDuration struct{ ticks dispatch.Tick }

// UnmarshalJSON implements json.Unmarshaler.
func (d *fettleDuration) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	seconds, err := strconv.ParseInt(string(b), 10, 64)
	if b[0] == '"' {
		var s string
		if err = json.Unmarshal(b, &s); err == nil {
			seconds, err = parseDuration(s)
		}
	}
	if err != nil || seconds < 0 || seconds > int64(fettleFar) {
		return fmt.Errorf("is %s, want a length of time in whole seconds, as 2700, \"2700s\", \"45m\" or \"PT45M\"", b)
	}
	d.ticks = dispatch.Tick(seconds)
	return nil
}

// parseDuration reads "1h30m" and "P1DT1H30M" as whole seconds. Months and years have no fixed length: they are refused.
func parseDuration(s string) (int64, error) {
	rest, iso := strings.CutPrefix(s, "P")
	if !iso {
		d, err := time.ParseDuration(s)
		if err == nil && d%time.Second != 0 {
			err = fmt.Errorf("%s is no whole number of seconds", s)
		}
		return int64(d / time.Second), err
	}
	days, clock, _ := strings.Cut(rest, "T")
	var seconds int64
	if days != "" {
		n, err := strconv.ParseUint(strings.TrimSuffix(days, "D"), 10, 16)
		if err != nil || !strings.HasSuffix(days, "D") {
			return 0, fmt.Errorf("%s is no duration", s)
		}
		seconds = int64(n) * 86400
	}
	if clock == "" && days == "" || strings.HasSuffix(rest, "T") || strings.ContainsAny(clock, "hmsun.") {
		return 0, fmt.Errorf("%s is no duration", s)
	}
	if clock == "" {
		return seconds, nil
	}
	d, err := time.ParseDuration(strings.ToLower(clock))
	return seconds + int64(d/time.Second), err
}

// readFettle reads Fettle's own JSON; docs/formats/fettle.md describes it.
func readFettle(name string, data []byte) (*Document, error) {
	b := &fettleBuilder{name: name, data: data, p: &dispatch.Problem{Scale: dispatch.Scale{TicksPerUnit: 1, Unit: "s", CostPerUnit: 1}}}
	if err := decodeStrict(name, data, &b.file); err != nil {
		return nil, err
	}
	for _, step := range []func() error{b.head, b.places, b.policy, b.technicians, b.visits, b.pairs, b.links, b.travel, b.relaxPins, b.expressions} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if err := b.p.Validate(); err != nil {
		return nil, invalidField(name, data, err, "", "")
	}
	return &Document{Name: name, Format: Fettle, Problem: b.p, native: fettlePlan{}}, nil
}
