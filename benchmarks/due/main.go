// Command due measures due work on a store, in one process with it:
//
//   - sweep: how long it takes to find and do what is due among a million rows that are not,
//   - storm: 10,000 orders that miss the same promise in one second, a tenth of them emergencies, each escalated in a
//     transaction of its own territory,
//   - single: how late one escalation is after the other, each at an instant of its own,
//   - messages: 10,000 messages that are due at once, to a sink on loopback.
//
// The store is a folder of its own, or with -db a PostgreSQL database that must be empty. It prints one JSON object. Results
// that are kept are in benchmarks/results.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	var o options
	flag.StringVar(&o.db, "db", "", "URL of an empty PostgreSQL database; SQLite in a folder of its own unless given")
	flag.IntVar(&o.rows, "rows", 1_000_000, "rows that are not due")
	flag.IntVar(&o.due, "due", 1000, "rows that are due among them")
	flag.IntVar(&o.storm, "storm", 10_000, "orders that miss a promise in one second")
	flag.IntVar(&o.single, "single", 200, "orders that miss a promise one after the other")
	flag.IntVar(&o.messages, "messages", 10_000, "messages that are due at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := run(ctx, &o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "due:", err)
		os.Exit(1)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(r); err != nil {
		fmt.Fprintln(os.Stderr, "due:", err)
		os.Exit(1)
	}
}
