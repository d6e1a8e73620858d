package city_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/geo"
	"fettle/simulate/city"
)

func TestSameSeedMakesSameCity(t *testing.T) {
	t.Parallel()
	a, b := city.New(7), city.New(7)
	if !bytes.Equal(a.GeoJSON(), b.GeoJSON()) {
		t.Error("maps of one seed differ")
	}
	for name, pair := range map[string][2]any{
		"units": {a.Units, b.Units}, "technicians": {a.Technicians, b.Technicians}, "day": {a.Day(workingDay()), b.Day(workingDay())},
	} {
		if d := cmp.Diff(pair[0], pair[1]); d != "" {
			t.Errorf("%s of one seed differ: %s", name, d)
		}
	}
	if other := city.New(8); bytes.Equal(a.GeoJSON(), other.GeoJSON()) {
		t.Error("maps of two seeds are the same")
	}
}

// The demo uses seed 1; the others show that nothing depends on it.
func TestEverySeedHasTheOperator(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		c := city.New(seed)
		kinds := map[city.Kind]int{}
		ids := map[string]bool{}
		for i := range c.Buildings {
			kinds[c.Buildings[i].Kind]++
			ids[c.Buildings[i].ID] = true
		}
		rooms, leases, flats := 0, 0, 0
		for _, u := range c.Units {
			ids[u.ID] = true
			switch {
			case u.Kind == city.Flat:
				flats++
			case u.Leased:
				rooms, leases = rooms+1, leases+1
			default:
				rooms++
			}
		}
		got := []int{kinds[city.Rental], rooms, leases, flats, kinds[city.Park], len(c.Technicians), len(ids)}
		// 32 buildings + 1,162 units have ids of their own.
		if d := cmp.Diff([]int{8, 1042, 927, 120, 24, 40, 8 + 24 + 1042 + 120}, got); d != "" {
			t.Errorf("seed %d: buildings, rooms, leases, flats, park buildings, technicians, ids: %s", seed, d)
		}
	}
}

func TestPlacesAreOnTheMapAndDry(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		c := city.New(seed)
		var places []geo.Point
		for i := range c.Buildings {
			places = append(places, c.Buildings[i].Location)
		}
		for _, u := range c.Units {
			places = append(places, u.Location)
		}
		for _, f := range c.Footprints {
			places = append(places, f.Ring...)
		}
		for i := range c.Technicians {
			places = append(places, c.Technicians[i].Home)
		}
		for _, r := range c.Day(workingDay()) {
			places = append(places, r.Location)
		}
		for _, p := range places {
			if !c.Bounds.Contains(p) || c.InWater(p) {
				t.Fatalf("seed %d: %v is off the map or in water", seed, p)
			}
		}
		for _, s := range c.Streets {
			for _, p := range s.Points {
				if !c.Bounds.Contains(p) {
					t.Fatalf("seed %d: street %s leaves the map at %v", seed, s.Name.En, p)
				}
			}
		}
	}
}

func TestStreetNamesAreSaidInBothLanguages(t *testing.T) {
	t.Parallel()
	zh := map[string]string{}
	for _, s := range city.New(1).Streets {
		if s.Name.En == "" || s.Name.Zh == "" || len(s.Points) < 2 {
			t.Fatalf("street without name or points: %+v", s)
		}
		if was, ok := zh[s.Name.En]; ok && was != s.Name.Zh {
			t.Errorf("%s is %s and %s", s.Name.En, was, s.Name.Zh)
		}
		zh[s.Name.En] = s.Name.Zh
	}
	if len(zh) < 300 {
		t.Errorf("%d street names, want a city", len(zh))
	}
}

type feature struct {
	Geometry struct {
		Type        string
		Coordinates json.RawMessage
	}
	Properties map[string]any
}

