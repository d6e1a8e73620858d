// Command live measures a running Fettle service from outside, as its users meet it: over loopback, every answer durable.
// It starts the binary it is given with an empty data folder, fills a territory with technicians and open orders, then
// measures
//
//   - POST /v1/workOrders at a fixed rate (open loop: a late answer does not slow the next request),
//   - how soon watchers of the event stream see an assignment,
//   - how long a restart takes until the service is ready again.
//
// It prints one JSON object. Results that are kept are in benchmarks/results.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"
)

// options are the sizes of a run.
type options struct {
	binary      string
	technicians int
	open        int
	rate        float64
	seconds     float64
	watchers    int
	restartOpen int
}

// result is what a run found.
type result struct {
	Measured    string  `json:"measured"`
	Cores       int     `json:"cores"`
	Technicians int     `json:"technicians"`
	OpenOrders  int     `json:"openOrders"`
	FillPerSec  float64 `json:"fillOrdersPerSecond"`
	Rate        float64 `json:"postsPerSecond"`
	Posts       int     `json:"posts"`
	Failed      int     `json:"failed"`
	Assigned    int     `json:"assigned"`
	PostMillis  summary `json:"postMillis"`
	Watchers    int     `json:"watchers"`
	WatchMillis summary `json:"watchMillis"`
	Missed      int     `json:"missedByWatchers"`
	RestartOpen int     `json:"restartOpenOrders"`
	ReadyMillis float64 `json:"restartReadyMillis"`
	RSSMegabyte float64 `json:"serverPeakMegabytes"`
}

func main() {
	var o options
	flag.StringVar(&o.binary, "fettle", "bin/fettle", "the binary")
	flag.IntVar(&o.technicians, "technicians", 1000, "technicians of the territory")
	flag.IntVar(&o.open, "open", 5000, "open orders before measuring")
	flag.Float64Var(&o.rate, "rate", 100, "orders a second while measuring")
	flag.Float64Var(&o.seconds, "seconds", 20, "how long to measure")
	flag.IntVar(&o.watchers, "watchers", 200, "readers of the event stream while measuring")
	flag.IntVar(&o.restartOpen, "restart-open", 20000, "open orders at the restart; 0 for none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "live:", err)
		os.Exit(1)
	}
	r.Measured, r.Cores = time.Now().UTC().Format(time.RFC3339), runtime.NumCPU()
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(r); err != nil {
		fmt.Fprintln(os.Stderr, "live:", err)
		os.Exit(1)
	}
}

// run does all measurements on one territory.
func run(ctx context.Context, o options) (result, error) {
	dir, err := os.MkdirTemp("", "fettle-live-")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of the system's for what is temporary
	s, err := startServer(ctx, o.binary, dir)
	if err != nil {
		return result{}, err
	}
	defer s.kill()
	r := result{Technicians: o.technicians, OpenOrders: o.open, Rate: o.rate, Watchers: o.watchers, RestartOpen: o.restartOpen}
	began := time.Now()
	if err := fill(ctx, s, o.technicians, o.open); err != nil {
		return r, err
	}
	r.FillPerSec = float64(o.open) / time.Since(began).Seconds()
	if err := measurePosts(ctx, s, o, &r); err != nil {
		return r, err
	}
	r.RSSMegabyte = s.peakMegabytes()
	if o.restartOpen == 0 {
		return r, nil
	}
	if err := post(ctx, s, o.restartOpen-o.open-r.Posts, o.open+r.Posts); err != nil {
		return r, err
	}
	s.kill()
	if s, err = startServer(ctx, o.binary, dir); err != nil {
		return r, err
	}
	defer s.kill()
	r.ReadyMillis = float64(s.ready.Microseconds()) / 1000
	return r, nil
}
