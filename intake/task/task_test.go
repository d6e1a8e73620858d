package task

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

var noon = time.Date(2026, 3, 9, 4, 0, 0, 0, time.UTC)

func opened(t *testing.T, k Kind) Task {
	t.Helper()
	got, err := Open(k, "un_1", "a parcel", dispatch.ChannelWeChat, noon)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestLife: a task is claimed, left, and done; verbs start from the states that they name.
func TestLife(t *testing.T) {
	t.Parallel()
	x := opened(t, Parcel)
	if x.Role != "FRONT_DESK" || !x.DoneDue.Equal(noon.Add(4*time.Hour)) || x.Follow() != nil {
		t.Errorf("%+v", x)
	}
	var conflict *engine.ConflictError
	if err := x.Release(); !errors.As(err, &conflict) {
		t.Errorf("a task that nobody has was left: %v", err)
	}
	if err := errors.Join(x.Claim("li", noon.Add(time.Minute)), x.Release(), x.Claim("wu", noon.Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	if err := x.Claim("li", noon); !errors.As(err, &conflict) {
		t.Errorf("claimed twice: %v", err)
	}
	if x.Complete("wu", "", noon) == nil || x.Cancel("", noon) == nil {
		t.Error("ended without a word")
	}
	if err := x.Complete("wu", "found in locker 7", noon.Add(2*time.Hour)); err != nil || x.Owner != "wu" || len(x.Breached) != 0 {
		t.Errorf("%v %+v", err, x)
	}
	if err := x.Cancel("x", noon); !errors.As(err, &conflict) || !x.Next().IsZero() {
		t.Errorf("canceled after it was done: %v", err)
	}
}

// TestPromises: each is broken once, when it is looked at or when somebody comes late, and never after the task has ended.
func TestPromises(t *testing.T) {
	t.Parallel()
	x := opened(t, Keys)
	if at := x.Next(); !at.After(x.ClaimDue) || x.Due(x.ClaimDue) != nil {
		t.Errorf("broken when it is due: %v", at)
	}
	if got := x.Due(x.Next()); !cmp.Equal(got, []Promise{ToClaim}) || x.Due(x.ClaimDue.Add(time.Minute)) != nil {
		t.Errorf("claim: %v", got)
	}
	if err := x.Claim("li", noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := x.Complete("li", "handed over", x.DoneDue.Add(1)); err != nil || !cmp.Equal(x.Breached, []Promise{ToClaim, ToDo}) {
		t.Errorf("a late end that nobody had looked at: %v %v", err, x.Breached)
	}
	y := opened(t, Noise)
	if err := y.Cancel("quiet again", noon); err != nil || y.Due(noon.Add(48*time.Hour)) != nil {
		t.Errorf("%v %v", err, y.Breached)
	}
}

// TestMatching: a room-mate who left opens a search, which ends with somebody who agrees.
func TestMatching(t *testing.T) {
	t.Parallel()
	left := opened(t, RoommateLeft)
	m := left.Follow()
	if m == nil || m.Kind != Matching || m.Role != "SUPERVISOR" || m.Unit != "un_1" {
		t.Fatalf("%+v", m)
	}
	var conflict *engine.ConflictError
	if err := m.Complete("li", "moved in", noon); !errors.As(err, &conflict) || conflict.Reason != "NOBODY_AGREED" {
		t.Errorf("done with nobody: %v", err)
	}
	if err := errors.Join(m.Propose(Proposal{Tenant: "a"}), m.Propose(Proposal{Tenant: "b", State: Declined}), m.Propose(Proposal{Tenant: "a", State: Agreed})); err != nil {
		t.Fatal(err)
	}
	if err := m.Complete("li", "moved in", noon); err != nil || len(m.Proposals) != 2 {
		t.Errorf("%v %+v", err, m)
	}
	if left.Propose(Proposal{Tenant: "a"}) == nil {
		t.Error("proposed for what is no search")
	}
	if _, err := Open(Matching, "", "x", "", noon); err == nil {
		t.Error("a search for a room that nobody knows")
	}
}

// TestReport: shares count what is decided, canceled tasks for nothing.
func TestReport(t *testing.T) {
	t.Parallel()
	a, b, c, d := opened(t, Parcel), opened(t, Parcel), opened(t, Parcel), opened(t, Parcel)
	if err := errors.Join(a.Complete("li", "x", noon.Add(10*time.Minute)), b.Complete("li", "x", noon.Add(5*time.Hour)), c.Cancel("x", noon)); err != nil {
		t.Fatal(err)
	}
	half, quarter := 0.5, 155.0
	want := []Line{{Kind: Parcel, Opened: 4, Open: 1, Done: 2, Canceled: 1, ClaimedInTime: &half, DoneInTime: &half, Half: &quarter}}
	if diff := cmp.Diff(want, Report([]*Task{&a, &b, &c, &d}, noon.Add(20*time.Minute))); diff != "" {
		t.Error(diff)
	}
	third := 1.0 / 3
	want[0].ClaimedInTime = &third
	if diff := cmp.Diff(want, Report([]*Task{&a, &b, &c, &d}, noon.Add(time.Hour))); diff != "" {
		t.Error(diff)
	}
}
