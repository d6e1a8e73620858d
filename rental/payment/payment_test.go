package payment_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/fault"
	"fettle/rental/payment"
)

func day(m time.Month, d int) calendar.Date { return calendar.Date{Year: 2026, Month: m, Day: d} }

func rent(amount int64, paid calendar.Date) payment.Payment {
	return payment.Payment{Lease: "L", Kind: payment.Rent, Amount: amount, Currency: "CNY", Paid: paid, State: payment.Received}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(p *payment.Payment)
		want string
	}{
		"as it should be":   {func(*payment.Payment) {}, ""},
		"no lease":          {func(p *payment.Payment) { p.Lease = "" }, "leaseId"},
		"nothing":           {func(p *payment.Payment) { p.Amount = 0 }, "amountMinor"},
		"no day":            {func(p *payment.Payment) { p.Paid = calendar.Date{} }, "paidDate"},
		"yuan, not ISO4217": {func(p *payment.Payment) { p.Currency = "yuan" }, "currency"},
	} {
		p := rent(1, day(3, 1))
		c.edit(&p)
		err := p.Check()
		var field *invalid.Error
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &field) || field.Field != c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestLateAndReversed(t *testing.T) {
	t.Parallel()
	p := rent(5, day(3, 9))
	p.Due = day(3, 1)
	if got := p.Late(); got != 8 {
		t.Errorf("late by %d days, want 8", got)
	}
	again := p
	if err := p.Reverse(" "); err == nil {
		t.Error("reversed without a reason")
	}
	if err := p.Reverse("bounced"); err != nil || p.State != payment.Reversed || !again.Same(&p) {
		t.Errorf("reversed: %v, %v", err, p)
	}
	var state *fault.StateError
	if err := p.Reverse("twice"); !errors.As(err, &state) {
		t.Errorf("reversed twice: %v", err)
	}
	p.Amount++
	if again.Same(&p) {
		t.Error("another amount is the same payment")
	}
}

func TestStatement(t *testing.T) {
	t.Parallel()
	terms := payment.Terms{From: day(1, 31), End: day(4, 14), Rent: 3000, Months: 1, Currency: "CNY"}
	deposit := rent(9000, day(1, 31))
	deposit.Kind = payment.Deposit
	other := rent(9000, day(1, 31))
	other.Currency = "USD"
	list, rest := payment.Statement(terms, []payment.Payment{rent(4000, day(3, 2)), deposit, other, rent(2000, day(1, 30))}, day(4, 10))
	want := []payment.Instalment{
		{Due: day(1, 31), Amount: 3000, Paid: 3000, FirstPaid: day(1, 30), PaidDate: day(3, 2), LateDays: 30, Currency: "CNY"},
		{Due: day(2, 28), Amount: 3000, Paid: 3000, FirstPaid: day(3, 2), PaidDate: day(3, 2), LateDays: 2, Currency: "CNY"},
		{Due: day(3, 31), Amount: 1500, LateDays: 10, Currency: "CNY"},
	}
	if diff := cmp.Diff(want, list); diff != "" || rest != 0 {
		t.Errorf("rest %d, statement (-want +got):\n%s", rest, diff)
	}
	terms.Months = 3
	if list, rest = payment.Statement(terms, []payment.Payment{rent(8000, day(2, 1))}, day(4, 10)); len(list) != 1 || list[0].Amount != 7500 || rest != 500 {
		t.Errorf("by the quarter: %v, rest %d", list, rest)
	}
}

// TestMoneyIsNeitherMadeNorLost: what came in lies against instalments or is the rest.
func TestMoneyIsNeitherMadeNorLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		terms := payment.Terms{
			From: day(1, 1).Add(rapid.IntRange(0, 364).Draw(t, "from")), Rent: rapid.Int64Range(1, 1_000_000).Draw(t, "rent"),
			Months: rapid.SampledFrom([]int{1, 3, 6, 12}).Draw(t, "months"), Currency: "CNY",
		}
		if rapid.Bool().Draw(t, "ends") {
			terms.End = terms.From.Add(rapid.IntRange(0, 900).Draw(t, "days"))
		}
		var all []payment.Payment
		came := int64(0)
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			p := rent(rapid.Int64Range(1, 3_000_000).Draw(t, "amount"), terms.From.Add(rapid.IntRange(-40, 900).Draw(t, "day")))
			came += p.Amount
			all = append(all, p)
		}
		list, rest := payment.Statement(terms, all, terms.From.Add(rapid.IntRange(-10, 900).Draw(t, "today")))
		for i := range list {
			came -= list[i].Paid
			if list[i].Open() < 0 || (list[i].Open() == 0) != !list[i].PaidDate.IsZero() && list[i].Amount > 0 {
				t.Fatalf("instalment %+v", list[i])
			}
			if i > 0 && list[i].Paid > 0 && list[i-1].Open() > 0 {
				t.Fatalf("paid before the one before: %+v", list)
			}
		}
		if came != rest {
			t.Fatalf("%d of the money is left, the rest is %d", came, rest)
		}
	})
}
