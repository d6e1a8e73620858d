package leasing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/obligation"
)

// Account says what there is of the reminders that leases call for, counted from the leases and not from what was sent. Expected
// is the sum of the others without Repaired.
type Account struct {
	Expected   int
	Scheduled  int // waiting for their instant, or on their way
	Done       int
	Late       int
	Superseded int // or waived, with a reason
	Missing    int // without a record, at another instant than the lease says, or without the work that would send them
	Repaired   int // of those missing
}

// add sums accounts up.
func (a *Account) add(b *Account) {
	a.Expected, a.Scheduled, a.Done, a.Late = a.Expected+b.Expected, a.Scheduled+b.Scheduled, a.Done+b.Done, a.Late+b.Late
	a.Superseded, a.Missing, a.Repaired = a.Superseded+b.Superseded, a.Missing+b.Missing, a.Repaired+b.Repaired
}

// AccountStore is what an Accountant asks of a store.
type AccountStore interface {
	// DueRow is that of ledger.DueStore.
	DueRow(ctx context.Context, o org.ID, kind, key string) (ledger.DueWork, error)
}

// Accountant makes the account of the reminders of an org. One goroutine calls Tick, any Look.
type Accountant struct {
	desk  *Desk
	store AccountStore
	org   org.ID
	at    ledger.Place // where the round of Tick is
}

// NewAccountant makes one.
func NewAccountant(d *Desk, s AccountStore, o org.ID) *Accountant {
	return &Accountant{desk: d, store: s, org: o}
}

const (
	// round is how many leases Tick looks at beside those whose reminders have just been due: all of them in turn.
	round = 500
	// justDue is how long after its instant Tick looks at a reminder each time.
	justDue = 2 * time.Hour
)

// Look accounts for the reminders whose instant lies from one until before another. It reads the leases that end near that time,
// and those without an end.
func (a *Accountant) Look(ctx context.Context, from, to time.Time, repair bool) (Account, error) {
	p := a.desk.c.Policy(a.org)
	w := span{from, to, repair}
	first := EndKey(calendar.DateOf(from, p.Zone).Add(-1))
	last := EndKey(calendar.DateOf(bounded(to), p.Zone).Add(lease.ExpiringDays + 2))
	var out Account
	for _, q := range []ledger.Query{
		ledger.Between(Leases, KeyEnd, first, last),
		ledger.Where(Leases, KeyEnd, ledger.Text(noEnd)),
	} {
		for {
			next, err := a.page(ctx, &q, pageSize, &w, &out)
			if err != nil {
				return out, err
			}
			if next == (ledger.Place{}) {
				break
			}
			q.After = next
		}
	}
	return out, nil
}

// Tick accounts for the reminders that have just been due, and for all those of the next leases of a round that has no end. It
// puts right what is missing.
func (a *Accountant) Tick(ctx context.Context) (Account, error) {
	p := a.desk.c.Policy(a.org)
	now := a.desk.now()
	var out Account
	just := span{now.Add(-justDue), now, true}
	today := calendar.DateOf(now, p.Zone)
	for _, r := range obligation.Floor() {
		for _, day := range []calendar.Date{today.Add(-1), today} {
			if !just.holds(day.At(calendar.Clock{Hour: p.Hour}, p.Zone)) {
				continue
			}
			q := ledger.Where(Leases, KeyEnd, EndKey(day.Add(r.Days())))
			for {
				next, err := a.page(ctx, &q, pageSize, &just, &out)
				if err != nil {
					return out, err
				}
				if next == (ledger.Place{}) {
					break
				}
				q.After = next
			}
		}
	}
	all := ledger.All(Leases)
	all.After = a.at
	before := out
	next, err := a.page(ctx, &all, round, &span{time.Time{}, bounded(never), true}, &out)
	if err != nil {
		return out, err
	}
	a.at = next
	if out.Missing == before.Missing { // the round says what is wrong; its figures are those of a part
		out = before
	}
	return out, nil
}

// never is after every instant that is looked at.
var never = time.Unix(1<<35, 0)

// bounded keeps an instant where dates have four digits.
func bounded(at time.Time) time.Time {
	if last := time.Date(9990, 1, 1, 0, 0, 0, 0, time.UTC); at.After(last) {
		return last
	}
	return at
}

