package benchfamily

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/dynamic"
	"fettle/dispatch/problem"
)

// DynamicRow is one day whose requests become known while it goes on, played to its end. Costs are in units of the case's
// source: working time or distance.
type DynamicRow struct {
	Case        string  `json:"case"`
	Seed        uint64  `json:"seed"`
	Policy      string  `json:"policy"`
	Visits      int     `json:"visits"`
	Dynamic     int     `json:"dynamic"` // visits that were not known from the start
	Moments     int     `json:"moments"` // of decision
	Rejected    int     `json:"rejected"`
	Cost        float64 `json:"cost"`
	Technicians int     `json:"technicians"` // who left home
	// Published values are those of the authors' heuristic, whose technicians may leave for a request before it is known
	// unless Causal says otherwise.
	PublishedRejected *float64 `json:"publishedRejected,omitempty"`
	PublishedCost     *float64 `json:"publishedCost,omitempty"`
	Causal            bool     `json:"publishedCausal,omitempty"`
	// GapPercent compares costs where as many are rejected; Verdict compares rejected first.
	GapPercent *float64 `json:"gapPercent,omitempty"`
	Verdict    string   `json:"verdict,omitempty"`
	Budget     float64  `json:"budget,omitempty"` // seconds a moment
	Seconds    float64  `json:"seconds"`          // of the longest moment
	Total      float64  `json:"totalSeconds"`     // of the whole day
	OverRun    float64  `json:"overRun"`          // seconds beyond the budget of a moment
	PeakMB     float64  `json:"peakMB"`
	Checked    bool     `json:"checked"` // the independent judge accepted the day
	Error      string   `json:"error,omitempty"`
}

func (r *DynamicRow) addTo(s *Summary) {
	if r.Error != "" || !r.Checked {
		s.Failed++
	}
	s.addGap(r.GapPercent)
	switch r.Verdict {
	case verdictBetter:
		s.Better++
	case verdictEqual:
		s.Equal++
	case verdictWorse:
		s.Worse++
	}
	s.cost, s.unassigned, s.seconds = s.cost+r.Cost, s.unassigned+float64(r.Rejected), s.seconds+r.Seconds
	s.MaxOverRun, s.PeakMB = max(s.MaxOverRun, r.OverRun), max(s.PeakMB, r.PeakMB)
}

// compare judges the row against the published run.
func (r *DynamicRow) compare() {
	if r.PublishedCost == nil || r.Error != "" {
		return
	}
	switch lost := float64(r.Rejected) - *r.PublishedRejected; {
	case lost != 0:
		r.Verdict = sign(lost > 0)
	default:
		gap := 100 * (r.Cost - *r.PublishedCost) / *r.PublishedCost
		if r.GapPercent, r.Verdict = rounded(gap, 4), verdictEqual; math.Abs(gap) > 1e-4 {
			r.Verdict = sign(gap > 0)
		}
	}
}

// dynamicSet is a collection of release dates beside instances.
type dynamicSet struct {
	name, root, releases, instances string // folders; instances beside releases
	format                          problem.Format
	fleet                           int    // vehicles that the protocol allows, whatever the file says; 0 for those of the file
	cost                            string // column of published_dynamic.csv
	write                           func(p *dispatch.Problem, d *dynamic.Day) []byte
}

// dynamicSets are the families whose requests become known while the day goes on.
func dynamicSets() []dynamicSet {
	return []dynamicSet{
		{
			name: "dtrsp", root: "trsp_pillac", releases: "crew25_release_dates", instances: "crew25", format: problem.TRSP,
			cost: "palns_executed_working_time", write: writeTrails,
		},
		{
			name: "dvrptw", root: "dvrptw_lackner", releases: "release_dates", instances: "base", format: problem.Solomon,
			fleet: 25, cost: "palns_distance", write: writeRoutes,
		},
	}
}

// family is the set as a family.
func (d dynamicSet) family() family {
	return family{
		name: d.name, list: d.list,
		run: func(ctx context.Context, c testCase, seed uint64, o Options) measured { return d.run(ctx, c, seed, o) },
	}
}

