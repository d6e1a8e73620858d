package proposal_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/org/calendar"
	"fettle/rental/fault"
	"fettle/rental/lease"
	"fettle/rental/renewal/proposal"
)

var now = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

func day(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// offered is a year at 3,000 yuan or two at 2,900, up to 30 free days, an upgrade for 1,500 yuan, and a budget of 3,000.
func offered(t *testing.T) proposal.Proposal {
	t.Helper()
	p, err := proposal.New(proposal.Proposal{
		Lease: "ls_1", Tenant: "T1", Unit: "un_1", Start: day("2026-05-01"), Expires: now.Add(time.Hour), Budget: 300_000,
		Prices: []proposal.Price{{Months: 12, Rent: 300_000}, {Months: 24, Rent: 290_000}},
		Options: []proposal.Option{
			{Offer: "free", Kind: proposal.FreeDays, MaxDays: 30},
			{Offer: "bed", Kind: proposal.Upgrade, Cost: 150_000},
			{Offer: "trip", Kind: proposal.Voucher, Cost: 20_000},
		},
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheFormula(t *testing.T) {
	t.Parallel()
	p := offered(t)
	for name, c := range map[string]struct {
		choice      proposal.Choice
		rent, total int64
		end         string
		cost        int64
		more        int // free days that the budget still bears
	}{
		"as it is": {proposal.Choice{Months: 12}, 300_000, 3_600_000, "2027-04-30", 0, 30},
		// 30 of 360 days are free: 300,000 * 330/360 = 275,000 a month; a month of rent is the whole budget.
		"a month free":     {proposal.Choice{Months: 12, Days: 30}, 275_000, 3_300_000, "2027-04-30", 300_000, 0},
		"an upgrade":       {proposal.Choice{Months: 12, Offers: []string{"bed"}}, 300_000, 3_600_000, "2027-04-30", 150_000, 15},
		"half of each":     {proposal.Choice{Months: 12, Days: 15, Offers: []string{"bed"}}, 287_500, 3_450_000, "2027-04-30", 300_000, 0},
		"two years, a day": {proposal.Choice{Months: 24, Days: 1}, 289_597, 6_950_328, "2028-04-30", 9_672, 29}, // 290,000 * 719/720, down
	} {
		q, err := p.Quote(c.choice)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := lease.Terms{Start: day("2026-05-01"), End: day(c.end), Rent: c.rent, Class: lease.FixedTerm}
		if diff := cmp.Diff(want, q.Terms); diff != "" || q.Total != c.total || q.Cost != c.cost || q.DaysLeft != c.more {
			t.Errorf("%s: total %d, cost %d, %d days left, %s", name, q.Total, q.Cost, q.DaysLeft, diff)
		}
	}
	for name, c := range map[string]proposal.Choice{
		"months that are not offered": {Months: 6}, "too many days": {Months: 12, Days: 31}, "negative days": {Months: 12, Days: -1},
		"an offer that is not there": {Months: 12, Offers: []string{"car"}}, "an offer twice": {Months: 12, Offers: []string{"trip", "trip"}},
		"free days as an offer": {Months: 12, Offers: []string{"free"}}, "more than the budget": {Months: 12, Days: 30, Offers: []string{"trip"}},
	} {
		var broken *fault.RuleError
		if _, err := p.Quote(c); !errors.As(err, &broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is chosen: the contract costs rent times months, never more than the budget was spent, and one free day more never
// makes it dearer.
func TestTheFormulaHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		price := proposal.Price{Months: rapid.IntRange(4, 60).Draw(r, "months"), Rent: rapid.Int64Range(1, 5_000_000).Draw(r, "rent")}
		p := proposal.Proposal{
			Start: day("2026-05-01"), Prices: []proposal.Price{price}, Budget: rapid.Int64Range(0, 20_000_000).Draw(r, "budget"),
			Options: []proposal.Option{{Offer: "free", Kind: proposal.FreeDays, MaxDays: 90}},
		}
		days := rapid.IntRange(0, 90).Draw(r, "days")
		q, err := p.Quote(proposal.Choice{Months: price.Months, Days: days})
		if err != nil {
			return // more than the budget
		}
		if q.Total != q.Terms.Rent*int64(price.Months) || q.Total+q.Saved != price.Rent*int64(price.Months) || q.Cost != q.Saved {
			r.Fatalf("%+v", q)
		}
		if p.Budget > 0 && q.Cost > p.Budget {
			r.Fatalf("%d of %d", q.Cost, p.Budget)
		}
		if exact := float64(price.Rent) * (1 - float64(days)/float64(price.Months*proposal.DaysOfMonth)); float64(q.Terms.Rent) > exact+1e-6 || float64(q.Terms.Rent) <= exact-1 {
			r.Fatalf("%d a month, want %f rounded down", q.Terms.Rent, exact)
		}
		if q.DaysLeft > 0 {
			if _, err := p.Quote(proposal.Choice{Months: price.Months, Days: days + q.DaysLeft}); err != nil {
				r.Fatalf("%d days more were said to be left: %v", q.DaysLeft, err)
			}
		}
	})
}

func TestVerbsByState(t *testing.T) {
	t.Parallel()
	verbs := map[string]func(p *proposal.Proposal, at time.Time) error{
		"view": func(p *proposal.Proposal, at time.Time) error { return p.View("rn_1", "tp_1", at) },
		"counter": func(p *proposal.Proposal, at time.Time) error {
			return p.Want("rn_1", proposal.Counter{Note: "less"}, at)
		},
		"revise": func(p *proposal.Proposal, at time.Time) error {
			next := *p
			next.Prices = []proposal.Price{{Months: 6, Rent: 1}}
			return p.Revise("rn_1", next, at)
		},
		"accept": func(p *proposal.Proposal, at time.Time) error {
			_, err := p.Accept("rn_1", proposal.Choice{Months: p.Prices[0].Months}, "ls_2", at)
			return err
		},
		"decline":  func(p *proposal.Proposal, at time.Time) error { return p.Decline("rn_1", "", at) },
		"withdraw": func(p *proposal.Proposal, at time.Time) error { return p.Withdraw("rn_1", "", at) },
	}
	after := map[string]proposal.State{
		"view": proposal.Viewed, "counter": proposal.Countered, "revise": proposal.Offered, "accept": proposal.Accepted,
		"decline": proposal.Declined, "withdraw": proposal.Withdrawn,
	}
	for first := range verbs {
		for second := range verbs {
			p := offered(t)
			if err := verbs[first](&p, now); err != nil || p.State != after[first] {
				t.Fatalf("%s: %s, %v", first, p.State, err)
			}
			err := verbs[second](&p, now)
			legal := p.State.Open() || second == "view" && first == "accept"
			if after[first].Open() {
				legal = true
			}
			var state *fault.StateError
			if legal != (err == nil) || err != nil && !errors.As(err, &state) {
				t.Errorf("%s after %s: %v", second, first, err)
			}
		}
	}
	for verb, do := range verbs {
		p := offered(t)
		var state *fault.StateError
		if err := do(&p, now.Add(time.Hour)); !errors.As(err, &state) || state.State != string(proposal.Expired) {
			t.Errorf("%s after the end: %v", verb, err)
		}
		if !p.Expire(now.Add(2*time.Hour)) || p.State != proposal.Expired || p.Expire(now.Add(3*time.Hour)) {
			t.Errorf("%s: %s", verb, p.State)
		}
	}
}

func TestStockRunsOut(t *testing.T) {
	t.Parallel()
	o := proposal.Offer{Name: "bed", Kind: proposal.Upgrade, Cost: 100, Stock: 2, From: day("2026-03-01"), To: day("2026-03-31")}
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"2026-02-28", "2026-04-01"} {
		if err := o.Take("of_1", 100, day(at)); err == nil {
			t.Errorf("taken on %s", at)
		}
	}
	for n := range 3 {
		if err := o.Take("of_1", 100, day("2026-03-09")); (err == nil) != (n < 2) {
			t.Errorf("%d: %v", n, err)
		}
	}
	if o.Taken != 2 || o.Spent != 200 {
		t.Errorf("%+v", o)
	}
	if o.Stock = 1; o.Validate() == nil {
		t.Error("a stock below what is taken")
	}
}
