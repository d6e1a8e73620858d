package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
	"fettle/internal/demo"
	"fettle/internal/demo/renting"
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
	if cfg.Channels, err = messages(dir); err != nil {
		return outcome{status: exitUsage, text: err.Error()}
	}
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
	return errors.Join(c.live(ctx, demo.Config{City: plan, Clock: time, Conn: conn, Log: cfg.Log, Seed: c.Seed}), conn.Close())
}

// live tells who lives where, first where reports wait already, and lives the operator's days meanwhile.
func (c *demoCommand) live(ctx context.Context, cfg demo.Config) error {
	book, err := renting.New(renting.Config{
		City: cfg.City, Now: cfg.Clock.Now, Zone: demo.Zone(), Conn: cfg.Conn, Log: cfg.Log, Seed: cfg.Seed,
	})
	if err != nil {
		return err
	}
	cfg.Place = book.Place
	operator, err := demo.New(cfg)
	if err != nil {
		return err
	}
	if err := book.Open(ctx, operator.Waiting()); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	var telling sync.WaitGroup
	telling.Go(func() { book.Run(ctx) })
	err = operator.Run(ctx)
	telling.Wait()
	return err
}

// channels is how the demo's messages go out: as lines in a file beside the data, to nobody.
const channels = `{"channels": {"simulated": {"kind": "file", "path": "messages.jsonl"}},
 "routes": {"TENANT": ["simulated"], "TECHNICIAN": ["simulated"], "SUPERVISOR": ["simulated"]}}
`

// messages writes the file of channels and returns its name.
func messages(dir string) (string, error) {
	const owner = 0o600
	name := filepath.Join(dir, "channels.json")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the data directory: %w", err)
	}
	if err := os.WriteFile(name, []byte(channels), owner); err != nil {
		return "", fmt.Errorf("write the channels of the demo: %w", err)
	}
	return name, nil
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
