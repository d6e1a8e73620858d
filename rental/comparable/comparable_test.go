package comparable_test

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"fettle/geo"
	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/comparable"
)

var (
	here  = geo.Point{Lat: 30.28, Lon: 120.15}
	today = calendar.Date{Year: 2026, Month: 5, Day: 1}
)

// list finds by looking at all.
type list []comparable.Offer

func (l list) Nearest(p geo.Point, k int, keep func(o *comparable.Offer) bool) []comparable.Offer {
	out := slices.DeleteFunc(slices.Clone(l), func(o comparable.Offer) bool { return !keep(&o) })
	slices.SortStableFunc(out, func(a, b comparable.Offer) int {
		return cmp.Compare(geo.DistanceHaversine(p, a.Place), geo.DistanceHaversine(p, b.Place))
	})
	return out[:min(k, len(out))]
}

// at makes an offer of 50 square metres so many metres to the north.
func at(id string, meters geo.Meters, yuan int64) comparable.Offer {
	return comparable.Offer{ID: id, Place: geo.Destination(here, 0, meters), Area: 50, Rent: yuan * 100, Date: today.Add(-10), Source: "own leases"}
}

func ask(t *testing.T, offers list, edit func(q *comparable.Query)) comparable.Answer {
	t.Helper()
	q := comparable.Query{Place: here, Area: 50, Today: today}
	if edit != nil {
		edit(&q)
	}
	a, err := comparable.Ask(offers, q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPrice(t *testing.T) {
	t.Parallel()
	a := ask(t, list{at("far", 2000, 9000), at("a", 100, 3000), at("b", 100, 3100), at("c", 100, 3200)}, nil)
	if a.NoData != "" || len(a.Comparables) != 4 || a.Comparables[3].ID != "far" || math.Abs(float64(a.Comparables[3].Meters)-2000) > 1 {
		t.Fatalf("%+v", a)
	}
	// Median of 60, 62, 64 and 180 yuan a square metre.
	if a.Median != 6300 || a.Low > a.Suggested || a.Suggested > a.High {
		t.Errorf("%+v", a)
	}
	if a.Suggested < 300_000 || a.Suggested > 370_000 || a.Suggested%1000 != 0 {
		t.Errorf("one dear flat two kilometres away makes %d fen of rents around 3,100 yuan", a.Suggested)
	}
}

func TestNoDataIsSaid(t *testing.T) {
	t.Parallel()
	for name, offers := range map[string]list{
		"nothing":     nil,
		"two":         {at("a", 100, 3000), at("b", 100, 3000)},
		"too far":     {at("a", 3100, 3000), at("b", 3100, 3000), at("c", 3100, 3000)},
		"the own one": {at("a", 100, 3000), at("b", 100, 3000), at("own", 100, 3000)},
		"too old": {
			{ID: "a", Place: here, Area: 50, Rent: 1, Date: today.Add(-181)},
			{ID: "b", Place: here, Area: 50, Rent: 1, Date: today.Add(-181)},
			{ID: "c", Place: here, Area: 50, Rent: 1, Date: today.Add(-181)},
		},
		"of tomorrow": {
			{ID: "a", Place: here, Area: 50, Rent: 1, Date: today.Add(1)},
			{ID: "b", Place: here, Area: 50, Rent: 1, Date: today.Add(1)},
			{ID: "c", Place: here, Area: 50, Rent: 1, Date: today.Add(1)},
		},
		"other size": {
			{ID: "a", Place: here, Area: 101, Rent: 1, Date: today},
			{ID: "b", Place: here, Area: 24, Rent: 1, Date: today},
			{ID: "c", Place: here, Area: 200, Rent: 1, Date: today},
		},
	} {
		a := ask(t, offers, func(q *comparable.Query) { q.Except = "own" })
		if !strings.Contains(a.NoData, "a price needs 3") || a.Suggested != 0 || a.Median != 0 || a.Low != 0 || a.High != 0 {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	if _, err := comparable.Ask(list{}, comparable.Query{Place: geo.Point{Lat: 120}, Area: 1}); err == nil {
		t.Error("latitude 120")
	}
	if _, err := comparable.Ask(list{}, comparable.Query{Place: here, Area: math.NaN()}); err == nil {
		t.Error("an area that is no number")
	}
	good := at("a", 1, 3000)
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, edit := range map[string]func(o *comparable.Offer){
		"areaSquareMeters": func(o *comparable.Offer) { o.Area = math.NaN() },
		"rentCents":        func(o *comparable.Offer) { o.Rent = 0 },
		"date":             func(o *comparable.Offer) { o.Date = calendar.Date{} },
		"source":           func(o *comparable.Offer) { o.Source = "" },
	} {
		o := good
		edit(&o)
		var rule *invalid.Error
		if err := o.Validate(); !errors.As(err, &rule) || rule.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	good.Place.Lon = 200
	if err := good.Validate(); err == nil {
		t.Error("longitude 200")
	}
}
