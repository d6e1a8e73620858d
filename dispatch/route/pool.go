package route

import (
	"math"

	"fettle/dispatch/constraint"
)

// pool finds, for a place, a few hundred visits around it by coordinates, so that neighbour lists of large problems do not
// cost a pass over all pairs. It is nil for problems without coordinates.
type pool struct {
	x, y    []float64 // by place
	cell    float64
	x0, y0  float64
	columns int
	rows    int
	begin   []int32 // by cell, into visits
	visits  []int32
	found   []int32
}

// perCell is the mean number of visits in a cell.
const perCell = 8

func newPool(m *constraint.Model) *pool {
	places := m.Problem.Places
	p := &pool{x: make([]float64, len(places)), y: make([]float64, len(places))}
	for i := range places {
		switch pl := &places[i]; {
		case pl.InPlane:
			p.x[i], p.y[i] = pl.X, pl.Y
		case pl.OnGlobe:
			p.x[i], p.y[i] = pl.Point.Lon*math.Cos(places[0].Point.Lat*math.Pi/180), pl.Point.Lat
		default:
			return nil
		}
	}
	p.bin(m)
	return p
}

// bin sorts the visits into cells.
func (p *pool) bin(m *constraint.Model) {
	x1, y1 := math.Inf(-1), math.Inf(-1)
	p.x0, p.y0 = math.Inf(1), math.Inf(1)
	for v := int32(0); v < m.Visits; v++ {
		at := m.Place(v)
		p.x0, p.y0, x1, y1 = min(p.x0, p.x[at]), min(p.y0, p.y[at]), max(x1, p.x[at]), max(y1, p.y[at])
	}
	side := max(x1-p.x0, y1-p.y0, 1e-9)
	p.cell = side / math.Ceil(math.Sqrt(float64(m.Visits)/perCell))
	p.columns, p.rows = int((x1-p.x0)/p.cell)+1, int((y1-p.y0)/p.cell)+1
	p.begin = make([]int32, p.columns*p.rows+1)
	for v := int32(0); v < m.Visits; v++ {
		p.begin[p.at(m.Place(v))+1]++
	}
	for c := 1; c < len(p.begin); c++ {
		p.begin[c] += p.begin[c-1]
	}
	p.visits = make([]int32, m.Visits)
	next := append([]int32(nil), p.begin...)
	for v := int32(0); v < m.Visits; v++ {
		c := p.at(m.Place(v))
		p.visits[next[c]] = v
		next[c]++
	}
}

func (p *pool) at(place int32) int {
	column := min(max(int((p.x[place]-p.x0)/p.cell), 0), p.columns-1)
	row := min(max(int((p.y[place]-p.y0)/p.cell), 0), p.rows-1)
	return row*p.columns + column
}

// around collects the visits of growing squares of cells about a place until there are at least want. The slice is valid
// until the next call.
func (p *pool) around(place int32, want int) []int32 {
	p.found = p.found[:0]
	c := p.at(place)
	row, column := c/p.columns, c%p.columns
	for ring := 0; ring <= max(p.columns, p.rows) && len(p.found) < want; ring++ {
		for y := row - ring; y <= row+ring; y++ {
			if y < 0 || y >= p.rows {
				continue
			}
			step := 1
			if y != row-ring && y != row+ring {
				step = 2 * ring
			}
			for x := column - ring; x <= column+ring; x += max(step, 1) {
				if x >= 0 && x < p.columns {
					k := y*p.columns + x
					p.found = append(p.found, p.visits[p.begin[k]:p.begin[k+1]]...)
				}
			}
		}
	}
	return p.found
}
