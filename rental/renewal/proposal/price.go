package proposal

import (
	"fmt"
	"slices"

	"fettle/org/calendar"
	"fettle/rental/fault"
	"fettle/rental/lease"
)

// Price is what a renewal of so many months costs before anything is taken off.
type Price struct {
	Months int   `json:"months"`
	Rent   int64 `json:"rent"` // fen a month
}

// Option is an offer as it stands in a proposal: what it was when the proposal was made.
type Option struct {
	Offer   string    `json:"offer"` // its id
	Name    string    `json:"name"`
	Kind    OfferKind `json:"kind"`
	Cost    int64     `json:"cost,omitempty"`
	MaxDays int       `json:"maxDays,omitempty"`
}

// Choice is what a tenant picks.
type Choice struct {
	Months int      `json:"months"`
	Days   int      `json:"days,omitempty"`   // without rent
	Offers []string `json:"offers,omitempty"` // ids of options, other than of free days
}

// DaysOfMonth is the month by which free days are counted.
const DaysOfMonth = 30

// Rent is the rent of a month when days of a contract are free: what is not paid is spread evenly over its months and rounded
// in favor of the tenant, by less than a fen a month.
func Rent(p Price, days int) int64 {
	all := int64(p.Months) * DaysOfMonth
	return p.Rent * (all - int64(days)) / all
}

// Quote is what a choice comes to.
type Quote struct {
	Terms lease.Terms // of the contract
	Total int64       // fen over the whole contract: rent times months
	Saved int64       // fen less than without free days: what these cost
	Cost  int64       // fen that all of the choice costs
	Takes []Taking    // what is taken of the catalogue
	// DaysLeft are how many free days more the budget would bear, CostLeft what is left of it; both -1 without a budget.
	DaysLeft int
	CostLeft int64
}

// Taking is one offer that is taken, and what it costs in fen.
type Taking struct {
	Offer string `json:"offer"`
	Cost  int64  `json:"cost"`
}

// Quote is the formula: it makes the terms of the contract from a choice, or refuses what was not offered.
func (p *Proposal) Quote(c Choice) (Quote, error) {
	price, err := p.price(c.Months)
	if err != nil {
		return Quote{}, err
	}
	free, err := p.free(c.Days)
	if err != nil {
		return Quote{}, err
	}
	rent := Rent(price, c.Days)
	months := int64(price.Months)
	q := Quote{
		Terms: lease.Terms{Start: p.Start, End: End(p.Start, price.Months), Rent: rent, Class: lease.FixedTerm},
		Total: rent * months, Saved: (price.Rent - rent) * months, DaysLeft: -1, CostLeft: -1,
	}
	if c.Days > 0 {
		q.Takes = append(q.Takes, Taking{free.Offer, q.Saved})
	}
	for i, id := range c.Offers {
		o := p.option(id)
		if o == nil || o.Kind == FreeDays || slices.Contains(c.Offers[:i], id) {
			return Quote{}, fault.New(fmt.Sprintf("choice.offerIds[%d]", i), id, "an upgrade or a voucher of this proposal, each once")
		}
		q.Takes = append(q.Takes, Taking{id, o.Cost})
	}
	for _, t := range q.Takes {
		q.Cost += t.Cost
	}
	if p.Budget > 0 {
		if q.Cost > p.Budget {
			return Quote{}, fault.New("choice", q.Cost, fmt.Sprintf("what costs at most %d fen together", p.Budget))
		}
		q.CostLeft = p.Budget - q.Cost
		q.DaysLeft = p.daysLeft(price, c.Days, q.CostLeft)
	}
	return q, nil
}

// daysLeft is how many free days more cost at most what is left.
func (p *Proposal) daysLeft(price Price, days int, left int64) int {
	most, n := p.maxDays(), 0
	for days+n < most && (Rent(price, days)-Rent(price, days+n+1))*int64(price.Months) <= left {
		n++
	}
	return n
}

// End is the last day of a contract of so many months.
func End(start calendar.Date, months int) calendar.Date { return start.AddMonths(months).Add(-1) }

func (p *Proposal) price(months int) (Price, error) {
	var known []int
	for _, x := range p.Prices {
		if x.Months == months {
			return x, nil
		}
		known = append(known, x.Months)
	}
	return Price{}, fault.New("choice.months", months, fmt.Sprintf("one of %d", known))
}

func (p *Proposal) option(id string) *Option {
	for i := range p.Options {
		if p.Options[i].Offer == id {
			return &p.Options[i]
		}
	}
	return nil
}

// free finds the option of free days that bears so many.
func (p *Proposal) free(days int) (*Option, error) {
	if days == 0 {
		return nil, nil //nolint:nilnil // nothing is taken
	}
	for i := range p.Options {
		if o := &p.Options[i]; o.Kind == FreeDays && days > 0 && days <= o.MaxDays {
			return o, nil
		}
	}
	return nil, fault.New("choice.freeDays", days, fmt.Sprintf("0 to %d", p.maxDays()))
}

func (p *Proposal) maxDays() int {
	most := 0
	for i := range p.Options {
		most = max(most, p.Options[i].MaxDays)
	}
	return most
}
