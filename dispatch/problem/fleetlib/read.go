package fleetlib

import (
	"strconv"
	"strings"

	"fettle/dispatch"
	"fettle/geo"
)

// Ticks is the number of ticks in a unit of the file: distances are rounded to it, as the best known values want it.
const Ticks = 1000

// maxVehicles bounds the fleet of a file.
const maxVehicles = 100_000

// Read reads a problem. Every leg is 1000 times the Euclidean distance, rounded to nearest, and cost is travel alone. A
// client's id is the index of its node from 0, depots included. Time windows and the longest duty are hard; both ends of a
// window count. The window of its depot is the shift of a vehicle. Vehicles that may serve different clients are told apart
// by skills: one for each set of vehicles that shares some clients alone. A fault of the file is a *Fault.
func Read(data []byte) (*dispatch.Problem, error) {
	f, err := split(data)
	if err != nil {
		return nil, err
	}
	b := &builder{f: f, p: &dispatch.Problem{
		Name:       strings.Join(f.head["NAME"].cells, " "),
		Scale:      dispatch.Scale{TicksPerUnit: Ticks, CostPerUnit: Ticks},
		Dimensions: []string{"load"},
		Policy:     dispatch.Policy{Unserved: dispatch.UnservedPolicy{Lexicographic: true}},
	}}
	for _, step := range []func() error{b.sizes, b.places, b.visits, b.fleet, b.allowed} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return b.p, nil
}

// builder makes a problem of a file.
type builder struct {
	f        *file
	p        *dispatch.Problem
	n        int // nodes
	depots   int // the first of them
	vehicles int
	windows  [][]float64 // by node
}

// sizes reads how many nodes, depots and vehicles there are.
func (b *builder) sizes() (err error) {
	if kind := b.f.head["EDGE_WEIGHT_TYPE"]; len(kind.cells) == 0 || !strings.EqualFold(kind.cells[0], "EUC_2D") {
		return fault(kind.line, "EDGE_WEIGHT_TYPE", "want EUC_2D")
	}
	rows := len(b.f.sections["NODE_COORD_SECTION"])
	if b.n, err = b.f.whole("DIMENSION", max(rows, 1)); err != nil {
		return err
	}
	if b.vehicles, err = b.f.whole("VEHICLES", maxVehicles); err != nil {
		return err
	}
	for _, r := range b.f.sections["DEPOT_SECTION"] {
		if r.cells[0] == "-1" {
			break
		}
		at, err := r.index("DEPOT_SECTION", b.n)
		if err != nil {
			return err
		}
		if at != b.depots {
			return fault(r.line, "DEPOT_SECTION", "names node %d, want the depots to be the first nodes in their order", at+1)
		}
		b.depots++
	}
	b.depots = max(b.depots, 1)
	return nil
}

// places reads coordinates and makes the travel matrix.
func (b *builder) places() error {
	rows, err := b.f.table("NODE_COORD_SECTION", b.n, 2)
	if err != nil {
		return err
	}
	x, y := make([]float64, b.n), make([]float64, b.n)
	for i, at := range rows {
		x[i], y[i] = at[0], at[1]
		b.p.Places = append(b.p.Places, dispatch.Place{Name: strconv.Itoa(i), X: x[i], Y: y[i], InPlane: true})
	}
	m, err := geo.NewPlanar(x, y, Ticks, geo.RoundNearest)
	if err != nil {
		return fault(b.f.at["NODE_COORD_SECTION"], "NODE_COORD_SECTION", "%v", err)
	}
	const denseBelow = 1200 // as the other readers: beyond, square roots are faster than a table that is not in the cache
	if b.n <= denseBelow {
		m = m.Dense()
	}
	b.p.Travel = []dispatch.Travel{{Time: m}}
	return nil
}