// list finds the release files; each belongs to the instance before _rd_ in its name.
func (d dynamicSet) list(o Options) ([]testCase, error) {
	if o.Dir == "" {
		return nil, fmt.Errorf("family %s: its instances are not part of fettle: name the folder that holds them", d.name)
	}
	for _, dir := range []string{filepath.Join(o.Dir, d.root, "dev"), filepath.Join(o.Dir, "dev"), o.Dir} {
		files, err := filepath.Glob(filepath.Join(dir, d.releases, "*_rd_*.txt"))
		if err != nil {
			return nil, err
		}
		var out []testCase
		for _, file := range files {
			instance, _, _ := strings.Cut(filepath.Base(file), "_rd_")
			out = append(out, testCase{
				name: caseName(file), file: filepath.Join(dir, d.instances, instance+".txt"), releases: file, format: d.format,
			})
		}
		if len(out) > 0 {
			return out, nil
		}
	}
	return nil, fmt.Errorf("family %s: there is no %s/*_rd_*.txt below %s", d.name, d.releases, o.Dir)
}

// run plays a day. The budget is that of a moment.
func (d dynamicSet) run(ctx context.Context, c testCase, seed uint64, o Options) *DynamicRow {
	row := &DynamicRow{Case: c.name, Seed: seed, Policy: "replan", Budget: o.Time.Seconds()}
	memory := startMemory()
	err := d.published(c, row)
	if err == nil {
		err = d.play(ctx, c, o, row)
	}
	row.PeakMB = memory.peakMB()
	if err != nil {
		row.Error = err.Error()
		return row
	}
	row.compare()
	return row
}

// published reads what the authors of a set reached.
func (d dynamicSet) published(c testCase, row *DynamicRow) error {
	path := filepath.Join(filepath.Dir(c.releases), "..", "published_dynamic.csv")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	r := findRow(path, lines, "release_file", filepath.Base(c.releases))
	if r == nil {
		return nil
	}
	rejected, err := r.number("palns_rejected")
	if err != nil {
		return err
	}
	cost, err := r.number(d.cost)
	row.PublishedRejected, row.PublishedCost, row.Causal = &rejected, &cost, r.cells["palns_strictly_causal"] == "1"
	return err
}

// play feeds the moments of a day to the policy one at a time and has the day judged.
func (d dynamicSet) play(ctx context.Context, c testCase, o Options, row *DynamicRow) error {
	data, err := os.ReadFile(c.file)
	if err != nil {
		return err
	}
	doc, err := problem.Read(c.file, data, c.format)
	if err != nil {
		return err
	}
	d.equip(doc.Problem)
	known, err := readReleases(c.releases, doc.Problem)
	if err != nil {
		return err
	}
	day, err := dynamic.NewDay(doc.Problem, known)
	if err != nil {
		return err
	}
	if err := row.live(ctx, day, dynamic.NewReplan(), o); err != nil {
		return err
	}
	trails, refused := day.Trails(), day.Refused()
	report := check.Day(doc.Problem, known, trails, refused)
	row.Visits, row.Rejected, row.Technicians, row.Checked = len(known), report.Refused, len(trails), report.Feasible
	for _, at := range known {
		if at != dispatch.NoTick {
			row.Dynamic++
		}
	}
	cost := report.Travel
	if doc.Problem.Technicians[0].Rates.Duty != 0 {
		cost = report.Duty
	}
	row.Cost = *rounded(doc.Problem.Scale.Units(cost), 4)
	if !report.Feasible {
		return fmt.Errorf("%s", report.Violations[0].Text)
	}
	if o.Answers != "" {
		return os.WriteFile(filepath.Join(o.Answers, fmt.Sprintf("%s.%d.txt", c.name, row.Seed)), d.write(doc.Problem, day), 0o644)
	}
	return nil
}

