// Package campaign is offers to tenants: coupons that are issued up to a number, claimed by a household, and redeemed once.
// Single redemption is a matter of versions: Redeem moves a coupon from one state to the next, and the store keeps only one of
// two changes of the same version.
package campaign

import (
	"fmt"
	"strings"
	"time"

	"fettle/org/calendar"
	"fettle/rental/fault"
)

// Campaign is an offer.
type Campaign struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Benefit string        `json:"benefit"`         // what a coupon is worth, in words
	Value   int64         `json:"value,omitempty"` // fen that one redemption costs
	From    calendar.Date `json:"from"`            // first day
	To      calendar.Date `json:"to"`              // last day
	Limit   int           `json:"limit"`           // coupons at most
	Issued  int           `json:"issued"`
}

// MaxLimit is how many coupons a campaign may have.
const MaxLimit = 1_000_000

// Validate refuses a campaign that cannot run.
func (c *Campaign) Validate() error {
	switch {
	case strings.TrimSpace(c.Name) == "":
		return fault.New("displayName", c.Name, "a name")
	case strings.TrimSpace(c.Benefit) == "":
		return fault.New("benefit", c.Benefit, "what a coupon is worth, in words")
	case c.Value < 0:
		return fault.New("valueCents", c.Value, "fen, not negative")
	case c.From.IsZero():
		return fault.New("startDate", c.From, "a day as YYYY-MM-DD")
	case c.To.Before(c.From):
		return fault.New("endDate", c.To, "a day not before startDate "+c.From.String())
	case c.Limit < 1 || c.Limit > MaxLimit:
		return fault.New("couponLimit", c.Limit, fmt.Sprintf("1 to %d", MaxLimit))
	}
	return nil
}

// Runs reports whether coupons of the campaign count on a day.
func (c *Campaign) Runs(today calendar.Date) bool { return !today.Before(c.From) && !today.After(c.To) }

// State is where a coupon stands.
type State string

// The states.
const (
	Issued   State = "ISSUED" // for a household, which has not taken it yet
	Claimed  State = "CLAIMED"
	Redeemed State = "REDEEMED"
	Revoked  State = "REVOKED"
)

// Coupon is one coupon of a household.
type Coupon struct {
	ID         string    `json:"id"`
	Campaign   string    `json:"campaign"`
	Tenant     string    `json:"tenant"`
	State      State     `json:"state"`
	IssuedAt   time.Time `json:"issuedAt"`
	ClaimedAt  time.Time `json:"claimedAt,omitzero"`
	RedeemedAt time.Time `json:"redeemedAt,omitzero"`
	Place      string    `json:"place,omitempty"` // where it was redeemed
	Reason     string    `json:"reason,omitempty"`
}

// Issue makes a coupon for a household and counts it.
func (c *Campaign) Issue(id, household string, now time.Time, today calendar.Date) (Coupon, error) {
	switch {
	case household == "":
		return Coupon{}, fault.New("tenantId", household, "the id of a tenant")
	case today.After(c.To):
		return Coupon{}, fault.New("campaignId", c.ID, "a campaign that runs; this one ended on "+c.To.String())
	case c.Issued >= c.Limit:
		return Coupon{}, fault.New("campaignId", c.ID, fmt.Sprintf("a campaign with coupons left; all %d are issued", c.Limit))
	}
	c.Issued++
	return Coupon{ID: id, Campaign: c.ID, Tenant: household, State: Issued, IssuedAt: now.UTC()}, nil
}

func (u *Coupon) refuse(verb, legal string) error {
	return &fault.StateError{Thing: "coupon " + u.ID, State: string(u.State), Verb: verb, Legal: legal}
}

// Claim is the household taking its coupon.
func (u *Coupon) Claim(now time.Time) error {
	if u.State != Issued {
		return u.refuse("claim", "ISSUED")
	}
	u.State, u.ClaimedAt = Claimed, now.UTC()
	return nil
}

// Redeem spends the coupon, once.
func (u *Coupon) Redeem(c *Campaign, place string, now time.Time, today calendar.Date) error {
	switch {
	case u.State != Claimed && u.State != Issued:
		return u.refuse("redeem", "ISSUED, CLAIMED")
	case !c.Runs(today):
		return fault.New("campaignId", c.ID, "a campaign that runs today; this one does from "+c.From.String()+" to "+c.To.String())
	}
	u.State, u.RedeemedAt, u.Place = Redeemed, now.UTC(), place
	return nil
}

// Revoke takes a coupon back that is not redeemed, and says why.
func (u *Coupon) Revoke(reason string) error {
	switch {
	case u.State != Claimed && u.State != Issued:
		return u.refuse("revoke", "ISSUED, CLAIMED")
	case strings.TrimSpace(reason) == "":
		return fault.New("reason", reason, "why it is taken back")
	}
	u.State, u.Reason = Revoked, reason
	return nil
}
