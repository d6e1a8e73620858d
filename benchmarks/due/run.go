package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"fettle/dispatch/engine"
	"fettle/ledger"
	"fettle/org"
	"fettle/storage/postgres"
	"fettle/storage/sqlite"
)

// store is what is measured.
type store interface {
	engine.Store
	ledger.Reader
	ledger.Writer
	ledger.DueStore
	Probe(ctx context.Context) error
	Close() error
}

type options struct {
	db                                 string
	rows, due, storm, single, messages int
}

// result is what is printed. Times are in seconds.
type result struct {
	Store    string `json:"store"`
	Measured string `json:"measured"`
	Cores    int    `json:"cores"`
	Command  string `json:"command"`

	Rows       int     `json:"rows"`     // in the table, not due
	RowsDue    int     `json:"rows_due"` // due among them
	FirstMilli float64 `json:"first_ms"` // until the first 256 that are due are claimed
	FindMilli  float64 `json:"find_ms"`  // until all that is due is claimed, in batches

	Storm     latency `json:"storm"`
	OutOfRank int     `json:"storm_out_of_rank"` // orders without urgency that came before one with
	Single    latency `json:"single"`

	Messages        int     `json:"messages"`
	MessagesSeconds float64 `json:"messages_s"`
}

// latency is of how many, in milliseconds.
type latency struct {
	N             int
	P50, P99, Max float64
}

func quantiles(all []time.Duration) latency {
	slices.Sort(all)
	at := func(q float64) float64 {
		if len(all) == 0 {
			return 0
		}
		return float64(all[min(int(q*float64(len(all))), len(all)-1)].Microseconds()) / 1000
	}
	return latency{N: len(all), P50: at(0.5), P99: at(0.99), Max: at(1)}
}

// run measures one after the other, each in an org of its own.
func run(ctx context.Context, o *options) (r *result, err error) {
	r = &result{
		Store: "sqlite", Cores: runtime.NumCPU(), Measured: time.Now().UTC().Format(time.RFC3339), Rows: o.rows, RowsDue: o.due,
		Command:  fmt.Sprintf("benchmarks/due -rows %d -due %d -storm %d -single %d -messages %d", o.rows, o.due, o.storm, o.single, o.messages),
		Messages: o.messages,
	}
	s, done, err := open(ctx, o.db)
	if err != nil {
		return nil, err
	}
	defer done()
	if o.db != "" {
		r.Store = "postgres"
	}
	for _, step := range []struct {
		name string
		do   func(context.Context, store, org.ID, *options, *result) error
	}{{"sweep", sweep}, {"storm", storm}, {"single", single}, {"messages", messages}} {
		if err := step.do(ctx, s, org.ID(step.name), o, r); err != nil {
			return nil, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return r, nil
}

// open opens the store; done closes it and takes its folder away.
func open(ctx context.Context, db string) (s store, done func(), err error) {
	if db != "" {
		s, err := postgres.Open(ctx, db, postgres.Options{})
		if err != nil {
			return nil, nil, err
		}
		return s, func() { _ = s.Close() }, nil // nothing is kept
	}
	dir, err := os.MkdirTemp("", "fettle-due-")
	if err != nil {
		return nil, nil, err
	}
	f, err := sqlite.Open(ctx, dir, sqlite.Options{})
	if err != nil {
		return nil, nil, err
	}
	return f, func() {
		_ = f.Close() // nothing is kept
		_ = os.RemoveAll(dir)
	}, nil
}
