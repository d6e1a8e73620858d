package hooks_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/internal/hooks"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
)

func TestForget(t *testing.T) {
	t.Parallel()
	s, all := &ledgertest.Store{}, &ledger.Change{}
	add := func(id, endpoint string, made, touched time.Time, state hooks.DeliveryState) {
		t.Helper()
		d := hooks.Delivery{ID: id, Version: 1, Created: made, Updated: touched, State: state, Endpoint: endpoint}
		r, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		all.Records = append(all.Records, r)
	}
	old, limit := at.AddDate(0, 0, -200), at.AddDate(0, 0, -180)
	const many = 502 // more than are read at once
	for i := range many {
		add(fmt.Sprintf("a%03d", i), "e1", old.Add(time.Duration(i)*time.Second), old.Add(time.Hour), hooks.Delivered)
	}
	for _, e := range []string{"e1", "e2", "e10"} {
		add("failed to "+e, e, old, old, hooks.Failed)
		add("pending to "+e, e, old, old, hooks.Pending)
		add("young to "+e, e, at.AddDate(0, 0, -1), at, hooks.Delivered)
		add("replayed to "+e, e, old, at, hooks.Delivered)
	}
	if err := s.Apply(t.Context(), "o", all); err != nil {
		t.Fatal(err)
	}
	if n, err := hooks.Forget(t.Context(), s, "o", limit); n != many+3 || err != nil {
		t.Errorf("%d forgotten, %v, want %d", n, err, many+3)
	}
	p, err := s.Records(t.Context(), "o", ledger.All(hooks.DeliveryKind), 100)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for i := range p.Records {
		left = append(left, p.Records[i].ID)
	}
	want := []string{
		"pending to e1", "pending to e10", "pending to e2", "replayed to e1", "replayed to e10", "replayed to e2", "young to e1", "young to e10", "young to e2",
	}
	if d := cmp.Diff(want, left); d != "" {
		t.Error(d)
	}
	if n, err := hooks.Forget(t.Context(), s, "o", limit); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
}
