package cleaning_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/org/calendar"
	"fettle/rental/cleaning"
	"fettle/rental/lease"
	"fettle/rental/tenant"
)

var now = time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC)

func day(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func kinds(found []cleaning.Finding) string {
	var out []string
	for i := range found {
		out = append(out, string(found[i].Kind))
	}
	return strings.Join(out, " ")
}

func TestTenants(t *testing.T) {
	t.Parallel()
	good := tenant.Tenant{
		Name: "Li Na", Phone: "13731415926", NationalID: "11010519491231002X",
		Emergency: tenant.Contact{Name: "Wang", Phone: "13827182818", Confirmed: now.AddDate(0, -11, 0)},
	}
	for want, change := range map[string]func(x *tenant.Tenant){
		"":                              func(*tenant.Tenant) {},
		"PHONE_MISSING":                 func(x *tenant.Tenant) { x.Phone = "" },
		"PHONE_INVALID":                 func(x *tenant.Tenant) { x.Phone = "1373141592" },
		"ID_INVALID":                    func(x *tenant.Tenant) { x.NationalID = "110105194912310021" },
		"ID_EXPIRED":                    func(x *tenant.Tenant) { x.IDExpires = day("2026-07-05") },
		"CONTACT_STALE":                 func(x *tenant.Tenant) { x.Emergency.Confirmed = now.AddDate(-1, -1, 0) },
		"CONTACT_IS_TENANT":             func(x *tenant.Tenant) { x.Emergency.Phone = x.Phone },
		"CONTACT_MISSING":               func(x *tenant.Tenant) { x.Emergency = tenant.Contact{} },
		"PHONE_MISSING CONTACT_MISSING": func(x *tenant.Tenant) { x.Phone, x.Emergency = "", tenant.Contact{} },
	} {
		x := good
		change(&x)
		found := cleaning.OfTenant("tn_1", &x, now, day("2026-07-06"))
		if got := kinds(found); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, f := range found {
			if strings.Contains(f.Wish, "1373141") || f.Wish == "" {
				t.Errorf("%s tells %q", f.Kind, f.Wish)
			}
		}
	}
	if found := cleaning.OfTenant("tn_1", &tenant.Tenant{Erased: now}, now, day("2026-07-06")); found != nil {
		t.Errorf("of somebody who was erased: %v", found)
	}
}

func active(id, from, to string, rent int64) *lease.Lease {
	l := &lease.Lease{ID: lease.ID(id), Tenant: "tn_1", Unit: "u-1", State: lease.Active, Terms: []lease.Terms{{Start: day(from), Rent: rent}}}
	if to != "" {
		l.Terms[0].End = day(to)
	}
	return l
}

func TestLeases(t *testing.T) {
	t.Parallel()
	today := day("2026-07-06")
	if got := kinds(cleaning.OfLease(active("a", "2026-01-01", "2026-07-05", 0), today, false)); got != "LEASE_WITHOUT_RENT LEASE_PAST_END LEASE_NO_TENANT" {
		t.Error(got)
	}
	if got := kinds(cleaning.OfLease(active("a", "2026-01-01", "2026-07-06", 1), today, true)); got != "" {
		t.Error(got)
	}
	closed := active("a", "2026-01-01", "2026-07-05", 0)
	closed.State = lease.Terminated
	if got := kinds(cleaning.OfLease(closed, today, false)); got != "" {
		t.Error(got)
	}
}

func TestPairs(t *testing.T) {
	t.Parallel()
	var p cleaning.Pairs
	p.Tenant("tn_2", "x")
	p.Tenant("tn_1", "x")
	p.Tenant("tn_3", "y")
	p.Tenant("tn_4", "")
	p.Tenant("tn_5", "")
	p.Lease(active("a", "2026-01-01", "2026-06-30", 1))
	p.Lease(active("b", "2026-06-30", "2026-12-31", 1))
	p.Lease(active("c", "2027-01-01", "", 1))
	want := []string{"DUPLICATE_TENANT|tenants|tn_2|tn_1", "LEASE_OVERLAP|leases|b|a"}
	var got []string
	for _, f := range p.Findings() {
		got = append(got, f.Same())
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Two leases of a dwelling are found exactly where a day is in both.
func TestOverlapsAreDaysInBoth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var p cleaning.Pairs
		zero := day("2026-01-01")
		var stays [][2]int
		n := rapid.IntRange(0, 6).Draw(r, "n")
		for i := range n {
			from := rapid.IntRange(0, 20).Draw(r, "from")
			to := from + rapid.IntRange(0, 10).Draw(r, "length")
			stays = append(stays, [2]int{from, to})
			p.Lease(active(string(rune('a'+i)), zero.Add(from).String(), zero.Add(to).String(), 1))
		}
		want := 0
		for i := range stays {
			for j := range i {
				if stays[i][0] <= stays[j][1] && stays[j][0] <= stays[i][1] {
					want++
				}
			}
		}
		if got := len(p.Findings()); got != want {
			r.Fatalf("%d overlaps of %v, want %d", got, stays, want)
		}
	})
}

func TestQuarters(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"2026-01-01": "2026-Q1 2026-04-01", "2026-03-31": "2026-Q1 2026-04-01", "2026-11-22": "2026-Q4 2027-01-01"} {
		if got := cleaning.Quarter(day(text)) + " " + cleaning.NextQuarter(day(text)).String(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
