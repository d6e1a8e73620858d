package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"
	"runtime/debug"
	"strings"

	"fettle/internal/draw"
	"fettle/simulate/day"
	"fettle/simulate/scenario"
	"fettle/simulate/trial"
)

// simulateCommand lives days under policies.
type simulateCommand struct {
	Scenario  string `default:"operator" placeholder:"FILE|NAME" help:"Scenario: a file (docs/formats/scenario.md), or operator, the operator of the demo."`
	Policy    string `default:"manual,greedy" placeholder:"NAME,..." help:"Policies, separated by commas; the first is what the others are compared with. manual, nearest, greedy, batch, optimize; all but manual also as NAME-standby."`
	Days      int    `default:"10" help:"How many days, each lived by every policy."`
	Seed      uint64 `default:"1" help:"Seed of the days."`
	Stability string `placeholder:"PRICE,..." help:"Instead of --policy: the search for better routes at each price of a promise that is moved (seconds of travel), compared with greedy, which does not search: minutes saved against promises moved."`
	Chart     string `placeholder:"FILE.svg" help:"Draw the comparison to FILE.svg."`
}

// simulateGC lets the heap grow to five times what is in use: days are small, and collecting it costs a fifth of the time.
const simulateGC = 400

// maxDays keeps a slip of the hand from running for days.
const maxDays = 100_000

// Help is the long help text.
func (*simulateCommand) Help() string {
	return `Lives days of a repair operator under dispatch policies, with the engine of the live service and a virtual clock, and prints
JSON: the figures of each policy, and by how much they differ from those of the first policy, as means over days with 95 %
confidence intervals. Every policy meets the same reports, work times, absences and losses of signal, so differences are
differences of pairs of days. Same scenario, policies, days and seed: same bytes.

    fettle simulate --policy manual,nearest,greedy --days 30
    fettle simulate --stability 0,600,3600,36000 --days 30 --chart stability.svg
    fettle simulate --scenario testdata/simulate/two-houses.json --policy greedy,greedy-standby --days 100 --chart standby.svg

What each figure means is in docs/simulate.md. manual was fitted to two figures of the sources; what the others reach is
measured in the same invented world, and a promise for nobody's real one: run a pilot for that (fettle pilot).`
}

// Run implements the command.
func (c *simulateCommand) Run(ctx context.Context, s *session) error {
	if c.Days < 1 || c.Days > maxDays {
		return usageError("--days is %d: want 1 to %d", c.Days, maxDays)
	}
	prices, policies, err := c.compared()
	if err != nil {
		return err
	}
	sc, err := c.load(s)
	if err != nil {
		return err
	}
	if err := canWrite("--chart", c.Chart); err != nil {
		return err
	}
	debug.SetGCPercent(simulateGC)
	table, err := trial.Compare(ctx, c.Days, policies, func(n int) *day.World { return sc.World(c.Seed, n) })
	if errors.Is(err, context.Canceled) {
		return outcome{status: exitInterrupted, text: "interrupted: a comparison needs all its days, nothing is written"}
	}
	if err != nil {
		return err
	}
	if c.Chart != "" {
		title := fmt.Sprintf("%s: %d days, %d orders", sc.Name(), c.Days, table.Orders)
		if err := replaceFile(c.Chart, func(w io.Writer) error {
			return draw.Intervals(w, title, append(stabilityPanels(table, prices), panelsOf(table)...))
		}); err != nil {
			return err
		}
	}
	out := json.NewEncoder(s.stdout)
	out.SetIndent("", "  ")
	answer := c.answer(sc, table)
	answer.Stability = stabilityOf(table, prices)
	return out.Encode(answer)
}

// policiesOf reads names of policies.
func policiesOf(text string) ([]day.Policy, error) {
	var out []day.Policy
	for _, name := range strings.Split(text, ",") {
		p, err := day.Named(strings.TrimSpace(name))
		if err != nil {
			return nil, usageError("--%v", err)
		}
		out = append(out, p)
	}
	return out, nil
}

