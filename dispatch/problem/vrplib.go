package problem

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"fettle/dispatch"
	"fettle/geo"
)

// vrplibHeaders are the keywords with a value on their line that are understood.
var vrplibHeaders = []string{
	"NAME", "COMMENT", "TYPE", "DIMENSION", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "NODE_COORD_TYPE",
	"DISPLAY_DATA_TYPE", "CAPACITY", "VEHICLES", "SERVICE_TIME", "DISTANCE",
}

// vrplibSections are the sections that are understood.
var vrplibSections = []string{
	"NODE_COORD_SECTION", "DISPLAY_DATA_SECTION", "EDGE_WEIGHT_SECTION", "DEMAND_SECTION",
	"TIME_WINDOW_SECTION", "SERVICE_TIME_SECTION", "DEPOT_SECTION",
}

// vrplibLine is one line of a section, or the value of a header.
type vrplibLine struct {
	line int
	text string
}

// vrplib is a VRPLIB file taken apart.
type vrplib struct {
	textFile
	headers  map[string]vrplibLine
	sections map[string][]vrplibLine
	starts   map[string]int // line of each section's keyword

	n        int
	free     bool // the number of vehicles is free, whatever VEHICLES says
	windowed bool
	ticks    int32 // in one unit of the file
	decimals int   // of the cost
	travel   *geo.Matrix
	x, y     []float64 // nil without coordinates
}

// readVRPLIB reads the TSPLIB-like format of CVRPLIB, with the sections for time windows that VRPTW sets use: TYPE CVRP
// or VRPTW, one depot, EUC_2D or EXPLICIT weights. Distances follow the convention of each kind: EUC_2D is rounded to the
// nearest integer for CVRP (Reinelt 1991, TSPLIB) and truncated to one decimal with time windows (DIMACS); EXPLICIT
// weights are exact, to four decimals. A visit's id is the index of its node from 0, the depot included, so that it is
// the customer number of CVRPLIB solutions. The latest instants of windows count, as in Solomon's files. DISTANCE limits
// travel plus service of a route; the format has no such limit together with time windows, nor does Fettle: refused. So
// is every keyword that is not listed here, by name. Without VEHICLES there is one vehicle for each customer; so there is
// in the EURO format, the instances of the EURO meets NeurIPS 2022 competition, whose VEHICLES is no rule.
func readVRPLIB(name string, data []byte, format Format) (*Document, error) {
	v := &vrplib{
		free:     format == EURO,
		textFile: *newTextFile(name, data), headers: map[string]vrplibLine{},
		sections: map[string][]vrplibLine{}, starts: map[string]int{},
	}
	p := &dispatch.Problem{Dimensions: []string{"load"}}
	p.Policy.Unserved.Lexicographic = true
	for _, step := range []func(*dispatch.Problem) error{v.split, v.head, v.coordinates, v.weights, v.places, v.visits, v.fleet} {
		if err := step(p); err != nil {
			return nil, err
		}
	}
	return validated(&Document{Name: name, Format: format, Problem: p, native: routeText{decimals: v.decimals}})
}

// faultAt is an *Error at the line of a keyword, or without a line when the file does not hold it.
func (v *vrplib) faultAt(keyword, format string, args ...any) error {
	v.line = v.starts[keyword]
	if h, ok := v.headers[keyword]; ok {
		v.line = h.line
	}
	return v.fault(keyword, format, args...)
}

// split takes the file apart and refuses unknown keywords.
func (v *vrplib) split(p *dispatch.Problem) error {
	section := ""
	for v.next() {
		word, value, colon := strings.Cut(v.text, ":")
		word = strings.ToUpper(strings.TrimSpace(word))
		switch {
		case word == "EOF":
			p.Name = v.headers["NAME"].text
			return nil
		case strings.HasSuffix(word, "_SECTION"):
			if !slices.Contains(vrplibSections, word) {
				return v.fault(word, "this section is not supported; supported are %s", strings.Join(vrplibSections, ", "))
			}
			if _, twice := v.starts[word]; twice {
				return v.fault(word, "this section is given twice")
			}
			section, v.starts[word] = word, v.line
		case colon:
			if !slices.Contains(vrplibHeaders, word) {
				return v.fault(word, "this keyword is not supported; supported are %s", strings.Join(vrplibHeaders, ", "))
			}
			if _, twice := v.headers[word]; twice {
				return v.fault(word, "this keyword is given twice")
			}
			section, v.headers[word] = "", vrplibLine{v.line, strings.TrimSpace(value)}
		case section == "":
			return v.fault("", "the line %q is in no section, want KEYWORD : value", v.text)
		default:
			v.sections[section] = append(v.sections[section], vrplibLine{v.line, v.text})
		}
	}
	p.Name = v.headers["NAME"].text
	return nil
}

