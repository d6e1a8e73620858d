package main

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/app"
	"fettle/org"
	"fettle/simulate/day"
	"fettle/simulate/scenario"
)

// recordedDirectory is a data directory with the log and the rows of a simulated day. spoil may change them before they are
// kept.
func recordedDirectory(t *testing.T, spoil func(*engine.Batch)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	a, err := app.Start(t.Context(), app.Config{Data: dir, Listen: "127.0.0.1:0"}) // makes the keys
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(twoHouses)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Read(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := day.Named("greedy")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	// One commit for the day: what is told apart here are events and rows, not transactions.
	all := engine.Batch{}
	orders, people := map[dispatch.WorkOrderID]*engine.Order{}, map[dispatch.TechnicianID]*engine.Technician{}
	if _, err := day.Record(ctx, s.World(1, 0), &p, func(b *engine.Batch) error {
		all.Events = append(all.Events, b.Events...)
		for _, o := range b.Orders {
			orders[o.ID] = o
		}
		for _, p := range b.Technicians {
			people[p.ID] = p
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	all.Orders, all.Technicians = slices.Collect(maps.Values(orders)), slices.Collect(maps.Values(people))
	if spoil != nil {
		spoil(&all)
	}
	err = app.Look(ctx, dir, "", app.Keys{}, func(st engine.Store, o org.ID) error { return st.Commit(ctx, o, &all) })
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestReplay(t *testing.T) {
	t.Parallel()
	dir := recordedDirectory(t, nil)
	r := fettle(t, "replay", "--data", dir, "--day", "2026-03-02", "--policy", "recorded,nearest").wantStatus(t, exitDone).wantSilent(t)
	var got replayAnswer
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Identical || !got.RowsAgree || got.Events == 0 || got.Orders == 0 || got.Compared != "greedy" || len(got.Policies) != 2 {
		t.Errorf("answer %+v", got)
	}
	if got.Policies[1].PerOrder == nil || got.Policies[1].PerOrder.Accept.Low == nil {
		t.Error("orders are not compared one by one")
	}
	again := fettle(t, "replay", "--data", dir, "--day", "2026-03-02", "--policy", "recorded,nearest").wantStatus(t, exitDone)
	if again.stdout != r.stdout {
		t.Error("the same replay twice gives two answers")
	}
	for _, c := range []struct{ args, want string }{
		{"--day 2.3.2026", "--day is 2.3.2026: want a day"},
		{"--day 2027-01-01 --policy nearest", "want days of the log with reports"},
		{"--day 2026-03-02 --policy magic", "--policy is magic"},
		{"--day 2026-03-02 --zone Mars", "--zone is Mars"},
	} {
		args := append([]string{"replay", "--data", dir}, strings.Fields(c.args)...)
		if r := fettle(t, args...).wantStatus(t, exitUsage); !strings.Contains(r.stderr, c.want) {
			t.Errorf("%s: stderr %q, want %q", c.args, r.stderr, c.want)
		}
	}
}

// The saboteur: rows that the log does not lead to are found.
func TestReplayFindsRowsThatWereChanged(t *testing.T) {
	t.Parallel()
	dir := recordedDirectory(t, func(b *engine.Batch) {
		for i, tech := range b.Technicians {
			changed := *tech
			changed.Name = "somebody else"
			b.Technicians[i] = &changed
		}
	})
	r := fettle(t, "replay", "--data", dir, "--day", "2026-03-02").wantStatus(t, exitNo)
	if !strings.Contains(r.stdout, `"rowsAgree": false`) {
		t.Errorf("stdout %q", r.stdout)
	}
}