// load reads the scenario: what is there as a file, else a name.
func (c *simulateCommand) load(s *session) (*scenario.Scenario, error) {
	if _, err := os.Stat(c.Scenario); err != nil && !strings.ContainsAny(c.Scenario, "./") && c.Scenario != "-" {
		sc, err := scenario.Named(c.Scenario)
		if err != nil {
			return nil, usageError("--%v", err)
		}
		return sc, nil
	}
	name, data, err := s.read(c.Scenario)
	if err != nil {
		return nil, err
	}
	sc, err := scenario.Read(strings.NewReader(string(data)))
	if err != nil {
		return nil, usageError("%s: %v", name, err)
	}
	return sc, nil
}

// measured is an interval in JSON; null where there was nothing to measure.
type measured struct {
	Mean *float64 `json:"mean"`
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
}

func measuredOf(i trial.Interval) measured {
	number := func(v float64) *float64 {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		v = math.Round(v*1e4) / 1e4
		return &v
	}
	return measured{number(i.Mean), number(i.Low), number(i.High)}
}

// policyAnswer is what is said of one policy.
type policyAnswer struct {
	Name       string              `json:"name"`
	KPI        map[string]measured `json:"kpi"`
	Difference map[string]measured `json:"difference,omitempty"`
	Trace      string              `json:"trace"`
}

type simulateAnswer struct {
	Scenario       string         `json:"scenario"`
	Days           int            `json:"days"`
	Seed           uint64         `json:"seed"`
	Orders         int            `json:"orders"`
	TechnicianDays int            `json:"technicianDays"`
	ComparedWith   string         `json:"comparedWith"`
	Policies       []policyAnswer `json:"policies"`
	Stability      []stability    `json:"stability,omitempty"`
}

func (c *simulateCommand) answer(sc *scenario.Scenario, t *trial.Table) simulateAnswer {
	out := simulateAnswer{
		Scenario: sc.Name(), Days: t.Days, Seed: c.Seed, Orders: t.Orders, TechnicianDays: t.Shifts, ComparedWith: t.Policies[0].Name,
	}
	out.Policies = answersOf(t)
	return out
}

// answersOf is what is said of each policy; of all but the first also the difference.
func answersOf(t *trial.Table) (out []policyAnswer) {
	for i := range t.Policies {
		trace := fnv.New64a()
		for _, day := range t.Traces[i] {
			fmt.Fprintf(trace, "%016x", day)
		}
		p := policyAnswer{Name: t.Policies[i].Name, KPI: map[string]measured{}, Trace: fmt.Sprintf("%016x", trace.Sum64())}
		if i > 0 {
			p.Difference = map[string]measured{}
		}
		for _, m := range day.Metrics() {
			p.KPI[m.String()] = measuredOf(t.Mean(i, m))
			if i > 0 {
				p.Difference[m.String()] = measuredOf(t.Difference(i, m))
			}
		}
		out = append(out, p)
	}
	return out
}

// panelsOf are the figures that a picture of a comparison shows.
func panelsOf(t *trial.Table) []draw.Panel {
	var out []draw.Panel
	for _, of := range []struct {
		metric day.Metric
		title  string
		scale  float64
	}{
		{day.AcceptMinutes, "Hours to acceptance", 1. / 60},
		{day.OnSiteMinutes, "Hours to arrival", 1. / 60},
		{day.CompleteMinutes, "Hours to completion", 1. / 60},
		{day.EmergencyOnSite, "Emergencies: minutes to arrival", 1},
		{day.CompleteInTime, "Completed in time, %", 100},
		{day.TravelShare, "Travel, % of travel and work", 100},
		{day.PromisesMoved, "Promises moved, of 100 orders", 1},
		{day.OvertimeMinutes, "Overtime, minutes a shift", 1},
	} {
		p := draw.Panel{Title: of.title}
		for i := range t.Policies {
			v := t.Mean(i, of.metric)
			p.Rows = append(p.Rows, draw.Interval{
				Name: t.Policies[i].Name, Mean: v.Mean * of.scale, Low: v.Low * of.scale, High: v.High * of.scale,
			})
		}
		out = append(out, p)
	}
	return out
}
