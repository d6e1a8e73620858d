package payment

import (
	"cmp"
	"slices"

	"fettle/org/calendar"
)

// Terms are what a lease calls for from a day on, until the next terms begin.
type Terms struct {
	From     calendar.Date
	End      calendar.Date // last day; not set: open-ended
	Rent     int64         // minor units a month
	Months   int           // between two payments
	Currency string
}

// Instalment is rent that a lease calls for, and what came in for it.
type Instalment struct {
	Due       calendar.Date
	Amount    int64
	Paid      int64         // so far
	PaidDate  calendar.Date // when it was whole; not set: it is not
	LateDays  int           // until it was whole, or until today
	Currency  string
	FirstPaid calendar.Date // when the first part came in; not set: nothing has
}

// Open is what is missing of an instalment.
func (i *Instalment) Open() int64 { return i.Amount - i.Paid }

// maxInstalments is the most that a statement lists: a hundred years of months.
const maxInstalments = 1200

// Statement lists the instalments of a lease that are due by a day, and lays payments of rent against them, the oldest first. What
// was paid beyond all of them is the rest. Instalments begin with the lease and come every so many months; of the month in which
// the lease ends, thirtieths by the day are owed.
func Statement(terms Terms, payments []Payment, today calendar.Date) (list []Instalment, rest int64) {
	for n := range maxInstalments {
		due := terms.From.AddMonths(n * terms.Months)
		if due.After(today) || !terms.End.IsZero() && due.After(terms.End) {
			break
		}
		list = append(list, Instalment{Due: due, Currency: terms.Currency, Amount: terms.of(n)})
	}
	rents := slices.DeleteFunc(slices.Clone(payments), func(p Payment) bool {
		return p.Kind != Rent || p.State != Received || p.Currency != terms.Currency
	})
	slices.SortStableFunc(rents, func(a, b Payment) int { return a.Paid.Compare(b.Paid) })
	at := 0
	for i := range rents {
		left := rents[i].Amount
		for left > 0 && at < len(list) {
			part := min(left, list[at].Open())
			list[at].take(part, rents[i].Paid)
			if left -= part; list[at].Open() == 0 {
				at++
			}
		}
		rest += left
	}
	for i := range list {
		list[i].LateDays = max(cmp.Or(list[i].PaidDate, today).Sub(list[i].Due), 0)
	}
	return list, rest
}

// take adds money that came in on a day.
func (i *Instalment) take(part int64, on calendar.Date) {
	i.Paid += part
	if i.FirstPaid.IsZero() {
		i.FirstPaid = on
	}
	if i.Open() == 0 {
		i.PaidDate = on
	}
}

// of is the rent of the n-th instalment, no longer than the lease: whole months, and thirtieths of one.
func (t *Terms) of(n int) int64 {
	sum := int64(0)
	for k := n * t.Months; k < (n+1)*t.Months; k++ {
		from, to := t.From.AddMonths(k), t.From.AddMonths(k+1)
		if t.End.IsZero() || !t.End.Add(1).Before(to) {
			sum += t.Rent
			continue
		}
		days := int64(min(max(t.End.Add(1).Sub(from), 0), 30))
		return sum + (t.Rent*days+15)/30
	}
	return sum
}
