package lease_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/fault"
	"fettle/rental/lease"
)

var shanghai = time.FixedZone("UTC+8", 8*60*60)

func day(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// on is 10:00 in Shanghai on a day.
func on(text string) lease.Moment {
	return lease.Moment{At: day(text).At(calendar.Clock{Hour: 10}, shanghai), Zone: shanghai, Actor: "anna"}
}

func fixed(start, end string) lease.Terms {
	return lease.Terms{Start: day(start), End: day(end), Rent: 350_000, Deposit: 700_000}
}

func approval(review string) *lease.Approval {
	return &lease.Approval{Reason: "staff flat", Approver: "Director Li", Review: day(review)}
}

func draft(t *testing.T, terms lease.Terms) lease.Lease {
	t.Helper()
	l, err := lease.New(lease.Lease{ID: "L1", Tenant: "T1", Unit: "U1"}, terms, on("2026-01-10"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// in makes a lease of 2025-03-01 to 2026-02-28 in a state, on a day on which that state is its own.
func in(t *testing.T, s lease.State) (lease.Lease, lease.Moment) {
	t.Helper()
	l := draft(t, fixed("2025-03-01", "2026-02-28"))
	m := on("2025-12-20")
	var err error
	switch s {
	case lease.Signing:
		l, err = l.Sign(m)
	case lease.Active:
		l, err = l.Activate(m)
	case lease.Expiring, lease.Expired:
		l, err = l.Activate(m)
		m = on(map[lease.State]string{lease.Expiring: "2026-01-10", lease.Expired: "2026-03-01"}[s])
		l = l.On(m.Today())
	case lease.Renewed:
		l, err = l.Activate(m)
		if err == nil {
			l, err = l.Renew("L2", m.At)
		}
	case lease.Terminated:
		l, err = l.Terminate(calendar.Date{}, "moved away", m)
	}
	if err != nil || l.State != s {
		t.Fatalf("lease is %s, want %s: %v", l.State, s, err)
	}
	return l, m
}

// do asks a verb of a lease with arguments that are in order.
func do(v lease.Verb, l *lease.Lease, m lease.Moment) (lease.Lease, error) {
	switch v {
	case lease.VerbAmend:
		return l.Amend(fixed("2025-03-01", "2026-05-31"), m)
	case lease.VerbSign:
		return l.Sign(m)
	case lease.VerbWithdraw:
		return l.Withdraw("wrong rent", m)
	case lease.VerbActivate:
		return l.Activate(m)
	case lease.VerbRenew:
		return l.Renew("L2", m.At)
	case lease.VerbTerminate:
		return l.Terminate(m.Today(), "moved away", m)
	case lease.VerbApprove:
		return l.Approve(*approval("2026-06-30"), m)
	default:
		return l.Expire(lease.Moment{At: m.At.AddDate(1, 0, 0), Zone: m.Zone})
	}
}

// The table of legal changes is written out here once more, so that a slip in the code is not its own witness.
func TestEveryVerbInEveryState(t *testing.T) {
	t.Parallel()
	legal := map[lease.State]map[lease.Verb]lease.State{
		lease.Draft: {
			lease.VerbAmend: lease.Draft, lease.VerbSign: lease.Signing, lease.VerbActivate: lease.Active, lease.VerbTerminate: lease.Terminated,
		},
		lease.Signing:  {lease.VerbWithdraw: lease.Draft, lease.VerbActivate: lease.Active, lease.VerbTerminate: lease.Terminated},
		lease.Active:   {lease.VerbAmend: lease.Active, lease.VerbRenew: lease.Renewed, lease.VerbTerminate: lease.Terminated, lease.VerbExpire: lease.Expired},
		lease.Expiring: {lease.VerbAmend: lease.Active, lease.VerbRenew: lease.Renewed, lease.VerbTerminate: lease.Terminated, lease.VerbExpire: lease.Expired},
		lease.Expired:  {lease.VerbRenew: lease.Renewed, lease.VerbTerminate: lease.Terminated, lease.VerbApprove: lease.Active},
	}
	// Legal by state, and refused because the end date is still to come.
	dated := []lease.State{lease.Draft, lease.Active, lease.Expiring}
	for _, s := range lease.States() {
		for _, v := range lease.Verbs() {
			l, m := in(t, s)
			before := l
			got, err := do(v, &l, m)
			if diff := cmp.Diff(before, l); diff != "" {
				t.Errorf("%s in %s changed the lease it was asked of:\n%s", v, s, diff)
			}
			var state *fault.StateError
			var rule *invalid.Error
			switch want, ok := legal[s][v]; {
			case v == lease.VerbApprove && slices.Contains(dated, s):
				if !errors.As(err, &rule) || rule.Field != "endDate" {
					t.Errorf("%s in %s: %v, want endDate to be refused", v, s, err)
				}
			case !ok:
				if !errors.As(err, &state) || state.State != string(s) || state.Error() == "" {
					t.Errorf("%s in %s: %v, want a StateError", v, s, err)
				}
			case err != nil || got.State != want:
				t.Errorf("%s in %s: %s, %v; want %s", v, s, got.State, err, want)
			}
		}
	}
}

// R-T7: a lease without end needs reason, approver and a review within a year; one with an end is never open-ended.
func TestTermsThatNobodyCouldBeRemindedOfAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		terms lease.Terms
		field string // refused; empty when the terms are in order
	}{
		{"fixed", fixed("2026-01-01", "2026-12-31"), ""},
		{"one day", fixed("2026-01-01", "2026-01-01"), ""},
		{"open-ended", lease.Terms{Start: day("2026-01-01"), Open: approval("2026-12-31")}, ""},
		{"review after 365 days", lease.Terms{Start: day("2026-01-01"), Open: approval("2027-01-10")}, ""},
		{"review after 366 days", lease.Terms{Start: day("2026-01-01"), Open: approval("2027-01-11")}, "openEnded.reviewDate"},
		{"review today", lease.Terms{Start: day("2026-01-01"), Open: approval("2026-01-10")}, "openEnded.reviewDate"},
		{"no review", lease.Terms{Start: day("2026-01-01"), Open: &lease.Approval{Reason: "r", Approver: "a"}}, "openEnded.reviewDate"},
		{"no reason", lease.Terms{Start: day("2026-01-01"), Open: &lease.Approval{Reason: " ", Approver: "a", Review: day("2026-12-31")}}, "openEnded.reason"},
		{"no approver", lease.Terms{Start: day("2026-01-01"), Open: &lease.Approval{Reason: "长期有效", Review: day("2026-12-31")}}, "openEnded.approver"},
		{"open-ended with an end", lease.Terms{Start: day("2026-01-01"), End: day("2026-12-31"), Open: approval("2026-06-30")}, "endDate"},
		{"class says open-ended beside an end", lease.Terms{Class: lease.OpenEnded, Start: day("2026-01-01"), End: day("2026-12-31")}, "endDate"},
		{"class alone", lease.Terms{Class: lease.OpenEnded, Start: day("2026-01-01")}, "openEnded"},
		{"fixed with an approval", lease.Terms{Class: lease.FixedTerm, Start: day("2026-01-01"), End: day("2026-12-31"), Open: approval("2026-06-30")}, "openEnded"},
		{"neither", lease.Terms{Start: day("2026-01-01")}, "endDate"},
		{"end before start", fixed("2026-01-02", "2026-01-01"), "endDate"},
		{"no start", lease.Terms{End: day("2026-01-01")}, "startDate"},
		{"unsettled without a word why", lease.Terms{Class: lease.Unsettled, Start: day("2026-01-01")}, "doubt"},
		{"negative rent", lease.Terms{Start: day("2026-01-01"), End: day("2026-12-31"), Rent: -1}, "rentCents"},
		{"negative deposit", lease.Terms{Start: day("2026-01-01"), End: day("2026-12-31"), Deposit: -1}, "depositCents"},
		{"unknown cycle", lease.Terms{Start: day("2026-01-01"), End: day("2026-12-31"), Cycle: "WEEKLY"}, "paymentCycle"},
		{"unknown class", lease.Terms{Class: "长期有效", Start: day("2026-01-01")}, "class"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, err := lease.New(lease.Lease{ID: "L1", Tenant: "T1", Unit: "U1"}, c.terms, on("2026-01-10"))
			var rule *invalid.Error
			if c.field == "" {
				if err != nil || l.State != lease.Draft || l.Current().Version != 1 || l.Current().Cycle != lease.Monthly {
					t.Fatalf("%+v: %v", l, err)
				}
				return
			}
			if !errors.As(err, &rule) || rule.Field != c.field {
				t.Fatalf("%v, want %s to be refused", err, c.field)
			}
		})
	}
}

func TestNewNeedsItsIDs(t *testing.T) {
	t.Parallel()
	for _, l := range []lease.Lease{{Tenant: "T", Unit: "U"}, {ID: "L", Unit: "U"}, {ID: "L", Tenant: "T"}} {
		if _, err := lease.New(l, fixed("2026-01-01", "2026-12-31"), on("2026-01-10")); err == nil {
			t.Errorf("%+v was accepted", l)
		}
	}
}

func TestAmendmentsAreVersions(t *testing.T) {
	t.Parallel()
	l, m := in(t, lease.Active)
	same, err := l.Amend(*l.Current(), m)
	if err != nil || len(same.Terms) != 1 {
		t.Fatalf("terms that change nothing made %d versions: %v", len(same.Terms), err)
	}
	later, err := l.Amend(fixed("2025-03-01", "2026-08-31"), m)
	if err != nil || later.Current().Version != 2 || later.Terms[0].End != day("2026-02-28") || later.Current().Actor != "anna" {
		t.Fatalf("%+v: %v", later.Terms, err)
	}
	if _, err := l.Amend(lease.Terms{Start: day("2025-03-01"), Open: approval("2026-06-30")}, m); err == nil {
		t.Fatal("an amendment made a lease open-ended by the back door")
	}
	for _, bad := range []lease.Terms{fixed("2025-03-01", "2025-02-01"), {}} {
		if _, err := l.Amend(bad, m); err == nil {
			t.Errorf("%+v was agreed on", bad)
		}
	}
}

func TestUnsettledLeasesMustBeSettledFirst(t *testing.T) {
	t.Parallel()
	l := draft(t, lease.Terms{Class: lease.Unsettled, Start: day("2024-01-01"), Doubt: `the list says "长期有效" beside 2025-12-31`})
	m := on("2026-01-10")
	if got, why := l.Standing(m.Today()); got != lease.Exception || why == "" {
		t.Fatalf("standing %s %q", got, why)
	}
	if _, err := l.Sign(m); err == nil {
		t.Fatal("it was handed out for signing")
	}
	if _, err := l.Activate(m); err == nil {
		t.Fatal("it was activated")
	}
	dated, err := l.Amend(fixed("2024-01-01", "2026-12-31"), m)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := dated.Standing(m.Today()); got != lease.Scheduled {
		t.Fatalf("standing %s with an end date", got)
	}
	open, err := l.Approve(*approval("2026-12-31"), m)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := open.Standing(m.Today()); got != lease.ApprovedOpenEnded {
		t.Fatalf("standing %s with an approval", got)
	}
	if got, why := open.Standing(day("2027-01-01")); got != lease.Exception || why == "" {
		t.Fatalf("standing %s %q after the review was due", got, why)
	}
	again, err := open.Approve(*approval("2027-11-30"), on("2026-12-01"))
	if err != nil || again.Current().Version != 3 {
		t.Fatalf("approved again: %+v, %v", again.Terms, err)
	}
	if _, err := open.Approve(lease.Approval{}, m); err == nil {
		t.Fatal("nothing was an approval")
	}
	closed, err := open.Terminate(day("2027-01-01"), "moved away", on("2027-01-02"))
	if got, _ := closed.Standing(day("2027-01-02")); err != nil || got != lease.ApprovedOpenEnded {
		t.Fatalf("standing %s of a closed lease: %v", got, err)
	}
}

func TestRenewal(t *testing.T) {
	t.Parallel()
	l, m := in(t, lease.Expiring)
	next, err := l.Renewal("L2", lease.Terms{End: day("2027-02-28")}, m)
	if err != nil {
		t.Fatal(err)
	}
	got := *next.Current()
	for was, want := range map[string]string{
		"": "", "HT-17": "HT-17-R1", "HT-17-R1": "HT-17-R2", "HT-17-R9": "HT-17-R10", "A-R0": "A-R0-R1", "-R1": "-R1-R1", "X-Rest": "X-Rest-R1",
		strings.Repeat("租", 98): strings.Repeat("租", 98),
	} {
		numbered := l
		numbered.Number = was
		if n, err := numbered.Renewal("L2", lease.Terms{End: day("2027-02-28")}, m); err != nil || n.Number != want {
			t.Errorf("%q is renewed as %q, %v: want %q", was, n.Number, err, want)
		}
	}
	if next.State != lease.Draft || next.Previous != "L1" || got.Start != day("2026-03-01") || got.Rent != 350_000 || got.Deposit != 700_000 || got.Cycle != lease.Monthly {
		t.Fatalf("%+v", next)
	}
	if l.State != lease.Expiring {
		t.Fatal("a draft has closed the lease it is to renew")
	}
	announced := l.Announce("L2")
	if _, err := announced.Renewal("L3", lease.Terms{End: day("2027-02-28")}, m); err == nil {
		t.Fatal("a lease was renewed twice")
	}
	if _, err := l.Renewal("L2", lease.Terms{Start: day("2026-02-28"), End: day("2027-02-28")}, m); err == nil {
		t.Fatal("the renewal overlaps")
	}
	closed, err := announced.Renew("L2", m.At)
	if err != nil || !closed.State.Closed() || closed.ClosedAt != m.At.UTC() {
		t.Fatalf("%+v: %v", closed, err)
	}
}

func TestTerminationAsksWhy(t *testing.T) {
	t.Parallel()
	l, m := in(t, lease.Active)
	var rule *invalid.Error
	if _, err := l.Terminate(m.Today(), " ", m); !errors.As(err, &rule) || rule.Field != "reason" || rule.Error() == "" {
		t.Fatalf("%v", err)
	}
	got, err := l.Terminate(calendar.Date{}, "sold", m)
	if err != nil || got.LeftOn != m.Today() || got.Reason != "sold" {
		t.Fatalf("%+v: %v", got, err)
	}
}

func TestExpireWaitsForTheDay(t *testing.T) {
	t.Parallel()
	l, _ := in(t, lease.Active)
	if _, err := l.Expire(on("2026-02-28")); err == nil {
		t.Fatal("it expired on its last day")
	}
	got, err := l.Expire(on("2026-03-01"))
	if err != nil || got.State != lease.Expired {
		t.Fatalf("%s: %v", got.State, err)
	}
}

// Stepping from change to change, as the service does, and looking on a day give the same state.
func TestTheCalendarDecides(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := day("2024-02-29").Add(rapid.IntRange(0, 800).Draw(t, "start"))
		end := start.Add(rapid.IntRange(0, 500).Draw(t, "length"))
		today := start.Add(rapid.IntRange(-100, 700).Draw(t, "today"))
		m := lease.Moment{At: start.At(calendar.Clock{Hour: 10}, shanghai), Zone: shanghai}
		l, err := lease.New(lease.Lease{ID: "L1", Tenant: "T1", Unit: "U1"}, lease.Terms{Start: start, End: end}, m)
		if err != nil {
			t.Fatal(err)
		}
		l.State = lease.Active
		stepped := l
		for !stepped.Changes().IsZero() && !stepped.Changes().After(today) {
			before := stepped.State
			stepped = stepped.On(stepped.Changes())
			if stepped.State == before {
				t.Fatalf("nothing changed on the day of change of %s", before)
			}
		}
		if got := l.On(today); got.State != stepped.State {
			t.Fatalf("%s on %v, stepped to %s", got.State, today, stepped.State)
		}
	})
}

