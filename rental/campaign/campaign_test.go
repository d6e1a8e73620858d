package campaign_test

import (
	"errors"
	"testing"
	"time"

	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/campaign"
	"fettle/rental/fault"
)

var (
	now   = time.Date(2026, 7, 10, 4, 0, 0, 0, time.UTC)
	today = calendar.Date{Year: 2026, Month: 7, Day: 10}
)

func summer() campaign.Campaign {
	return campaign.Campaign{
		ID: "C1", Name: "summer", Benefit: "one cleaning", Value: 12_000, From: today.Add(-5), To: today.Add(5), Limit: 2,
	}
}

func TestOnlyOneRedemption(t *testing.T) {
	t.Parallel()
	c := summer()
	u, err := c.Issue("U1", "T1", now, today)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(u.Claim(now), u.Redeem(&c, "front desk", now, today)); err != nil || u.State != campaign.Redeemed || u.Place != "front desk" {
		t.Fatalf("%+v: %v", u, err)
	}
	var state *fault.StateError
	for name, err := range map[string]error{
		"redeem": u.Redeem(&c, "kiosk", now, today), "claim": u.Claim(now), "revoke": u.Revoke("mistake"),
	} {
		if !errors.As(err, &state) || u.Place != "front desk" {
			t.Errorf("%s after it was redeemed: %v", name, err)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	c := summer()
	for range c.Limit {
		if _, err := c.Issue("U", "T", now, today); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Issue("U", "T", now, today); err == nil || c.Issued != 2 {
		t.Errorf("a third coupon of two: %v", err)
	}
	c = summer()
	if _, err := c.Issue("U", "", now, today); err == nil {
		t.Error("a coupon for nobody")
	}
	if _, err := c.Issue("U", "T", now, c.To.Add(1)); err == nil {
		t.Error("a coupon after the end")
	}
	u, err := c.Issue("U", "T", now, c.From.Add(-3))
	if err != nil {
		t.Fatalf("coupons go out before the campaign begins: %v", err)
	}
	for _, d := range []calendar.Date{c.From.Add(-1), c.To.Add(1)} {
		if err := u.Redeem(&c, "", now, d); err == nil {
			t.Errorf("redeemed on %v", d)
		}
	}
	if err := u.Revoke(""); err == nil {
		t.Error("revoked without a reason")
	}
	if err := u.Revoke("printed wrong"); err != nil || u.State != campaign.Revoked {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	good := summer()
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, edit := range map[string]func(c *campaign.Campaign){
		"displayName": func(c *campaign.Campaign) { c.Name = "" },
		"benefit":     func(c *campaign.Campaign) { c.Benefit = " " },
		"valueCents":  func(c *campaign.Campaign) { c.Value = -1 },
		"startDate":   func(c *campaign.Campaign) { c.From = calendar.Date{} },
		"endDate":     func(c *campaign.Campaign) { c.To = c.From.Add(-1) },
		"couponLimit": func(c *campaign.Campaign) { c.Limit = 0 },
	} {
		c := summer()
		edit(&c)
		var rule *invalid.Error
		if err := c.Validate(); !errors.As(err, &rule) || rule.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
