package obligation_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/fault"
	"fettle/rental/lease"
	"fettle/rental/obligation"
)

var shanghai = zone("Asia/Shanghai")

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func day(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func policy(z *time.Location) *obligation.Policy {
	return &obligation.Policy{Zone: z, Hour: obligation.DefaultHour}
}

// newLease makes an active lease whose terms were recorded at ten on its first day.
func newLease(t testing.TB, start, end string) lease.Lease {
	t.Helper()
	m := lease.Moment{At: day(start).At(calendar.Clock{Hour: 10}, shanghai), Zone: shanghai, Actor: "anna"}
	l, err := lease.New(lease.Lease{ID: "L1", Tenant: "T1", Unit: "U1"}, lease.Terms{Start: day(start), End: day(end)}, m)
	if err != nil {
		t.Fatal(err)
	}
	if l, err = l.Activate(m); err != nil {
		t.Fatal(err)
	}
	return l
}

// civil is a day as a count since 1970 and back, by arithmetic alone (Hinnant 2013, chrono-compatible low-level date
// algorithms): the oracle of R-T3 shares nothing with package time.
func civil(n int) (y, m, d int) {
	n += 719468
	era := n / 146097
	doe := n - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d, m = doy-(153*mp+2)/5+1, mp+3
	if m > 12 {
		m -= 12
	}
	y = yoe + era*400
	if m <= 2 {
		y++
	}
	return y, m, d
}

func count(d calendar.Date) int {
	y, m := d.Year, int(d.Month)
	if m <= 2 {
		y--
	}
	era := y / 400
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + d.Day - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

// R-T3: 100,000 leases, with the ends that trap people among them, agree with days counted by hand. R-T4: in zones with odd
// clocks each reminder goes out on its day, once, at nine by the wall.
func TestDatesAgreeWithAnOracleOnAHundredThousandLeases(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{shanghai, zone("America/New_York"), zone("Australia/Lord_Howe"), zone("Pacific/Apia"), zone("Asia/Kathmandu"), time.UTC}
	traps := []string{"2028-02-29", "2027-02-28", "2028-02-28", "2026-12-31", "2027-01-01", "2038-01-19", "2038-01-20", "2096-02-29", "2100-02-28", "2100-03-01", "2027-03-31"}
	r := rand.New(rand.NewPCG(7, 11))
	broken := map[string]bool{} // of saboteurs, those that went red
	for i := range 100_000 {
		end := day("2026-01-01").Add(r.IntN(40_000))
		if i < 60*len(traps) {
			end = day(traps[i%len(traps)])
		}
		z := zones[r.IntN(len(zones))]
		l := lease.Lease{ID: "L", State: lease.Active, Terms: []lease.Terms{{Version: 1, Class: lease.FixedTerm, Start: end.Add(-400), End: end}}}
		got := obligation.Derive(&l, policy(z))
		if fault := differs(got, end, z); fault != "" {
			t.Fatalf("lease until %v in %v: %s", end, z, fault)
		}
		for name, wrong := range wrongDates() {
			broken[name] = broken[name] || differs(wrong(got, end, z), end, z) != ""
		}
	}
	for name := range wrongDates() {
		if !broken[name] {
			t.Errorf("who counts %s agrees with the oracle on all leases", name)
		}
	}
}

// differs says where the rungs of a lease are not where the oracle has them, "" when they are.
func differs(got []obligation.Obligation, end calendar.Date, z *time.Location) string {
	if len(got) != 3 {
		return fmt.Sprintf("it has %d rungs", len(got))
	}
	for k, before := range []int{60, 30, 7} {
		y, m, d := civil(count(end) - before)
		want := calendar.Date{Year: y, Month: time.Month(m), Day: d}
		if got[k].Due != want || got[k].State != obligation.Due {
			return fmt.Sprintf("rung %s on %v, want %v", got[k].Rung, got[k].Due, want)
		}
		wall := got[k].At.In(z)
		if calendar.DateOf(got[k].At, z) != want || wall.Hour() != 9 || wall.Minute() != 0 {
			return fmt.Sprintf("rung %s at %v", got[k].Rung, wall)
		}
	}
	return ""
}

// wrongDates are saboteurs: ways to count days that are wrong now and then.
func wrongDates() map[string]func(got []obligation.Obligation, end calendar.Date, z *time.Location) []obligation.Obligation {
	change := func(got []obligation.Obligation, f func(o *obligation.Obligation, before int)) []obligation.Obligation {
		out := slices.Clone(got)
		for k, before := range []int{60, 30, 7} {
			f(&out[k], before)
		}
		return out
	}
	return map[string]func([]obligation.Obligation, calendar.Date, *time.Location) []obligation.Obligation{
		"days of 24 hours": func(got []obligation.Obligation, end calendar.Date, z *time.Location) []obligation.Obligation {
			return change(got, func(o *obligation.Obligation, before int) {
				o.At = end.At(calendar.Clock{Hour: 9}, z).Add(-time.Duration(before) * 24 * time.Hour)
			})
		},
		"in UTC": func(got []obligation.Obligation, _ calendar.Date, _ *time.Location) []obligation.Obligation {
			return change(got, func(o *obligation.Obligation, _ int) { o.At = o.Due.At(calendar.Clock{Hour: 9}, time.UTC) })
		},
		"months of 30 days": func(got []obligation.Obligation, end calendar.Date, _ *time.Location) []obligation.Obligation {
			return change(got, func(o *obligation.Obligation, before int) {
				y, m, d := time.Date(end.Year, end.Month-time.Month(before/30), end.Day-before%30, 0, 0, 0, 0, time.UTC).Date()
				o.Due = calendar.Date{Year: y, Month: m, Day: d}
			})
		},
	}
}

func TestEveryVerbInEveryState(t *testing.T) {
	t.Parallel()
	now := day("2026-01-01").At(calendar.Clock{Hour: 10}, shanghai)
	verbs := map[string]func(o *obligation.Obligation) error{
		"claim":       func(o *obligation.Obligation) error { return o.Claim(now) },
		"bounce":      func(o *obligation.Obligation) error { return o.Bounce("NO_CHANNEL") },
		"send":        func(o *obligation.Obligation) error { return o.Send(now) },
		"deliver":     func(o *obligation.Obligation) error { return o.Deliver(now) },
		"acknowledge": func(o *obligation.Obligation) error { return o.Acknowledge(now, "anna") },
		"waive":       func(o *obligation.Obligation) error { return o.Waive(now, "anna", "moved out") },
		"compensate":  func(o *obligation.Obligation) error { return o.Compensate(now, "anna", "called") },
	}
	legal := map[obligation.State]map[string]obligation.State{
		obligation.Due:       {"claim": obligation.Claimed, "waive": obligation.Waived, "bounce": obligation.Due},
		obligation.Claimed:   {"bounce": obligation.Due, "send": obligation.Sent},
		obligation.Sent:      {"deliver": obligation.Delivered, "acknowledge": obligation.Acknowledged, "bounce": obligation.Due},
		obligation.Delivered: {"acknowledge": obligation.Acknowledged},
		obligation.Late: {
			"deliver": obligation.Late, "acknowledge": obligation.Acknowledged, "compensate": obligation.Compensated, "bounce": obligation.Due,
		},
	}
	for _, s := range obligation.States() {
		for name, verb := range verbs {
			o := obligation.Obligation{ID: "L1.v1.60", State: s, At: now.Add(-time.Minute), ClaimUntil: now.Add(time.Second)}
			err := verb(&o)
			var state *fault.StateError
			if want, ok := legal[s][name]; !ok {
				if !errors.As(err, &state) || o.State != s {
					t.Errorf("%s in %s: %v and %s, want a StateError", name, s, err, o.State)
				}
			} else if err != nil || o.State != want {
				t.Errorf("%s in %s: %s, %v; want %s", name, s, o.State, err, want)
			}
		}
		if !s.Valid() {
			t.Errorf("%s is not valid", s)
		}
	}
}

func TestSettlingAsksWhy(t *testing.T) {
	t.Parallel()
	var rule *invalid.Error
	o := obligation.Obligation{State: obligation.Due}
	if err := o.Waive(time.Time{}, "anna", " "); !errors.As(err, &rule) || o.State != obligation.Due {
		t.Errorf("waived without a reason: %v, %s", err, o.State)
	}
	o.State = obligation.Late
	if err := o.Compensate(time.Time{}, "anna", ""); !errors.As(err, &rule) || o.State != obligation.Late {
		t.Errorf("compensated without a reason: %v, %s", err, o.State)
	}
}

func TestLateness(t *testing.T) {
	t.Parallel()
	at := day("2026-01-01").At(calendar.Clock{Hour: 9}, shanghai)
	for _, c := range []struct {
		after  time.Duration
		state  obligation.State
		person bool
	}{
		{0, obligation.Sent, false},
		{obligation.Grace, obligation.Sent, false},
		{obligation.Grace + time.Second, obligation.Late, false},
		{obligation.PersonAfter, obligation.Late, false},
		{14 * 24 * time.Hour, obligation.Late, true}, // the incident
	} {
		o := obligation.Obligation{State: obligation.Due, At: at}
		if err := errors.Join(o.Claim(at.Add(c.after)), o.Send(at.Add(c.after))); err != nil {
			t.Fatal(err)
		}
		if o.State != c.state || o.Person != c.person || c.state == obligation.Late && o.Delay != c.after {
			t.Errorf("sent %v after its instant: %s, person %v, delay %v", c.after, o.State, o.Person, o.Delay)
		}
	}
}

func TestClaimsEnd(t *testing.T) {
	t.Parallel()
	at := day("2026-01-01").At(calendar.Clock{Hour: 9}, shanghai)
	o := obligation.Obligation{State: obligation.Due, At: at}
	if err := o.Claim(at); err != nil {
		t.Fatal(err)
	}
	if err := o.Claim(at.Add(obligation.ClaimFor - time.Second)); err == nil {
		t.Fatal("a claim was taken from somebody who still has it")
	}
	if err := o.Claim(at.Add(obligation.ClaimFor)); err != nil || o.Attempt != 2 {
		t.Fatalf("attempt %d: %v", o.Attempt, err)
	}
	if err := o.Claim(at.AddDate(0, 0, -1)); err != nil || o.Attempt != 3 {
		t.Fatalf("a claim of a clock that was a day ahead is kept: attempt %d: %v", o.Attempt, err)
	}
	if err := o.Bounce("NO_CHANNEL"); err != nil || o.State != obligation.Due || o.Attempt != 3 || !o.Person || o.Reason != "NO_CHANNEL" {
		t.Fatalf("%+v: %v", o, err)
	}
	if err := errors.Join(o.Claim(at), o.Send(at)); err != nil || o.Person || o.Reason != "" {
		t.Fatalf("sent after all: %+v: %v", o, err)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		rule obligation.Rule
		ok   bool
	}{
		{"earlier touch", obligation.Rule{Name: "kitchen", DaysBefore: 25}, true},
		{"other words for a rung", obligation.Rule{Name: "soft", Rung: obligation.Survey, Template: "survey-soft", Channel: "WECHAT"}, true},
		{"another day for a rung", obligation.Rule{Name: "x", Rung: obligation.Survey, DaysBefore: 25}, false},
		{"after the notice", obligation.Rule{Name: "x", DaysBefore: 7}, false},
		{"a year and a day", obligation.Rule{Name: "x", DaysBefore: 366}, false},
		{"neither", obligation.Rule{Name: "x"}, false},
		{"no name", obligation.Rule{DaysBefore: 25}, false},
		{"name with a dot", obligation.Rule{Name: "a.b", DaysBefore: 25}, false},
		{"unknown rung", obligation.Rule{Name: "x", Rung: "90"}, false},
		{"review", obligation.Rule{Name: "x", Rung: obligation.Review}, false},
	} {
		if err := c.rule.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	l := newLease(t, "2025-03-01", "2026-02-28")
	p := policy(shanghai)
	p.Rules = []obligation.Rule{{Name: "kitchen", DaysBefore: 25, Template: "kitchen"}, {Name: "soft", Rung: "60", Channel: "WECHAT"}, {Name: "far", DaysBefore: 365}}
	var got []string
	for _, o := range obligation.Derive(&l, p) {
		template, channel := p.Says(o.Rung)
		got = append(got, string(o.Rung)+" "+o.Due.String()+" "+template+channel)
	}
	// 28 Feb - 60 = 30 Dec, - 30 = 29 Jan, - 25 = 3 Feb, - 7 = 21 Feb; a year before is before the lease.
	want := []string{"60 2025-12-30 WECHAT", "30 2026-01-29 ", "touch-kitchen 2026-02-03 kitchen", "7 2026-02-21 "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOpenEndedLeasesRemindOfTheirReview(t *testing.T) {
	t.Parallel()
	m := lease.Moment{At: day("2026-01-01").At(calendar.Clock{Hour: 10}, shanghai), Zone: shanghai}
	l, err := lease.New(lease.Lease{ID: "L1", Tenant: "T1", Unit: "U1"}, lease.Terms{
		Start: day("2026-01-01"), Open: &lease.Approval{Reason: "staff flat", Approver: "Li", Review: day("2026-12-31")},
	}, m)
	if err != nil {
		t.Fatal(err)
	}
	got := obligation.Derive(&l, policy(shanghai))
	if len(got) != 1 || got[0].Rung != obligation.Review || got[0].Due != day("2026-12-24") {
		t.Fatalf("%+v", got)
	}
	l.Terms[0] = lease.Terms{Version: 1, Class: lease.Unsettled, Doubt: "no end"}
	if got := obligation.Derive(&l, policy(shanghai)); got != nil {
		t.Fatalf("an exception has obligations: %+v", got)
	}
}

// send does what the service does about what is due: sweeps, claims, sends.
func send(t testing.TB, l *lease.Lease, all []obligation.Obligation, now time.Time) string {
	t.Helper()
	i, changes := obligation.Sweep(l, all, now)
	merge(&all, changes)
	if i < 0 {
		return ""
	}
	if err := errors.Join(all[i].Claim(now), all[i].Send(now)); err != nil {
		t.Fatal(err)
	}
	return all[i].ID
}

// merge puts changed obligations in the place of what they were, and new ones at the end.
func merge(all *[]obligation.Obligation, changes []obligation.Obligation) {
	for _, c := range changes {
		if i := slices.IndexFunc(*all, func(o obligation.Obligation) bool { return o.ID == c.ID }); i >= 0 {
			(*all)[i] = c
		} else {
			*all = append(*all, c)
		}
	}
}

// R-T1: after an outage the nearest stage goes out, the older ones are superseded with a record, and none is unaccounted.
func TestAfterAnOutageTheNearestRungGoesOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, up string // the service is down from 29 December 2025 until this day
		want     map[obligation.Rung]obligation.State
	}{
		{"an hour", "2025-12-30", map[obligation.Rung]obligation.State{"60": obligation.Sent, "30": obligation.Sent, "7": obligation.Sent}},
		{"14 days", "2026-01-12", map[obligation.Rung]obligation.State{"60": obligation.Late, "30": obligation.Sent, "7": obligation.Sent}},
		{"45 days", "2026-02-12", map[obligation.Rung]obligation.State{"60": obligation.Superseded, "30": obligation.Late, "7": obligation.Sent}},
		{"until after the end", "2026-03-09", map[obligation.Rung]obligation.State{"60": obligation.Superseded, "30": obligation.Superseded, "7": obligation.Late}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLease(t, "2025-03-01", "2026-02-28")
			p := policy(shanghai)
			var all []obligation.Obligation
			merge(&all, obligation.Reconcile(&l, nil, p, l.Terms[0].From))
			sent := map[string]int{}
			for d := day(c.up); d.Before(day("2026-03-12")); d = d.Add(1) {
				if id := send(t, &l, all, d.At(calendar.Clock{Hour: 10}, shanghai)); id != "" {
					sent[id]++
				}
			}
			for _, o := range all {
				if o.State != c.want[o.Rung] || o.State == obligation.Superseded && o.Reason == "" {
					t.Errorf("rung %s is %s (%s), want %s", o.Rung, o.State, o.Reason, c.want[o.Rung])
				}
				if o.State.Reached() != (sent[o.ID] == 1) {
					t.Errorf("rung %s is %s and was sent %d times", o.Rung, o.State, sent[o.ID])
				}
			}
			audit := obligation.NewAuditor(p, day("2025-01-01"), day("2027-01-01"), day("2026-03-12").At(calendar.Clock{Hour: 12}, shanghai))
			audit.Add(&l, all)
			if got := audit.Result(); !got.Zero() || got.Expected != 3 || got.Scheduled != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestATouchDoesNotStandForARung(t *testing.T) {
	t.Parallel()
	l := newLease(t, "2025-03-01", "2026-02-28")
	p := policy(shanghai)
	p.Rules = []obligation.Rule{{Name: "kitchen", DaysBefore: 25}}
	all := obligation.Reconcile(&l, nil, p, l.Terms[0].From)
	// Down from before the 30-day rung until after the touch of 25 days: the rung goes out, the touch is superseded.
	if got := send(t, &l, all, day("2026-02-05").At(calendar.Clock{Hour: 9}, shanghai)); got != "L1.v1.30" {
		t.Fatalf("sent %q", got)
	}
	if all[2].State != obligation.Superseded {
		t.Fatalf("%+v", all[2])
	}
	if got := send(t, &l, all, day("2026-02-05").At(calendar.Clock{Hour: 9}, shanghai)); got != "" {
		t.Fatalf("then %q", got)
	}
	p.Rules = nil
	all = obligation.Reconcile(&l, nil, &obligation.Policy{Zone: shanghai, Rules: []obligation.Rule{{Name: "kitchen", DaysBefore: 25}}}, l.Terms[0].From)
	if got := obligation.Reconcile(&l, all, p, l.Terms[0].From); len(got) != 1 || got[0].State != obligation.Superseded || got[0].Rung != "touch-kitchen" {
		t.Fatalf("a rule that is gone left %+v", got)
	}
}

func TestReconcileTellsOnce(t *testing.T) {
	t.Parallel()
	p := policy(shanghai)
	at := func(d string) lease.Moment {
		return lease.Moment{At: day(d).At(calendar.Clock{Hour: 12}, shanghai), Zone: shanghai}
	}
	for _, c := range []struct {
		name string
		edit func(l *lease.Lease) (lease.Lease, error) // on 10 January, when the 60-day rung of 30 December has gone out
		want map[string]obligation.State
	}{
		{"rent alone", func(l *lease.Lease) (lease.Lease, error) {
			terms := *l.Current()
			terms.Rent++
			return l.Amend(terms, at("2026-01-10"))
		}, map[string]obligation.State{
			"L1.v1.60": obligation.Sent, "L1.v1.30": obligation.Superseded, "L1.v1.7": obligation.Superseded,
			"L1.v2.60": obligation.Superseded, "L1.v2.30": obligation.Due, "L1.v2.7": obligation.Due,
		}},
		{"a year longer", func(l *lease.Lease) (lease.Lease, error) {
			return l.Amend(lease.Terms{Start: day("2025-03-01"), End: day("2027-02-28")}, at("2026-01-10"))
		}, map[string]obligation.State{
			"L1.v1.60": obligation.Sent, "L1.v1.30": obligation.Superseded, "L1.v1.7": obligation.Superseded,
			"L1.v2.60": obligation.Due, "L1.v2.30": obligation.Due, "L1.v2.7": obligation.Due,
		}},
		{"shorter, so that two rungs are over", func(l *lease.Lease) (lease.Lease, error) {
			return l.Amend(lease.Terms{Start: day("2025-03-01"), End: day("2026-01-31")}, at("2026-01-10"))
		}, map[string]obligation.State{
			"L1.v1.60": obligation.Sent, "L1.v1.30": obligation.Superseded, "L1.v1.7": obligation.Superseded,
			"L1.v2.60": obligation.Due, "L1.v2.30": obligation.Due, "L1.v2.7": obligation.Due, // the sweep sends v2.30 at once
		}},
		{"to a day that is over", func(l *lease.Lease) (lease.Lease, error) {
			return l.Amend(lease.Terms{Start: day("2025-03-01"), End: day("2026-01-05")}, at("2026-01-10"))
		}, map[string]obligation.State{
			"L1.v1.60": obligation.Sent, "L1.v1.30": obligation.Superseded, "L1.v1.7": obligation.Superseded,
			"L1.v2.60": obligation.Superseded, "L1.v2.30": obligation.Superseded, "L1.v2.7": obligation.Superseded,
		}},
		{"terminated", func(l *lease.Lease) (lease.Lease, error) {
			return l.Terminate(day("2026-01-10"), "moved away", at("2026-01-10"))
		}, map[string]obligation.State{"L1.v1.60": obligation.Sent, "L1.v1.30": obligation.Superseded, "L1.v1.7": obligation.Superseded}},
		{
			"renewed", func(l *lease.Lease) (lease.Lease, error) { return l.Renew("L2", at("2026-01-10").At) },
			map[string]obligation.State{"L1.v1.60": obligation.Sent, "L1.v1.30": obligation.Superseded, "L1.v1.7": obligation.Superseded},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLease(t, "2025-03-01", "2026-02-28")
			all := obligation.Reconcile(&l, nil, p, l.Terms[0].From)
			if send(t, &l, all, day("2025-12-30").At(calendar.Clock{Hour: 9}, shanghai)) != "L1.v1.60" {
				t.Fatal("the first rung did not go out")
			}
			l, err := c.edit(&l)
			if err != nil {
				t.Fatal(err)
			}
			now := at("2026-01-10").At
			merge(&all, obligation.Reconcile(&l, all, p, now))
			if again := obligation.Reconcile(&l, all, p, now); again != nil {
				t.Errorf("reconciled twice: %+v", again)
			}
			got := map[string]obligation.State{}
			for _, o := range all {
				got[o.ID] = o.State
				if o.State == obligation.Superseded && o.Reason == "" {
					t.Errorf("%s is superseded by nothing", o.ID)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
