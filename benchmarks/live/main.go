// Command live measures a running Fettle service from outside, as its users meet it: over loopback, every answer durable.
// It starts the binary it is given with an empty data folder, fills a territory with technicians and open orders, then
// measures
//
//   - POST /v1/workOrders at a fixed rate (open loop: a late answer does not slow the next request),
//   - how soon watchers of the event stream see an assignment,
//   - POST /v1/workOrders:suggestSlots, one after the other,
//   - positions by one gRPC stream as fast as they are taken, and how soon those who watch the map see positions that come
//     once a second from each technician,
//   - the nearest technicians with a skill, by gRPC,
//   - ten times the rate for some seconds: what is accepted, how soon, and how the rest is refused,
//   - how long it takes to give the work of a technician who falls sick to others, in a territory of its own,
//   - how long a restart takes until the service is ready again, and with how much memory.
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

func main() {
	var o options
	flag.StringVar(&o.binary, "fettle", "bin/fettle", "the binary")
	flag.StringVar(&o.db, "db", "", "URL of an empty PostgreSQL database; SQLite unless given")
	flag.IntVar(&o.technicians, "technicians", 1000, "technicians of the territory")
	flag.IntVar(&o.open, "open", 5000, "open orders before measuring")
	flag.Float64Var(&o.rate, "rate", 100, "orders a second while measuring")
	flag.Float64Var(&o.seconds, "seconds", 20, "how long to measure")
	flag.IntVar(&o.watchers, "watchers", 200, "readers of the event stream while measuring")
	flag.IntVar(&o.suggestions, "suggestions", 200, "questions for slots, one after the other")
	flag.Float64Var(&o.stream, "stream", 5, "seconds of positions by one gRPC stream; 0 for none")
	flag.IntVar(&o.mapWatchers, "map-watchers", 500, "readers of the event stream with positions; 0 for none")
	flag.IntVar(&o.nearest, "nearest", 20000, "questions for the ten nearest technicians with a skill, by eight callers; 0 for none")
	flag.Float64Var(&o.burst, "burst", 5, "seconds of ten times the rate; 0 for none")
	flag.IntVar(&o.sick, "sick", 10, "technicians of another service, 40 with 400 orders, who fall sick; 0 for none")
	flag.IntVar(&o.restartOpen, "restart-open", 20000, "open orders at the restart; 0 for none")
	flag.StringVar(&o.data, "data", "", "data folder, empty, that is kept; one that is removed unless given")
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
	_ = out.Encode(r) // nobody hears of it when the output is closed
}
