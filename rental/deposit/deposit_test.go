package deposit_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/deposit"
)

var (
	moved = calendar.Date{Year: 2026, Month: 3, Day: 31}
	now   = time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
)

// newCase has a deposit of 7,000 yuan and two deductions of 300 yuan each.
func newCase() deposit.Case {
	return deposit.Case{
		ID: "D1", Lease: "L1", Deposit: 700_000, MovedOut: moved, State: deposit.Open, OpenedAt: now.Add(-8 * time.Hour),
		Deductions: []deposit.Deduction{
			{ID: "door", What: "broken door", Amount: 30_000, Evidence: []string{"door.jpg"}},
			{ID: "cleaning", What: "cleaning", Amount: 30_000, Evidence: []string{"invoice.pdf"}},
		},
	}
}

func books(more ...deposit.Entry) []deposit.Entry {
	return append([]deposit.Entry{
		{ID: "b0", Lease: "L2", Kind: deposit.Received, Amount: 1, Date: moved},
		{ID: "b1", Lease: "L1", Kind: deposit.Received, Amount: 700_000, Date: moved},
		{ID: "b2", Lease: "L1", Kind: deposit.Withheld, Amount: 30_000, Date: moved},
		{ID: "b3", Lease: "L1", Kind: deposit.Withheld, Amount: 30_000, Date: moved, Reference: "door"},
	}, more...)
}

func TestAudit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		edit  func(c *deposit.Case)
		books []deposit.Entry
		state deposit.State
		want  []deposit.Mismatch
	}{
		{"everything agrees", nil, books(), deposit.Audited, nil},
		{"refund is paid", nil, books(deposit.Entry{ID: "b4", Lease: "L1", Kind: deposit.Paid, Amount: 640_000}), deposit.Refunded, nil},
		{"books are empty", nil, nil, deposit.Open, []deposit.Mismatch{
			{Kind: deposit.NotBooked, Deduction: "door", Case: 30_000},
			{Kind: deposit.NotBooked, Deduction: "cleaning", Case: 30_000},
			{Kind: deposit.DepositDiffers, Case: 700_000},
		}},
		{"deposit differs", func(c *deposit.Case) { c.Deposit = 800_000 }, books(), deposit.Open, []deposit.Mismatch{
			{Kind: deposit.DepositDiffers, Case: 800_000, Books: 700_000},
		}},
		{"amount of a named deduction differs", func(c *deposit.Case) { c.Deductions[0].Amount = 40_000 }, books(), deposit.Open, []deposit.Mismatch{
			{Kind: deposit.AmountDiffers, Deduction: "door", Entry: "b3", Case: 40_000, Books: 30_000},
		}},
		{"booked but not in the case", nil, books(deposit.Entry{ID: "b9", Lease: "L1", Kind: deposit.Withheld, Amount: 5_000}), deposit.Open, []deposit.Mismatch{
			{Kind: deposit.NotInCase, Entry: "b9", Books: 5_000},
		}},
		{"no evidence", func(c *deposit.Case) { c.Deductions[1].Evidence = nil }, books(), deposit.Open, []deposit.Mismatch{
			{Kind: deposit.NoEvidence, Deduction: "cleaning", Case: 30_000},
		}},
		{"paid twice", nil, books(
			deposit.Entry{ID: "b4", Lease: "L1", Kind: deposit.Paid, Amount: 640_000},
			deposit.Entry{ID: "b5", Lease: "L1", Kind: deposit.Paid, Amount: 640_000},
		), deposit.Open, []deposit.Mismatch{{Kind: deposit.PaidTwice, Case: 640_000, Books: 1_280_000}}},
		{"line imported twice", nil, append(books(), books()[2]), deposit.Open, []deposit.Mismatch{
			{Kind: deposit.DoubleEntry, Entry: "b2", Books: 30_000},
		}},
		{"more deducted than paid", func(c *deposit.Case) {
			c.Deposit = 50_000
		}, append(books()[2:], deposit.Entry{ID: "b1", Lease: "L1", Kind: deposit.Received, Amount: 50_000}), deposit.Open, []deposit.Mismatch{
			{Kind: deposit.MoreThanDeposit, Case: 60_000, Books: 50_000},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := newCase()
			if c.edit != nil {
				c.edit(&in)
			}
			got := in.Audit(c.books, now)
			if got.State != c.state || got.AuditedAt.IsZero() != (c.state == deposit.Open) {
				t.Errorf("state %s", got.State)
			}
			if diff := cmp.Diff(c.want, got.Mismatches); diff != "" {
				t.Error(diff)
			}
			if in.Mismatches != nil || in.State != deposit.Open {
				t.Error("the case that was audited has changed")
			}
		})
	}
}

func TestRefund(t *testing.T) {
	t.Parallel()
	c := newCase()
	if got := c.Refund(); got != 640_000 { // 7,000 - 300 - 300 yuan
		t.Errorf("refund %d", got)
	}
	c.Deposit = 10_000
	if got := c.Refund(); got != 0 {
		t.Errorf("refund %d of a deposit that does not cover the deductions", got)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	good := newCase()
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, edit := range map[string]func(c *deposit.Case){
		"leaseId":                   func(c *deposit.Case) { c.Lease = "" },
		"depositCents":              func(c *deposit.Case) { c.Deposit = -1 },
		"moveOutDate":               func(c *deposit.Case) { c.MovedOut = calendar.Date{} },
		"deductions[1].id":          func(c *deposit.Case) { c.Deductions[1].ID = "door" },
		"deductions[0].what":        func(c *deposit.Case) { c.Deductions[0].What = " " },
		"deductions[1].amountCents": func(c *deposit.Case) { c.Deductions[1].Amount = 0 },
	} {
		c := newCase()
		edit(&c)
		var rule *invalid.Error
		if err := c.Validate(); !errors.As(err, &rule) || rule.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
