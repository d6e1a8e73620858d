package problem

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"fettle/dispatch"
	"fettle/geo"
)

// denseBelow is the number of places up to which a planar matrix is kept as a table: 1,200 places take 5.8 MB, which a
// search reads faster than it takes square roots; beyond, the planar form stays in the cache where the table does not.
const denseBelow = 1200

// maxNumber bounds every number of a text file. It keeps ticks at ten a unit within dispatch.Far.
const maxNumber = 1e8

// textFile reads a text format line by line. The lines are those of the file, blank ones left out.
type textFile struct {
	name string
	rest []byte
	line int    // 1-based number of the current line
	text string // the current line without the blanks around it
}

func newTextFile(name string, data []byte) *textFile { return &textFile{name: name, rest: data} }

// next goes to the next line that is not blank; false at the end of the file.
func (f *textFile) next() bool {
	for len(f.rest) > 0 {
		line, rest, _ := bytes.Cut(f.rest, []byte{'\n'})
		f.rest = rest
		f.line++
		if f.text = strings.TrimSpace(string(line)); f.text != "" {
			return true
		}
	}
	f.text = ""
	return false
}

// fault is an *Error at the current line.
func (f *textFile) fault(field, format string, args ...any) error {
	return &Error{File: f.name, Line: f.line, Field: field, Msg: fmt.Sprintf(format, args...)}
}

// number reads a finite number that is not absurdly large.
func (f *textFile) number(field, s string) (float64, error) {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(x) || math.Abs(x) > maxNumber {
		return 0, f.fault(field, "is %q, want a number between -1e8 and 1e8", s)
	}
	return x, nil
}

// amount reads a whole number from 0 to most.
func (f *textFile) amount(field, s string, most int32) (int32, error) {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || x != math.Trunc(x) || x < 0 || x > float64(most) {
		return 0, f.fault(field, "is %q, want a whole number between 0 and %d", s, most)
	}
	return int32(x), nil
}

// fixed converts a source number to ticks. A number that is not a whole number of ticks is rounded to the strict side as
// mode says, except that noise of the last binary digits is not taken for a fraction.
func fixed(x float64, ticksPerUnit int32, mode geo.Rounding) dispatch.Tick {
	v := x * float64(ticksPerUnit)
	near := math.Round(v)
	switch {
	case math.Abs(v-near) <= 1e-7*max(1, math.Abs(v)*1e-6):
		return dispatch.Tick(near)
	case mode == geo.RoundDown:
		return dispatch.Tick(math.Floor(v))
	case mode == geo.RoundUp:
		return dispatch.Tick(math.Ceil(v))
	}
	return dispatch.Tick(near)
}

// inclusive is the half-open window of a source window whose end still counts.
func inclusive(from, to float64, ticksPerUnit int32) dispatch.TimeWindow {
	return dispatch.TimeWindow{Start: fixed(from, ticksPerUnit, geo.RoundUp), End: fixed(to, ticksPerUnit, geo.RoundDown) + 1}
}

// planar builds the travel matrix of points in a plane, as a table when they are few.
func planar(x, y []float64, scale float64, rounding geo.Rounding) (*geo.Matrix, error) {
	m, err := geo.NewPlanar(x, y, scale, rounding)
	if err == nil && len(x) <= denseBelow {
		m = m.Dense()
	}
	return m, err
}

// span is the diagonal of the box around the points: no distance is longer.
func span(x, y []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	x0, x1, y0, y1 := x[0], x[0], y[0], y[0]
	for i := range x {
		x0, x1 = min(x0, x[i]), max(x1, x[i])
		y0, y1 = min(y0, y[i]), max(y1, y[i])
	}
	return math.Hypot(x1-x0, y1-y0)
}

// validated returns the document when its problem is valid; else the fault in the words of the file.
func validated(d *Document) (*Document, error) {
	if err := d.Problem.Validate(); err != nil {
		return nil, &Error{File: d.Name, Msg: err.Error()}
	}
	return d, nil
}

// visitIndex finds visits by the id they have in the file.
func visitIndex(p *dispatch.Problem) map[dispatch.VisitID]int32 {
	index := make(map[dispatch.VisitID]int32, len(p.Visits))
	for i := range p.Visits {
		index[p.Visits[i].ID] = int32(i)
	}
	return index
}

// technicianIndex finds technicians by the id they have in the file.
func technicianIndex(p *dispatch.Problem) map[dispatch.TechnicianID]int32 {
	index := make(map[dispatch.TechnicianID]int32, len(p.Technicians))
	for i := range p.Technicians {
		index[p.Technicians[i].ID] = int32(i)
	}
	return index
}

// visitStop is a stop of a plan that was read: the visit, and nothing yet about times.
func visitStop(visit int32) dispatch.Stop {
	return dispatch.Stop{Kind: dispatch.StopVisit, Visit: visit, Break: -1, Depot: -1}
}

// depotStop is a depot stop of a plan that was read.
func depotStop(depot int32) dispatch.Stop {
	return dispatch.Stop{Kind: dispatch.StopDepot, Visit: -1, Break: -1, Depot: depot}
}

// listUnassigned adds to a plan, without reasons, every visit that no route holds.
func listUnassigned(p *dispatch.Problem, plan *dispatch.Plan) {
	served := make([]bool, len(p.Visits))
	for i := range plan.Routes {
		for _, s := range plan.Routes[i].Stops {
			if s.Kind == dispatch.StopVisit {
				served[s.Visit] = true
			}
		}
	}
	for i := range plan.Unassigned {
		served[plan.Unassigned[i].Visit] = true
	}
	for v, done := range served {
		if !done {
			plan.Unassigned = append(plan.Unassigned, dispatch.Unassigned{Visit: int32(v), Technician: -1})
		}
	}
}
