package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// RunEngine lets the engine decide commands at random, several to a batch as group commit does: whatever it decides, the
// schema accepts, and what is read is what the engine holds. open returns an empty store and what closes it.
func RunEngine(t *testing.T, open func() (engine.Store, func() error, error)) {
	t.Helper()
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		if round > 15 { // each writes some twenty batches to disk
			return
		}
		db, closeStore, err := open()
		if err != nil {
			r.Fatal(err)
		}
		defer func() {
			if err := closeStore(); err != nil {
				t.Error(err)
			}
		}()
		liveThrough(t.Context(), r, db)
	})
}

func liveThrough(ctx context.Context, r *rapid.T, db engine.Store) {
	now, orders := at(0), 0
	e, err := engine.New(engine.Config{}, engine.Ledger{}, now)
	if err != nil {
		r.Fatal(err)
	}
	for i := range 3 {
		decide(e, now, engine.CreateTechnician{ID: dispatch.TechnicianID(fmt.Sprint("t", i)), Profile: worker(now)})
	}
	for range rapid.IntRange(1, 20).Draw(r, "batches") {
		for range rapid.IntRange(1, 6).Draw(r, "commands") {
			c := command(r, orders)
			if _, ok := c.(engine.CreateOrder); ok {
				orders++
			}
			decide(e, now, c)
		}
		now = now.Add(time.Duration(rapid.IntRange(0, 900).Draw(r, "seconds")) * time.Second)
		if err := db.Commit(ctx, "o", e.Batch()); err != nil {
			r.Fatalf("commit: %v\n%s", err, steps(e.Batch().Events))
		}
		e.Commit()
	}
	got, err := db.Orders(ctx, "o", engine.OrderFilter{States: openStates}, "", 1000)
	if err != nil {
		r.Fatal(err)
	}
	if d := cmp.Diff(e.Open(), got, cmpopts.EquateEmpty()); d != "" {
		r.Fatalf("open orders (-engine +store):\n%s", d)
	}
}

var openStates = []engine.State{"NEW", "ASSIGNED", "ACCEPTED", "EN_ROUTE", "ON_SITE", "WORKING", "PAUSED"}

// decide folds in what the engine answers; commands that the state forbids change nothing.
func decide(e *engine.Engine, now time.Time, c engine.Command) {
	if events, err := e.Decide(now, "service", c); err == nil {
		e.Evolve(events)
	}
}

func worker(now time.Time) engine.Profile {
	return engine.Profile{
		Name: "w", Home: geo.Point{Lat: 30.2, Lon: 120.2}, Zone: "Asia/Shanghai",
		Shifts: []engine.Shift{{TimeSpan: dispatch.TimeSpan{Start: now.Add(-time.Hour), End: now.Add(12 * time.Hour)}}},
	}
}

// command draws what somebody may ask for, sensible or not. Ids are never used again.
func command(r *rapid.T, orders int) engine.Command {
	order := func(label string) dispatch.WorkOrderID {
		return dispatch.WorkOrderID(fmt.Sprint("w", 1000+rapid.IntRange(max(orders-8, 0), orders).Draw(r, label)))
	}
	switch rapid.IntRange(0, 6).Draw(r, "command") {
	case 0, 1:
		return engine.CreateOrder{ID: dispatch.WorkOrderID(fmt.Sprint("w", 1000+orders)), Wish: engine.Wish{
			Location: geo.Point{Lat: 30.2 + rapid.Float64Range(0, 0.05).Draw(r, "lat"), Lon: 120.21}, OnSite: 20 * time.Minute,
			Urgency: dispatch.UrgencyNormal, Channel: dispatch.ChannelApp,
		}}
	case 2:
		return engine.Advance{}
	}
	verbs := []engine.Verb{
		engine.Accept, engine.Accept, engine.Accept, engine.Depart, engine.Depart, engine.Arrive, engine.Arrive, engine.Start,
		engine.Pause, engine.Resume, engine.Complete, engine.Decline, engine.Rate, engine.Verify, engine.Reopen, engine.Cancel,
		engine.Reassign, engine.PinOrder, engine.Unpin, engine.Escalate, engine.Merge, engine.Unmerge,
	}
	a := engine.Act{Verb: rapid.SampledFrom(verbs).Draw(r, "verb"), Order: order("order")}
	switch a.Verb {
	case engine.Decline, engine.Pause, engine.Cancel, engine.Reopen, engine.Escalate:
		a.Reason = "because"
	case engine.Merge:
		a.Into = order("into")
	case engine.Rate:
		a.Rating = 4
	case engine.PinOrder:
		a.Technician = "t1"
	case engine.Resume:
		a.SecondVisit = rapid.Bool().Draw(r, "second visit")
	}
	return a
}

// steps lists what a batch says, for whoever has to find out why it was refused.
func steps(events []engine.Event) (out string) {
	for _, e := range events {
		out += fmt.Sprintf("%d %s %s %s\n", e.Sequence, e.Order, e.Type, e.State)
	}
	return out
}
