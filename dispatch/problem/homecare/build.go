package homecare

import (
	"fmt"
	"math"

	"fettle/dispatch"
	"fettle/geo"
)

// The kinds of synchronization.
const (
	simultaneous = "simultaneous"
	sequential   = "sequential"
)

// maxScale is the largest number of ticks in a minute: distances have three decimals at most.
const maxScale = 1000

// share is the part of the objective that each of its three terms has.
const share = 3

// Problem turns a file into a problem. A tick is the part of a minute, a power of ten up to 1000, in which all distances and
// durations are whole; finer ones are rounded. Starts of windows are cut to whole minutes, as the sources of the best known
// values do (401.99999999999994 counts as 401).
func (f *File) Problem() (*dispatch.Problem, error) {
	b := &builder{f: f, scale: f.scale(), duration: map[string]*float64{}}
	b.p = &dispatch.Problem{
		Name:  f.Name,
		Scale: dispatch.Scale{TicksPerUnit: int32(b.scale), Unit: "min", CostPerUnit: share * int64(b.scale)},
		Policy: dispatch.Policy{
			Unserved: dispatch.UnservedPolicy{Lexicographic: true}, MaxLateness: 1, DefaultTier: "tardiness",
			Tiers: []dispatch.LatenessTier{{Name: "tardiness", Steps: []dispatch.LatenessStep{{PerTick: 1}}}},
		},
	}
	for _, step := range []func() error{b.travel, b.services, b.caregivers, b.patients} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return b.p, nil
}

type builder struct {
	f        *File
	p        *dispatch.Problem
	scale    float64
	duration map[string]*float64 // by service
}

// scale is the smallest power of ten by which all numbers that are added up become whole.
func (f *File) scale() float64 {
	scale := 1.0
	fit := func(v float64) {
		for scale < maxScale && math.Abs(v*scale-math.Round(v*scale)) > 1e-6*scale {
			scale *= 10
		}
	}
	for _, row := range f.Distances {
		for _, v := range row {
			fit(v)
		}
	}
	for i := range f.Services {
		if d := f.Services[i].Duration; d != nil {
			fit(*d)
		}
	}
	for i := range f.Patients {
		for _, r := range f.Patients[i].Required {
			if r.Duration != nil {
				fit(*r.Duration)
			}
		}
	}
	return scale
}

// ticks converts minutes of at most a year.
func (b *builder) ticks(field string, minutes float64) (dispatch.Tick, error) {
	const year = 366 * 24 * 60
	if !(minutes >= 0 && minutes <= year) {
		return 0, fault(field, "is %v, want minutes between 0 and %d", minutes, year)
	}
	return dispatch.Tick(math.Round(minutes * b.scale)), nil
}

// travel makes the one matrix of travel, whose lengths are times too.
func (b *builder) travel() error {
	f := b.f
	if len(f.Offices) != 1 {
		return fault("central_offices", "holds %d, want one", len(f.Offices))
	}
	if f.Offices[0].TimeWindow != nil {
		return fault("central_offices[0].time_window", "is given: hours of the office are not supported")
	}
	n := len(f.Patients) + 1
	if len(f.Distances) != n {
		return fault("distances", "has %d rows, want %d: the office and each patient", len(f.Distances), n)
	}
	flat := make([]int32, 0, n*n)
	for i, row := range f.Distances {
		if len(row) != n {
			return fault(fmt.Sprintf("distances[%d]", i), "has %d columns, want %d", len(row), n)
		}
		for k, v := range row {
			t, err := b.ticks(fmt.Sprintf("distances[%d][%d]", i, k), v)
			if err != nil {
				return err
			}
			flat = append(flat, int32(t))
		}
	}
	m, err := geo.NewDense(n, flat)
	if err != nil {
		return fault("distances", "%v", err)
	}
	b.p.Travel = []dispatch.Travel{{Time: m}}
	b.p.Places = make([]dispatch.Place, n)
	b.place(0, f.Offices[0].ID, f.Offices[0].Location)
	for i := range f.Patients {
		b.place(i+1, f.Patients[i].ID, f.Patients[i].Location)
	}
	return nil
}

func (b *builder) place(i int, name string, at []float64) {
	b.p.Places[i].Name = name
	if len(at) == 2 {
		b.p.Places[i].X, b.p.Places[i].Y, b.p.Places[i].InPlane = at[0], at[1], true
	}
}

