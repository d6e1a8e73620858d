package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/plan"
	"fettle/dispatch/problem"
	"fettle/dispatch/route"
	"fettle/internal/draw"
)

// solveCommand plans a file.
type solveCommand struct {
	File       string         `arg:"" optional:"" default:"-" help:"File to plan; - reads the standard input."`
	Format     problem.Format `enum:"auto,fettle,vroom,solomon,vrplib,pragmatic,trsp,dispatch,mdvrptw,euro,hhcrsp" default:"auto" help:"Format of the file; auto tells it by the content. One of ${enum}."`
	Time       time.Duration  `placeholder:"10s" help:"Time from the start of the process to the answer written. 10s unless --iterations is given."`
	Iterations int64          `placeholder:"N" help:"Stop after N iterations. With --threads 1 the same input and seed give the same bytes."`
	Threads    int            `default:"0" help:"Searches side by side; 0 means one for each processor."`
	Seed       uint64         `default:"1" help:"Seed of all randomness."`
	Output     string         `enum:"auto,json,native,vroom,vrplib,table" default:"auto" help:"json; native, what the checkers of the file's format read (vroom and vrplib mean the same); table, for people. auto is a table on a terminal and json elsewhere."`
	Out        string         `short:"o" name:"out" placeholder:"FILE" help:"Write the plan to FILE, whole or not at all."`
	SVG        string         `name:"svg" placeholder:"FILE" help:"Draw the routes."`
	Explain    bool           `help:"Say for each visit why this technician, what else was possible and at what price, or which rule kept it out."`
}

// Help is the long help text.
func (solveCommand) Help() string {
	return `Visits that cannot be served are part of the answer, with their reasons: the exit status is 0 all the same.
Ctrl-C, or SIGTERM, ends the search and writes the best plan so far with exit status 3.

Examples:

    fettle solve day.json                        plan for 10 s, show a table
    fettle solve day.json --explain --svg day.svg
    fettle solve R101.txt --output native -o R101.sol
    cat vroom.json | fettle solve --time 1s --output native
    fettle solve day.json --iterations 20000 --threads 1 --seed 7    the same bytes each time`
}

// defaultTime is the budget when the command line names none.
const defaultTime = 10 * time.Second

func (c *solveCommand) validate(s *session) error {
	switch {
	case c.Time < 0:
		return usageError("--time is %s: want a time above 0", c.Time)
	case c.Iterations < 0:
		return usageError("--iterations is %d: want a number above 0", c.Iterations)
	case c.Threads < 0:
		return usageError("--threads is %d: want a number, or 0 for one thread for each processor", c.Threads)
	case c.File == "-" && isTerminal(s.stdin):
		return usageError("solve: name a FILE, or send one to the standard input")
	}
	if c.Time == 0 && c.Iterations == 0 {
		c.Time = defaultTime
	}
	for flag, path := range map[string]string{"--out": c.Out, "--svg": c.SVG} {
		if err := canWrite(flag, path); err != nil {
			return err
		}
	}
	return nil
}

// Run implements the command.
func (c *solveCommand) Run(ctx context.Context, s *session) error {
	if err := c.validate(s); err != nil {
		return err
	}
	doc, err := s.readProblem(c.File, c.Format)
	if err != nil {
		return err
	}
	bar := startBar(s, c.Time, doc.Problem)
	a, err := planProblem(ctx, doc.Problem, c.options(s, doc.Problem, bar.note), c.Explain)
	bar.stop()
	if err != nil {
		return err
	}
	if err := c.write(s, doc, a); err != nil {
		return err
	}
	if a.plan.Status == dispatch.StatusInterrupted || ctx.Err() != nil {
		return errInterrupted
	}
	return nil
}

func (c *solveCommand) options(s *session, p *dispatch.Problem, note func(route.Progress)) plan.Options {
	o := route.Options{Seed: c.Seed, Iterations: c.Iterations, Threads: c.Threads, Progress: note}
	if c.Time > 0 {
		o.TimeLimit, o.Elapsed = max(c.Time-reserve(p, c.SVG != ""), time.Millisecond), s.elapsed
	}
	// Other formats have no place for a bound.
	return plan.Options{Route: o, Bound: c.Output == "json" || c.Output == "table" || c.Output == "auto"}
}

// write brings the answer to its places: -o or the standard output, the picture, the explanations.
func (c *solveCommand) write(s *session, doc *problem.Document, a *answer) error {
	table := c.Output == "table" || c.Output == "auto" && c.Out == "" && isTerminal(s.stdout)
	print := func(w io.Writer) error {
		switch {
		case table:
			if err := writeTable(w, s.elapsed(), doc, a); err != nil || !c.Explain {
				return err
			}
			fmt.Fprintln(w)
			return writeExplanations(w, doc.Problem, a)
		case c.Output == "json" || c.Output == "auto":
			return writeJSON(w, doc, a)
		}
		return doc.WritePlan(w, a.plan)
	}
	if err := s.writeOut(c.Out, print); err != nil {
		return err
	}
	if c.SVG != "" {
		if err := s.writeOut(c.SVG, func(w io.Writer) error { return draw.SVG(w, doc.Problem, a.plan) }); err != nil {
			return err
		}
	}
	if c.Explain && !table {
		return writeExplanations(s.stderr, doc.Problem, a)
	}
	return nil
}

// reserve is the part of a time limit that is kept back for the start and the end of the process, for writing and for
// drawing. plan.Solve keeps back what judging and explaining take. Measured at 100 to 5,000 visits on a machine with two
// processors: 4 to 6 ms for the process on an idle machine and twice that on a busy one, 1 us a visit to write and 8 us a visit to draw.
func reserve(p *dispatch.Problem, picture bool) time.Duration {
	perVisit := 3 * time.Microsecond
	if picture {
		perVisit += 10 * time.Microsecond
	}
	return 12*time.Millisecond + time.Duration(len(p.Visits))*perVisit
}

// readProblem reads a file, or the standard input for "-".
func (s *session) readProblem(path string, format problem.Format) (*problem.Document, error) {
	name, data, err := s.read(path)
	if err != nil {
		return nil, err
	}
	doc, err := problem.Read(name, data, format)
	if err != nil {
		return nil, fmt.Errorf("%w", err)
	}
	return doc, nil
}
