// Package estate is the buildings that an operator rents out and the dwellings in them: what they are called, where they are
// and what a technician finds there. It is plain values and their rules.
package estate

import (
	"strconv"
	"strings"

	"fettle/geo"
	"fettle/invalid"
)

// Property is a building, or a group of them behind one door.
type Property struct {
	Name     string
	Address  string    // as it is told to a person
	Location geo.Point // WGS-84
	// EntrySeconds pass between the street and the door of a dwelling: gate, desk, lift, parking.
	EntrySeconds int
}

// Unit is a dwelling, or another room that is let.
type Unit struct {
	Property   string // id
	Number     string // on the door; no two units of a property have the same
	Floor      int    // 0 is that of the street, below it negative
	Area       float64
	Attributes map[string]string // what else there is to know, as "heating": "gas"
}

// What is taken at most.
const (
	MaxEntrySeconds = 3600
	MaxFloor        = 200
	MaxArea         = 100_000 // square meters
	MaxAttributes   = 50
	maxAttribute    = 200 // characters of a name or a value
)

// Check refuses what is no property.
func (p *Property) Check() error {
	switch {
	case strings.TrimSpace(p.Name) == "":
		return &invalid.Error{Field: "displayName", Want: "what the building is called"}
	case p.Location == geo.Point{}:
		return &invalid.Error{Field: "location", Value: "0, 0", Want: "where the building is"}
	case p.EntrySeconds < 0 || p.EntrySeconds > MaxEntrySeconds:
		return &invalid.Error{Field: "entrySeconds", Value: strconv.Itoa(p.EntrySeconds), Want: "0 to 3600"}
	}
	return nil
}

// Check refuses what is no unit.
func (u *Unit) Check() error {
	switch {
	case u.Property == "":
		return &invalid.Error{Field: "propertyId", Want: "the property that the unit is in"}
	case strings.TrimSpace(u.Number) == "":
		return &invalid.Error{Field: "number", Want: "what stands on the door"}
	case u.Floor < -MaxFloor || u.Floor > MaxFloor:
		return &invalid.Error{Field: "floor", Value: strconv.Itoa(u.Floor), Want: "-200 to 200"}
	case !(u.Area >= 0 && u.Area <= MaxArea):
		return &invalid.Error{Field: "areaSquareMeters", Value: strconv.FormatFloat(u.Area, 'g', -1, 64), Want: "0 to 100000, 0 where it is not known"}
	case len(u.Attributes) > MaxAttributes:
		return &invalid.Error{Field: "attributes", Value: strconv.Itoa(len(u.Attributes)) + " of them", Want: "at most 50"}
	}
	for name, value := range u.Attributes {
		if name == "" || len(name) > maxAttribute || len(value) > maxAttribute {
			return &invalid.Error{Field: "attributes", Want: "names of 1 to 200 characters, with values of up to 200"}
		}
	}
	return nil
}
