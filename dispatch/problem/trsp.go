package problem

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"fettle/dispatch"
	"fettle/geo"
)

// trspTicks are the choices for ticks in one unit, best first. 10,000 makes travel times of four decimals (the Praxedo
// days) exact and the rounding of Euclidean ones cost less than 0.01 in a hundred legs.
var trspTicks = [...]int32{10000, 1000, 100, 10, 1}

// trspNode is one row of the table, in the file's units.
type trspNode struct {
	line                       int
	x, y, open, close, service float64
	skills, tools, parts       []int32
}

// trsp is a file taken apart.
type trsp struct {
	textFile
	title                             string
	crew, skillCount, toolCount, part int32
	nodes                             []trspNode
	distances, times                  [][]float64 // square; nil without
	ticks                             int32
}

// readTRSP reads the technician routing files of Pillac, Gueret and Medaglia (2013), "A parallel matheuristic for the
// technician routing and scheduling problem", doi:10.1007/s11590-012-0567-4, and the real days in the same form that carry
// matrices instead of coordinates. Node 0 is the main depot, 1..K the technicians' homes, the rest requests. Skills and
// tools are numbers; spare parts are stock dimensions, with what a technician owns as capacity; at the main depot, at most
// once a route, all tools and unlimited parts come on board. The objective is working time: from the latest departure
// that keeps the end of the route, to that end. Windows are hard and include their end.
//
// Numbers become ticks of a ten-thousandth of a unit where the horizon allows it; Euclidean times are rounded up, windows
// inwards, so that a plan that is feasible in ticks is feasible in the real numbers of the file. Node ids of the file are
// the ids of visits and technicians. DISTANCES cost nothing in this objective: they are checked and left out.
func readTRSP(name string, data []byte) (*Document, error) {
	t := &trsp{textFile: *newTextFile(name, data)}
	for _, step := range []func() error{t.head, t.table, t.matrices, t.scale} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	p, err := t.problem()
	if err != nil {
		return nil, err
	}
	return validated(&Document{Name: name, Format: TRSP, Problem: p, native: trspPlan{}})
}

// head reads the name and the four counts.
func (t *trsp) head() error {
	t.next()
	if t.title = t.text; strings.HasPrefix(strings.ToUpper(t.text), "INFO") {
		t.title = ""
	}
	for !strings.HasPrefix(strings.ToUpper(t.text), "CREW COUNT") {
		if t.text != t.title && !strings.EqualFold(t.text, "INFO") {
			return t.fault("", "the line is %q, want CREW COUNT, SKILLS, TOOLS, SPARE PARTS", t.text)
		}
		if !t.next() {
			return t.fault("CREW COUNT", "this line is missing")
		}
	}
	t.next()
	cells := strings.Fields(t.text)
	if len(cells) != 4 {
		return t.fault("CREW COUNT", "the line has %d values, want the numbers of technicians, skills, tools and parts", len(cells))
	}
	var err error
	for i, into := range []*int32{&t.crew, &t.skillCount, &t.toolCount, &t.part} {
		name := [...]string{"CREW COUNT", "SKILLS", "TOOLS", "SPARE PARTS"}[i]
		if *into, err = t.amount(name, cells[i], math.MaxInt32); err != nil {
			return err
		}
	}
	for _, want := range []string{"DEPOT TECHNICIANS", "ID"} {
		if t.next(); !strings.HasPrefix(strings.ToUpper(t.text), want) {
			return t.fault("", "the line is %q, want the heading %q", t.text, want)
		}
	}
	return nil
}

// table reads the rows of the nodes, up to the matrices or the end.
func (t *trsp) table() error {
	for t.next() {
		if t.text[0] < '0' || t.text[0] > '9' {
			break
		}
		n, err := t.row(len(t.nodes))
		if err != nil {
			return err
		}
		t.nodes = append(t.nodes, n)
	}
	if int64(len(t.nodes)) <= int64(t.crew) {
		return t.fault("ID", "the table has %d rows, want the depot and %d technicians at least", len(t.nodes), t.crew)
	}
	for i := range t.nodes {
		if err := t.checkParts(i); err != nil {
			return err
		}
	}
	return nil
}

// trspColumns are the columns before the sets.
var trspColumns = [...]string{"ID", "X", "Y", "TWS", "TWE", "Serv"}

func (t *trsp) row(number int) (trspNode, error) {
	front, sets, _ := strings.Cut(t.text, "[")
	cells := strings.Fields(front)
	if len(cells) != len(trspColumns) {
		return trspNode{}, t.fault("row", "has %d values before its sets, want %d: %s", len(cells), len(trspColumns), strings.Join(trspColumns[:], " "))
	}
	var v [len(trspColumns)]float64
	var err error
	for i, cell := range cells {
		if v[i], err = t.number(trspColumns[i], cell); err != nil {
			return trspNode{}, err
		}
	}
	n := trspNode{line: t.line, x: v[1], y: v[2], open: v[3], close: v[4], service: v[5]}
	switch {
	case v[0] != float64(number):
		return n, t.fault("ID", "is %s, want %d: rows are numbered from 0 without a gap", cells[0], number)
	case n.close < n.open:
		return n, t.fault("TWE", "is %s, want at least TWS %s", cells[4], cells[3])
	case n.service < 0:
		return n, t.fault("Serv", "is %s, want a number that is not negative", cells[5])
	case int64(number) <= int64(t.crew) && n.service != 0:
		return n, t.fault("Serv", "is %s at the depot or a home, want 0", cells[5])
	}
	lists := strings.Split("["+sets, "[")[1:]
	if len(lists) != 3 {
		return n, t.fault("row", "has %d sets in brackets, want skills, tools and parts", len(lists))
	}
	for i, into := range []*[]int32{&n.skills, &n.tools, &n.parts} {
		most := [...]int32{t.skillCount - 1, t.toolCount - 1, math.MaxInt32 / 2}[i]
		if *into, err = t.set([...]string{"SKILLS", "TOOLS", "SPARE PARTS"}[i], lists[i], most); err != nil {
			return n, err
		}
	}
	return n, nil
}

