package benchfamily

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/problem"
	"fettle/dispatch/replan"
	"fettle/dispatch/route"
)

// The kinds of change, each measured so often, and on so many of them planning from nothing too.
const (
	changesPerRow = 25
	scratchPerRow = 3
	replanLimit   = 200 * time.Millisecond
	// replanBudget is how many promises may be moved beside those that must, replanTolerance how far a start may shift with
	// its promise kept.
	replanBudget    = 5
	replanTolerance = dispatch.Tick(1800)
)

var changeKinds = []string{"arrival", "cancellation", "overrun", "sick", "emergency"}

// ReplanRow is one kind of change to one plan, many times over. Times are of the whole call, judging included.
type ReplanRow struct {
	Case        string  `json:"case"`
	Change      string  `json:"change"`
	Seed        uint64  `json:"seed"`
	Technicians int     `json:"technicians"`
	Visits      int     `json:"visits"`
	Changes     int     `json:"changes"`
	Limit       float64 `json:"limit"` // seconds a change
	MillisP50   float64 `json:"millisP50"`
	MillisP99   float64 `json:"millisP99"`
	MillisMax   float64 `json:"millisMax"`
	CPUP50      float64 `json:"processorMillisP50"`
	CPUP99      float64 `json:"processorMillisP99"`
	Iterations  float64 `json:"iterations"` // mean
	// Means over all changes: promises that had to be moved, that were moved in all, and what the plan gains as promises
	// are moved, by the number of those beside the forced ones.
	Forced float64      `json:"forcedMean"`
	Moved  float64      `json:"movedMean"`
	Curve  []ReplanGain `json:"curve"`
	// Compared are changes that were also planned from nothing, with the same time and with ten times as much: means of the
	// priority served, travel and promises moved, without and with a limit on them.
	Compared    int        `json:"compared"`
	Budgeted    ReplanMean `json:"budgeted"`
	Unlimited   ReplanMean `json:"unlimited"`
	Scratch     ReplanMean `json:"fromNothing"`
	ScratchTen  ReplanMean `json:"fromNothingTenTimes"`
	PeakMB      float64    `json:"peakMB"`
	Checked     bool       `json:"checked"` // the independent checker accepted every plan
	Error       string     `json:"error,omitempty"`
	millis, cpu []float64
	cpuClock    func() time.Duration
	budgetTimer func() func() time.Duration
}

// ReplanGain is what moving so many promises more than must gains: priority served and seconds of travel saved.
type ReplanGain struct {
	Extra    int     `json:"extra"` // -1 for any number
	Priority float64 `json:"priority"`
	TravelS  float64 `json:"travelSaved"`
}

// ReplanMean is the mean of some plans.
type ReplanMean struct {
	Priority    float64 `json:"priority"`
	TravelHours float64 `json:"travelHours"`
	Moved       float64 `json:"moved"`
}

func (r *ReplanRow) addTo(s *Summary) {
	if r.Error != "" || !r.Checked {
		s.Failed++
	}
	s.seconds += r.MillisP50 / 1000
	s.PeakMB = max(s.PeakMB, r.PeakMB)
	s.MaxOverRun = max(s.MaxOverRun, r.MillisMax/1000-r.Limit)
}

// listReplans has a case for each city dispatch file and kind of change.
func listReplans(o Options) ([]testCase, error) {
	f := family{name: "replan", files: []string{"dispatch/d*.json", "*.json"}}
	files, err := f.find(o)
	if err != nil {
		return nil, err
	}
	var out []testCase
	for _, file := range files {
		for _, kind := range changeKinds {
			out = append(out, testCase{name: caseName(file) + "-" + kind, file: file, format: problem.Dispatch})
		}
	}
	return out, nil
}

// runReplan plans a day within the budget of the run, lets many changes happen to it, one at a time, and plans around each.
func runReplan(ctx context.Context, c testCase, seed uint64, o Options) measured {
	kind := c.name[strings.LastIndex(c.name, "-")+1:]
	row := &ReplanRow{Case: strings.TrimSuffix(c.name, "-"+kind), Change: kind, Seed: seed, Limit: replanLimit.Seconds()}
	row.cpuClock, row.budgetTimer = stopwatch(true), func() func() time.Duration { return stopwatch(o.ProcessorTime) }
	memory := startMemory()
	if err := row.play(ctx, c.file, seed, o); err != nil {
		row.Error = err.Error()
	}
	row.PeakMB = memory.peakMB()
	return row
}

func (r *ReplanRow) play(ctx context.Context, file string, seed uint64, o Options) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	doc, err := problem.Read(file, data, problem.Dispatch)
	if err != nil {
		return err
	}
	h := newHappenings(doc.Problem, seed)
	options := route.Options{Seed: seed, Iterations: o.Iterations, Threads: o.Threads}
	if o.Time > 0 {
		options.TimeLimit, options.Elapsed = o.Time, r.budgetTimer()
	}
	if h.committed, err = o.Solve(ctx, h.p, options); err != nil {
		return err
	}
	r.Technicians, r.Visits = len(h.p.Technicians), len(h.p.Visits)
	for i := 0; i < changesPerRow && ctx.Err() == nil; i++ {
		change, ok := h.next(r.Change)
		if !ok {
			return fmt.Errorf("no %s can happen to this plan", r.Change)
		}
		if err := r.change(ctx, h, &change, o); err != nil {
			return fmt.Errorf("%s %d at %d: %w", r.Change, i, change.Now, err)
		}
	}
	r.finish()
	return ctx.Err()
}