func TestGeoJSONIsWhatAMapReads(t *testing.T) {
	t.Parallel()
	text := city.New(1).GeoJSON()
	var fc struct {
		Type     string
		Features []feature
	}
	if err := json.Unmarshal(text, &fc); err != nil {
		t.Fatal(err)
	}
	layers := map[string]int{}
	for _, f := range fc.Features {
		layer, _ := f.Properties["layer"].(string)
		layers[layer]++
		for _, ring := range rings(t, f) {
			checkRing(t, ring)
		}
	}
	for layer, least := range map[string]int{"water": 5, "park": 20, "block": 400, "building": 400, "street": 400, "property": 64} {
		if layers[layer] < least {
			t.Errorf("%d features in layer %s, want at least %d", layers[layer], layer, least)
		}
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, err := w.Write(text)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	if len(text) > 1_200_000 || z.Len() > 250_000 {
		t.Errorf("%d bytes, %d compressed; want at most 1,200,000 and 250,000", len(text), z.Len())
	}
}

// rings lists the rings of a feature, none of a line or point.
func rings(t *testing.T, f feature) [][][2]float64 {
	t.Helper()
	var out [][][2]float64
	var err error
	switch f.Geometry.Type {
	case "Polygon":
		err = json.Unmarshal(f.Geometry.Coordinates, &out)
	case "MultiPolygon":
		var many [][][][2]float64
		err = json.Unmarshal(f.Geometry.Coordinates, &many)
		out = slices.Concat(many...)
	case "LineString":
		var line [][2]float64
		err = json.Unmarshal(f.Geometry.Coordinates, &line)
	case "Point":
		var point [2]float64
		err = json.Unmarshal(f.Geometry.Coordinates, &point)
	default:
		t.Fatalf("geometry %q", f.Geometry.Type)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// checkRing wants a closed ring, [lon, lat] on the map, counter-clockwise.
func checkRing(t *testing.T, ring [][2]float64) {
	t.Helper()
	if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
		t.Fatalf("ring is not closed: %v", ring)
	}
	area := 0.0
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if b[0] < 120.168 || b[0] > 120.242 || b[1] < 30.168 || b[1] > 30.222 {
			t.Fatalf("%v is not on the map", b)
		}
		// From the first corner, so that little is lost by cancellation.
		area += (a[0]-ring[0][0])*(b[1]-ring[0][1]) - (b[0]-ring[0][0])*(a[1]-ring[0][1])
	}
	if area <= 0 {
		t.Fatalf("ring runs clockwise: %v", ring)
	}
}

// workingDay is a Wednesday in summer.
func workingDay() time.Time { return time.Date(2026, time.July, 15, 0, 0, 0, 0, time.UTC) }

func TestEveryFaultHasATechnicianOnDuty(t *testing.T) {
	t.Parallel()
	c := city.New(1)
	faults := city.Faults()
	if len(faults) < 40 {
		t.Errorf("%d kinds of faults, want 40", len(faults))
	}
	able := func(f *city.Fault, day time.Weekday, at time.Duration) bool {
		return slices.ContainsFunc(c.Technicians, func(p city.Technician) bool {
			return p.OnDuty(day, at) && p.Level(f.Skill.Skill) >= f.Skill.Level
		})
	}
	codes := map[string]bool{}
	for i := range faults {
		f := &faults[i]
		if codes[f.Code] || f.Text.En == "" || f.Text.Zh == "" || !slices.Contains(city.Skills(), f.Skill.Skill) {
			t.Errorf("fault %s is doubled or incomplete", f.Code)
		}
		codes[f.Code] = true
		for day := range time.Weekday(7) {
			hours := []time.Duration{9 * time.Hour, 16 * time.Hour, 19 * time.Hour}
			if f.Emergency >= 0.5 {
				hours = append(hours, 22*time.Hour, 3*time.Hour)
			}
			for _, at := range hours {
				if !able(f, day, at) {
					t.Errorf("nobody can do %s (%v) on %v at %v", f.Code, f.Skill, day, at)
				}
			}
		}
	}
}

func TestTechniciansWorkFiveShiftsAWeek(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	turns := map[city.Turn]int{}
	for _, p := range city.New(1).Technicians {
		names[p.Name.Zh] = true
		turns[p.Turn]++
		if len(p.Shifts) != 5 || len(p.Tools) == 0 {
			t.Errorf("%s: %d shifts, tools %v", p.ID, len(p.Shifts), p.Tools)
		}
		for _, s := range p.Shifts {
			if s.End-s.Start != 9*time.Hour || !p.OnDuty(s.Weekday, s.Start) || p.OnDuty((s.Weekday+1)%7, s.End%(24*time.Hour)) && s.End > 24*time.Hour {
				t.Errorf("%s: shift %+v", p.ID, s)
			}
		}
	}
	if d := cmp.Diff(map[city.Turn]int{city.DayTurn: 26, city.LateTurn: 10, city.NightTurn: 4}, turns); d != "" {
		t.Error(d)
	}
	if len(names) != 40 {
		t.Errorf("%d names for 40 technicians", len(names))
	}
}

func TestDemandFollowsTheDay(t *testing.T) {
	t.Parallel()
	c := city.New(1)
	hours, kinds := [24]int{}, map[city.Kind]int{}
	days, urgent, total := 0, 0, 0
	for d := range 60 {
		date := workingDay().AddDate(0, 0, d)
		rest := date.Weekday() == time.Saturday || date.Weekday() == time.Sunday
		reports := c.Day(date)
		// Poisson with a mean of about 165 or 126 in summer: five deviations either way.
		if lo, hi := 95, 235; len(reports) < lo || len(reports) > hi {
			t.Errorf("%v: %d reports, want %d to %d", date, len(reports), lo, hi)
		}
		if rest {
			continue
		}
		days++
		for _, r := range reports {
			hours[int(r.At.Hours())]++
			kinds[r.Kind]++
			total++
			if r.Urgency == dispatch.UrgencyEmergency {
				urgent++
			}
		}
	}
	night := (hours[1] + hours[2] + hours[3] + hours[4]) / 4
	if peak := slices.Max(hours[:]); peak <= 4*night {
		t.Errorf("peak hour %d, night hour %d: want more than four times", peak, night)
	}
	park, homes := kinds[city.Park]/days, (kinds[city.Rental]+kinds[city.Flat])/days
	if park < 100 || park > 135 || homes < 28 || homes > 45 {
		t.Errorf("a working day has %d reports from the park and %d from homes, want 100-135 and 28-45", park, homes)
	}
	if share := float64(urgent) / float64(total); share < 0.03 || share > 0.25 {
		t.Errorf("%.0f %% of the reports are urgent", 100*share)
	}
}

func TestReportsAreWhole(t *testing.T) {
	t.Parallel()
	c := city.New(1)
	units := map[string]city.Unit{}
	for _, u := range c.Units {
		units[u.ID] = u
	}
	windows := 0
	for d := range 20 {
		last := time.Duration(0)
		for _, r := range c.Day(workingDay().AddDate(0, 0, d)) {
			if r.At < last || r.At >= 24*time.Hour {
				t.Fatalf("report at %v after one at %v", r.At, last)
			}
			last = r.At
			if !r.Channel.Valid() || !r.Urgency.Valid() || r.OnSite <= 0 || r.Actual < r.OnSite/2 || r.Actual > 3*r.OnSite {
				t.Errorf("report %+v", r)
			}
			for _, w := range r.Windows {
				windows++
				if w.End <= w.Start || w.End <= r.At {
					t.Errorf("window %v of a report at %v", w, r.At)
				}
			}
			if u, ok := units[r.Unit]; r.Kind != city.Park && r.Unit != "" && (!ok || !u.Leased || u.Location != r.Location) {
				t.Errorf("report from %q, which is not let or elsewhere", r.Unit)
			}
		}
	}
	if windows == 0 {
		t.Error("no report has a time window")
	}
}

func TestDatesDiffer(t *testing.T) {
	t.Parallel()
	c := city.New(1)
	monday := c.Day(workingDay())
	if cmp.Equal(monday, c.Day(workingDay().AddDate(0, 0, 1))) {
		t.Error("two days are the same")
	}
	// Only the calendar date counts.
	if !cmp.Equal(monday, c.Day(workingDay().Add(5*time.Hour))) {
		t.Error("the hour of the date changes the day")
	}
}

func TestBehaviorStaysInItsRange(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	declined, delays := 0, []time.Duration(nil)
	for range 4000 {
		delays = append(delays, city.AcceptDelay(r))
		if city.Declines(r) {
			declined++
		}
		if a := city.Actual(r, time.Hour); a < 30*time.Minute || a > 3*time.Hour {
			t.Fatalf("an hour of work takes %v", a)
		}
	}
	slices.Sort(delays)
	if m := delays[2000]; delays[0] <= 0 || delays[3999] > 5*time.Minute || m < 22*time.Second || m > 28*time.Second {
		t.Errorf("accept delays from %v to %v, median %v", delays[0], delays[3999], m)
	}
	if declined < 80 || declined > 240 { // 160 of 4,000, six deviations of 12.4
		t.Errorf("%d of 4,000 offers declined", declined)
	}
	for h := range 24 {
		if f := city.Traffic(time.Monday, time.Duration(h)*time.Hour); f < 1 || f > 1.7 || math.IsNaN(f) {
			t.Errorf("traffic at %d: %v", h, f)
		}
	}
}
