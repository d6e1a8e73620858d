package city_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"fettle/geo"
	"fettle/simulate/city"
)

// anywhere is a place on the map or a little off it.
func anywhere(t *rapid.T, name string) geo.Point {
	return geo.Point{
		Lat: rapid.Float64Range(30.160, 30.230).Draw(t, name+" lat"), Lon: rapid.Float64Range(120.160, 120.250).Draw(t, name+" lon"),
	}
}

func TestPathLeadsFromPlaceToPlace(t *testing.T) {
	t.Parallel()
	c := city.New(1)
	const topMetersPerSecond = 68 / 3.6
	rapid.Check(t, func(t *rapid.T) {
		from, to := anywhere(t, "from"), anywhere(t, "to")
		r := c.Path(from, to)
		n := len(r.Points)
		if n == 0 || n != len(r.Seconds) || r.Seconds[0] != 0 {
			t.Fatalf("%d points, %d times", n, len(r.Seconds))
		}
		if geo.DistanceHaversine(r.Points[0], from) > 0.05 || geo.DistanceHaversine(r.Points[n-1], to) > 0.05 {
			t.Fatalf("leads from %v to %v", r.Points[0], r.Points[n-1])
		}
		meters := 0.0
		for i := 1; i < n; i++ {
			leg := float64(geo.DistanceHaversine(r.Points[i-1], r.Points[i]))
			meters += leg
			if took := r.Seconds[i] - r.Seconds[i-1]; took < leg/topMetersPerSecond*0.999 {
				t.Fatalf("leg %d: %.1f m in %.2f s", i, leg, took)
			}
		}
		if math.Abs(meters-r.Meters) > 0.001*meters+0.1 {
			t.Fatalf("Meters %.1f, legs sum to %.1f", r.Meters, meters)
		}
		straight := float64(geo.DistanceHaversine(from, to))
		if r.Duration() < straight/topMetersPerSecond*0.999 {
			t.Fatalf("%.0f m in %.0f s", straight, r.Duration())
		}
		at := rapid.Float64Range(-10, r.Duration()+10).Draw(t, "at")
		// Half a second at top speed is 9.4 m.
		if step := geo.DistanceHaversine(r.At(at), r.At(at+0.5)); step > 9.5 {
			t.Fatalf("jumps %.1f m in half a second", float64(step))
		}
		if r.At(-1) != r.Points[0] || r.At(math.Inf(1)) != r.Points[n-1] {
			t.Fatal("At does not stay at the ends")
		}
	})
}

// A fastest way is as fast backwards, since streets are driven both ways, and no slower than one with a stop in between.
func TestPathIsFastest(t *testing.T) {
	t.Parallel()
	c := city.New(1)
	seconds := func(a, b geo.Point) float64 { r := c.Path(a, b); return r.Duration() }
	rapid.Check(t, func(t *rapid.T) {
		a, b, stop := anywhere(t, "a"), anywhere(t, "b"), anywhere(t, "stop")
		there, back := seconds(a, b), seconds(b, a)
		if math.Abs(there-back) > 0.5 {
			t.Fatalf("%.1f s there, %.1f s back", there, back)
		}
		if via := seconds(a, stop) + seconds(stop, b); there > via+0.5 {
			t.Fatalf("%.1f s, but %.1f s with a stop", there, via)
		}
	})
}

// Every entrance reaches every other: the network is connected, and no way is absurd.
func TestTheNetworkIsConnected(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		c := city.New(seed)
		first := c.Buildings[0].Location
		for i := range c.Technicians {
			for _, b := range c.Buildings {
				r := c.Path(c.Technicians[i].Home, b.Location)
				straight := float64(geo.DistanceHaversine(c.Technicians[i].Home, b.Location))
				if r.Meters < straight*0.999 || r.Meters > 3*straight+1500 || r.Duration() > 3600 {
					t.Fatalf("seed %d: %s to %s, %.0f m apart, takes %.0f m and %.0f s", seed, c.Technicians[i].ID, b.ID, straight, r.Meters, r.Duration())
				}
			}
		}
		for _, s := range c.Streets { // also the far bank
			end := s.Points[len(s.Points)-1]
			r := c.Path(first, end)
			if got := r.Points[len(r.Points)-1]; geo.DistanceHaversine(got, end) > 0.05 || r.Duration() > 3600 {
				t.Fatalf("seed %d: %s is not reached", seed, s.Name.En)
			}
		}
	}
}

func TestNobodyDrivesThroughTheRiver(t *testing.T) {
	t.Parallel()
	c := city.New(1)
	var river geo.Polygon
	for _, w := range c.Water {
		if w.Kind == "river" {
			river.Outer = w.Ring
		}
	}
	if len(river.Outer) < 10 {
		t.Fatal("there is no river")
	}
	for i := range c.Technicians {
		r := c.Path(c.Technicians[0].Home, c.Technicians[i].Home)
		for k, p := range r.Points {
			if river.Contains(p) {
				t.Fatalf("point %d of the way to %s is in the river: %v", k, c.Technicians[i].ID, p)
			}
		}
	}
}

func TestPathToWhereOneIs(t *testing.T) {
	t.Parallel()
	c := city.New(1)
	p := c.Buildings[0].Location
	r := c.Path(p, p)
	// To the street and back, at yard speed: a block is not deeper than a few hundred metres.
	if r.Meters > 400 || r.At(0) != p || geo.DistanceHaversine(r.At(r.Duration()), p) > 0.05 {
		t.Errorf("way to oneself: %+v", r)
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		city.New(1)
	}
}

func BenchmarkPath(b *testing.B) {
	c := city.New(1)
	r := rand.New(rand.NewPCG(1, 1))
	var places []geo.Point
	for range 512 {
		places = append(places, c.Units[r.IntN(len(c.Units))].Location)
	}
	for i := range c.Technicians {
		places = append(places, c.Technicians[i].Home)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c.Path(places[i%len(places)], places[(i*7+3)%len(places)])
		i++
	}
}

func BenchmarkGeoJSON(b *testing.B) {
	c := city.New(1)
	b.ReportAllocs()
	for b.Loop() {
		c.GeoJSON()
	}
}

func BenchmarkDay(b *testing.B) {
	c := city.New(1)
	b.ReportAllocs()
	for b.Loop() {
		c.Day(workingDay())
	}
}
