package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// row is what a chart reads of a line of fettle bench.
type row struct {
	Measured    string
	Summary     bool
	Family      string
	Case        string
	Visits      int
	Budget      float64
	Checked     bool
	GapPercent  *float64
	TravelHours *float64
	Unassigned  int
	Priority    *float64
}

// figure names a value: a panel at a budget in seconds.
type figure struct {
	panel   string
	seconds float64
}

// point is the mean of some runs.
type point struct {
	seconds, value float64
}

// series is the points of one solver in one panel, by time.
type series struct {
	solver, panel string
	points        []point
}

const fettle = "Fettle"

// file is the rows of one file with when they were measured.
type file struct {
	measured string
	rows     []row
}

// readRows reads our figures: the mean over cases and seeds for each panel and budget, from the latest file that has it.
func readRows(names []string) ([]series, error) {
	var files []file
	for _, name := range names {
		f, err := readFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	slices.SortStableFunc(files, func(a, b file) int { return cmp.Compare(a.measured, b.measured) })
	means := map[figure]float64{}
	for _, f := range files {
		sums, counts := map[figure]float64{}, map[figure]float64{}
		for i := range f.rows {
			if at, v, ok := f.rows[i].figure(); ok {
				sums[at] += v
				counts[at]++
			}
		}
		for at, n := range counts {
			means[at] = sums[at] / n
		}
	}
	by := map[string][]point{}
	for at, v := range means {
		by[at.panel] = append(by[at.panel], point{at.seconds, v})
	}
	var out []series
	for _, p := range panels() {
		if points := by[p.name]; len(points) > 0 {
			slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.seconds, b.seconds) })
			out = append(out, series{fettle, p.name, points})
		}
	}
	return out, nil
}

func readFile(name string) (file, error) {
	data, err := os.ReadFile(name) //nolint:gosec // named on the command line
	if err != nil {
		return file{}, fmt.Errorf("read rows: %w", err)
	}
	var f file
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return f, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		f.measured = max(f.measured, r.Measured)
		f.rows = append(f.rows, r)
	}
	family := ""
	for i, r := range slices.Backward(f.rows) { // as printed, rows have no family; the summary behind them has
		if r.Summary {
			family = r.Family
		}
		f.rows[i].Family = cmp.Or(r.Family, family)
	}
	return f, lines.Err()
}

// figure is where a run counts, and its value; false for lines that are no accepted run of a panel.
func (r *row) figure() (at figure, value float64, ok bool) {
	if r.Summary || !r.Checked || r.Budget <= 0 {
		return at, 0, false
	}
	at = figure{fmt.Sprintf("%s-%d", r.Family, r.Visits), r.Budget}
	i := slices.IndexFunc(panels(), func(p panel) bool { return p.name == at.panel })
	if i < 0 {
		return at, 0, false
	}
	v := r.GapPercent
	switch panels()[i].measure {
	case travel:
		if v = r.TravelHours; r.Unassigned > 0 {
			return at, 0, false // less travel for less work
		}
	case priority:
		v = r.Priority
	}
	if v == nil {
		return at, 0, false
	}
	return at, *v, true
}

// peerFile is the figures of the peers: points of seconds and value.
type peerFile struct {
	Measured, Machine string
	Peers             []struct {
		Solver, Panel string
		Points        [][2]float64
	}
}

func readPeers(name string) (*peerFile, error) {
	data, err := os.ReadFile(name) //nolint:gosec // named on the command line
	if err != nil {
		return nil, fmt.Errorf("read peers: %w", err)
	}
	var p peerFile
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &p, nil
}

func (p *peerFile) series() (out []series) {
	for _, x := range p.Peers {
		s := series{solver: x.Solver, panel: x.Panel}
		for _, at := range x.Points {
			s.points = append(s.points, point{at[0], at[1]})
		}
		out = append(out, s)
	}
	return out
}

// merge puts ours last, so that it is drawn on top, and turns served priority into the share that is lost.
func merge(ours, theirs []series) []series {
	all := append(slices.Clone(theirs), ours...)
	for i := range all {
		for _, p := range panels() {
			if p.name != all[i].panel || p.whole == 0 {
				continue
			}
			points := slices.Clone(all[i].points)
			for k := range points {
				points[k].value = 100 * (1 - points[k].value/p.whole)
			}
			all[i].points = points
		}
	}
	return all
}
