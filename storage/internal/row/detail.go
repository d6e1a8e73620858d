package row

import (
	"encoding/json"
	"fmt"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// The detail column holds what is neither queried nor constrained, as JSON with short stable names. A field that is added
// later is absent in older rows and reads as its zero value; a name is never given another meaning.

// stamp is an instant in JSON: microseconds since the year 1 in UTC, so that the zero time is 0 and absent, and 1970 is not
// mistaken for it. A plain integer: a method that reads it would double the time that a row takes.
type stamp int64

// year1 is the zero time in microseconds since 1970.
const year1 = -62_135_596_800_000_000

func toStamp(t time.Time) stamp { return stamp(t.UnixMicro() - year1) }

func (s stamp) time() time.Time { return fromMicros(int64(s) + year1) }

// fromMicros turns a column into an instant in UTC. The zero time is the microsecond that it is, and comes back as zero.
func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

type spanJSON struct {
	Start stamp `json:"start,omitzero"`
	End   stamp `json:"end,omitzero"`
}

func toSpan(s dispatch.TimeSpan) spanJSON { return spanJSON{toStamp(s.Start), toStamp(s.End)} }

func (s spanJSON) span() dispatch.TimeSpan {
	return dispatch.TimeSpan{Start: s.Start.time(), End: s.End.time()}
}

func toSpans(in []dispatch.TimeSpan) []spanJSON { return mapSlice(in, toSpan) }

func fromSpans(in []spanJSON) []dispatch.TimeSpan { return mapSlice(in, spanJSON.span) }

// mapSlice converts each element. An empty list becomes nil: the two are not told apart.
func mapSlice[A, B any](in []A, f func(A) B) []B {
	if len(in) == 0 {
		return nil
	}
	out := make([]B, len(in))
	for i := range in {
		out[i] = f(in[i])
	}
	return out
}

type pointJSON struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

type skillJSON struct {
	Skill dispatch.Skill `json:"skill"`
	Level int32          `json:"level,omitempty"`
}

func toSkill(s dispatch.SkillLevel) skillJSON   { return skillJSON(s) }
func fromSkill(s skillJSON) dispatch.SkillLevel { return dispatch.SkillLevel(s) }

// wishJSON is engine.Wish.
type wishJSON struct {
	Location    pointJSON               `json:"location"`
	UnitID      string                  `json:"unit,omitempty"`
	Building    string                  `json:"building,omitempty"`
	Territory   string                  `json:"territory,omitempty"`
	Description string                  `json:"description,omitempty"`
	Channel     dispatch.Channel        `json:"channel,omitempty"`
	Urgency     dispatch.Urgency        `json:"urgency,omitempty"`
	Priority    int32                   `json:"priority,omitempty"`
	Skills      []skillJSON             `json:"skills,omitempty"`
	Tools       []string                `json:"tools,omitempty"`
	OnSite      time.Duration           `json:"onSiteNanos,omitempty"`
	Windows     []spanJSON              `json:"windows,omitempty"`
	Only        []dispatch.TechnicianID `json:"only,omitempty"`
	Excluded    []dispatch.TechnicianID `json:"excluded,omitempty"`
	Preferred   []dispatch.TechnicianID `json:"preferred,omitempty"`
}

func toWish(w *engine.Wish) wishJSON {
	return wishJSON{
		Location: pointJSON(w.Location), UnitID: w.UnitID, Building: w.Building, Territory: w.Territory,
		Description: w.Description, Channel: w.Channel, Urgency: w.Urgency, Priority: w.Priority,
		Skills: mapSlice(w.Skills, toSkill), Tools: w.Tools, OnSite: w.OnSite, Windows: toSpans(w.Windows),
		Only: w.Only, Excluded: w.Excluded, Preferred: w.Preferred,
	}
}

func (w *wishJSON) wish() engine.Wish {
	return engine.Wish{
		Location: geo.Point(w.Location), UnitID: w.UnitID, Building: w.Building, Territory: w.Territory,
		Description: w.Description, Channel: w.Channel, Urgency: w.Urgency, Priority: w.Priority,
		Skills: mapSlice(w.Skills, fromSkill), Tools: w.Tools, OnSite: w.OnSite, Windows: fromSpans(w.Windows),
		Only: w.Only, Excluded: w.Excluded, Preferred: w.Preferred,
	}
}

// assignmentJSON is engine.Assignment. In an order, what is a column is absent here.
type assignmentJSON struct {
	Technician   dispatch.TechnicianID `json:"technician,omitempty"`
	Shift        stamp                 `json:"shift,omitzero"`
	Arrival      stamp                 `json:"arrival,omitzero"`
	Start        stamp                 `json:"start,omitzero"`
	End          stamp                 `json:"end,omitzero"`
	Window       spanJSON              `json:"window,omitzero"`
	Offered      stamp                 `json:"offered,omitzero"`
	AcceptBy     stamp                 `json:"acceptBy,omitzero"`
	Cost         dispatch.Cost         `json:"cost"`
	From         pointJSON             `json:"from"`
	Alternatives []alternativeJSON     `json:"alternatives,omitempty"`
	Policy       string                `json:"policy,omitempty"`
	Version      int32                 `json:"policyVersion,omitempty"`
}

type alternativeJSON struct {
	Technician dispatch.TechnicianID `json:"technician"`
	Difference int64                 `json:"difference"`
	Term       dispatch.Term         `json:"term"`
	Arrival    stamp                 `json:"arrival,omitzero"`
}

func toAssignment(a *engine.Assignment) *assignmentJSON {
	if a == nil {
		return nil
	}
	return &assignmentJSON{
		Technician: a.Technician, Shift: toStamp(a.Shift), Arrival: toStamp(a.Arrival), Start: toStamp(a.Start), End: toStamp(a.End),
		Window: toSpan(a.Window), Offered: toStamp(a.Offered), AcceptBy: toStamp(a.AcceptBy), Cost: a.Cost, From: pointJSON(a.From),
		Alternatives: mapSlice(a.Alternatives, func(x engine.Alternative) alternativeJSON {
			return alternativeJSON{x.Technician, x.Difference, x.Term, toStamp(x.Arrival)}
		}),
		Policy: a.Policy, Version: a.PolicyVersion,
	}
}

func (a *assignmentJSON) assignment() *engine.Assignment {
	if a == nil {
		return nil
	}
	return &engine.Assignment{
		Technician: a.Technician, Shift: a.Shift.time(), Arrival: a.Arrival.time(), Start: a.Start.time(), End: a.End.time(),
		Window: a.Window.span(), Offered: a.Offered.time(), AcceptBy: a.AcceptBy.time(), Cost: a.Cost, From: geo.Point(a.From),
		Alternatives: mapSlice(a.Alternatives, func(x alternativeJSON) engine.Alternative {
			return engine.Alternative{Technician: x.Technician, Difference: x.Difference, Term: x.Term, Arrival: x.Arrival.time()}
		}),
		Policy: a.Policy, PolicyVersion: a.Version,
	}
}

type unassignedJSON struct {
	Visit      int32           `json:"visit,omitempty"`
	Reason     dispatch.Reason `json:"reason"`
	Technician int32           `json:"technician,omitempty"`
	Short      int64           `json:"short,omitempty"`
	Detail     string          `json:"detail,omitempty"`
}

type pinJSON struct {
	Technician dispatch.TechnicianID `json:"technician,omitempty"`
	Start      stamp                 `json:"start,omitzero"`
}

func toPin(p *engine.Pin) *pinJSON {
	if p == nil {
		return nil
	}
	return &pinJSON{p.Technician, toStamp(p.Start)}
}

func (p *pinJSON) pin() *engine.Pin {
	if p == nil {
		return nil
	}
	return &engine.Pin{Technician: p.Technician, Start: p.Start.time()}
}

type dueTimesJSON struct {
	Acknowledge stamp `json:"acknowledge,omitzero"`
	Accept      stamp `json:"accept,omitzero"`
	OnSite      stamp `json:"onSite,omitzero"`
	Resolve     stamp `json:"resolve,omitzero"`
}

func toDueTimes(d engine.DueTimes) dueTimesJSON {
	return dueTimesJSON{toStamp(d.Acknowledge), toStamp(d.Accept), toStamp(d.OnSite), toStamp(d.Resolve)}
}

func (d dueTimesJSON) times() engine.DueTimes {
	return engine.DueTimes{Acknowledge: d.Acknowledge.time(), Accept: d.Accept.time(), OnSite: d.OnSite.time(), Resolve: d.Resolve.time()}
}

// encode writes a detail column.
func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode detail: %w", err)
	}
	return string(b), nil
}

// read opens and decodes a detail column of a row.
func read(s Scanner, cell [3]string, detail string, v any) error {
	detail, err := openText(s, cell, detail)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(detail), v); err != nil {
		return fmt.Errorf("decode detail: %w", err)
	}
	return nil
}