// span is the instants that are looked at.
type span struct {
	from, to time.Time
	repair   bool
}

func (s *span) holds(at time.Time) bool { return !at.Before(s.from) && at.Before(s.to) }

// page accounts for a page of leases and returns where the next one begins.
func (a *Accountant) page(ctx context.Context, q *ledger.Query, limit int, w *span, out *Account) (ledger.Place, error) {
	page, err := a.desk.c.Store.Records(ctx, a.org, *q, limit)
	if err != nil {
		return ledger.Place{}, fmt.Errorf("read leases: %w", err)
	}
	for i := range page.Records {
		k, err := DecodeLease(&page.Records[i])
		if err != nil {
			return ledger.Place{}, err
		}
		one, err := a.lease(ctx, k.Value.ID, w)
		if err != nil {
			return ledger.Place{}, err
		}
		out.add(&one)
	}
	return page.Next, nil
}

// lease accounts for one lease. What is missing is looked at again together with its repair, on the versions that it was found on.
func (a *Accountant) lease(ctx context.Context, id lease.ID, w *span) (out Account, err error) {
	err = again(ctx, func() error {
		out = Account{}
		k, err := a.desk.Lease(ctx, a.org, id)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		has, err := a.desk.ladder(ctx, a.org, id)
		if err != nil {
			return err
		}
		p, c := a.desk.c.Policy(a.org), &change{now: a.desk.now()}
		for _, want := range obligation.Expect(&k.Value, &p) {
			if !w.holds(want.At) {
				continue
			}
			out.Expected++
			if err := a.judge(ctx, &k, &want, has, c, &out); err != nil {
				return err
			}
		}
		if !w.repair || len(c.Records)+len(c.DueSet) == 0 {
			return nil
		}
		out.Repaired = len(c.DueSet)
		c.Seen = []ledger.Ref{{Kind: Leases, ID: string(id), Version: k.Version}}
		return a.desk.apply(ctx, a.org, c)
	})
	return out, err
}

// judge says what there is of one reminder, and adds to a change what would put it right. What older terms called for, or a lease that
// is over, is not made again: nobody is to be told of it any more, and it stays missing.
func (a *Accountant) judge(ctx context.Context, k *Kept[lease.Lease], want *obligation.Obligation, has ladder, c *change, out *Account) error {
	is := &Kept[obligation.Obligation]{Value: *want}
	if i := slices.IndexFunc(has, func(x Kept[obligation.Obligation]) bool { return x.Value.ID == want.ID }); i >= 0 {
		is = &has[i]
	}
	x := &is.Value
	moved := is.Version == 0 || x.Due != want.Due || !x.At.Equal(want.At)
	if !moved && !x.State.Open() {
		out.settled(x)
		return nil
	}
	if !moved {
		_, err := a.store.DueRow(ctx, a.org, DueObligation, want.ID)
		if err == nil {
			out.Scheduled++
			return nil
		}
		if !errors.Is(err, ledger.ErrNotFound) {
			return fmt.Errorf("work of obligation %s: %w", want.ID, err)
		}
	}
	out.Missing++
	if k.Value.State.Closed() || want.Version != k.Value.Current().Version || !x.State.Open() {
		return nil
	}
	c.restore(is, want, moved)
	return nil
}

// restore adds an obligation as its lease calls for it, with its work.
func (c *change) restore(is *Kept[obligation.Obligation], want *obligation.Obligation, moved bool) {
	is.Value.Due, is.Value.At = want.Due, want.At
	if moved {
		c.obligation(is)
	}
	if is.Version > 0 {
		c.DueSet = append(c.DueSet, ledger.DueWork{Kind: DueObligation, Key: want.ID, At: want.At})
	}
	c.audit(&Caller{Actor: "service", Method: "reconcile"}, Obligations, want.ID, "it was missing, and is there again")
}

// settled counts a reminder that is over.
func (a *Account) settled(x *obligation.Obligation) {
	switch x.State {
	case obligation.Late:
		a.Late++
	case obligation.Superseded, obligation.Waived:
		a.Superseded++
	default:
		a.Done++
	}
}
