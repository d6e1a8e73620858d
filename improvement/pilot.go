package improvement

import (
	"fmt"
	"strconv"
	"time"

	"fettle/invalid"
	"fettle/kpi"
	"fettle/rental/fault"
	"fettle/simulate/pilot"
)

// States of a pilot.
const (
	PilotDraft   = "DRAFT"
	PilotRunning = "RUNNING"
	PilotDecided = "DECIDED"
)

// What a pilot has unless it says, and how far its history goes.
const (
	defaultDays = 28
	mostPeriods = 12
	mostBlocks  = 200
)

// Pilot tries a policy on a part of the work.
type Pilot struct {
	State              string
	Name, Plan, Policy string // Plan and Policy are ids
	KPI                kpi.ID
	Effect             float64 // expected, in the unit of the indicator
	Design             pilot.Design
	Buildings          []string
	Days               int // compared before the start and after it, of buildings
	Block              time.Duration
	Forecast           *pilot.Forecast // nil when the past does not tell
	Silent             string          // why it does not
	Started            time.Time
	Seed               uint64
	Treated            []bool // by unit
	Against            string // what ruled before; "" for the default
	Despite            string
	Record             *Record
}

// Record is the one decision of a pilot.
type Record struct {
	pilot.Record
	Time    time.Time
	Actor   string
	Figures []pilot.Figure
}

// Check refuses a pilot that cannot be and sets what is left open. weights says that the policy has weights of its own. The error is
// an *invalid.Error.
func (p *Pilot) Check(weights bool) error {
	d, err := Indicator(p.KPI)
	if err != nil {
		return err
	}
	bad := func(field, value, want string) error { return &invalid.Error{Field: field, Value: value, Want: want} }
	if !d.OfOrders() {
		return bad("kpi", string(p.KPI), "an indicator of orders: the time of technicians belongs to no unit")
	}
	if p.Effect == 0 {
		return bad("effect", "0", "by how much the policy changes the figure")
	}
	if p.Design.Kind == pilot.Buildings {
		if p.Days == 0 {
			p.Days = defaultDays
		}
		p.Design.Units = len(p.Buildings)
		if p.Design.Treated == 0 {
			p.Design.Treated = len(p.Buildings) / 2
		}
		switch {
		case weights:
			return bad("kind", "BUILDINGS", "BLOCKS: the policy has weights or a freeze, which are those of all routes together")
		case len(p.Buildings) < 4:
			return bad("buildingIds", fmt.Sprint(len(p.Buildings)), "at least 4 buildings")
		case p.Block != 0:
			return bad("blockLength", p.Block.String(), "nothing: buildings change for good")
		}
	} else {
		switch {
		case len(p.Buildings) > 0 || p.Days != 0:
			return bad("buildingIds", fmt.Sprint(len(p.Buildings)), "nothing, and no days: in blocks all is treated alike")
		case p.Block < time.Hour:
			return bad("blockLength", p.Block.String(), "at least an hour")
		}
	}
	return p.Design.Check()
}

// Units are the buildings by id, or the numbers of the blocks from 1.
func (p *Pilot) Units() []string {
	if p.Design.Kind == pilot.Buildings {
		return p.Buildings
	}
	out := make([]string, p.Design.Units)
	for i := range out {
		out[i] = strconv.Itoa(i + 1)
	}
	return out
}

// Measure is the figure of a building, or of all for "", of the orders reported in an interval; false when there are none.
type Measure func(building string, from, to time.Time) (float64, bool)

// Foresee says what the design can show, by the past before an instant.
func (p *Pilot) Foresee(now time.Time, of Measure) error {
	q := pilot.Question{Design: p.Design, Effect: p.sign() * p.Effect, History: p.history(now, of)}
	if p.Forecast, p.Silent = nil, ""; q.History == nil {
		p.Silent = "The past does not tell what this design can show: too few orders in too few of its units."
		return nil
	}
	f, err := pilot.Plan(&q)
	p.Forecast = f
	return err
}

// sign is -1 for figures of which more is better: the test looks at what should become less.
func (p *Pilot) sign() float64 {
	if LessIsBetter(p.KPI) {
		return 1
	}
	return -1
}

// history is the figures of the past by unit and period; nil when there are too few.
func (p *Pilot) history(now time.Time, of Measure) [][]float64 {
	if p.Design.Kind == pilot.Blocks {
		row := p.past("", now, p.Block, mostBlocks, of)
		if len(row) < 20 {
			return nil
		}
		return [][]float64{row}
	}
	var rows [][]float64
	shortest := mostPeriods
	for _, b := range p.Buildings {
		row := p.past(b, now, time.Duration(p.Days)*24*time.Hour, mostPeriods, of)
		if len(row) >= 2 {
			rows, shortest = append(rows, row), min(shortest, len(row))
		}
	}
	if len(rows) < 4 {
		return nil
	}
	for i := range rows {
		rows[i] = rows[i][len(rows[i])-shortest:]
	}
	return rows
}

