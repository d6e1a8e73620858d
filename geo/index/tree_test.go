package index_test

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/geo"
	"fettle/geo/index"
)

func TestWindowOverlaps(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		a, b index.Window
		want bool
	}{
		{"any time and a window", index.Window{}, index.Window{Start: 5, End: 6}, true},
		{"half open: one ends where the other starts", index.Window{Start: 1, End: 5}, index.Window{Start: 5, End: 6}, false},
		{"one second in common", index.Window{Start: 1, End: 6}, index.Window{Start: 5, End: 9}, true},
		{"inside", index.Window{Start: 1, End: 9}, index.Window{Start: 3, End: 4}, true},
		{"empty window", index.Window{Start: 3, End: 3}, index.Window{Start: 1, End: 9}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.a.Overlaps(tt.b) != tt.want || tt.b.Overlaps(tt.a) != tt.want {
				t.Errorf("Overlaps is not %v both ways", tt.want)
			}
		})
	}
}

func TestDistanceToBounds(t *testing.T) {
	t.Parallel()
	box := geo.Bounds{South: 10, West: 20, North: 30, East: 40}
	for _, tt := range []struct {
		name    string
		q       geo.Point
		box     geo.Bounds
		degrees float64
	}{
		{"inside", geo.Point{Lat: 20, Lon: 30}, box, 0},
		{"on the edge", geo.Point{Lat: 30, Lon: 30}, box, 0},
		{"north: along the meridian", geo.Point{Lat: 35, Lon: 25}, box, 5},
		{"inside a crossing box", geo.Point{Lat: 1, Lon: -179}, geo.Bounds{West: 170, North: 2, East: -170}, 0},
		{"west of a box that crosses", geo.Point{Lon: 165}, geo.Bounds{West: 170, North: 2, East: -170}, 5},
		// From 80 N, 180 E the way to the meridian 0 at 70 N leads over the pole: 10 + 20.
		{"over the pole", geo.Point{Lat: 80, Lon: 180}, geo.Bounds{South: 60, North: 70}, 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := tt.degrees * geo.MetersPerDegree
			if got := float64(index.DistanceToBounds(tt.q, tt.box)); math.Abs(got-want) > 1e-3 {
				t.Errorf("distance = %v, want %v", got, want)
			}
		})
	}
}

// No point of a box is nearer than DistanceToBounds, and some point of its edge comes close to it.
func TestDistanceToBoundsIsTheLeast(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(81, 82))
	for range 500 {
		q := geo.Point{Lat: random.Float64()*180 - 90, Lon: random.Float64()*360 - 180}
		lat := []float64{random.Float64()*180 - 90, random.Float64()*180 - 90}
		b := geo.Bounds{South: min(lat[0], lat[1]), North: max(lat[0], lat[1]), West: random.Float64()*360 - 180, East: random.Float64()*360 - 180}
		d, nearest := index.DistanceToBounds(q, b), geo.Meters(math.Inf(1))
		const steps = 200
		for i := range steps + 1 {
			f := float64(i) / steps
			lon := b.West + f*b.WidthDegrees()
			if lon > 180 {
				lon -= 360
			}
			midLat := b.South + f*(b.North-b.South)
			for _, p := range []geo.Point{{Lat: b.South, Lon: lon}, {Lat: b.North, Lon: lon}, {Lat: midLat, Lon: b.West}, {Lat: midLat, Lon: b.East}} {
				nearest = min(nearest, geo.DistanceHaversine(q, p))
			}
		}
		if b.Contains(q) {
			nearest = 0
		}
		// A step is at most 1.8 degrees along the edge; the nearest sample is at most half of it away.
		if d > nearest+1e-6 || float64(nearest-d) > geo.MetersPerDegree {
			t.Fatalf("DistanceToBounds(%v, %v) = %v, nearest sample %v", q, b, d, nearest)
		}
	}
}

func drawItem(t *rapid.T, id int32, center geo.Point) index.Item {
	item := index.PointItem(id, drawPlace(t, center), index.Window{})
	if rapid.Bool().Draw(t, "extent") {
		other := drawPlace(t, center)
		item.Bounds.North = max(item.Bounds.South, other.Lat)
		item.Bounds.South = min(item.Bounds.South, other.Lat)
		item.Bounds.East = other.Lon
	}
	if start := rapid.Int64Range(0, 5).Draw(t, "start"); start > 0 {
		item.Window = index.Window{Start: start, End: start + rapid.Int64Range(0, 3).Draw(t, "length")}
	}
	return item
}

func TestTreeEqualsScan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var tree index.Tree
		items := map[int32]index.Item{}
		center := rapid.SampledFrom(centers).Draw(t, "center")
		for range rapid.IntRange(1, 100).Draw(t, "changes") {
			id := rapid.Int32Range(0, 70).Draw(t, "id")
			if _, held := items[id]; rapid.IntRange(0, 4).Draw(t, "change") == 0 {
				if tree.Remove(id) != held {
					t.Fatalf("Remove(%d) is not %v", id, held)
				}
				delete(items, id)
				continue
			}
			items[id] = drawItem(t, id, center)
			if err := tree.Put(items[id]); err != nil {
				t.Fatal(err)
			}
		}
		if tree.Len() != len(items) {
			t.Fatalf("Len = %d, want %d", tree.Len(), len(items))
		}
		for range 4 {
			probe := drawItem(t, 0, center)
			checkTreeSearch(t, &tree, items, probe)
			checkTreeNearest(t, &tree, items, drawPlace(t, center), probe.Window)
		}
	})
}

