package problem

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"fettle/dispatch"
	"fettle/geo"
)

// tenths is the number of ticks in one unit of a Solomon file. The DIMACS convention truncates every distance to one
// decimal, so windows, times and cost are exact in tenths.
const tenths = 10

// maxCoordinate keeps distances in tenths below dispatch.Unreachable.
const maxCoordinate = 1e7

// customer is one row of a Solomon file, in its own units.
type customer struct {
	x, y, ready, due, service float64
	demand                    int32
}

// readSolomon reads the text format of Solomon (1987), "Algorithms for the vehicle routing and scheduling problems with
// time window constraints", which Gehring and Homberger (1999) use too. The due date is the last instant at which work
// may start, so a window is [10*ready, 10*due+1) in ticks; the window of row 0, the depot, is the shift of each vehicle,
// due date included. A fleet larger than the number of customers is cut to that number: the rest could not leave.
func readSolomon(name string, data []byte) (*Document, error) {
	f := newTextFile(name, data)
	title, vehicles, capacity, err := solomonHead(f)
	if err != nil {
		return nil, err
	}
	var rows []customer
	for f.next() {
		c, err := solomonRow(f, len(rows))
		if err != nil {
			return nil, err
		}
		rows = append(rows, c)
	}
	if len(rows) == 0 {
		return nil, f.fault("customer", "the file ends before the depot, row 0")
	}
	p, err := solomonProblem(rows, min(int(vehicles), len(rows)-1), capacity)
	if err != nil {
		return nil, &Error{File: name, Msg: err.Error()}
	}
	p.Name = title
	return validated(&Document{Name: name, Format: Solomon, Problem: p, native: routeText{decimals: 1}})
}

// solomonHead reads everything before the first row.
func solomonHead(f *textFile) (title string, vehicles, capacity int32, err error) {
	words := func() string { return strings.ToUpper(strings.Join(strings.Fields(f.text), " ")) }
	f.next()
	if words() != "VEHICLE" {
		title = f.text
		f.next()
	}
	for _, want := range []string{"VEHICLE", "NUMBER CAPACITY"} {
		if words() != want {
			return "", 0, 0, f.fault("vehicle", "the line is %q, want %q", f.text, want)
		}
		f.next()
	}
	numbers := strings.Fields(f.text)
	if len(numbers) != 2 {
		return "", 0, 0, f.fault("vehicle", "the line has %d values, want the number of vehicles and the capacity", len(numbers))
	}
	if vehicles, err = f.amount("number of vehicles", numbers[0], math.MaxInt32); err != nil {
		return "", 0, 0, err
	}
	if capacity, err = f.amount("capacity", numbers[1], math.MaxInt32/2); err != nil {
		return "", 0, 0, err
	}
	for _, want := range []string{"CUSTOMER", "CUST"} {
		if f.next(); !strings.HasPrefix(words(), want) {
			return "", 0, 0, f.fault("customer", "the line is %q, want %q", f.text, want)
		}
	}
	return title, vehicles, capacity, nil
}

// solomonColumns are the seven columns as messages name them.
var solomonColumns = [7]string{"customer number", "x coordinate", "y coordinate", "demand", "ready time", "due date", "service time"}

func solomonRow(f *textFile, number int) (customer, error) {
	cells := strings.Fields(f.text)
	if len(cells) != len(solomonColumns) {
		return customer{}, f.fault("customer", "the row has %d values, want %d: %s", len(cells), len(solomonColumns), strings.Join(solomonColumns[:], ", "))
	}
	var v [len(solomonColumns)]float64
	for i, cell := range cells {
		var err error
		if v[i], err = f.number(solomonColumns[i], cell); err != nil {
			return customer{}, err
		}
	}
	switch {
	case v[0] != float64(number):
		return customer{}, f.fault(solomonColumns[0], "is %s, want %d: rows are numbered from 0 without a gap", cells[0], number)
	case math.Abs(v[1]) > maxCoordinate || math.Abs(v[2]) > maxCoordinate:
		return customer{}, f.fault("coordinates", "are (%s, %s), want numbers between -1e7 and 1e7", cells[1], cells[2])
	case v[5] < v[4]:
		return customer{}, f.fault(solomonColumns[5], "is %s, want at least the ready time %s", cells[5], cells[4])
	case v[6] < 0:
		return customer{}, f.fault(solomonColumns[6], "is %s, want a number that is not negative", cells[6])
	case number == 0 && (v[3] != 0 || v[6] != 0):
		return customer{}, f.fault("depot", "has demand %s and service time %s, want 0 and 0", cells[3], cells[6])
	}
	demand, err := f.amount(solomonColumns[3], cells[3], math.MaxInt32/2)
	return customer{x: v[1], y: v[2], demand: demand, ready: v[4], due: v[5], service: v[6]}, err
}

func solomonProblem(rows []customer, vehicles int, capacity int32) (*dispatch.Problem, error) {
	p := &dispatch.Problem{
		Scale:      dispatch.Scale{TicksPerUnit: tenths, CostPerUnit: tenths},
		Dimensions: []string{"load"},
		Policy:     dispatch.Policy{Unserved: dispatch.UnservedPolicy{Lexicographic: true}},
	}
	x, y := make([]float64, len(rows)), make([]float64, len(rows))
	for i := range rows {
		c := &rows[i]
		x[i], y[i] = c.x, c.y
		p.Places = append(p.Places, dispatch.Place{Name: strconv.Itoa(i), X: c.x, Y: c.y, InPlane: true})
		if i == 0 {
			continue
		}
		p.Visits = append(p.Visits, dispatch.Visit{
			ID: dispatch.VisitID(strconv.Itoa(i)), Place: int32(i), Windows: []dispatch.TimeWindow{inclusive(c.ready, c.due, tenths)},
			OnSite: fixed(c.service, tenths, geo.RoundUp), Deliver: []int32{c.demand}, Due: dispatch.NoTick,
		})
	}
	day := inclusive(rows[0].ready, rows[0].due, tenths)
	p.Technicians = fleet(vehicles, []int32{capacity}, dispatch.Shift{Start: day.Start, End: day.End - 1, LatestDeparture: dispatch.NoTick})
	m, err := planar(x, y, tenths, geo.RoundDown)
	if err != nil {
		return nil, fmt.Errorf("distances of the customers: %w", err)
	}
	p.Travel = []dispatch.Travel{{Time: m}}
	return p, nil
}

// fleet is n vehicles that are alike and cost what they travel.
func fleet(n int, capacity []int32, shift dispatch.Shift) []dispatch.Technician {
	out := make([]dispatch.Technician, n)
	for k := range out {
		out[k] = dispatch.Technician{
			ID: dispatch.TechnicianID(strconv.Itoa(k + 1)), Capacity: capacity,
			Shifts: []dispatch.Shift{shift}, Rates: dispatch.Rates{Travel: 1},
		}
	}
	return out
}