func (b *builder) services() error {
	for i := range b.f.Services {
		s := &b.f.Services[i]
		if _, known := b.duration[s.ID]; known || s.ID == "" {
			return fault(fmt.Sprintf("services[%d].id", i), "is %q, want an id that no other service has", s.ID)
		}
		b.duration[s.ID] = s.Duration
	}
	return nil
}

func (b *builder) caregivers() error {
	for i := range b.f.Caregivers {
		c := &b.f.Caregivers[i]
		field := fmt.Sprintf("caregivers[%d]", i)
		if c.Shift != nil {
			return fault(field+".working_shift", "is given: hours of a caregiver are not supported")
		}
		t := dispatch.Technician{
			ID: dispatch.TechnicianID(c.ID), Rates: dispatch.Rates{Travel: 1},
			Shifts: []dispatch.Shift{{End: dispatch.Far, LatestDeparture: dispatch.NoTick}},
		}
		for k, ability := range c.Abilities {
			if _, known := b.duration[ability]; !known {
				return fault(fmt.Sprintf("%s.abilities[%d]", field, k), "is %q, want the id of a service", ability)
			}
			t.Skills = append(t.Skills, dispatch.SkillLevel{Skill: dispatch.Skill(ability), Level: 1})
		}
		b.p.Technicians = append(b.p.Technicians, t)
	}
	return nil
}

func (b *builder) patients() error {
	for i := range b.f.Patients {
		if err := b.patient(fmt.Sprintf("patients[%d]", i), int32(i+1), &b.f.Patients[i]); err != nil {
			return err
		}
	}
	return nil
}

// patient adds the visits of a patient and what ties them.
func (b *builder) patient(field string, place int32, p *Patient) error {
	if len(p.TimeWindow) != 2 || p.TimeWindow[1] < p.TimeWindow[0] {
		return fault(field+".time_window", "is %v, want a start and an end that is not before it", p.TimeWindow)
	}
	start, err := b.ticks(field+".time_window", math.Floor(p.TimeWindow[0]))
	if err != nil {
		return err
	}
	end, err := b.ticks(field+".time_window", p.TimeWindow[1])
	if err != nil {
		return err
	}
	if n := len(p.Required); n < 1 || n > 2 || (n == 2) != (p.Synchronization != nil) {
		return fault(field+".required_caregivers", "holds %d, want one, or two with a synchronization", n)
	}
	for k, r := range p.Required {
		at := fmt.Sprintf("%s.required_caregivers[%d]", field, k)
		usual, known := b.duration[r.Service]
		if !known {
			return fault(at+".service", "is %q, want the id of a service", r.Service)
		}
		if r.Duration != nil {
			usual = r.Duration
		}
		if usual == nil {
			return fault(at+".duration", "is not given, nor is the default_duration of %s", r.Service)
		}
		work, err := b.ticks(at+".duration", *usual)
		if err != nil {
			return err
		}
		b.p.Visits = append(b.p.Visits, dispatch.Visit{
			ID: dispatch.VisitID(p.ID + "/" + r.Service), WorkOrder: dispatch.WorkOrderID(p.ID), Place: place,
			Windows: []dispatch.TimeWindow{{Start: start, End: dispatch.Far}}, OnSite: work, Due: end,
			Skills: []dispatch.SkillLevel{{Skill: dispatch.Skill(r.Service), Level: 1}},
		})
	}
	if p.Synchronization == nil {
		return nil
	}
	return b.link(field+".synchronization", p.Synchronization.Type, p.Synchronization.Distance)
}

// link ties the last two visits.
func (b *builder) link(field, kind string, gap []float64) (err error) {
	n := int32(len(b.p.Visits))
	l := dispatch.Link{First: n - 2, Second: n - 1, Both: true, Apart: true}
	switch {
	case kind == simultaneous:
	case kind == sequential && len(gap) == 2 && gap[0] <= gap[1]:
		if l.MinGap, err = b.ticks(field+".distance[0]", gap[0]); err != nil {
			return err
		}
		if l.MaxGap, err = b.ticks(field+".distance[1]", gap[1]); err != nil {
			return err
		}
	case kind == sequential:
		return fault(field+".distance", "is %v, want the least and the largest time between the two", gap)
	default:
		return fault(field+".type", "is %q, want %s or %s", kind, simultaneous, sequential)
	}
	b.p.Links = append(b.p.Links, l)
	return nil
}
