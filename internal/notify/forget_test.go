package notify_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/internal/notify"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
)

func TestForget(t *testing.T) {
	t.Parallel()
	s := &ledgertest.Store{}
	now := time.Date(2026, 9, 9, 1, 0, 0, 0, time.UTC)
	all := &ledger.Change{}
	add := func(id string, at time.Time, state notify.State, m notify.Message) {
		t.Helper()
		r := notify.Record{ID: id, Version: 1, Created: at, Updated: at, State: state, Message: m}
		rec, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		all.Records = append(all.Records, rec)
	}
	old := now.AddDate(0, 0, -200)
	order := notify.Message{OrderID: "wo_1"}
	const sent = 503 // more than are read at once
	for i := range sent {
		add(fmt.Sprintf("a%04d", i), old.Add(time.Duration(i)*time.Second), notify.WasSent, order)
	}
	for i, state := range notify.States() {
		add(fmt.Sprintf("b%d %s", i, state), old, state, order)
	}
	add("lease", old, notify.WasSent, notify.Message{LeaseID: "le_1"})
	add("lease over", old, notify.WasSent, notify.Message{LeaseID: "le_2", Owner: "x"})
	add("owner", old, notify.WasSent, notify.Message{Owner: "x"})
	add("decided lately", old, notify.Failed, order)
	all.Records[len(all.Records)-1].Updated = now.AddDate(0, 0, -1)
	add("decided long ago", old, notify.Delivered, order)
	add("task", old, notify.WasSent, notify.Message{})
	add("young", now.AddDate(0, 0, -1), notify.WasSent, order)
	if err := s.Apply(t.Context(), "o", all); err != nil {
		t.Fatal(err)
	}
	over := func(_ context.Context, m *notify.Message) (bool, error) { return m.LeaseID == "le_2", nil }
	n, err := notify.Forget(t.Context(), s, "o", now.AddDate(0, 0, -180), over)
	if want := sent + len(notify.States()) - 2 + 3; err != nil || n != want {
		t.Errorf("%d forgotten, %v, want %d", n, err, want)
	}
	p, err := s.Records(t.Context(), "o", ledger.All(notify.RecordKind), 100)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for i := range p.Records {
		left = append(left, p.Records[i].ID)
	}
	if d := cmp.Diff([]string{"b0 DUE", "b4 UNKNOWN", "decided lately", "lease", "owner", "young"}, left); d != "" {
		t.Error(d)
	}
	if n, err := notify.Forget(t.Context(), s, "o", now.AddDate(0, 0, -180), over); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
}
