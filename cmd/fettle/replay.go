package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/app"
	"fettle/org"
	"fettle/simulate/day"
	"fettle/simulate/replay"
	"fettle/simulate/trial"
)

// replayCommand replays recorded days.
type replayCommand struct {
	storeFlags
	keyFlags
	Day    string `required:"" placeholder:"YYYY-MM-DD" help:"First day to replay, in --zone."`
	Days   int    `default:"1" help:"How many days."`
	Policy string `default:"recorded" placeholder:"NAME,..." help:"recorded: as it was decided, exactly. Other names are policies of fettle simulate, compared with greedy on the same days."`
	Zone   string `default:"Asia/Shanghai" help:"IANA time zone of the days."`
}

// Help is the long help text.
func (*replayCommand) Help() string {
	return `Reads the log of a data directory again, from the first event to the last, through the engine; the log holds what was decided,
searches included. Every event must come out as it was stored and the state at the end must be the rows of the store: exit
status 1 when not. No service may use the directory meanwhile: replay a restored backup of one that runs.

With other policies it also makes worlds of the recorded days (the same reports, the work and the ways as long as they
were, the same refusals and breaks) and lets the engine's own policy, greedy, and those named live them. The differences are between
these lives, not between life and log, which "recorded" shows beside them.

    fettle replay --data ./data --day 2026-03-02
    fettle replay --data ./data --day 2026-03-02 --days 30 --policy nearest,batch`
}

// lives of a recorded order that are compared one by one.
type paired struct {
	Accept   measured `json:"acceptMinutes"`
	OnSite   measured `json:"onSiteMinutes"`
	Complete measured `json:"completeMinutes"`
}

type replayPolicy struct {
	policyAnswer
	PerOrder *paired `json:"differencePerOrder,omitempty"`
}

type replayAnswer struct {
	From      time.Time           `json:"from"`
	To        time.Time           `json:"to"`
	Log       map[string]int64    `json:"log"` // sequence of the first and the last event
	Events    int                 `json:"events"`
	Identical bool                `json:"identical"`
	Hash      string              `json:"hash"`
	State     string              `json:"state"`
	RowsAgree bool                `json:"rowsAgree"`
	Different *replay.Difference  `json:"firstDifference,omitempty"`
	Orders    int                 `json:"orders"`
	Recorded  map[string]measured `json:"recorded"`
	Answers   *replayAnswers      `json:"answers"`
	Compared  string              `json:"comparedWith,omitempty"`
	Policies  []replayPolicy      `json:"policies,omitempty"`
}

// replayAnswers are how dispatchers answer suggestions: as in the log where it has enough of them.
type replayAnswers struct {
	Judged       int     `json:"judged"`
	Followed     float64 `json:"followed"`
	AfterSeconds float64 `json:"afterSeconds"`
}

// Run implements the command.
func (c *replayCommand) Run(ctx context.Context, s *session) error {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return usageError("--zone is %s: want an IANA time zone such as Asia/Shanghai", c.Zone)
	}
	from, err := time.ParseInLocation(time.DateOnly, c.Day, zone)
	if err != nil {
		return usageError("--day is %s: want a day such as 2026-03-02", c.Day)
	}
	if c.Days < 1 || c.Days > 366 {
		return usageError("--days is %d: want 1 to 366", c.Days)
	}
	policies, err := c.policies()
	if err != nil {
		return err
	}
	answer, record, err := c.read(ctx, zone, from)
	if err != nil {
		return err
	}
	c.recorded(answer, record)
	answers, judged := record.Answers()
	for i := range policies {
		policies[i].Answers = answers
	}
	answer.Answers = &replayAnswers{judged, answers.Follow, answers.After.Seconds()}
	if err := c.compare(ctx, answer, record, policies); err != nil {
		return err
	}
	out := json.NewEncoder(s.stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(answer); err != nil {
		return err
	}
	if !answer.Identical || !answer.RowsAgree {
		return outcome{status: exitNo, text: "the log does not lead to what is stored"}
	}
	return nil
}

// policies are those to live the days: none when the log alone is replayed.
func (c *replayCommand) policies() ([]day.Policy, error) {
	var names []string
	for _, name := range strings.Split(c.Policy, ",") {
		if name = strings.TrimSpace(name); name != "recorded" && name != "greedy" {
			names = append(names, name)
		}
	}
	if len(names) == 0 && !strings.Contains(c.Policy, "greedy") {
		return nil, nil
	}
	return policiesOf(strings.Join(append([]string{"greedy"}, names...), ","))
}