// equip gives the problem the fleet of the protocol: copies of its first vehicle.
func (d dynamicSet) equip(p *dispatch.Problem) {
	for k := 0; k < d.fleet && len(p.Technicians) > 0; k++ {
		if k == len(p.Technicians) {
			p.Technicians = append(p.Technicians, p.Technicians[0])
		}
		p.Technicians[k].ID = dispatch.TechnicianID(strconv.Itoa(k + 1))
	}
}

// live decides every moment of a day.
func (r *DynamicRow) live(ctx context.Context, day *dynamic.Day, p dynamic.Policy, o Options) error {
	for m := day.Moment(); m != nil; m = day.Moment() {
		elapsed := stopwatch(o.ProcessorTime)
		b := dynamic.Budget{Seed: r.Seed, Iterations: o.Iterations, Threads: o.Threads}
		if o.Time > 0 {
			b.Time, b.Elapsed = o.Time, elapsed
		}
		decision, err := p.Decide(ctx, m, b)
		if err != nil {
			return err
		}
		took := *rounded(elapsed().Seconds(), 6)
		if err := day.Decide(decision); err != nil {
			return err
		}
		r.Moments++
		r.Seconds, r.Total = max(r.Seconds, took), *rounded(r.Total+took, 6)
		if o.Time > 0 {
			r.OverRun = max(r.OverRun, took-r.Budget, 0)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("interrupted before the day was over")
		}
	}
	return nil
}

// readReleases reads the instants at which visits become known: lines "ID RD" behind a line of these words, -1 for known
// from the start. An instant between two ticks becomes the later one.
func readReleases(path string, p *dispatch.Problem) ([]dispatch.Tick, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	index := make(map[string]int, len(p.Visits))
	for i := range p.Visits {
		index[string(p.Visits[i].ID)] = i
	}
	out := make([]dispatch.Tick, len(p.Visits))
	for i := range out {
		out[i] = dispatch.NoTick
	}
	table := false
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		cells := strings.Fields(lines.Text())
		if len(cells) != 2 || !table {
			table = table || len(cells) == 2 && cells[0] == "ID"
			continue
		}
		at, err := strconv.ParseFloat(cells[1], 64)
		i, ok := index[cells[0]]
		if err != nil || !ok || !(at < p.Scale.Units(dispatch.Far)) {
			return nil, fmt.Errorf("%s: the line is %q, want the number of a request and its release", path, lines.Text())
		}
		if at >= 0 {
			out[i] = dispatch.Tick(math.Ceil(at*float64(p.Scale.Ticks()) - 1e-6))
		}
	}
	return out, nil
}

// writeTrails writes a day as the checker of D-TRSP reads it: a line a technician, "k: node@departure ... home@departure".
func writeTrails(p *dispatch.Problem, d *dynamic.Day) []byte {
	var out []byte
	at := func(t dispatch.Tick) string { return strconv.FormatFloat(p.Scale.Units(t), 'f', 6, 64) }
	for _, t := range d.Trails() {
		out = fmt.Appendf(out, "%s:", p.Technicians[t.Technician].ID)
		for _, l := range t.Legs {
			node := "0"
			if l.Kind == dispatch.StopVisit {
				node = string(p.Visits[l.Visit].ID)
			}
			out = fmt.Appendf(out, " %s@%s", node, at(l.Departure))
		}
		out = fmt.Appendf(out, " home@%s\n", at(t.Homeward))
	}
	return writeRejected(out, p, d)
}

// writeRoutes writes a day as the checker of the dynamic VRPTW reads it: a line of customers a vehicle.
func writeRoutes(p *dispatch.Problem, d *dynamic.Day) []byte {
	var out []byte
	for _, t := range d.Trails() {
		for i, l := range t.Legs {
			if i > 0 {
				out = append(out, ' ')
			}
			out = append(out, p.Visits[l.Visit].ID...)
		}
		out = append(out, '\n')
	}
	return writeRejected(out, p, d)
}

func writeRejected(out []byte, p *dispatch.Problem, d *dynamic.Day) []byte {
	out = append(out, "rejected:"...)
	for _, v := range d.Refused() {
		out = fmt.Appendf(out, " %s", p.Visits[v].ID)
	}
	return append(out, '\n')
}