// head checks the headers and settles the conventions.
func (v *vrplib) head(p *dispatch.Problem) error {
	_, hasWindows := v.starts["TIME_WINDOW_SECTION"]
	switch kind := strings.ToUpper(v.headers["TYPE"].text); kind {
	case "CVRP", "VRP":
		v.windowed = hasWindows
	case "VRPTW", "CVRPTW":
		v.windowed = true
	default:
		return v.faultAt("TYPE", "is %q, want CVRP or VRPTW", kind)
	}
	n, err := v.headerAmount("DIMENSION", math.MaxInt32)
	if err != nil {
		return err
	}
	if v.n = int(n); v.n == 0 {
		return v.faultAt("DIMENSION", "is 0, want at least 1, the depot")
	}
	_, limited := v.headers["DISTANCE"]
	if limited && v.windowed {
		return v.faultAt("DISTANCE", "a limit on the length of routes is not supported together with time windows")
	}
	for _, section := range []string{"DEMAND_SECTION", "TIME_WINDOW_SECTION", "SERVICE_TIME_SECTION", "NODE_COORD_SECTION", "DISPLAY_DATA_SECTION"} {
		_, given := v.starts[section]
		if rows := len(v.sections[section]); given && rows != v.n {
			return v.faultAt(section, "has %d rows, want %d as DIMENSION says", rows, v.n)
		}
	}
	switch weights := strings.ToUpper(v.headers["EDGE_WEIGHT_TYPE"].text); weights {
	case "EUC_2D", "EXPLICIT":
	default:
		return v.faultAt("EDGE_WEIGHT_TYPE", "is %q, want EUC_2D or EXPLICIT", weights)
	}
	return v.checkDepot()
}

// checkDepot insists on one depot, node 1, which is what the solutions' numbering takes for granted.
func (v *vrplib) checkDepot() error {
	for i, row := range v.sections["DEPOT_SECTION"] {
		want := [...]string{"1", "-1"}
		cells := strings.Fields(row.text)
		if len(cells) == 2 && cells[0] == "1" && cells[1] == "-1" && i == 0 {
			return nil
		}
		v.line = row.line
		if i >= len(want) || len(cells) != 1 || cells[0] != want[i] {
			return v.fault("DEPOT_SECTION", "is %q, want one depot, node 1, and then -1", row.text)
		}
	}
	return nil
}

// headerAmount reads a header that must be there as a whole number.
func (v *vrplib) headerAmount(keyword string, most int32) (int32, error) {
	h, ok := v.headers[keyword]
	if !ok {
		return 0, v.faultAt(keyword, "this keyword is missing")
	}
	v.line = h.line
	return v.amount(keyword, h.text, most)
}

// table reads a section of rows "node value ..." with every node once; one row of columns values a node, nil without the
// section.
func (v *vrplib) table(section string, columns int) ([][]float64, error) {
	rows := v.sections[section]
	if len(rows) == 0 {
		return nil, nil
	}
	out := make([][]float64, len(rows)) // as long as the file, whatever DIMENSION says
	for _, row := range rows {
		v.line = row.line
		cells := strings.Fields(row.text)
		if len(cells) != columns+1 {
			return nil, v.fault(section, "the row has %d values, want %d", len(cells), columns+1)
		}
		node, err := v.amount(section+" node", cells[0], int32(min(len(rows), math.MaxInt32)))
		if err != nil {
			return nil, err
		}
		if node == 0 || out[node-1] != nil {
			return nil, v.fault(section+" node", "is %d, want each number from 1 to %d once", node, len(rows))
		}
		values := make([]float64, columns)
		for c := range values {
			if values[c], err = v.number(section, cells[c+1]); err != nil {
				return nil, err
			}
		}
		out[node-1] = values
	}
	return out, nil
}

// coordinates reads the places of the nodes, from the section for drawing when there is no other.
func (v *vrplib) coordinates(*dispatch.Problem) error {
	section := "NODE_COORD_SECTION"
	if _, ok := v.starts[section]; !ok {
		section = "DISPLAY_DATA_SECTION"
	}
	rows, err := v.table(section, 2)
	if err != nil || len(rows) == 0 {
		return err
	}
	v.x, v.y = make([]float64, v.n), make([]float64, v.n)
	for i, row := range rows {
		if math.Abs(row[0]) > maxCoordinate || math.Abs(row[1]) > maxCoordinate {
			return v.faultAt(section, "node %d lies at (%v, %v), want numbers between -1e7 and 1e7", i+1, row[0], row[1])
		}
		v.x[i], v.y[i] = row[0], row[1]
	}
	return nil
}

// places lists the nodes.
func (v *vrplib) places(p *dispatch.Problem) error {
	p.Scale = dispatch.Scale{TicksPerUnit: v.ticks, CostPerUnit: int64(v.ticks)}
	p.Travel = []dispatch.Travel{{Time: v.travel}}
	p.Places = make([]dispatch.Place, v.n)
	for i := range p.Places {
		p.Places[i].Name = strconv.Itoa(i)
		if v.x != nil {
			p.Places[i].X, p.Places[i].Y, p.Places[i].InPlane = v.x[i], v.y[i], true
		}
	}
	return nil
}