// read replays the log and compares what it leads to with the rows.
func (c *replayCommand) read(ctx context.Context, zone *time.Location, from time.Time) (*replayAnswer, *replay.Recording, error) {
	var record *replay.Recording
	answer := &replayAnswer{From: from, To: from.AddDate(0, 0, c.Days)}
	err := app.Look(ctx, c.Data, c.DB, c.keys(), func(st engine.Store, o org.ID) (err error) {
		record, err = replay.Read(func(after int64, limit int) ([]engine.Event, error) { return st.Events(ctx, o, after, limit) }, zone, answer.From, answer.To)
		if err != nil {
			return err
		}
		answer.RowsAgree, err = rowsAgree(ctx, st, o, record.Fold())
		return err
	})
	if err != nil {
		return nil, nil, usageError("--data %s: %v", c.Data, err)
	}
	p := &record.Part
	answer.Log = map[string]int64{"first": record.First, "last": record.Last}
	answer.Events, answer.Hash, answer.State = p.Events, p.Hash, p.State
	answer.Different = record.Fold().First
	answer.Identical = p.Hash == p.Stored && answer.Different == nil
	return answer, record, nil
}

// rowsAgree compares the replayed ledger with the stored rows.
func rowsAgree(ctx context.Context, st engine.Store, o org.ID, f *replay.Fold) (bool, error) {
	const page = 1000
	var orders []*engine.Order
	open := engine.OrderFilter{States: []engine.State{
		engine.StateNew, engine.StateAssigned, engine.StateAccepted, engine.StateEnRoute, engine.StateOnSite, engine.StateWorking, engine.StatePaused,
	}}
	for after := dispatch.WorkOrderID(""); ; after = orders[len(orders)-1].ID {
		rows, err := st.Orders(ctx, o, open, after, page)
		if err != nil {
			return false, fmt.Errorf("read open orders: %w", err)
		}
		if orders = append(orders, rows...); len(rows) < page {
			break
		}
	}
	var people []*engine.Technician
	for after := dispatch.TechnicianID(""); ; after = people[len(people)-1].ID {
		rows, err := st.Technicians(ctx, o, after, page)
		if err != nil {
			return false, fmt.Errorf("read technicians: %w", err)
		}
		if people = append(people, rows...); len(rows) < page {
			break
		}
	}
	stored, err := replay.StateOf(orders, people)
	if err != nil {
		return false, err
	}
	came, err := f.State()
	return stored == came, err
}

// recorded adds the figures of the log itself, as means over the days.
func (c *replayCommand) recorded(a *replayAnswer, r *replay.Recording) {
	levels := day.DefaultLevels()
	var kpi []day.KPI
	for n := range c.Days {
		span := dispatch.TimeSpan{Start: a.From.AddDate(0, 0, n), End: a.From.AddDate(0, 0, n+1)}
		reports, lives := r.Recorded(span)
		a.Orders += len(reports)
		kpi = append(kpi, day.Measure(reports, lives, &levels))
	}
	a.Recorded = map[string]measured{}
	for _, m := range day.Metrics() {
		column := make([]float64, len(kpi))
		for i := range kpi {
			column[i] = kpi[i][m]
		}
		if v := trial.Mean(column); v.N > 0 {
			a.Recorded[m.String()] = measuredOf(v)
		}
	}
}

// compare lets policies live the recorded days.
func (c *replayCommand) compare(ctx context.Context, a *replayAnswer, r *replay.Recording, policies []day.Policy) error {
	if len(policies) == 0 {
		return nil
	}
	if a.Orders == 0 {
		return usageError("--day is %s: want days of the log with reports; it ends at %s", c.Day, r.Ends.Format(time.RFC3339))
	}
	a.Compared = policies[0].Name
	lives := make([][]day.Life, len(policies))
	kpi, traces := make([][]day.KPI, len(policies)), make([][]uint64, len(policies))
	for n := range c.Days {
		w := r.World(a.From.AddDate(0, 0, n))
		for i := range policies {
			out, err := day.Run(ctx, w, &policies[i])
			if err != nil {
				return err
			}
			lives[i], kpi[i], traces[i] = append(lives[i], out.Orders...), append(kpi[i], out.KPI), append(traces[i], out.Trace)
		}
	}
	table := &trial.Table{Days: c.Days, Policies: policies, KPI: kpi, Traces: traces}
	for i, p := range answersOf(table) {
		row := replayPolicy{policyAnswer: p}
		if i > 0 {
			row.PerOrder = perOrder(lives[0], lives[i])
		}
		a.Policies = append(a.Policies, row)
	}
	return nil
}

// perOrder compares the orders of two lives one by one: a single day has no other interval. Orders of a day share its queue,
// so these are rather too narrow.
func perOrder(x, y []day.Life) *paired {
	by := func(when func(*day.Life) time.Time) measured {
		d := make([]float64, len(x))
		for i := range x {
			a, b := when(&x[i]), when(&y[i])
			if d[i] = b.Sub(a).Minutes(); a.IsZero() || b.IsZero() {
				d[i] = math.NaN()
			}
		}
		return measuredOf(trial.Mean(d))
	}
	return &paired{
		by(func(l *day.Life) time.Time { return l.Accepted }), by(func(l *day.Life) time.Time { return l.OnSite }),
		by(func(l *day.Life) time.Time { return l.Resolved }),
	}
}