// set reads the numbers up to a closing bracket.
func (t *trsp) set(field, text string, most int32) ([]int32, error) {
	inside, after, closed := strings.Cut(text, "]")
	if !closed || strings.TrimSpace(after) != "" {
		return nil, t.fault(field, "is %q, want numbers between [ and ]", "["+strings.TrimSpace(text))
	}
	if strings.TrimSpace(inside) == "" {
		return nil, nil
	}
	var out []int32
	for cell := range strings.SplitSeq(inside, ",") {
		v, err := t.amount(field, strings.TrimSpace(cell), most)
		if err != nil {
			return nil, err
		}
		if field != "SPARE PARTS" && slices.Contains(out, v) {
			return nil, t.fault(field, "holds %d twice", v)
		}
		out = append(out, v)
	}
	return out, nil
}

// checkParts makes the parts of a row as long as their number says; an empty list is none of each.
func (t *trsp) checkParts(i int) error {
	n := &t.nodes[i]
	if t.line = n.line; len(n.parts) != 0 && len(n.parts) != int(t.part) {
		return t.fault("SPARE PARTS", "has %d numbers, want %d", len(n.parts), t.part)
	}
	return nil
}

// matrices reads the sections DISTANCES and TRAVEL TIMES: rows "id;v;v;...".
func (t *trsp) matrices() error {
	for t.text != "" {
		var into *[][]float64
		heading := strings.ToUpper(t.text)
		switch {
		case strings.HasPrefix(heading, "DISTANCES"):
			into = &t.distances
		case strings.HasPrefix(heading, "TRAVEL TIMES"):
			into = &t.times
		default:
			return t.fault("", "the line is %q, want a section DISTANCES or TRAVEL TIMES", t.text)
		}
		if *into != nil {
			return t.fault(heading, "this section is given twice")
		}
		start := t.line
		for t.next() && strings.Contains(t.text, ";") {
			row, err := t.matrixRow(heading, len(*into))
			if err != nil {
				return err
			}
			*into = append(*into, row)
		}
		if err := t.checkMatrix(heading, start, *into); err != nil {
			return err
		}
	}
	if t.distances != nil && t.times == nil {
		return t.fault("TRAVEL TIMES", "this section is missing beside DISTANCES")
	}
	return nil
}

func (t *trsp) matrixRow(heading string, number int) ([]float64, error) {
	id, cells, _ := strings.Cut(strings.TrimSuffix(t.text, ";"), ";")
	if strings.TrimSpace(id) != strconv.Itoa(number) {
		return nil, t.fault(heading, "the row starts with %q, want %d", id, number)
	}
	row := make([]float64, 0, 1+strings.Count(cells, ";"))
	for cell := range strings.SplitSeq(cells, ";") {
		v, err := t.number(heading, strings.TrimSpace(cell))
		if err != nil {
			return nil, err
		}
		if v < 0 {
			return nil, t.fault(heading, "is %v, want a number that is not negative", v)
		}
		row = append(row, v)
	}
	return row, nil
}

// checkMatrix insists on a square over the nodes, with or without rows for the copies of homes (K) and of the depot (K)
// at the end; those repeat the first rows and are not used.
func (t *trsp) checkMatrix(heading string, line int, rows [][]float64) error {
	here := t.line
	defer func() { t.line = here }()
	t.line = line
	n := len(t.nodes)
	if len(rows) != n && len(rows) != n+2*int(t.crew) {
		return t.fault(heading, "has %d rows, want %d, or %d with the copies of homes and depot", len(rows), n, n+2*int(t.crew))
	}
	for i, row := range rows {
		if len(row) != len(rows) {
			return t.fault(heading, "row %d has %d values, want %d", i, len(row), len(rows))
		}
	}
	return nil
}

// scale chooses the ticks: as fine as the longest day and leg allow.
func (t *trsp) scale() error {
	var far, leg float64
	x, y := make([]float64, len(t.nodes)), make([]float64, len(t.nodes))
	for i := range t.nodes {
		n := &t.nodes[i]
		x[i], y[i] = n.x, n.y
		far = max(far, math.Abs(n.open), math.Abs(n.close), n.service)
	}
	leg = span(x, y)
	for _, row := range t.times {
		leg = max(leg, slices.Max(row))
	}
	for _, ticks := range trspTicks {
		if t.ticks = ticks; far*float64(ticks) < float64(dispatch.Far/2) && leg*float64(ticks) < float64(dispatch.Unreachable) {
			return nil
		}
	}
	return &Error{File: t.name, Msg: "times or coordinates are too large: want at most 2^28"}
}

// travel is the matrix of travel times in ticks.
func (t *trsp) travel() (*geo.Matrix, error) {
	n := len(t.nodes)
	if t.times == nil {
		x, y := make([]float64, n), make([]float64, n)
		for i := range t.nodes {
			x[i], y[i] = t.nodes[i].x, t.nodes[i].y
		}
		return planar(x, y, float64(t.ticks), geo.RoundUp)
	}
	table := make([]int32, 0, n*n)
	for _, row := range t.times[:n] {
		for _, v := range row[:n] {
			table = append(table, int32(fixed(v, t.ticks, geo.RoundUp)))
		}
	}
	return geo.NewDense(n, table)
}