// change plans around one change.
func (r *ReplanRow) change(ctx context.Context, h *happenings, change *replan.Change, o Options) error {
	options := replan.Options{
		MaxMoved: replanBudget, Tolerance: replanTolerance, Seed: r.Seed, TimeLimit: replanLimit, Elapsed: r.budgetTimer(),
	}
	if o.Time == 0 {
		options.TimeLimit, options.Elapsed, options.Iterations = 0, nil, o.Iterations
	}
	cpu, start := r.cpuClock(), time.Now()
	found, err := replan.Around(ctx, h.p, h.committed, *change, options)
	if err != nil {
		return err
	}
	r.millis = append(r.millis, float64(time.Since(start).Microseconds())/1000)
	r.cpu = append(r.cpu, float64((r.cpuClock()-cpu).Microseconds())/1000)
	if extra := len(found.Moves) - found.Forced; extra > replanBudget {
		return fmt.Errorf("%d promises moved beside %d that had to be, want %d at most", extra, found.Forced, replanBudget)
	}
	r.Changes++
	r.Iterations += float64(found.Iterations)
	r.Forced += float64(found.Forced)
	r.Moved += float64(len(found.Moves))
	r.addCurve(found)
	if r.Compared < scratchPerRow && o.Time > 0 {
		return r.compare(ctx, h, found, o)
	}
	return nil
}

// addCurve adds what the points of a curve gain over the plan that moves nothing more than it must.
func (r *ReplanRow) addCurve(found *replan.Result) {
	for i, extra := range []int{1, 2, 5, 10, 20, -1} {
		if len(r.Curve) == i {
			r.Curve = append(r.Curve, ReplanGain{Extra: extra})
		}
		best := found.Curve[0]
		for _, point := range found.Curve {
			if extra < 0 || point.Moved-found.Forced <= extra {
				best = point
			}
		}
		travel := float64(found.Curve[0].Travel - best.Travel)
		r.Curve[i].TravelS += travel
		r.Curve[i].Priority += (float64(found.Curve[0].Cost-best.Cost) - travel) / cityCostPerPriority
	}
}

// cityCostPerPriority is the price of a unit of priority in a city dispatch file.
const cityCostPerPriority = 10_000_000

// compare plans the same change from nothing, with the time of the call and with ten times as much.
func (r *ReplanRow) compare(ctx context.Context, h *happenings, found *replan.Result, o Options) error {
	r.Compared++
	r.Budgeted.add(found.Problem, found.Plan, len(found.Moves))
	free, err := found.Choose(len(found.Curve) - 1)
	if err != nil {
		return err
	}
	r.Unlimited.add(free.Problem, free.Plan, len(free.Moves))
	p := *found.Problem
	p.Visits = slices.Clone(p.Visits)
	for v := range p.Visits {
		if wished, ok := found.Wished[p.Visits[v].ID]; ok {
			p.Visits[v].Windows = wished
		}
	}
	for _, x := range []struct {
		limit time.Duration
		mean  *ReplanMean
	}{{replanLimit, &r.Scratch}, {10 * replanLimit, &r.ScratchTen}} {
		plan, err := o.Solve(ctx, &p, route.Options{Seed: r.Seed, TimeLimit: x.limit, Elapsed: r.budgetTimer(), Threads: o.Threads})
		if err != nil {
			return err
		}
		if report := check.Plan(&p, plan); !report.Feasible {
			return fmt.Errorf("the checker refuses the plan from nothing: %s", report.Violations[0].Text)
		}
		x.mean.add(&p, plan, h.movedBy(&p, plan))
	}
	return nil
}

func (m *ReplanMean) add(p *dispatch.Problem, plan *dispatch.Plan, moved int) {
	var travel dispatch.Tick
	for i := range plan.Routes {
		for _, v := range plan.Routes[i].Visits() {
			m.Priority += float64(p.Visits[v].Priority)
		}
		for k := range plan.Routes[i].Stops {
			travel += plan.Routes[i].Stops[k].Travel
		}
		travel += plan.Routes[i].EndTravel
	}
	m.TravelHours += float64(travel) / 3600
	m.Moved += float64(moved)
}

func (m *ReplanMean) over(n int) {
	d := float64(max(n, 1))
	m.Priority, m.TravelHours, m.Moved = *rounded(m.Priority/d, 2), *rounded(m.TravelHours/d, 3), *rounded(m.Moved/d, 2)
}

