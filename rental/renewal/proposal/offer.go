package proposal

import (
	"fmt"
	"strings"

	"fettle/org/calendar"
	"fettle/rental/fault"
)

// OfferKind is what an offer gives.
type OfferKind string

// The kinds of offers.
const (
	FreeDays OfferKind = "FREE_DAYS" // days without rent, at most Offer.MaxDays; they cost their rent
	Upgrade  OfferKind = "UPGRADE"   // something better in the dwelling, at Offer.Cost
	Voucher  OfferKind = "VOUCHER"   // something of a partner, at Offer.Cost
)

// Offer is an entry of the catalogue.
type Offer struct {
	Name    string        `json:"name"`
	Kind    OfferKind     `json:"kind"`
	Partner string        `json:"partner,omitempty"`
	Cost    int64         `json:"cost,omitempty"`    // fen for one; 0 for FreeDays, whose cost is the rent that is not paid
	MaxDays int           `json:"maxDays,omitempty"` // of FreeDays
	Stock   int           `json:"stock"`             // contracts that may have it
	Taken   int           `json:"taken"`             // contracts that have it
	Spent   int64         `json:"spent"`             // fen that they cost together
	From    calendar.Date `json:"from"`              // the first day on which it can be taken
	To      calendar.Date `json:"to"`                // the last
}

// Bounds of an offer.
const (
	MaxStock    = 1_000_000
	MaxFreeDays = 90
)

// Validate refuses an offer that cannot stand in the catalogue.
func (o *Offer) Validate() error {
	switch {
	case strings.TrimSpace(o.Name) == "":
		return fault.New("displayName", o.Name, "a name")
	case o.Kind == FreeDays && (o.MaxDays < 1 || o.MaxDays > MaxFreeDays):
		return fault.New("maxFreeDays", o.MaxDays, fmt.Sprintf("1 to %d for FREE_DAYS", MaxFreeDays))
	case o.Kind == FreeDays && o.Cost != 0:
		return fault.New("costCents", o.Cost, "nothing for FREE_DAYS: they cost the rent that is not paid")
	case o.Kind != FreeDays && o.MaxDays != 0:
		return fault.New("maxFreeDays", o.MaxDays, "nothing unless kind is FREE_DAYS")
	case o.Cost < 0:
		return fault.New("costCents", o.Cost, "fen, not negative")
	case o.Stock < o.Taken || o.Stock > MaxStock:
		return fault.New("stock", o.Stock, fmt.Sprintf("%d, which are taken, to %d", o.Taken, MaxStock))
	case o.From.IsZero():
		return fault.New("startDate", o.From, "a day as YYYY-MM-DD")
	case o.To.Before(o.From):
		return fault.New("endDate", o.To, "a day not before startDate "+o.From.String())
	}
	return nil
}

// Open says why the offer cannot be taken on a day, nil when it can.
func (o *Offer) Open(id string, today calendar.Date) error {
	state := ""
	switch {
	case o.Taken >= o.Stock:
		state = "SOLD_OUT"
	case today.Before(o.From):
		state = "NOT_YET"
	case today.After(o.To):
		state = "OVER"
	default:
		return nil
	}
	return &fault.StateError{Thing: "offer " + id, State: state, Verb: "take", Legal: "an offer with stock, from " + o.From.String() + " to " + o.To.String()}
}

// Take counts one contract more, which costs something in fen.
func (o *Offer) Take(id string, cost int64, today calendar.Date) error {
	if err := o.Open(id, today); err != nil {
		return err
	}
	o.Taken++
	o.Spent += cost
	return nil
}
