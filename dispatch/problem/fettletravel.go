package problem

import (
	"errors"
	"fmt"
	"math"

	"fettle/dispatch"
	"fettle/geo"
)

// Defaults of straight-line travel: roads in towns are about 1.3 times as long as the straight line (Boscoe, Henry and
// Zdeb (2012), doi:10.1080/00330124.2011.583586, find 1.4 on average), and a van does 25 km/h door to door.
const (
	defaultDetour   = 1.4
	defaultSpeedKPH = 25
)

// Bounds of straight-line tables: up to tableBelow places a table (16 MB, 0.1 s); beyond, a projection to a plane when all
// places lie within planeMeters, where it is off by less than 0.5 %.
const (
	tableBelow  = 2000
	planeMeters = 100_000
	maxPlaces   = 20_000
)

// places reads the travel profiles' names and the list of places.
func (b *fettleBuilder) places() error {
	if len(b.file.Travel) == 0 {
		b.file.Travel = []fettleTravel{{StraightLine: &fettleStraightLine{}}}
	}
	b.profile = map[string]int32{"": 0}
	n := 0
	for i := range b.file.Travel {
		t := &b.file.Travel[i]
		field := fmt.Sprintf("travel[%d]", i)
		if _, twice := b.profile[t.Name]; twice && (t.Name != "" || i > 0) {
			return b.fault(field+".name", "is %q, want a name that no other profile has", t.Name)
		}
		b.profile[t.Name] = int32(i)
		if (t.StraightLine == nil) == (t.Times == nil) || (t.Times == nil && t.Distances != nil) {
			return b.fault(field, "want either straightLine or times (and perhaps distances)")
		}
		if t.Times != nil {
			b.fixed, n = true, max(n, len(t.Times))
		}
	}
	b.profile[""] = 0
	b.placeAt, b.placeNamed = map[geo.Point]int32{}, map[string]int32{}
	for i := range b.file.Places {
		if err := b.listedPlace(fmt.Sprintf("places[%d]", i), &b.file.Places[i]); err != nil {
			return err
		}
	}
	if b.fixed && len(b.file.Places) == 0 {
		b.p.Places = make([]dispatch.Place, n)
	}
	return nil
}

// listedPlace adds a place of the list, which keeps its index whether or not it equals another.
func (b *fettleBuilder) listedPlace(field string, in *fettlePlace) error {
	if in.Index != nil {
		return b.fault(field+".index", "is for references to this list, not for the list")
	}
	index := int32(len(b.p.Places))
	place := dispatch.Place{Name: in.Name}
	if in.Latitude != nil || in.Longitude != nil {
		var err error
		if place.Point, err = b.point(field, in); err != nil {
			return err
		}
		place.OnGlobe = true
		if _, known := b.placeAt[place.Point]; !known {
			b.placeAt[place.Point] = index
		}
	}
	if in.Name != "" {
		if _, twice := b.placeNamed[in.Name]; twice {
			return b.fault(field+".name", "is %q, which another place has", in.Name)
		}
		b.placeNamed[in.Name] = index
	}
	b.p.Places = append(b.p.Places, place)
	return nil
}

// place finds or makes the place of a visit, home or depot.
func (b *fettleBuilder) place(field string, in *fettlePlace) (int32, error) {
	switch {
	case in == nil:
		return 0, b.fault(field, "is missing, want {\"latitude\": .., \"longitude\": ..} or {\"index\": ..}")
	case in.Index != nil:
		if in.Latitude != nil || in.Longitude != nil || *in.Index < 0 || int(*in.Index) >= len(b.p.Places) || int(*in.Index) >= b.listed() {
			return 0, b.fault(field+".index", "is %d, want an index below %d and no coordinates beside it", *in.Index, b.listed())
		}
		return *in.Index, nil
	case in.Latitude == nil && in.Longitude == nil:
		index, ok := b.placeNamed[in.Name]
		if in.Name == "" || !ok {
			return 0, b.fault(field, "has no latitude and longitude, and %q is no name in places", in.Name)
		}
		return index, nil
	}
	point, err := b.point(field, in)
	if err != nil {
		return 0, err
	}
	if index, ok := b.placeAt[point]; ok {
		return index, nil
	}
	if b.fixed {
		return 0, b.fault(field, "is a new place, want the index of one that the travel matrix covers")
	}
	index := int32(len(b.p.Places))
	b.placeAt[point] = index
	b.p.Places = append(b.p.Places, dispatch.Place{Name: in.Name, Point: point, OnGlobe: true})
	return index, nil
}

// listed is the number of places that an index may name.
func (b *fettleBuilder) listed() int {
	if b.fixed && len(b.file.Places) == 0 {
		return len(b.p.Places)
	}
	return len(b.file.Places)
}

// point reads coordinates into WGS-84.
func (b *fettleBuilder) point(field string, in *fettlePlace) (geo.Point, error) {
	if in.Latitude == nil {
		return geo.Point{}, b.fault(field+".latitude", "is missing beside the longitude")
	}
	if in.Longitude == nil {
		return geo.Point{}, b.fault(field+".longitude", "is missing beside the latitude")
	}
	datum := geo.Datum(in.Datum)
	if in.Datum == "" {
		datum = geo.WGS84
	}
	point, err := geo.ToWGS84(geo.Point{Lat: *in.Latitude, Lon: *in.Longitude}, datum)
	var fault *geo.InvalidError
	if errors.As(err, &fault) {
		names := map[string]string{"lat": "latitude", "lon": "longitude"}
		part := fault.Field
		if name, ok := names[part]; ok {
			part = name
		}
		return geo.Point{}, b.fault(field+"."+part, "is %v, want %s", fault.Value, fault.Want)
	}
	return point, err
}

