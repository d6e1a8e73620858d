package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/org"
)

var both = []org.ID{here, there}

func notFound(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func orderPromises() []promise {
	return []promise{
		{"returns one order, or ErrNotFound", func(t *testing.T, s engine.Store) {
			t.Helper()
			o := Order("w1", engine.StateAccepted, "t1")
			commit(t, s, here, &engine.Batch{Orders: []*engine.Order{o}})
			same(t, "order", o, must(s.Order(t.Context(), here, "w1"))(t))
			_, err := s.Order(t.Context(), here, "w2")
			notFound(t, err)
		}},
		{"another org's order is not found", func(t *testing.T, s engine.Store) {
			t.Helper()
			commit(t, s, here, &engine.Batch{Orders: []*engine.Order{Order("w1", engine.StateNew, "")}})
			_, err := s.Order(t.Context(), there, "w1")
			notFound(t, err)
			for _, f := range []engine.OrderFilter{{}, {States: []engine.State{"NEW"}}, {UnitID: "u-1"}} {
				if got := must(s.Orders(t.Context(), there, f, "", all))(t); len(got) > 0 {
					t.Errorf("filter %+v finds another org's order", f)
				}
			}
		}},
		{"up to limit orders with ids above after, by rising id", orderPages},
		{"any of the states, empty means any; technician; unit", orderFilters},
		{"pages are stable while orders are added and changed", orderStable},
	}
}

func orderPages(t *testing.T, s engine.Store) {
	t.Helper()
	names := ids(25)
	for _, id := range slices.Backward(names) {
		commit(t, s, here, &engine.Batch{Orders: []*engine.Order{Order(id, engine.StateNew, "")}})
	}
	for _, f := range []engine.OrderFilter{{}, {States: []engine.State{"NEW", "PAUSED"}}, {UnitID: "u-1"}} {
		var got []string
		for after := dispatch.WorkOrderID(""); ; {
			page := must(s.Orders(t.Context(), here, f, after, 7))(t)
			if len(page) > 7 {
				t.Fatalf("%d orders on a page of 7", len(page))
			}
			if len(page) == 0 {
				break
			}
			for _, o := range page {
				got = append(got, string(o.ID))
			}
			after = page[len(page)-1].ID
		}
		same(t, fmt.Sprintf("ids by filter %+v", f), names, got)
		if page := must(s.Orders(t.Context(), here, f, "", 0))(t); len(page) > 0 {
			t.Error("a page of 0 has orders")
		}
	}
}

func orderFilters(t *testing.T, s engine.Store) {
	t.Helper()
	states := []engine.State{
		"NEW", "ASSIGNED", "ACCEPTED", "EN_ROUTE", "ON_SITE", "WORKING", "PAUSED", "COMPLETED", "VERIFIED", "MERGED", "CANCELED",
	}
	var orders []*engine.Order
	for i := range 66 {
		state, technician := states[i%len(states)], fmt.Sprintf("t%d", i) // one started order a technician
		switch state {
		case engine.StateNew:
			technician = ""
		case engine.StateAssigned, engine.StateCompleted:
			technician = "t"
		}
		o := Order(ids(66)[i], state, technician)
		o.UnitID = fmt.Sprintf("u-%d", i%4)
		orders = append(orders, o)
	}
	commit(t, s, here, &engine.Batch{Orders: orders})
	for _, f := range []engine.OrderFilter{
		{},
		{States: states},
		{States: states[:7]},
		{States: states[:1]},
		{States: []engine.State{"VERIFIED", "ASSIGNED", "ASSIGNED"}},
		{Technician: "t"},
		{Technician: "nobody"},
		{UnitID: "u-2"},
		{UnitID: "u-2", Technician: "t"},
		{UnitID: "u-1", States: states[1:3]},
		{Technician: "t", States: states[7:]},
		{Technician: "t", UnitID: "u-3", States: states[:2]},
	} {
		var want []*engine.Order
		for _, o := range orders {
			if (len(f.States) == 0 || slices.Contains(f.States, o.State)) && (f.UnitID == "" || f.UnitID == o.UnitID) &&
				(f.Technician == "" || f.Technician == o.TechnicianID()) {
				want = append(want, o)
			}
		}
		same(t, fmt.Sprintf("filter %+v", f), want, must(s.Orders(t.Context(), here, f, "", all))(t))
	}
}

func orderStable(t *testing.T, s engine.Store) {
	t.Helper()
	names := ids(10)
	for _, id := range names {
		commit(t, s, here, &engine.Batch{Orders: []*engine.Order{Order(id, engine.StateNew, "")}})
	}
	seen := must(s.Orders(t.Context(), here, engine.OrderFilter{}, "", 5))(t)
	changed := Order(names[2], engine.StateCanceled, "")
	commit(t, s, here, &engine.Batch{Orders: []*engine.Order{changed, Order("w9999", engine.StateNew, "")}})
	seen = append(seen, must(s.Orders(t.Context(), here, engine.OrderFilter{}, seen[4].ID, 100))(t)...)
	var got []string
	for _, o := range seen {
		got = append(got, string(o.ID))
	}
	same(t, "ids", append(names, "w9999"), got)
}

func technicianPromises() []promise {
	return []promise{
		{"returns one technician, or ErrNotFound", func(t *testing.T, s engine.Store) {
			t.Helper()
			want := Technician("t1")
			commit(t, s, here, &engine.Batch{Technicians: []*engine.Technician{want}})
			same(t, "technician", want, must(s.Technician(t.Context(), here, "t1"))(t))
			_, err := s.Technician(t.Context(), here, "t2")
			notFound(t, err)
			_, err = s.Technician(t.Context(), there, "t1")
			notFound(t, err)
		}},
		{"up to limit technicians with ids above after, by rising id", func(t *testing.T, s engine.Store) {
			t.Helper()
			commit(t, s, here, &engine.Batch{Technicians: []*engine.Technician{Technician("c"), Technician("a"), Technician("d"), Technician("b")}})
			commit(t, s, there, &engine.Batch{Technicians: []*engine.Technician{Technician("bb")}})
			first := must(s.Technicians(t.Context(), here, "", 3))(t)
			same(t, "first page", []*engine.Technician{Technician("a"), Technician("b"), Technician("c")}, first)
			same(t, "second page", []*engine.Technician{Technician("d")}, must(s.Technicians(t.Context(), here, "c", 3))(t))
		}},
	}
}

func eventPromises() []promise {
	return []promise{
		{"up to limit events with sequence above after, in sequence", func(t *testing.T, s engine.Store) {
			t.Helper()
			es := log(9)
			commit(t, s, here, &engine.Batch{Events: es})
			same(t, "first page", es[:4], must(s.Events(t.Context(), here, 0, 4))(t))
			same(t, "last page", es[6:], must(s.Events(t.Context(), here, 6, 4))(t))
			same(t, "after the end", []engine.Event{}, must(s.Events(t.Context(), here, 9, 4))(t))
			same(t, "another org", []engine.Event{}, must(s.Events(t.Context(), there, 0, 4))(t))
		}},
		{"up to limit events of one order with sequence above after, in sequence", func(t *testing.T, s engine.Store) {
			t.Helper()
			es := log(9) // odd sequences are of w1
			commit(t, s, here, &engine.Batch{Events: es})
			same(t, "first page", []engine.Event{es[0], es[2]}, must(s.OrderEvents(t.Context(), here, "w1", 0, 2))(t))
			same(t, "the rest", []engine.Event{es[4], es[6], es[8]}, must(s.OrderEvents(t.Context(), here, "w1", 3, 9))(t))
			same(t, "another org", []engine.Event{}, must(s.OrderEvents(t.Context(), there, "w1", 0, 9))(t))
		}},
		{"last sequence is 0 when there is none; first is that of the oldest kept", func(t *testing.T, s engine.Store) {
			t.Helper()
			sequences := func(o org.ID) [2]int64 {
				return [2]int64{must(s.FirstSequence(t.Context(), o))(t), must(s.LastSequence(t.Context(), o))(t)}
			}
			same(t, "empty", [2]int64{0, 0}, sequences(here))
			commit(t, s, here, &engine.Batch{Events: log(5)})
			same(t, "five", [2]int64{1, 5}, sequences(here))
			same(t, "another org", [2]int64{0, 0}, sequences(there))
		}},
		{"every field is kept", func(t *testing.T, s engine.Store) {
			t.Helper()
			es := fullEvents()
			commit(t, s, here, &engine.Batch{Events: es})
			same(t, "events", es, must(s.Events(t.Context(), here, 0, all))(t))
		}},
	}
}

// log is n events of w1 and w2 in turn.
func log(n int) []engine.Event {
	out := make([]engine.Event, n)
	for i := range out {
		out[i] = Event(int64(i+1), []string{"w1", "w2"}[i%2], engine.StateNew)
	}
	return out
}

func keyPromises() []promise {
	return []promise{
		{"returns the record of an idempotency key, or ErrNotFound", func(t *testing.T, s engine.Store) {
			t.Helper()
			k := Key("k", at(3))
			commit(t, s, here, &engine.Batch{Keys: []engine.IdempotencyRecord{k, {Key: "empty", Created: at(4)}}})
			same(t, "record", k, must(s.Key(t.Context(), here, "k"))(t))
			same(t, "empty record", engine.IdempotencyRecord{Key: "empty", Created: at(4)}, must(s.Key(t.Context(), here, "empty"))(t))
			_, err := s.Key(t.Context(), here, "K")
			notFound(t, err)
			_, err = s.Key(t.Context(), there, "k")
			notFound(t, err)
			commit(t, s, there, &engine.Batch{Keys: []engine.IdempotencyRecord{k}}) // each org has its own
		}},
	}
}

func duePromises() []promise {
	work := []engine.DueWork{
		{Kind: "b", Key: "1", At: at(1), Payload: "x"}, {Kind: "a", Key: "1", At: at(2)}, {Kind: "a", Key: "2", At: at(2)}, {Kind: "c", Key: "1", At: at(3)},
	}
	return []promise{
		{"up to limit pieces of work with At <= now, the longest overdue first", func(t *testing.T, s engine.Store) {
			t.Helper()
			commit(t, s, here, &engine.Batch{DueSet: []engine.DueWork{work[3], work[1], work[0], work[2]}})
			same(t, "before", []engine.DueWork{}, must(s.Due(t.Context(), here, engine.DueFilter{}, at(0), 9))(t))
			same(t, "at the instant", work[:3], must(s.Due(t.Context(), here, engine.DueFilter{}, at(2), 9))(t))
			same(t, "limited", work[:2], must(s.Due(t.Context(), here, engine.DueFilter{}, at(9), 2))(t))
			same(t, "all", work, must(s.Due(t.Context(), here, engine.DueFilter{}, at(9), 9))(t))
			same(t, "another org", []engine.DueWork{}, must(s.Due(t.Context(), there, engine.DueFilter{}, at(9), 9))(t))
			same(t, "only", work[1:2], must(s.Due(t.Context(), here, engine.DueFilter{Only: "a"}, at(9), 1))(t))
			same(t, "except", []engine.DueWork{work[0], work[3]}, must(s.Due(t.Context(), here, engine.DueFilter{Except: "a"}, at(9), 2))(t))
		}},
		{"the instant of the next piece of work, zero when there is none", func(t *testing.T, s engine.Store) {
			t.Helper()
			commit(t, s, there, &engine.Batch{DueSet: work[:1]})
			if next := must(s.NextDue(t.Context(), here))(t); !next.IsZero() {
				t.Errorf("got %v, want zero", next)
			}
			commit(t, s, here, &engine.Batch{DueSet: work[1:]})
			same(t, "next", at(2), must(s.NextDue(t.Context(), here))(t))
		}},
	}
}

func positionPromises() []promise {
	p := engine.Position{Technician: "t1", At: at(5), AccuracyMeters: 12.5, Sequence: 7}
	p.Point.Lat, p.Point.Lon = 30.123_456_789, 120.987_654_321
	newer := p
	newer.At, newer.Sequence = at(6), 8
	return []promise{
		{"keeps the last position of each technician", func(t *testing.T, s engine.Store) {
			t.Helper()
			other := engine.Position{Technician: "t0", At: at(1)}
			must(0, s.SavePositions(t.Context(), here, []engine.Position{p, other}))(t)
			same(t, "positions", []engine.Position{other, p}, must(s.Positions(t.Context(), here))(t))
			must(0, s.SavePositions(t.Context(), here, []engine.Position{newer}))(t)
			must(0, s.SavePositions(t.Context(), here, []engine.Position{p}))(t) // sent late
			same(t, "positions", []engine.Position{other, newer}, must(s.Positions(t.Context(), here))(t))
			same(t, "another org", []engine.Position{}, must(s.Positions(t.Context(), there))(t))
		}},
	}
}
