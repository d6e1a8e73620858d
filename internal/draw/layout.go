package draw

import (
	"math"

	"fettle/dispatch"
	"fettle/geo"
)

// spot is a point of the picture, or of the plane before it is scaled.
type spot struct{ x, y float64 }

// terrain is where the places that matter lie, y downwards, before scaling.
type terrain struct {
	at      map[int32]spot
	caption string
	// metersPerUnit is 0 when the unit is no length on earth.
	metersPerUnit float64
}

// places lists the places that are drawn, each once, in the order in which the plan names them.
func (s *scene) places() []int32 {
	var out []int32
	seen := map[int32]bool{}
	add := func(place int32) {
		if place >= 0 && int(place) < len(s.p.Places) && !seen[place] {
			seen[place] = true
			out = append(out, place)
		}
	}
	for i := range s.routes {
		r := &s.routes[i]
		add(r.shift.StartPlace)
		for k := range r.stops {
			if place, ok := s.place(r, &r.stops[k]); ok {
				add(place)
			}
		}
		add(r.shift.EndPlace)
	}
	for _, u := range s.left {
		add(s.p.Visits[u.Visit].Place)
	}
	return out
}

// survey places the places: on the globe or in the plane where all have coordinates there, else by their travel times.
func (s *scene) survey() terrain {
	used := s.places()
	onGlobe, inPlane := true, true
	for _, place := range used {
		onGlobe = onGlobe && s.p.Places[place].OnGlobe
		inPlane = inPlane && s.p.Places[place].InPlane
	}
	switch {
	case onGlobe:
		return s.onGlobe(used)
	case inPlane:
		t := terrain{at: map[int32]spot{}, caption: "Plane coordinates, as in the source"}
		for _, place := range used {
			t.at[place] = spot{s.p.Places[place].X, -s.p.Places[place].Y}
		}
		return t
	}
	t := terrain{at: map[int32]spot{}, caption: "No coordinates: places are laid out so that distances resemble travel times"}
	for i, at := range embed(s.separation(used), len(used)) {
		t.at[used[i]] = at
	}
	return t
}

// onGlobe is an equirectangular projection around the middle latitude. Longitudes are taken relative to the first place,
// so that places on both sides of the antimeridian stay together.
func (s *scene) onGlobe(used []int32) terrain {
	t := terrain{at: map[int32]spot{}, caption: "Equirectangular projection", metersPerUnit: geo.MetersPerDegree}
	if len(used) == 0 {
		return t
	}
	first := s.p.Places[used[0]].Point
	south, north := first.Lat, first.Lat
	for _, place := range used {
		south, north = math.Min(south, s.p.Places[place].Point.Lat), math.Max(north, s.p.Places[place].Point.Lat)
	}
	stretch := math.Cos((south + north) / 2 * math.Pi / 180)
	for _, place := range used {
		at := s.p.Places[place].Point
		t.at[place] = spot{math.Remainder(at.Lon-first.Lon, 360) * stretch, -at.Lat}
	}
	return t
}

// separation is the mean travel time of both directions between two of the used places; where there is no way, a little
// more than the longest way there is.
func (s *scene) separation(used []int32) func(i, j int) float64 {
	if len(s.p.Travel) == 0 || s.p.Travel[0].Time == nil {
		return func(_, _ int) float64 { return 0 }
	}
	m := s.p.Travel[0].Time
	longest := int32(1)
	for _, a := range used {
		for _, b := range used {
			if v := m.At(a, b); v < dispatch.Unreachable {
				longest = max(longest, v)
			}
		}
	}
	value := func(a, b int32) float64 {
		if v := m.At(a, b); v < dispatch.Unreachable {
			return float64(v)
		}
		return 1.2 * float64(longest)
	}
	return func(i, j int) float64 {
		if i == j {
			return 0
		}
		return (value(used[i], used[j]) + value(used[j], used[i])) / 2
	}
}

// extent is the size of the terrain.
func (t *terrain) extent() (low, high spot) {
	low, high = spot{math.Inf(1), math.Inf(1)}, spot{math.Inf(-1), math.Inf(-1)}
	for _, at := range t.at {
		low = spot{math.Min(low.x, at.x), math.Min(low.y, at.y)}
		high = spot{math.Max(high.x, at.x), math.Max(high.y, at.y)}
	}
	if len(t.at) == 0 {
		return spot{}, spot{}
	}
	return low, high
}

// ratio is height by width, within what makes a good map.
func (t *terrain) ratio(least, most float64) float64 {
	low, high := t.extent()
	w, h := high.x-low.x, high.y-low.y
	if w <= 0 || h <= 0 || math.IsInf(w+h, 0) || math.IsNaN(w+h) {
		return least
	}
	return math.Min(math.Max(h/w, least), most)
}

// fit scales the terrain into a box, the same in both directions and centred; scale is box units a terrain unit.
func (t *terrain) fit(x, y, w, h float64) (at map[int32]spot, scale float64) {
	low, high := t.extent()
	scale = math.Min(w/(high.x-low.x), h/(high.y-low.y))
	if math.IsInf(scale, 0) || math.IsNaN(scale) {
		scale = 0
	}
	at = make(map[int32]spot, len(t.at))
	for place, from := range t.at {
		at[place] = spot{
			x + w/2 + scale*(from.x-(low.x+high.x)/2),
			y + h/2 + scale*(from.y-(low.y+high.y)/2),
		}
	}
	return at, scale
}
