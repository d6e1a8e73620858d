package estate_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"fettle/geo"
	"fettle/invalid"
	"fettle/rental/estate"
)

func TestProperty(t *testing.T) {
	t.Parallel()
	good := estate.Property{Name: "Lakeside 3", Location: geo.Point{Lat: 30.2, Lon: 120.1}, EntrySeconds: 240}
	for field, change := range map[string]func(p *estate.Property){
		"":             func(*estate.Property) {},
		"displayName":  func(p *estate.Property) { p.Name = " " },
		"location":     func(p *estate.Property) { p.Location = geo.Point{} },
		"entrySeconds": func(p *estate.Property) { p.EntrySeconds = 3601 },
	} {
		p := good
		change(&p)
		wants(t, field, p.Check())
	}
}

func TestUnit(t *testing.T) {
	t.Parallel()
	good := estate.Unit{Property: "pr_1", Number: "1203", Floor: 12, Area: 41.5, Attributes: map[string]string{"heating": "gas"}}
	many := map[string]string{}
	for i := range 51 {
		many[fmt.Sprint(i)] = ""
	}
	for name, tt := range map[string]struct {
		field  string
		change func(u *estate.Unit)
	}{
		"good":            {"", func(*estate.Unit) {}},
		"below the floor": {"", func(u *estate.Unit) { u.Floor = -2 }},
		"no property":     {"propertyId", func(u *estate.Unit) { u.Property = "" }},
		"no number":       {"number", func(u *estate.Unit) { u.Number = "\t" }},
		"high":            {"floor", func(u *estate.Unit) { u.Floor = 201 }},
		"no number, area": {"areaSquareMeters", func(u *estate.Unit) { u.Area = math.NaN() }},
		"negative":        {"areaSquareMeters", func(u *estate.Unit) { u.Area = -1 }},
		"many attributes": {"attributes", func(u *estate.Unit) { u.Attributes = many }},
		"long attribute":  {"attributes", func(u *estate.Unit) { u.Attributes = map[string]string{"a": strings.Repeat("x", 201)} }},
	} {
		u := good
		tt.change(&u)
		t.Run(name, func(t *testing.T) { wants(t, tt.field, u.Check()) })
	}
}

func wants(t *testing.T, field string, err error) {
	t.Helper()
	var fault *invalid.Error
	if field == "" && err != nil || field != "" && (!errors.As(err, &fault) || fault.Field != field) {
		t.Errorf("got %v, want a fault of %q", err, field)
	}
}
