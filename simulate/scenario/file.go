package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"fettle/dispatch"
)

// File is a scenario as it is written. Absent habits, roads and levels are those of the demo.
type File struct {
	Name  string `json:"name"`
	Start string `json:"start"` // first day, YYYY-MM-DD
	Zone  string `json:"zone"`  // IANA

	// Operator takes technicians, places, faults and rhythm from the demo's city; nothing else of these may be given then.
	Operator *Operator `json:"operator,omitempty"`

	Technicians []Technician `json:"technicians,omitempty"`
	Places      []Place      `json:"places,omitempty"`
	Faults      []Fault      `json:"faults,omitempty"`
	Reports     *Reports     `json:"reports,omitempty"`
	Standby     []Point      `json:"standby,omitempty"`

	Habits *Habits `json:"habits,omitempty"`
	Roads  *Roads  `json:"roads,omitempty"`
	Levels *Levels `json:"levels,omitempty"`
}

// Operator is the operator of the demo's city of a seed.
type Operator struct {
	CitySeed uint64 `json:"citySeed"`
	// Demand multiplies the number of reports; 1 unless given.
	Demand float64 `json:"demand,omitempty"`
}

// Point is a place on the globe, WGS-84.
type Point struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Technician is one technician, or Count of them with the same training and hours.
type Technician struct {
	ID     string   `json:"id"`
	Count  int      `json:"count,omitempty"`
	Home   Point    `json:"home"`
	Skills []Skill  `json:"skills"`
	Tools  []string `json:"tools,omitempty"`
	Shift  Shift    `json:"shift"`
}

// Skill is a trade and its level.
type Skill struct {
	Skill string `json:"skill"`
	Level int32  `json:"level"`
}

// Shift is the hours of a week; an End at or before Start lies on the next day.
type Shift struct {
	Days  []string `json:"days"`
	Start string   `json:"start"` // HH:MM
	End   string   `json:"end"`
	Break *Break   `json:"break,omitempty"`
}

// Break begins between Start and End and lasts Minutes.
type Break struct {
	Start   string  `json:"start"`
	End     string  `json:"end"`
	Minutes float64 `json:"minutes"`
}

// Place is where things break.
type Place struct {
	ID string `json:"id"`
	Point
	Weight float64 `json:"weight"`
	// Door says that somebody must open.
	Door bool `json:"door,omitempty"`
}

// Fault is a kind of fault.
type Fault struct {
	Code          string  `json:"code"`
	Skill         Skill   `json:"skill"`
	Weight        float64 `json:"weight"`
	OnSiteMinutes float64 `json:"onSiteMinutes"` // median, and what the dispatcher is told
	Spread        float64 `json:"spread"`        // standard deviation of the logarithm
	Emergency     float64 `json:"emergency,omitempty"`
}

// Reports says how many come in a day, and when.
type Reports struct {
	Working float64   `json:"working"` // mean of a Poisson count, Monday to Friday
	Resting float64   `json:"resting"` // Saturday and Sunday
	Rhythm  []float64 `json:"rhythm"`  // 24 weights, by hour
}

// Habits are those of package day; what is absent is its default.
type Habits struct {
	AnswerSeconds *float64 `json:"answerSeconds,omitempty"`
	Decline       *float64 `json:"decline,omitempty"`
	LetPass       *float64 `json:"letPass,omitempty"`
	Absent        *float64 `json:"absent,omitempty"`
	Part          *float64 `json:"part,omitempty"`
	PartHours     *float64 `json:"partHours,omitempty"`
	Sick          *float64 `json:"sick,omitempty"`
	Offline       *float64 `json:"offline,omitempty"`
}

// Roads are those of package day.
type Roads struct {
	SpeedKPH float64   `json:"speedKPH"`
	Detour   float64   `json:"detour"`
	Spread   float64   `json:"spread"`
	Slower   []float64 `json:"slower,omitempty"` // 24 factors, by hour
}

// Levels are the promises.
type Levels struct {
	Normal    Level `json:"normal"`
	Emergency Level `json:"emergency"`
}

// Level is a promise in minutes from the report; OfferMinutes is how long a technician may think.
type Level struct {
	AcceptMinutes  float64 `json:"acceptMinutes"`
	OnSiteMinutes  float64 `json:"onSiteMinutes"`
	ResolveMinutes float64 `json:"resolveMinutes"`
	OfferMinutes   float64 `json:"offerMinutes"`
}

// Read reads a scenario and checks it. An error is a *dispatch.InvalidError that names the field, or says where the text is
// no JSON.
func Read(r io.Reader) (*Scenario, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var f File
	if err := d.Decode(&f); err != nil {
		return nil, decodeError(data, d.InputOffset(), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &dispatch.InvalidError{Field: "scenario", Want: "nothing after the object"}
	}
	return New(&f)
}

// decodeError names the field or the line at which a text is not a scenario.
func decodeError(data []byte, at int64, err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return &dispatch.InvalidError{Field: kind.Field, Value: kind.Value, Want: "a " + kind.Type.String()}
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return &dispatch.InvalidError{Field: strings.Trim(name, `"`), Want: "a field of the format, see docs/formats/scenario.md"}
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = syntax.Offset
	}
	line := 1 + bytes.Count(data[:min(int(at), len(data))], []byte("\n"))
	return &dispatch.InvalidError{Field: fmt.Sprintf("line %d", line), Want: "JSON (" + err.Error() + ")"}
}