// A contract that is entered later than it was signed counts from the day of its signature, and so does what it renews.
func TestSignedBeforeItIsEntered(t *testing.T) {
	t.Parallel()
	m := on("2026-03-10")
	terms := fixed("2025-01-01", "2026-12-31")
	terms.Signed = day("2024-12-20")
	l := draft(t, terms)
	got, err := l.Activate(m)
	if want := day("2024-12-20").At(calendar.Clock{Hour: 12}, m.Zone); err != nil || !got.SignedAt.Equal(want) {
		t.Errorf("signed %v: %v", got.SignedAt, err)
	}
	terms.Signed = m.Today()
	l, err = lease.New(lease.Lease{ID: "L1", Tenant: "T1", Unit: "U1"}, terms, m)
	if err != nil {
		t.Fatal(err)
	}
	if got, err = l.Activate(m); err != nil || got.SignedAt.After(m.At) {
		t.Errorf("signed today, %v: %v", got.SignedAt, err)
	}
	terms.Signed = m.Today().Add(1)
	var rule *invalid.Error
	if _, err := lease.New(lease.Lease{ID: "L1", Tenant: "t1", Unit: "u1"}, terms, m); !errors.As(err, &rule) || rule.Field != "signedDate" {
		t.Errorf("signed tomorrow: %v", err)
	}
}
