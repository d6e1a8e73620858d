package geo

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

// Point is a place on earth in degrees, WGS-84 unless a Datum beside it says otherwise. Latitude is in [-90, 90], longitude
// in [-180, 180]; both -180 and 180 are accepted and mean the same meridian. The zero value is a real place (in the Gulf
// of Guinea), so "not known" needs a pointer or a flag next to it.
type Point struct {
	Lat float64 // degrees north
	Lon float64 // degrees east
}

// Valid says that both coordinates are finite and in range.
func (p Point) Valid() bool {
	// A NaN fails every comparison, an infinity fails one of them.
	return p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180
}

// Validate returns nil or an *InvalidError that names the field. When the two coordinates would be valid the other way
// round it says so, since swapped order is the most common fault of imported places.
func (p Point) Validate() error {
	if p.Valid() {
		return nil
	}
	return p.fault()
}

func (p Point) fault() *InvalidError {
	switch {
	case !finite(p.Lat):
		return &InvalidError{Field: "lat", Value: p.Lat, Want: "a finite number of degrees in [-90, 90]"}
	case !finite(p.Lon):
		return &InvalidError{Field: "lon", Value: p.Lon, Want: "a finite number of degrees in [-180, 180]"}
	case p.Lat < -90 || p.Lat > 90:
		want := "degrees in [-90, 90]"
		if swapped := (Point{Lat: p.Lon, Lon: p.Lat}); swapped.Valid() {
			want += fmt.Sprintf("; latitude and longitude look swapped: lat %v, lon %v would be valid", p.Lon, p.Lat)
		}
		return &InvalidError{Field: "lat", Value: p.Lat, Want: want}
	default:
		return &InvalidError{Field: "lon", Value: p.Lon, Want: "degrees in [-180, 180]"}
	}
}

// String is "lat,lon" with six decimals (0.11 m), for logs and messages.
func (p Point) String() string { return fmt.Sprintf("%.6f,%.6f", p.Lat, p.Lon) }

// Orb returns the point in the [lon, lat] order of GeoJSON, for encoders only.
func (p Point) Orb() orb.Point { return orb.Point{p.Lon, p.Lat} }

// PointFromOrb reads a [lon, lat] point that a decoder produced. It does not validate.
func PointFromOrb(o orb.Point) Point { return Point{Lat: o.Lat(), Lon: o.Lon()} }

// wrapDegrees brings a longitude or a difference of two longitudes, in (-720, 720), to [-180, 180).
func wrapDegrees(lon float64) float64 {
	if lon >= -180 && lon < 180 {
		return lon
	}
	lon = math.Mod(lon+180, 360)
	if lon < 0 {
		lon += 360
	}
	return lon - 180
}

func radians(degrees float64) float64 { return degrees * (math.Pi / 180) }

func degrees(radians float64) float64 { return radians * (180 / math.Pi) }
