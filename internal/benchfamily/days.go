package benchfamily

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"fettle/dispatch/problem"
	"fettle/dispatch/waves"
)

// DayRow is one day of the dynamic dispatch waves problem, played to its end. Costs are seconds of driving.
type DayRow struct {
	Case     string   `json:"case"`
	Seed     uint64   `json:"seed"`    // of the policy
	DaySeed  uint64   `json:"daySeed"` // of the requests
	Policy   string   `json:"policy"`
	Epochs   int      `json:"epochs"`
	Requests int      `json:"requests"`
	Cost     int64    `json:"cost"`
	Winner   *float64 `json:"winner,omitempty"` // what the winner of the competition reached on this day
	Best     *float64 `json:"best,omitempty"`   // the best of all its entries
	// GapPercent compares with the winner.
	GapPercent *float64 `json:"gapPercent,omitempty"`
	Verdict    string   `json:"verdict,omitempty"`
	Budget     float64  `json:"budget,omitempty"` // seconds an epoch
	Seconds    float64  `json:"seconds"`          // of the longest epoch
	OverRun    float64  `json:"overRun"`          // seconds beyond the budget of an epoch
	PeakMB     float64  `json:"peakMB"`
	Checked    bool     `json:"checked"` // the environment accepted every wave, and the day is over
	Error      string   `json:"error,omitempty"`
}

func (r *DayRow) addTo(s *Summary) {
	if r.Error != "" || !r.Checked {
		s.Failed++
	}
	s.addGap(r.GapPercent)
	switch r.Verdict {
	case verdictBetter:
		s.Better++
	case verdictWorse:
		s.Worse++
	}
	s.cost, s.seconds = s.cost+float64(r.Cost), s.seconds+r.Seconds
	s.MaxOverRun, s.PeakMB = max(s.MaxOverRun, r.OverRun), max(s.PeakMB, r.PeakMB)
}

// Policies lists the policies of the family euro-dynamic; the first is the default.
func Policies() []string { return []string{"prizes", "consensus", "greedy", "lazy"} }

func policy(name string) (waves.Policy, error) {
	switch name {
	case "", "prizes":
		return waves.NewPrizes(), nil
	case "consensus":
		return waves.NewConsensus(), nil
	case "greedy":
		return waves.Greedy{}, nil
	case "lazy":
		return waves.Lazy{}, nil
	}
	return nil, fmt.Errorf("policy %q is not known; known are %s", name, strings.Join(Policies(), ", "))
}

// listDays reads the dynamic runs of runs.csv beside the instances, in the order of the file.
func listDays(o Options) ([]testCase, error) {
	if o.Dir == "" {
		return nil, fmt.Errorf("family euro-dynamic: its instances are not part of fettle: name the folder that holds them")
	}
	for _, dir := range []string{filepath.Join(o.Dir, "euro_neurips_2022", "dev"), filepath.Join(o.Dir, "dev"), o.Dir} {
		file, err := os.Open(filepath.Join(dir, "runs.csv"))
		if err != nil {
			continue
		}
		lines, err := csv.NewReader(file).ReadAll()
		if err := file.Close(); err != nil {
			return nil, err
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name(), err)
		}
		return daysOf(dir, lines)
	}
	return nil, fmt.Errorf("family euro-dynamic: there is no runs.csv below %s", o.Dir)
}

func daysOf(dir string, lines [][]string) (out []testCase, err error) {
	for _, line := range lines[1:] {
		cells := make(map[string]string, len(line))
		for k, name := range lines[0] {
			cells[name] = line[k]
		}
		if cells["variant"] != "dynamic" {
			continue
		}
		r := record{path: filepath.Join(dir, "runs.csv"), key: cells["nr"], cells: cells}
		c := testCase{
			name: fmt.Sprintf("%03s-%s", cells["nr"], caseName(cells["instance"])), file: filepath.Join(dir, cells["instance"]), format: problem.EURO,
		}
		if c.seed, err = strconv.ParseUint(cells["seed"], 10, 64); err != nil {
			return nil, fmt.Errorf("%s: run %s: seed: %w", r.path, r.key, err)
		}
		if c.best.cost, err = r.number("best_dynamic"); err != nil {
			return nil, err
		}
		if c.winner, err = r.number("Kleopatra"); err != nil {
			return nil, err
		}
		c.best.known = true
		out = append(out, c)
	}
	return out, nil
}

// runDay plays a day. The budget is that of an epoch and counts from its reveal.
func runDay(ctx context.Context, c testCase, seed uint64, o Options) measured {
	row := &DayRow{Case: c.name, Seed: seed, DaySeed: c.seed, Policy: o.Policy, Budget: o.Time.Seconds()}
	if row.Policy == "" {
		row.Policy = Policies()[0]
	}
	memory := startMemory()
	answers, err := play(ctx, c, o, row)
	row.PeakMB = memory.peakMB()
	if err == nil && o.Answers != "" {
		err = writeAnswers(filepath.Join(o.Answers, fmt.Sprintf("%s.%d.json", c.name, seed)), answers)
	}
	if err != nil {
		row.Error = err.Error()
		return row
	}
	row.Checked, row.Winner, row.Best = true, &c.winner, &c.best.cost
	row.GapPercent = rounded(100*(float64(row.Cost)-c.winner)/c.winner, 4)
	row.Verdict = sign(float64(row.Cost) > c.winner)
	return row
}

// play feeds the epochs of a day to the policy one at a time and returns its routes by epoch.
func play(ctx context.Context, c testCase, o Options, row *DayRow) (map[string][][]int32, error) {
	p, err := policy(o.Policy)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(c.file)
	if err != nil {
		return nil, err
	}
	doc, err := problem.Read(c.file, data, c.format)
	if err != nil {
		return nil, err
	}
	in, err := waves.NewInstance(doc.Problem)
	if err != nil {
		return nil, err
	}
	answers := map[string][][]int32{}
	e := waves.NewEpisode(in, c.seed)
	for ep := e.Epoch(); ep != nil; ep = e.Epoch() {
		number, elapsed := strconv.Itoa(int(ep.Number)), stopwatch(o.ProcessorTime)
		b := waves.Budget{Seed: row.Seed, Iterations: o.Iterations, Threads: o.Threads}
		if o.Time > 0 {
			b.Time, b.Elapsed = o.Time, elapsed
		}
		routes, err := p.Decide(ctx, ep, b)
		if err != nil {
			return nil, err
		}
		took := *rounded(elapsed().Seconds(), 6)
		driving, err := e.Dispatch(routes)
		if err != nil {
			return nil, err
		}
		for _, r := range routes {
			row.Requests += len(r)
		}
		answers[number] = routes
		row.Epochs, row.Cost, row.Seconds = row.Epochs+1, row.Cost+driving, max(row.Seconds, took)
		if o.Time > 0 {
			row.OverRun = max(row.OverRun, took-row.Budget, 0)
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("interrupted before the day was over")
		}
	}
	return answers, nil
}

// writeAnswers writes the routes of a day as the checker of the collection reads them: request numbers by route by epoch.
func writeAnswers(path string, answers map[string][][]int32) error {
	for number, routes := range answers {
		if routes == nil {
			answers[number] = [][]int32{}
		}
	}
	data, err := json.Marshal(answers)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