// past is the latest periods without a gap, in the order of time.
func (p *Pilot) past(building string, now time.Time, length time.Duration, most int, of Measure) []float64 {
	var out []float64
	for k := range most {
		to := now.Add(-time.Duration(k) * length)
		v, ok := of(building, to.Add(-length), to)
		if !ok {
			break
		}
		out = append([]float64{p.sign() * v}, out...)
	}
	return out
}

// CanShow reports whether the design can show the effect, and says it in words.
func (p *Pilot) CanShow() (bool, string) {
	if p.Forecast == nil {
		return false, p.Silent
	}
	return p.Forecast.CanShow, p.Forecast.Verdict
}

// Start draws who is treated. despite is why the pilot is started although its design cannot show the effect. The error is a
// *fault.StateError.
func (p *Pilot) Start(now time.Time, seed uint64, against, despite string) error {
	if p.State != PilotDraft {
		return &fault.StateError{Thing: "the pilot", State: p.State, Verb: "start", Legal: PilotDraft}
	}
	if can, why := p.CanShow(); !can && despite == "" {
		return &fault.StateError{Thing: "the pilot", State: "CANNOT_SHOW", Verb: "start", Legal: "a design that can show it, or a reason in `despite`: " + why}
	}
	p.State, p.Started, p.Seed, p.Against, p.Despite = PilotRunning, now, seed, against, despite
	p.Treated = p.Design.Draw(seed)
	return nil
}

// Block numbers are from 0; -1 before the start and after the end.
func (p *Pilot) block(now time.Time) int {
	if k := int(now.Sub(p.Started) / p.Block); !now.Before(p.Started) && k < p.Design.Units {
		return k
	}
	return -1
}

// Rules reports whether the policy rules for all at an instant: in a treated block.
func (p *Pilot) Rules(now time.Time) bool {
	if p.State != PilotRunning || p.Design.Kind != pilot.Blocks {
		return false
	}
	k := p.block(now)
	return k >= 0 && p.Treated[k]
}

// Turns is when the next block begins, or the last one ends; zero when nothing turns any more.
func (p *Pilot) Turns(now time.Time) time.Time {
	if p.State != PilotRunning || p.Design.Kind != pilot.Blocks || p.block(now) < 0 {
		return time.Time{}
	}
	return p.Started.Add(time.Duration(p.block(now)+1) * p.Block)
}

// TreatedUnits are those that get the policy.
func (p *Pilot) TreatedUnits() (out []string) {
	for i, u := range p.Units() {
		if i < len(p.Treated) && p.Treated[i] {
			out = append(out, u)
		}
	}
	return out
}

// Figures are what each unit showed, in the unit of the indicator with its sign turned where more is better. The error is an
// *invalid.Error when a unit has nothing to show yet.
func (p *Pilot) Figures(now time.Time, of Measure) ([]pilot.Figure, error) {
	if p.State == PilotDraft {
		return nil, &fault.StateError{Thing: "the pilot", State: p.State, Verb: "judge", Legal: "a pilot that was started"}
	}
	out := make([]pilot.Figure, p.Design.Units)
	for i, unit := range p.Units() {
		building, from, to := "", p.Started.Add(time.Duration(i)*p.Block), p.Started.Add(time.Duration(i+1)*p.Block)
		f := pilot.Figure{Unit: unit, Treated: p.Treated[i]}
		if p.Design.Kind == pilot.Buildings {
			length := time.Duration(p.Days) * 24 * time.Hour
			building, from, to = unit, p.Started, p.Started.Add(length)
			before, ok := of(building, p.Started.Add(-length), p.Started)
			if !ok {
				return nil, missing(unit, "before the start")
			}
			f.Before = p.sign() * before
		}
		after, ok := of(building, from, to)
		if !ok || now.Before(from) {
			return nil, missing(unit, "from "+from.Format(time.RFC3339)+" on")
		}
		f.After = p.sign() * after
		out[i] = f
	}
	return out, nil
}

func missing(unit, when string) error {
	return &fault.StateError{Thing: "the pilot", State: PilotRunning, Verb: "judge", Legal: "figures of every unit: " + unit + " has none " + when}
}

// Decide ends the pilot with its record.
func (p *Pilot) Decide(now time.Time, id, actor, decision, reason string, figures []pilot.Figure) error {
	if p.State != PilotRunning {
		return &fault.StateError{Thing: "the pilot", State: p.State, Verb: "decide", Legal: PilotRunning}
	}
	against := p.Against
	if against == "" {
		against = "default"
	}
	words := map[string]pilot.Decision{"ADOPT": pilot.Adopt, "REJECT": pilot.Reject, "ITERATE": pilot.Iterate}
	r, err := pilot.Decide(pilot.Record{Pilot: id, Policy: p.Policy, Against: against, Decision: words[decision], Reason: reason}, &p.Design, figures)
	if err != nil {
		return err
	}
	p.State, p.Record = PilotDecided, &Record{Record: *r, Time: now, Actor: actor, Figures: figures}
	return nil
}
