package geo_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"fettle/geo"
)

func TestPointValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		point geo.Point
		field string // empty: valid
		hint  string
	}{
		{"zero is a place", geo.Point{}, "", ""},
		{"poles and both names of the antimeridian are valid", geo.Point{Lat: -90, Lon: 180}, "", ""},
		{"west antimeridian is valid", geo.Point{Lat: 90, Lon: -180}, "", ""},
		{"latitude NaN", geo.Point{Lat: math.NaN()}, "lat", "finite"},
		{"longitude NaN", geo.Point{Lon: math.NaN()}, "lon", "finite"},
		{"latitude infinite", geo.Point{Lat: math.Inf(-1)}, "lat", "finite"},
		{"longitude infinite", geo.Point{Lon: math.Inf(1)}, "lon", "finite"},
		{"swapped Hangzhou gets a hint", geo.Point{Lat: 120.2, Lon: 30.2}, "lat", "look swapped: lat 30.2, lon 120.2"},
		{"hopeless latitude gets no hint", geo.Point{Lat: 120.2, Lon: 100}, "lat", "degrees in [-90, 90]"},
		{"longitude past the antimeridian", geo.Point{Lon: 180.0001}, "lon", "[-180, 180]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.point.Validate()
			if got := tt.point.Valid(); got != (tt.field == "") {
				t.Errorf("Valid() = %v", got)
			}
			if tt.field == "" {
				if err != nil {
					t.Fatalf("Validate() = %v", err)
				}
				return
			}
			var invalid *geo.InvalidError
			if !errors.As(err, &invalid) || invalid.Field != tt.field || !strings.Contains(err.Error(), tt.hint) {
				t.Fatalf("Validate() = %v; want field %s and %q", err, tt.field, tt.hint)
			}
			if !strings.Contains(tt.hint, "swapped") && strings.Contains(err.Error(), "swapped") {
				t.Errorf("Validate() = %v; no hint about swapping is due", err)
			}
		})
	}
}

func TestPointOrbOrder(t *testing.T) {
	t.Parallel()
	p := geo.Point{Lat: 30.2, Lon: 120.2}
	if o := p.Orb(); o[0] != 120.2 || o[1] != 30.2 {
		t.Errorf("Orb() = %v; want [lon, lat]", o)
	}
	if back := geo.PointFromOrb(p.Orb()); back != p {
		t.Errorf("round trip = %v", back)
	}
	if got := p.String(); got != "30.200000,120.200000" {
		t.Errorf("String() = %q", got)
	}
}