func (r *ReplanRow) finish() {
	n := float64(max(r.Changes, 1))
	slices.Sort(r.millis)
	slices.Sort(r.cpu)
	if k := len(r.millis); k > 0 {
		r.MillisP50, r.MillisP99, r.MillisMax = r.millis[k/2], r.millis[(k*99-1)/100], r.millis[k-1]
		r.CPUP50, r.CPUP99 = r.cpu[k/2], r.cpu[(k*99-1)/100]
	}
	r.Iterations, r.Forced, r.Moved = *rounded(r.Iterations/n, 0), *rounded(r.Forced/n, 2), *rounded(r.Moved/n, 2)
	for i := range r.Curve {
		r.Curve[i].Priority, r.Curve[i].TravelS = *rounded(r.Curve[i].Priority/n, 3), *rounded(r.Curve[i].TravelS/n, 1)
	}
	for _, m := range []*ReplanMean{&r.Budgeted, &r.Unlimited, &r.Scratch, &r.ScratchTen} {
		m.over(r.Compared)
	}
	r.Checked = r.Changes > 0
}

// happenings draws changes to a committed plan.
type happenings struct {
	random    *rand.Rand
	p         *dispatch.Problem // without the visits that arrive later
	later     []dispatch.Visit
	committed *dispatch.Plan
	top       int32 // highest priority
}

// newHappenings keeps some visits of a problem back.
func newHappenings(p *dispatch.Problem, seed uint64) *happenings {
	h := &happenings{random: rand.New(rand.NewPCG(seed, 0x4a99))}
	own := *p
	own.Visits = nil
	back := map[int]bool{}
	for len(back) < min(changesPerRow, len(p.Visits)/2) {
		back[h.random.IntN(len(p.Visits))] = true
	}
	for v := range p.Visits {
		h.top = max(h.top, p.Visits[v].Priority)
		if back[v] {
			h.later = append(h.later, p.Visits[v])
		} else {
			own.Visits = append(own.Visits, p.Visits[v])
		}
	}
	h.p = &own
	return h
}

// next draws a change of a kind; false when none can happen.
func (h *happenings) next(kind string) (replan.Change, bool) {
	for range 1000 {
		if c, ok := h.draw(kind); ok {
			return c, true
		}
	}
	return replan.Change{}, false
}

func (h *happenings) draw(kind string) (c replan.Change, ok bool) {
	r := &h.committed.Routes[h.random.IntN(len(h.committed.Routes))]
	s := &r.Stops[h.random.IntN(len(r.Stops))]
	switch kind {
	case "arrival", "emergency":
		v := h.later[h.random.IntN(len(h.later))]
		c.Now = v.Windows[0].Start - h.between(-1800, 7200)
		if kind == "emergency" {
			c.Now = h.between(r.Departure, r.End)
			v.Urgency, v.Priority, v.Windows = dispatch.UrgencyEmergency, 2*h.top, []dispatch.TimeWindow{{Start: c.Now, End: c.Now + 7200}}
		}
		c.Arrived = []dispatch.Visit{v}
		return c, c.Now >= r.Departure && c.Now < v.Windows[0].End
	case "cancellation":
		c.Now = s.Arrival - s.Travel - h.between(0, 14400)
		c.Canceled = []dispatch.VisitID{h.p.Visits[s.Visit].ID}
		return c, c.Now >= r.Departure
	case "overrun":
		c.Now = h.between(s.Start, s.End+1)
		c.Overruns = []replan.Overrun{{Visit: h.p.Visits[s.Visit].ID, End: s.End + h.between(1800, 5400)}}
		return c, s.End > s.Start
	default:
		c.Now = h.between(r.Departure-3600, r.End)
		c.Absences = []replan.Absence{{Technician: h.p.Technicians[r.Technician].ID, Until: dispatch.Far}}
		return c, len(r.Stops) > 2 && r.Stops[len(r.Stops)-2].Start > c.Now
	}
}

func (h *happenings) between(low, high dispatch.Tick) dispatch.Tick {
	return low + dispatch.Tick(h.random.IntN(int(max(high-low, 1))))
}

// movedBy counts the committed visits that a plan for the problem after a change gives to another technician or start.
func (h *happenings) movedBy(p *dispatch.Problem, after *dispatch.Plan) (moved int) {
	type held struct {
		technician dispatch.TechnicianID
		start      dispatch.Tick
	}
	now := map[dispatch.VisitID]held{}
	for i := range after.Routes {
		r := &after.Routes[i]
		for k := range r.Stops {
			if v := r.Stops[k].Visit; v >= 0 {
				now[p.Visits[v].ID] = held{p.Technicians[r.Technician].ID, r.Stops[k].Start}
			}
		}
	}
	exists := map[dispatch.VisitID]bool{}
	for v := range p.Visits {
		exists[p.Visits[v].ID] = true
	}
	for i := range h.committed.Routes {
		r := &h.committed.Routes[i]
		for k := range r.Stops {
			v := r.Stops[k].Visit
			if v < 0 || !exists[h.p.Visits[v].ID] {
				continue
			}
			n, ok := now[h.p.Visits[v].ID]
			if shift := n.start - r.Stops[k].Start; !ok || n.technician != h.p.Technicians[r.Technician].ID || max(shift, -shift) > replanTolerance {
				moved++
			}
		}
	}
	return moved
}