// visits reads demand, service time and windows of every node but the depot.
func (v *vrplib) visits(p *dispatch.Problem) error {
	if _, ok := v.starts["DEMAND_SECTION"]; !ok {
		return v.faultAt("DEMAND_SECTION", "this section is missing")
	}
	demand, err := v.table("DEMAND_SECTION", 1)
	if err != nil {
		return err
	}
	service, err := v.service()
	if err != nil {
		return err
	}
	windows, err := v.table("TIME_WINDOW_SECTION", 2)
	if err != nil {
		return err
	}
	if demand[0][0] != 0 || service[0] != 0 {
		return v.faultAt("DEMAND_SECTION", "the depot has demand %v and service time %v, want 0 and 0", demand[0][0], service[0])
	}
	p.Visits = make([]dispatch.Visit, v.n-1)
	for i := 1; i < v.n; i++ {
		d := demand[i][0]
		if d < 0 || d != math.Trunc(d) {
			return v.faultAt("DEMAND_SECTION", "the demand of node %d is %v, want a whole number that is not negative", i+1, d)
		}
		visit := dispatch.Visit{
			ID: dispatch.VisitID(strconv.Itoa(i)), Place: int32(i), OnSite: fixed(service[i], v.ticks, geo.RoundUp),
			Deliver: []int32{int32(d)}, Due: dispatch.NoTick,
		}
		if windows != nil {
			if visit.Windows, err = v.window(i, windows[i]); err != nil {
				return err
			}
		}
		p.Visits[i-1] = visit
	}
	shift, err := v.shift(p, windows)
	p.Technicians = []dispatch.Technician{{Shifts: []dispatch.Shift{shift}}}
	return err
}

func (v *vrplib) window(node int, w []float64) ([]dispatch.TimeWindow, error) {
	if !v.fits(w[0]) || !v.fits(w[1]) {
		return nil, v.faultAt("TIME_WINDOW_SECTION", "the window of node %d is [%v, %v], want numbers up to %d", node+1, w[0], w[1], int32(dispatch.Far)/v.ticks)
	}
	window := inclusive(w[0], w[1], v.ticks)
	if window.Empty() {
		return nil, v.faultAt("TIME_WINDOW_SECTION", "the window of node %d is [%v, %v], want an end that is not before the start", node+1, w[0], w[1])
	}
	return []dispatch.TimeWindow{window}, nil
}

// fits reports whether a time of the file is within the ticks of a problem.
func (v *vrplib) fits(x float64) bool { return math.Abs(x)*float64(v.ticks) < float64(dispatch.Far) }

// service reads the service times: a section, or one number for every customer.
func (v *vrplib) service() ([]float64, error) {
	out := make([]float64, v.n)
	h, single := v.headers["SERVICE_TIME"]
	if single {
		v.line = h.line
		s, err := v.number("SERVICE_TIME", h.text)
		if err != nil {
			return nil, err
		}
		for i := 1; i < v.n; i++ {
			out[i] = s
		}
	}
	rows, err := v.table("SERVICE_TIME_SECTION", 1)
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		out[i] = row[0]
	}
	for i, s := range out {
		if s < 0 || !v.fits(s) {
			return nil, v.faultAt("SERVICE_TIME_SECTION", "the service time of node %d is %v, want a number from 0 to %v", i+1, s, int32(dispatch.Far)/v.ticks)
		}
	}
	return out, nil
}

// shift is that of every vehicle: the depot's window, or the limit on a route, or longer than any route.
func (v *vrplib) shift(p *dispatch.Problem, windows [][]float64) (dispatch.Shift, error) {
	s := dispatch.Shift{LatestDeparture: dispatch.NoTick}
	if windows != nil {
		w, err := v.window(0, windows[0])
		if err != nil {
			return s, err
		}
		s.Start, s.End = w[0].Start, w[0].End-1
		return s, nil
	}
	if h, ok := v.headers["DISTANCE"]; ok {
		v.line = h.line
		limit, err := v.number("DISTANCE", h.text)
		if err != nil {
			return s, err
		}
		if limit < 0 || !v.fits(limit) {
			return s, v.faultAt("DISTANCE", "is %v, want a number from 0 to %d", limit, int32(dispatch.Far)/v.ticks)
		}
		s.End = fixed(limit, v.ticks, geo.RoundDown)
		return s, nil
	}
	longest, total := int64(span(v.x, v.y)*float64(v.ticks))+1, int64(0)
	for _, d := range v.travel.Table() {
		longest = max(longest, int64(d))
	}
	for i := range p.Visits {
		total += int64(p.Visits[i].OnSite)
	}
	s.End = dispatch.Tick(min(int64(dispatch.Far), total+longest*int64(v.n)))
	return s, nil
}

// fleet makes the vehicles, like the one that visits left behind.
func (v *vrplib) fleet(p *dispatch.Problem) error {
	capacity, err := v.headerAmount("CAPACITY", math.MaxInt32/2)
	if err != nil {
		return err
	}
	vehicles := int32(len(p.Visits))
	if _, ok := v.headers["VEHICLES"]; ok && !v.free {
		if vehicles, err = v.headerAmount("VEHICLES", math.MaxInt32); err != nil {
			return err
		}
	}
	p.Technicians = fleet(min(int(vehicles), len(p.Visits)), []int32{capacity}, p.Technicians[0].Shifts[0])
	return nil
}
