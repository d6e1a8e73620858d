package profile

import (
	"fmt"
	"slices"
	"time"

	"fettle/org/calendar"
)

// Tag is a word about a tenant that something is done by.
type Tag string

// The tags.
const (
	// NightSensitive: the last three reports came between ten in the evening and six in the morning.
	NightSensitive Tag = "NIGHT_SENSITIVE"
	// LateRepair: a promise about a repair was broken lately.
	LateRepair Tag = "LATE_REPAIR"
	// KitchenUser: the shared kitchen is booked often.
	KitchenUser Tag = "KITCHEN_USER"
	// Punctual: every rent of the last year was paid in time. It needs no device.
	Punctual Tag = "PUNCTUAL"
)

// Tags lists them.
func Tags() []Tag { return []Tag{NightSensitive, LateRepair, KitchenUser, Punctual} }

// Report is one report of a fault, as far as tags need it.
type Report struct {
	ID   string
	At   time.Time
	Late bool // a promise was broken
}

// Held is a tag that somebody has.
type Held struct {
	Tag     Tag
	Since   time.Time
	Expires time.Time
	Proof   []string // ids of work orders, or names of signals
	Effect  string   // what is done by it
	Quiet   *Hours   // when visits are welcome, for tags that say so
}

// Hours are times of the day, local: from the first until the second.
type Hours struct{ From, To calendar.Clock }

// How tags come and go.
const (
	nightFrom, nightTo = 22, 6 // hours
	nightReports       = 3
	nightFor           = 180 * 24 * time.Hour
	lateFor            = 90 * 24 * time.Hour
	kitchenBookings    = 12 // a year
	signalFor          = 90 // days after the last fact
)

// welcome are the hours of visits to those who are NightSensitive.
var welcome = Hours{From: calendar.Clock{Hour: 10}, To: calendar.Clock{Hour: 20}} //nolint:gochecknoglobals // a constant

// Night reports whether an instant lies in the night of a zone: from ten until six.
func Night(at time.Time, zone *time.Location) bool {
	h := at.In(zone).Hour()
	return h >= nightFrom || h < nightTo
}

// Judge lists the tags of a lease at an instant, in the order of Tags. Reports are those of the dwelling since the lease began, in
// any order; signals those of the sources that are on.
func Judge(reports []Report, signals []Signal, now time.Time, zone *time.Location) []Held {
	sorted := slices.Clone(reports)
	slices.SortFunc(sorted, func(a, b Report) int { return a.At.Compare(b.At) })
	var out []Held
	for _, judge := range []func() (Held, bool){
		func() (Held, bool) { return night(sorted, zone) },
		func() (Held, bool) { return late(sorted) },
		func() (Held, bool) { return kitchen(signals, zone) },
		func() (Held, bool) { return punctual(signals, zone) },
	} {
		if h, ok := judge(); ok && now.Before(h.Expires) && !now.Before(h.Since) {
			out = append(out, h)
		}
	}
	return out
}

func night(reports []Report, zone *time.Location) (Held, bool) {
	if len(reports) < nightReports {
		return Held{}, false
	}
	last := reports[len(reports)-nightReports:]
	h := Held{
		Tag: NightSensitive, Quiet: &Hours{welcome.From, welcome.To},
		Effect: fmt.Sprintf("visits are suggested from %s to %s", welcome.From, welcome.To),
	}
	for _, r := range last {
		if !Night(r.At, zone) {
			return Held{}, false
		}
		h.Proof = append(h.Proof, r.ID)
	}
	h.Since = last[nightReports-1].At
	h.Expires = h.Since.Add(nightFor)
	return h, true
}

func late(reports []Report) (Held, bool) {
	for _, r := range slices.Backward(reports) {
		if r.Late {
			return Held{
				Tag: LateRepair, Since: r.At, Expires: r.At.Add(lateFor), Proof: []string{r.ID}, Effect: "a dedicated contact until the end of the tag",
			}, true
		}
	}
	return Held{}, false
}

func find(signals []Signal, name string) (Signal, bool) {
	i := slices.IndexFunc(signals, func(s Signal) bool { return s.Name == name })
	if i < 0 {
		return Signal{}, false
	}
	return signals[i], true
}

// spanOf is the morning of the last day of a signal, and until when it still speaks.
func spanOf(s *Signal, zone *time.Location) (since, until time.Time) {
	return s.Last.At(calendar.Clock{}, zone), s.Last.Add(signalFor).At(calendar.Clock{}, zone)
}

func kitchen(signals []Signal, zone *time.Location) (Held, bool) {
	s, ok := find(signals, "kitchenBookings")
	if !ok || s.Value < kitchenBookings {
		return Held{}, false
	}
	h := Held{Tag: KitchenUser, Proof: []string{s.Name}, Effect: "told when the shared kitchen changes"}
	h.Since, h.Expires = spanOf(&s, zone)
	return h, true
}

func punctual(signals []Signal, zone *time.Location) (Held, bool) {
	due, ok := find(signals, "paymentsDue")
	paid, _ := find(signals, "paymentsInTime")
	const few = 6
	if !ok || due.Value < few || paid.Value < due.Value {
		return Held{}, false
	}
	h := Held{Tag: Punctual, Proof: []string{due.Name, paid.Name}, Effect: "counts as stable where no device tells"}
	h.Since, h.Expires = spanOf(&due, zone)
	return h, true
}
