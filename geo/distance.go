package geo

import "math"

// Meters is a length on the ground. It is a real number; integer metres exist only in a Matrix, which rounds once.
type Meters float64

// EarthRadiusMeters is the one earth radius of the project: the mean radius R1 = (2a + b) / 3 of the GRS 80 ellipsoid,
// 6,371,008.7714 m, rounded to decimetres. Source: Moritz (2000), Geodetic Reference System 1980, Journal of Geodesy 74,
// 128-133, doi:10.1007/s001900050278. Distances of libraries with another radius (6,371,000, 6,371,010, 6,378,137 m) are
// not comparable with ours.
const EarthRadiusMeters = 6371008.8

// MetersPerDegree is the length of one degree of a great circle, for instance of latitude: 111,195.08 m.
const MetersPerDegree = EarthRadiusMeters * math.Pi / 180

// DistanceHaversine is the great-circle distance on the sphere; every exact answer of this project is defined by it.
//
// Range: all valid points, across the antimeridian and at the poles. It is symmetric to the last bit and zero for equal
// points. Numerical error: below 1 nm + 1e-15 of the distance up to 10,000 km, up to 0.2 m at nearly antipodal points,
// where the arc sine is flat. Model error: within 0.56 % of the geodesic on the WGS-84 ellipsoid, worst for
// north-south lines at the equator and at the poles. Points that are not Valid give an unspecified number or NaN.
func DistanceHaversine(a, b Point) Meters {
	return haversine(a, b, math.Cos(radians(a.Lat)), math.Cos(radians(b.Lat)))
}

// haversine is DistanceHaversine for known cosines of the latitudes: same arguments, same bits.
func haversine(a, b Point, cosA, cosB float64) Meters {
	sinLat := sine(radians(b.Lat-a.Lat) / 2)
	sinLon := sine(radians(b.Lon-a.Lon) / 2)
	h := sinLat*sinLat + cosA*cosB*sinLon*sinLon
	return Meters(2 * EarthRadiusMeters * arcsine(math.Min(1, math.Sqrt(h))))
}

// nearby is the largest argument, in radians, for which sine and arcsine use the first terms of their series: distances up
// to 318 km. The first term left out is below 1e-17 of the result there, so that they are as exact as the functions of
// package math, at a fraction of their time; matrices of a city are computed from them a million times a second.
const nearby = 0.025

func sine(x float64) float64 {
	if x < -nearby || x > nearby {
		return math.Sin(x)
	}
	z := x * x
	return x + x*z*(-1.0/6+z*(1.0/120+z*(-1.0/5040+z/362880)))
}

func arcsine(x float64) float64 {
	if x > nearby {
		return math.Asin(x)
	}
	z := x * x
	return x + x*z*(1.0/6+z*(3.0/40+z*(15.0/336+z*(105.0/3456+z*945/42240))))
}

// DistanceEquirect is a distance in the plane that stretches longitude by the cosine of the mean latitude: one cosine and
// one square root instead of five transcendental functions, for estimates where DistanceHaversine is not needed.
//
// Range: both points within 70 degrees of the equator. Error against DistanceHaversine, measured by the test of this
// function: below 0.0025 % up to 50 km, below 0.06 % up to 250 km, below 1 % up to 1,000 km. Nearer to a pole it grows
// without a bound. It knows the antimeridian.
func DistanceEquirect(a, b Point) Meters {
	x := wrapDegrees(b.Lon-a.Lon) * math.Cos(radians((a.Lat+b.Lat)/2))
	y := b.Lat - a.Lat
	return Meters(MetersPerDegree * math.Sqrt(x*x+y*y))
}

// Bearing is the initial direction of the great circle from a to b in degrees clockwise from north, in [0, 360). Equal
// points give 0; at a pole it is measured from the meridian of a.Lon.
func Bearing(a, b Point) float64 {
	lat1, lat2, dLon := radians(a.Lat), radians(b.Lat), radians(b.Lon-a.Lon)
	y := math.Sin(dLon) * math.Cos(lat2)
	x := math.Cos(lat1)*math.Sin(lat2) - math.Sin(lat1)*math.Cos(lat2)*math.Cos(dLon)
	bearing := degrees(math.Atan2(y, x))
	if bearing < 0 {
		bearing += 360
	}
	if bearing >= 360 { // a tiny negative angle plus 360 rounds to 360
		bearing = 0
	}
	return bearing
}

// Destination is the point that lies distance along the great circle that leaves p at bearingDegrees (clockwise from
// north, any finite value; at a pole, from the meridian of p.Lon as in Bearing). The longitude of the result is in [-180, 180); a negative distance goes the other way.
func Destination(p Point, bearingDegrees float64, distance Meters) Point {
	lat, theta, delta := radians(p.Lat), radians(bearingDegrees), float64(distance)/EarthRadiusMeters
	sinLat := math.Sin(lat)*math.Cos(delta) + math.Cos(lat)*math.Sin(delta)*math.Cos(theta)
	// The destination as a vector in the frame of the meridian of p. The usual form of the longitude divides two numbers
	// that both vanish at a pole, and the arc sine of sinLat loses half the digits there.
	outward := math.Cos(lat)*math.Cos(delta) - math.Sin(lat)*math.Sin(delta)*math.Cos(theta)
	east := math.Sin(theta) * math.Sin(delta)
	return Point{
		Lat: degrees(math.Atan2(sinLat, math.Hypot(outward, east))),
		Lon: wrapDegrees(p.Lon + degrees(math.Atan2(east, outward))),
	}
}
