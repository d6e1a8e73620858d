package arrival

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/geo"
)

var (
	door = geo.Point{Lat: 30.2, Lon: 120.2}
	noon = time.Date(2026, 3, 9, 4, 0, 0, 0, time.UTC)
)

// at is a sight so many metres north of the door, so many seconds after noon.
func at(seconds int, meters float64) Sight {
	return Sight{Point: geo.Point{Lat: door.Lat + meters/111_320, Lon: door.Lon}, At: noon.Add(time.Duration(seconds) * time.Second)}
}

func TestLook(t *testing.T) {
	t.Parallel()
	vague := at(0, 140)
	vague.Accuracy = 70
	lost := at(60, 3000)
	lost.Accuracy = 5000
	for name, tc := range map[string]struct {
		sights []Sight
		now    int
		want   bool
	}{
		"nobody was seen":                  {nil, 0, false},
		"stays":                            {[]Sight{at(0, 500), at(20, 40), at(50, 10), at(85, 30)}, 90, true},
		"not yet":                          {[]Sight{at(20, 40), at(50, 10), at(70, 30)}, 75, false},
		"drives by":                        {[]Sight{at(0, 60), at(10, 10), at(20, 60), at(40, 400)}, 60, false},
		"goes away after a stay":           {[]Sight{at(0, 10), at(60, 10), at(90, 200)}, 95, false},
		"was not seen lately":              {[]Sight{at(0, 10), at(60, 10)}, 400, false},
		"was not seen in between":          {[]Sight{at(0, 10), at(200, 10)}, 205, false},
		"is vague, but near":               {[]Sight{vague, at(60, 20)}, 65, true},
		"knows nothing of where it was":    {[]Sight{at(0, 10), at(30, 10), lost}, 65, false},
		"comes late and out of order":      {[]Sight{at(85, 30), at(20, 40), at(0, 500), at(50, 10)}, 90, true},
		"a late one says he was elsewhere": {[]Sight{at(20, 40), at(85, 30), at(50, 900)}, 90, false},
	} {
		var trail Trail
		for _, s := range tc.sights {
			trail.Add(s)
		}
		if got := Usual().Look(&trail, door, noon.Add(time.Duration(tc.now)*time.Second)); got.Arrived != tc.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestOrder: positions that are far enough apart say the same in whatever order they come.
func TestOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var sights []Sight
		for i := range rapid.IntRange(1, 30).Draw(t, "sights") {
			sights = append(sights, at(10*i, rapid.Float64Range(0, 200).Draw(t, "meters")))
		}
		shuffled := rapid.Permutation(sights).Draw(t, "order")
		var a, b Trail
		for i := range sights {
			a.Add(sights[i])
			b.Add(shuffled[i])
		}
		if diff := cmp.Diff(a.sights, b.sights); diff != "" {
			t.Fatal(diff)
		}
		now := sights[len(sights)-1].At
		if x, y := Usual().Look(&a, door, now), Usual().Look(&b, door, now); x != y {
			t.Errorf("%+v, out of order %+v", x, y)
		}
	})
}

// TestTrailIsBounded: a day of positions, one a second, keeps the latest and little more.
func TestTrailIsBounded(t *testing.T) {
	t.Parallel()
	var trail Trail
	for i := range 3600 {
		trail.Add(at(i, 10))
	}
	if n := len(trail.sights); n > length || n < length-1 || !slices.IsSortedFunc(trail.sights, func(x, y Sight) int { return x.At.Compare(y.At) }) {
		t.Errorf("%d sights", n)
	}
	if got := Usual().Look(&trail, door, noon.Add(time.Hour)); !got.Arrived || got.Seen.Before(noon.Add(3590*time.Second)) {
		t.Errorf("%+v", got)
	}
}