// travel builds the matrices once all places are known.
func (b *fettleBuilder) travel() error {
	for i := range b.file.Travel {
		in := &b.file.Travel[i]
		field := fmt.Sprintf("travel[%d]", i)
		t := dispatch.Travel{Name: in.Name}
		var err error
		if in.Times != nil {
			if t.Time, err = b.matrix(field+".times", in.Times); err != nil {
				return err
			}
			if in.Distances != nil {
				t.Distance, err = b.matrix(field+".distances", in.Distances)
			}
		} else {
			t.Time, t.Distance, err = b.straightLine(field+".straightLine", in.StraightLine, b.needsDistance(int32(i)))
		}
		if err != nil {
			return err
		}
		b.p.Travel = append(b.p.Travel, t)
	}
	return nil
}

// needsDistance reports whether anything depends on the lengths of a profile's ways.
func (b *fettleBuilder) needsDistance(profile int32) bool {
	for i := range b.p.Technicians {
		if t := &b.p.Technicians[i]; t.Travel == profile && (t.MaxDistance > 0 || t.Rates.Distance != 0) {
			return true
		}
	}
	return false
}

// matrix reads a table over all places.
func (b *fettleBuilder) matrix(field string, rows [][]int32) (*geo.Matrix, error) {
	n := len(b.p.Places)
	if len(rows) != n {
		return nil, b.fault(field, "has %d rows, want %d, one for each place", len(rows), n)
	}
	table := make([]int32, 0, len(rows)*len(rows[0]))
	for i, row := range rows {
		if len(row) != n {
			return nil, b.fault(fmt.Sprintf("%s[%d]", field, i), "has %d values, want %d", len(row), n)
		}
		for j, v := range row {
			if v < 0 || v > dispatch.Unreachable {
				return nil, b.fault(fmt.Sprintf("%s[%d][%d]", field, i, j), "is %d, want a number from 0 to %d, which means no way", v, dispatch.Unreachable)
			}
		}
		table = append(table, row...)
	}
	return geo.NewDense(n, table)
}

// straightLine gives times in seconds, and distances in metres when they are needed.
func (b *fettleBuilder) straightLine(field string, in *fettleStraightLine, distances bool) (times, meters *geo.Matrix, err error) {
	detour, kph := in.DetourFactor, in.SpeedKPH
	if detour == 0 {
		detour = defaultDetour
	}
	if kph == 0 {
		kph = defaultSpeedKPH
	}
	if detour < 1 || detour > 10 {
		return nil, nil, b.fault(field+".detourFactor", "is %v, want a factor from 1 to 10", detour)
	}
	if kph < 1 || kph > 1000 {
		return nil, nil, b.fault(field+".speedKPH", "is %v, want a speed from 1 to 1000", kph)
	}
	points := make([]geo.Point, len(b.p.Places))
	for i := range b.p.Places {
		if !b.p.Places[i].OnGlobe {
			return nil, nil, b.fault(fmt.Sprintf("places[%d]", i), "has no latitude and longitude, straight-line travel needs them")
		}
		points[i] = b.p.Places[i].Point
	}
	if len(points) > maxPlaces {
		return nil, nil, b.fault(field, "%d places, want at most %d", len(points), maxPlaces)
	}
	if times, err = sphere(points, detour*3.6/kph); err == nil && distances {
		meters, err = sphere(points, detour)
	}
	return times, meters, err
}

// sphere is the matrix of great-circle distances in metres times a factor, rounded to nearest. Up to tableBelow places, or
// when they lie far apart, a table: O(n^2) time and memory. Else the points are projected to a plane at their mean
// latitude: O(n).
func sphere(points []geo.Point, factor float64) (*geo.Matrix, error) {
	if x, y := project(points); len(points) > tableBelow && span(x, y) < planeMeters {
		return geo.NewPlanar(x, y, factor, geo.RoundNearest)
	}
	n := len(points)
	unit := make([][3]float64, n) // places on the unit sphere: half the chord is the sine of half the arc
	for i, p := range points {
		sinLat, cosLat := math.Sincos(p.Lat * math.Pi / 180)
		sinLon, cosLon := math.Sincos(p.Lon * math.Pi / 180)
		unit[i] = [3]float64{cosLat * cosLon, cosLat * sinLon, sinLat}
	}
	table := make([]int32, n*n)
	for i := range n {
		for j := range i {
			dx, dy, dz := unit[i][0]-unit[j][0], unit[i][1]-unit[j][1], unit[i][2]-unit[j][2]
			arc := 2 * math.Asin(min(1, math.Sqrt(dx*dx+dy*dy+dz*dz)/2))
			v := int32(min(arc*geo.EarthRadiusMeters*factor+0.5, float64(dispatch.Unreachable)))
			table[i*n+j], table[j*n+i] = v, v
		}
	}
	return geo.NewDense(n, table)
}

// project lays points on a plane in metres. Points on both sides of the antimeridian come out far apart.
func project(points []geo.Point) (x, y []float64) {
	x, y = make([]float64, len(points)), make([]float64, len(points))
	var mean float64
	for _, p := range points {
		mean += p.Lat / float64(len(points))
	}
	shrink := math.Cos(mean * math.Pi / 180)
	for i, p := range points {
		x[i], y[i] = p.Lon*shrink*geo.MetersPerDegree, p.Lat*geo.MetersPerDegree
	}
	return x, y
}
