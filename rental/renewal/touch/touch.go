// Package touch is the places where tenants meet a proposal, such as a lift screen or the page after a payment: what they show, who may
// embed them, and how often they were seen. It knows no page and no clock.
package touch

import (
	"net/url"
	"strings"

	"fettle/org/calendar"
	"fettle/rental/fault"
)

// Kind is where a touch point is.
type Kind string

// LiftScreen is a screen that others always see.
const LiftScreen Kind = "LIFT_SCREEN"

// Point is a touch point.
type Point struct {
	Name     string   `json:"name"`
	Kind     Kind     `json:"kind"`
	Seen     bool     `json:"seen,omitempty"` // by others
	Text     string   `json:"text"`
	Button   string   `json:"button,omitempty"`
	Origins  []string `json:"origins,omitempty"` // of pages that may embed it
	Disabled bool     `json:"disabled,omitempty"`
}

// Public reports whether others see it: then it is for nobody in particular.
func (p *Point) Public() bool { return p.Seen || p.Kind == LiftScreen }

// Check refuses what is no touch point.
func (p *Point) Check() error {
	if strings.TrimSpace(p.Text) == "" {
		return fault.New("text", p.Text, "what it says")
	}
	for _, o := range p.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != o || strings.ContainsAny(o, " ;,'\"*") {
			return fault.New("origins", o, "scheme and host of a site alone, as https://pay.example.org")
		}
	}
	return nil
}

// Day is how often a touch point was seen on a day.
type Day struct {
	Point    string        `json:"point"`
	Day      calendar.Date `json:"day"`
	Shown    int64         `json:"shown,omitempty"`
	Followed int64         `json:"followed,omitempty"`
}

// Ask is a telephone number that was given at a touch point and waits for an answer.
type Ask struct {
	Point string `json:"point"`
	Phone string `json:"phone"` // 11 digits
}