func checkTreeSearch(t *rapid.T, tree *index.Tree, items map[int32]index.Item, probe index.Item) {
	want := []int32{}
	for id, item := range items {
		if item.Bounds.Intersects(probe.Bounds) && item.Window.Overlaps(probe.Window) {
			want = append(want, id)
		}
	}
	slices.Sort(want)
	got := append([]int32{}, tree.Search(probe.Bounds, probe.Window, nil)...)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatalf("Search(%+v) (-scan +tree):\n%s", probe, diff)
	}
}

func checkTreeNearest(t *rapid.T, tree *index.Tree, items map[int32]index.Item, q geo.Point, w index.Window) {
	k := rapid.IntRange(1, 15).Draw(t, "k")
	keep := func(id int32) bool { return id%5 != 0 }
	want := []index.Neighbor{}
	for id, item := range items {
		if item.Window.Overlaps(w) && keep(id) {
			want = append(want, index.Neighbor{ID: id, Distance: index.DistanceToBounds(q, item.Bounds)})
		}
	}
	slices.SortFunc(want, func(a, b index.Neighbor) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.ID, b.ID))
	})
	want = want[:min(k, len(want))]
	got := append([]index.Neighbor{}, tree.Nearest(q, k, w, keep, nil)...)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatalf("Nearest(%v, %d, %v) (-scan +tree):\n%s", q, k, w, diff)
	}
}

func TestTreeRefuses(t *testing.T) {
	t.Parallel()
	var tree index.Tree
	var invalid *geo.InvalidError
	for name, item := range map[string]index.Item{
		"negative number":  index.PointItem(-1, geo.Point{}, index.Window{}),
		"huge number":      index.PointItem(index.MaxObject+1, geo.Point{}, index.Window{}),
		"NaN":              index.PointItem(1, geo.Point{Lat: math.NaN()}, index.Window{}),
		"south over north": {ID: 1, Bounds: geo.Bounds{South: 2, North: 1}},
	} {
		if err := tree.Put(item); !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if tree.Len() != 0 || tree.Remove(-1) || tree.Remove(3) {
		t.Error("a refused item left traces")
	}
	if got := tree.Nearest(geo.Point{}, 3, index.Window{}, nil, nil); len(got) != 0 {
		t.Errorf("Nearest in an empty tree = %v", got)
	}
	if got := tree.Search(geo.Bounds{South: 2, North: 1}, index.Window{}, nil); len(got) != 0 {
		t.Errorf("Search with invalid bounds = %v", got)
	}
}

func benchTree(b *testing.B) *index.Tree {
	b.Helper()
	var tree index.Tree
	for id, p := range cityPoints(b, benchObjects, benchSide) {
		if err := tree.Put(index.PointItem(int32(id), p, index.Window{Start: int64(id%24) * 3600, End: int64(id%24+4) * 3600})); err != nil {
			b.Fatal(err)
		}
	}
	return &tree
}

func BenchmarkTreePut(b *testing.B) {
	tree := benchTree(b)
	random := rand.New(rand.NewPCG(91, 92))
	moves := make([]index.Item, 1<<16)
	for i := range moves {
		moves[i] = index.PointItem(random.Int32N(benchObjects), cityPoint(random, benchSide), index.Window{})
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := tree.Put(moves[i&(len(moves)-1)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkTreeNearest asks for 10 visits whose windows overlap one hour: about one in five.
func BenchmarkTreeNearest(b *testing.B) {
	tree := benchTree(b)
	random := rand.New(rand.NewPCG(93, 94))
	buf := make([]index.Neighbor, 0, 10)
	queries := make([]geo.Point, 1<<12)
	for i := range queries {
		queries[i] = cityPoint(random, benchSide)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		buf = tree.Nearest(queries[i&(len(queries)-1)], 10, index.Window{Start: 36_000, End: 39_600}, nil, buf)
		i++
	}
}

// BenchmarkTreeSearch is a viewport of 2 x 2 km with about 110 points.
func BenchmarkTreeSearch(b *testing.B) {
	tree := benchTree(b)
	area := geo.Bounds{South: 31.2, West: 121.5, North: 31.218, East: 121.521}
	buf := make([]int32, 0, 1_000)
	b.ReportAllocs()
	for b.Loop() {
		buf = tree.Search(area, index.Window{}, buf)
	}
}

func ExampleTree() {
	var tree index.Tree
	const hour = 3600
	visits := []index.Item{
		index.PointItem(0, geo.Point{Lat: -18.1, Lon: 179.9}, index.Window{Start: 8 * hour, End: 10 * hour}),
		index.PointItem(1, geo.Point{Lat: -18.1, Lon: -179.9}, index.Window{Start: 9 * hour, End: 12 * hour}),
		index.PointItem(2, geo.Point{Lat: -18.0, Lon: 179.0}, index.Window{Start: 14 * hour, End: 16 * hour}),
	}
	for _, v := range visits {
		if err := tree.Put(v); err != nil {
			fmt.Println(err)
			return
		}
	}
	viewport := geo.Bounds{South: -19, West: 179.5, North: -17, East: -179.5}
	fmt.Println("in view before noon:", tree.Search(viewport, index.Window{Start: 0, End: 12 * hour}, nil))
	for _, n := range tree.Nearest(geo.Point{Lat: -18, Lon: 180}, 1, index.Window{Start: 11 * hour, End: 15 * hour}, nil, nil) {
		fmt.Printf("nearest at 11 to 15 h: visit %d at %.1f km\n", n.ID, n.Distance/1000)
	}
	// Output:
	// in view before noon: [0 1]
	// nearest at 11 to 15 h: visit 1 at 15.3 km
}
