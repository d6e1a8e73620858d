package obligation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/obligation"
)

// settledLease is a lease until 28 February 2026 whose three rungs went out in time.
func settledLease(t *testing.T) (lease.Lease, []obligation.Obligation) {
	t.Helper()
	l := newLease(t, "2025-03-01", "2026-02-28")
	all := obligation.Reconcile(&l, nil, policy(shanghai), l.Terms[0].From)
	for i := range all {
		if got := send(t, &l, all, all[i].At); got != all[i].ID {
			t.Fatalf("sent %q", got)
		}
	}
	return l, all
}

func certify(l *lease.Lease, all []obligation.Obligation) obligation.Certificate {
	a := obligation.NewAuditor(policy(shanghai), day("2025-12-01"), day("2026-03-01"), day("2026-03-01").At(calendar.Clock{Hour: 0}, shanghai))
	a.Add(l, all)
	return a.Result()
}

func TestACertificateFailsWhenSomethingIsGone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		damage  func(all []obligation.Obligation) []obligation.Obligation
		missing string
	}{
		{"nothing", func(all []obligation.Obligation) []obligation.Obligation { return all }, ""},
		{"a row is deleted", func(all []obligation.Obligation) []obligation.Obligation { return slices.Delete(all, 1, 2) }, "no record"},
		{"a row is moved to another day", func(all []obligation.Obligation) []obligation.Obligation {
			all[2].Due = all[2].Due.Add(1)
			return all
		}, "is of"},
		{"a row never went out", func(all []obligation.Obligation) []obligation.Obligation {
			all[0].State = obligation.Due
			return all
		}, "overdue"},
		{"a row says sent without when", func(all []obligation.Obligation) []obligation.Obligation {
			all[0].SentAt = time.Time{}
			return all
		}, "without a record"},
		{"a row was superseded by nothing", func(all []obligation.Obligation) []obligation.Obligation {
			all[0].State = obligation.Superseded
			return all
		}, "without a record"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, all := settledLease(t)
			whole := certify(&l, all)
			all = c.damage(all)
			got := certify(&l, all)
			if got.Zero() != (c.missing == "") || !got.Zero() && !strings.Contains(got.Missing[0].Why, c.missing) {
				t.Errorf("missing %+v, want %q", got.Missing, c.missing)
			}
			if (got.Hash == whole.Hash) != (c.missing == "") {
				t.Errorf("hash %s", got.Hash)
			}
			sum := got.Pending + got.InTime + got.Late + got.Superseded + got.Waived + got.Compensated + got.Future + len(got.Missing)
			if got.Expected != 3 || sum != got.Expected || got.Leases != got.Scheduled+got.OpenEnded+len(got.Exceptions) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestTheCertificateCountsEveryLeaseOnce(t *testing.T) {
	t.Parallel()
	a := obligation.NewAuditor(policy(shanghai), day("2026-01-01"), day("2026-02-01"), day("2026-02-01").At(calendar.Clock{Hour: 0}, shanghai))
	l, all := settledLease(t)
	a.Add(&l, all)
	a.Add(&l, all[1:]) // the record of the first rung is gone: an exception, whatever the terms say
	doubt := lease.Lease{ID: "L3", State: lease.Draft, Terms: []lease.Terms{{Version: 1, Class: lease.Unsettled, Doubt: "长期有效"}}}
	a.Add(&doubt, nil)
	open := lease.Lease{ID: "L4", State: lease.Active, Terms: []lease.Terms{{
		Version: 1, Class: lease.OpenEnded, Start: day("2026-01-01"), Open: &lease.Approval{Reason: "r", Approver: "a", Review: day("2026-06-30")},
	}}}
	a.Add(&open, obligation.Reconcile(&open, nil, policy(shanghai), day("2026-01-01").At(calendar.Clock{Hour: 0}, shanghai)))
	got := a.Result()
	if got.Leases != 4 || got.Scheduled != 1 || got.OpenEnded != 1 || len(got.Exceptions) != 2 {
		t.Fatalf("%+v", got)
	}
	for lang, want := range map[string]string{"en": "none missed", "zh": "零漏报"} {
		if text := got.Text(lang, shanghai); !strings.Contains(text, want) || !strings.Contains(text, got.Hash) || !strings.Contains(text, "长期有效") {
			t.Errorf("%s", text)
		}
	}
	got.Missing = make([]obligation.Fault, 60)
	if text := got.Text("en", shanghai); !strings.Contains(text, "60 MISSED") || strings.Count(text, "\n! ") != 50 {
		t.Errorf("%s", text)
	}
}

func TestDecisionsOfPeopleAreAccountedFor(t *testing.T) {
	t.Parallel()
	l := newLease(t, "2025-03-01", "2026-02-28")
	all := obligation.Reconcile(&l, nil, policy(shanghai), l.Terms[0].From)
	if err := all[0].Waive(all[0].At, "anna", "the tenant has given notice by telephone"); err != nil {
		t.Fatal(err)
	}
	late := all[1].At.AddDate(0, 0, 5)
	if got := send(t, &l, all, late); got != all[1].ID || !all[1].Person {
		t.Fatalf("sent %q, %+v", got, all[1])
	}
	if err := all[1].Compensate(late, "anna", "called, coupon C-7"); err != nil || all[1].Person {
		t.Fatalf("%+v, %v", all[1], err)
	}
	if err := all[2].Claim(all[2].At); err != nil {
		t.Fatal(err)
	}
	a := obligation.NewAuditor(policy(shanghai), day("2025-12-01"), day("2026-03-01"), all[2].At.Add(time.Minute))
	a.Add(&l, all)
	if got := a.Result(); !got.Zero() || got.Waived != 1 || got.Compensated != 1 || got.Pending != 1 {
		t.Fatalf("%+v", got)
	}
}
