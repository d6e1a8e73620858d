package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
	"fettle/internal/demo"
	"fettle/internal/outlook"
	"fettle/simulate/city"
)

type demoCommand struct {
	serviceFlags
	Speed float64 `default:"60" help:"Simulated seconds in one second."`
	Seed  uint64  `default:"1" help:"Seed of the city and of what people do in it."`
	Data  string  `placeholder:"DIR" help:"Data directory, kept; a temporary one, removed at the end, unless given."`
}

// Help is the long help text.
func (*demoCommand) Help() string {
	return `Runs the service with a simulated operator in an invented city: 8 rental buildings with 1,042 rooms, scattered flats, a
business park, 40 technicians. Faults are reported, technicians accept, drive, work and finish, --speed times faster than
life. Open the address it prints. The page needs no password from this machine; from elsewhere it asks for the token.`
}

// Run runs the service and its simulated operator.
func (c *demoCommand) Run(ctx context.Context, s *session) (err error) {
	if !(c.Speed > 0 && c.Speed <= maxSpeed) {
		return usageError("--speed %g: want a number above 0, at most %d", c.Speed, maxSpeed)
	}
	dir, remove, err := c.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	last, err := app.LastEvent(ctx, dir, app.Keys{})
	if err != nil {
		return outcome{status: exitUsage, text: err.Error()}
	}
	plan := city.New(c.Seed)
	machine := clock.System()
	start := demo.StartTime(machine.Now())
	if last.After(start) { // a city that goes on
		start = last
	}
	time := clock.Scaled(start, c.Speed, machine)
	cfg := c.config(s)
	cfg.Data, cfg.Clock, cfg.ImproveEvery, cfg.ImproveFor = dir, time, demoImproveEvery, demoImproveFor
	cfg.ShowCodes = s.stdout
	if last.IsZero() {
		cfg.Reports = past(plan, start)
	}
	cfg.Mount = func(token string) (map[string]http.Handler, error) {
		site, err := demo.NewSite(demo.SiteConfig{City: plan, Clock: time, Speed: c.Speed, Token: token})
		if err != nil {
			return nil, err
		}
		return map[string]http.Handler{"/demo/": site.Handler()}, nil
	}
	a, err := app.Start(ctx, cfg)
	if err != nil {
		return outcome{status: exitUsage, text: err.Error()}
	}
	fmt.Fprintf(s.stdout, "A simulated city, %g times faster than life: %s\n", c.Speed, a.URL())
	return errors.Join(c.operate(ctx, a, plan, time, cfg), closeService(ctx, a))
}

// pastDays is how long the simulated operator has been in business when the demo begins.
const pastDays = 180

// past is what was reported in the days before a city begins to live: the same demand by the same seed, so that there is
// something to forecast from.
func past(plan *city.City, start time.Time) []outlook.Report {
	y, m, d := start.Date()
	var out []outlook.Report
	for back := pastDays; back > 0; back-- {
		midnight := time.Date(y, m, d-back, 0, 0, 0, 0, start.Location())
		for _, r := range plan.Day(midnight) {
			out = append(out, outlook.Report{Time: midnight.Add(r.At), Point: r.Location, Trade: r.Skill.Skill})
		}
	}
	return out
}

// What the demo spends on better routes: its days are short.
const (
	maxSpeed         = 3600
	demoImproveEvery = 500 * time.Millisecond
	demoImproveFor   = 100 * time.Millisecond
)

// operate lives the operator's days until ctx ends.
func (c *demoCommand) operate(ctx context.Context, a *app.App, plan *city.City, time clock.Clock, cfg app.Config) error {
	conn, err := demo.Dial(a.GRPCAddress(), a.Token())
	if err != nil {
		return err
	}
	operator, err := demo.New(demo.Config{City: plan, Clock: time, Conn: conn, Log: cfg.Log, Seed: c.Seed})
	if err == nil {
		err = operator.Run(ctx)
	}
	return errors.Join(err, conn.Close())
}

// folder is the data directory of the demo and how to leave it.
func (c *demoCommand) folder() (dir string, remove func() error, err error) {
	if c.Data != "" {
		return c.Data, func() error { return nil }, nil
	}
	if dir, err = os.MkdirTemp("", "fettle-demo-"); err != nil {
		return "", nil, fmt.Errorf("make a folder for the demo: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}
