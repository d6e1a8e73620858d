package main

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/plan"
	"fettle/dispatch/route"
	"fettle/internal/benchfamily"
)

// benchCommand measures a family of instances.
type benchCommand struct {
	Family     string        `arg:"" help:"One of solomon, homberger, vroom, praxedo, trsp, dispatch, mdvrptw, euro, hhcrsp, euro-dynamic, dtrsp, dvrptw, orlib, assignment, index, insertion, burst, replan."`
	Dir        string        `env:"FETTLE_BENCH_DIR" placeholder:"DIR" help:"Folder that holds the published instances."`
	Cases      string        `placeholder:"GLOB" help:"Cases by name, such as 'C1_2_*,R1_2_*'; with a slash, a pattern of files."`
	Time       time.Duration `placeholder:"10s" help:"Budget of one run, from the reading of its file to its plan. 10s unless --iterations is given; 100ms in dtrsp and dvrptw, where it is that of one instant."`
	Iterations int64         `placeholder:"N" help:"Stop each search after N iterations."`
	Seeds      string        `default:"3" help:"How many seeds, counted from 1, or the seeds themselves: '7,8'."`
	Threads    int           `default:"1" help:"Searches side by side; 0 means one for each processor."`
	Clock      string        `default:"wall" enum:"wall,processor" help:"What --time counts: seconds on the wall, or seconds that the process spends on processors (with one thread, on a machine that others use too)."`
	Policy     string        `default:"prizes" enum:"prizes,consensus,greedy,lazy" help:"Who decides the waves of euro-dynamic: one of ${enum}."`
	Answers    string        `type:"existingdir" placeholder:"DIR" help:"Write what was decided on each day of euro-dynamic, dtrsp and dvrptw to DIR, as the checkers of these collections read it."`
	PeersOnly  bool          `help:"Only the cases on which peers were measured (solomon, homberger)."`
}

// Help is the long help text.
func (benchCommand) Help() string {
	return `Prints one JSON line for each case and seed, and a last line with means. Costs are in the units of the case's source and
leave out what unserved visits cost; gapPercent compares with the best value known, from the table that stands in the
folder (bks.csv, best_static.csv, best_known.csv, optimal.csv, NAME.vroom.json, NAME.sol). "checked" is the word of an independent checker.

Families and their files under the folder: solomon and homberger (vrptw/), vroom (vroom_cases/), praxedo
(praxedo_real/dev), trsp (trsp_pillac/dev), dispatch (dispatch/), mdvrptw (site_dependent_multi_depot_vrptw/dev), euro
(euro_neurips_2022/dev), hhcrsp (hhcrsp/dev), orlib (assignment_orlib/dev). assignment, index,
insertion and burst make their own instances.

euro-dynamic plays the days of runs.csv in euro_neurips_2022/dev wave after wave, as the EURO meets NeurIPS 2022
competition does; --time is that of one epoch, and gapPercent compares with the competition's winner, who had 120 s.

replan plans each city dispatch file within --time, lets changes of five kinds happen to the plan, one at a time, and
measures planning around each with 200 ms, beside planning from nothing.

dtrsp (trsp_pillac/dev) and dvrptw (dvrptw_lackner/dev) play days whose requests become known on the way, one instant
after another: those of technicians with skills, tools and parts by working time, and those of 25 vehicles by distance.
--time is that of one instant, and 100ms is plenty. Nobody leaves for a request before it is known; published runs,
with which rejected requests and then costs are compared, may ("publishedCausal" marks those that do not).

Exit status 1: a run failed, or the checker refused a plan.

Examples:

    fettle bench solomon --dir instances --time 1s --seeds 5 --peers-only
    fettle bench homberger --cases '*_2_*' --time 10s
    fettle bench euro-dynamic --dir instances --cases '00*' --time 10s --seeds 1
    fettle bench replan --dir instances --cases 'd200x2000*' --time 2s
    fettle bench dtrsp --dir instances --cases '*_rd_50' --time 100ms --seeds 1
    fettle bench index`
}

// Run implements the command.
func (c *benchCommand) Run(ctx context.Context, s *session) error {
	seeds, err := parseSeeds(c.Seeds)
	if err != nil {
		return err
	}
	if c.Time < 0 || c.Iterations < 0 || c.Threads < 0 {
		return usageError("bench: --time, --iterations and --threads cannot be negative")
	}
	if c.Time == 0 && c.Iterations == 0 {
		c.Time = defaultTime
		if c.Family == "dtrsp" || c.Family == "dvrptw" { // a day has a hundred instants
			c.Time = defaultInstant
		}
	}
	out := json.NewEncoder(s.stdout)
	sum, err := benchfamily.Run(ctx, c.Family, benchfamily.Options{
		Dir: c.Dir, Cases: c.Cases, Time: c.Time, Iterations: c.Iterations, Seeds: seeds, Threads: c.Threads,
		ProcessorTime: c.Clock == "processor", PeersOnly: c.PeersOnly, Policy: c.Policy, Answers: c.Answers, Solve: solveForBench,
	}, func(row any) error { return out.Encode(row) })
	switch {
	case errors.Is(err, context.Canceled):
		return errInterrupted
	case err != nil:
		return err
	case sum.Failed > 0:
		return errNo
	}
	return nil
}

// defaultInstant is the budget of one instant of a day whose visits become known on the way.
const defaultInstant = 100 * time.Millisecond

// solveForBench plans as solve does, with the same part of the limit kept back.
func solveForBench(ctx context.Context, p *dispatch.Problem, o route.Options) (*dispatch.Plan, error) {
	if o.TimeLimit > 0 {
		o.TimeLimit = max(o.TimeLimit-reserve(p, false), time.Millisecond)
	}
	a, err := planProblem(ctx, p, plan.Options{Route: o}, false)
	if err != nil {
		return nil, err
	}
	return a.plan, nil
}

// maxSeeds keeps a slip of the hand from running for days.
const maxSeeds = 1000

// parseSeeds reads a number of seeds or, with a comma, a list of them.
func parseSeeds(text string) ([]uint64, error) {
	words := strings.Split(strings.TrimSuffix(text, ","), ",")
	seeds := make([]uint64, 0, len(words))
	for _, word := range words {
		seed, err := strconv.ParseUint(strings.TrimSpace(word), 10, 64)
		if err != nil {
			return nil, usageError("--seeds is %q: want how many, or the seeds separated by commas", text)
		}
		seeds = append(seeds, seed)
	}
	if strings.Contains(text, ",") {
		return seeds, nil
	}
	count := seeds[0]
	if count < 1 || count > maxSeeds {
		return nil, usageError("--seeds is %d: want 1 to %d", count, maxSeeds)
	}
	seeds = seeds[:0]
	for seed := uint64(1); seed <= count; seed++ {
		seeds = append(seeds, seed)
	}
	return seeds, nil
}
