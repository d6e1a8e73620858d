package index_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/geo"
	"fettle/geo/index"
)

func newGrid(tb testing.TB, cellMeters float64) *index.Grid {
	tb.Helper()
	g, err := index.NewGrid(index.GridConfig{CellMeters: cellMeters})
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

func put(tb testing.TB, g *index.Grid, id int32, p geo.Point, skills uint64) {
	tb.Helper()
	if err := g.Put(id, p, skills); err != nil {
		tb.Fatal(err)
	}
}

func TestGridNearestByHand(t *testing.T) {
	t.Parallel()
	g := newGrid(t, 500)
	// On the equator one thousandth of a degree is 111.2 m.
	put(t, g, 0, geo.Point{Lon: 0.001}, 0b01)
	put(t, g, 1, geo.Point{Lon: -0.001}, 0b11) // as far as 0: the tie goes to the lower number
	put(t, g, 2, geo.Point{Lon: 0.010}, 0b10)
	put(t, g, 3, geo.Point{Lat: 60, Lon: 100}, 0b11)
	for _, tt := range []struct {
		name   string
		k      int
		filter index.Filter
		want   []int32
	}{
		{"the nearest, tie by number", 1, index.Filter{}, []int32{0}},
		{"in order", 3, index.Filter{}, []int32{0, 1, 2}},
		{"more than there are", 9, index.Filter{}, []int32{0, 1, 2, 3}},
		{"one skill", 9, index.Filter{Skills: 0b10}, []int32{1, 2, 3}},
		{"both skills on the same object", 9, index.Filter{Skills: 0b11}, []int32{1, 3}},
		{"a skill that nobody has", 9, index.Filter{Skills: 0b100}, nil},
		{"within 1 km", 9, index.Filter{Radius: 1_000}, []int32{0, 1}},
		{"a function that refuses the nearest", 1, index.Filter{Keep: func(id int32) bool { return id != 0 }}, []int32{1}},
		{"no answer wanted", 0, index.Filter{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []int32
			for _, n := range g.Nearest(geo.Point{}, tt.k, tt.filter, nil) {
				got = append(got, n.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Nearest (-want +got):\n%s", diff)
			}
		})
	}
	if got := g.Nearest(geo.Point{Lat: math.NaN()}, 3, index.Filter{}, nil); len(got) != 0 {
		t.Errorf("Nearest to NaN = %v", got)
	}
}

func TestGridRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []index.GridConfig{{CellMeters: 1}, {CellMeters: math.NaN()}, {CellMeters: 1e6}, {Objects: -1}} {
		if _, err := index.NewGrid(c); err == nil {
			t.Errorf("NewGrid(%+v) is accepted", c)
		}
	}
	g := newGrid(t, 0)
	put(t, g, 1, geo.Point{Lat: 1}, 7)
	var invalid *geo.InvalidError
	for name, err := range map[string]error{
		"negative number": g.Put(-1, geo.Point{}, 0),
		"huge number":     g.Put(index.MaxObject+1, geo.Point{}, 0),
		"invalid point":   g.Put(1, geo.Point{Lat: 91}, 0),
		"invalid move":    g.Update(1, geo.Point{Lon: math.Inf(1)}),
	} {
		if !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"number never put":    g.Update(0, geo.Point{}),
		"number out of range": g.Update(5, geo.Point{}),
		"negative number":     g.Update(-5, geo.Point{}),
		"skills of nobody":    g.SetSkills(0, 1),
	} {
		if !errors.Is(err, index.ErrUnknownObject) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, skills, ok := g.At(1); !ok || p != (geo.Point{Lat: 1}) || skills != 7 || g.Len() != 1 {
		t.Errorf("refused changes left traces: %v, %v, %v, %d", p, skills, ok, g.Len())
	}
	if g.Remove(0) || g.Remove(-1) || !g.Remove(1) || g.Remove(1) || g.Len() != 0 {
		t.Error("Remove is wrong")
	}
}

// After any sequence of changes every search equals the linear scan.
func TestGridEqualsScan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, err := index.NewGrid(index.GridConfig{CellMeters: rapid.SampledFrom([]float64{50, 500, 7_777, 100_000}).Draw(t, "cell")})
		if err != nil {
			t.Fatal(err)
		}
		center := rapid.SampledFrom(centers).Draw(t, "center")
		objects := map[int32]object{}
		for range rapid.IntRange(1, 120).Draw(t, "changes") {
			id := rapid.Int32Range(0, 60).Draw(t, "id")
			changeGrid(t, g, objects, id, drawPlace(t, center))
		}
		if g.Len() != len(objects) {
			t.Fatalf("Len = %d, want %d", g.Len(), len(objects))
		}
		for range 4 {
			q := drawPlace(t, center)
			k := rapid.IntRange(1, 20).Draw(t, "k")
			f := index.Filter{Skills: rapid.Uint64Range(0, 3).Draw(t, "skills")}
			if rapid.Bool().Draw(t, "limited") {
				f.Radius = geo.Meters(rapid.SampledFrom([]float64{1, 400, 6_000, 150_000, 12e6, 30e6}).Draw(t, "radius"))
			}
			if rapid.Bool().Draw(t, "keep") {
				f.Keep = func(id int32) bool { return id%3 != 0 }
			}
			if diff := cmp.Diff(scan(objects, q, k, f), append([]index.Neighbor{}, g.Nearest(q, k, f, nil)...)); diff != "" {
				t.Fatalf("Nearest(%v, %d, %+v) (-scan +grid):\n%s", q, k, f, diff)
			}
			if f.Radius == 0 {
				f.Radius = 2_000
			}
			if diff := cmp.Diff(scan(objects, q, 0, f), append([]index.Neighbor{}, g.Within(q, f, nil)...)); diff != "" {
				t.Fatalf("Within(%v, %+v) (-scan +grid):\n%s", q, f, diff)
			}
		}
	})
}

func changeGrid(t *rapid.T, g *index.Grid, objects map[int32]object, id int32, p geo.Point) {
	old, known := objects[id]
	switch rapid.IntRange(0, 5).Draw(t, "change") {
	case 0:
		if g.Remove(id) != known {
			t.Fatalf("Remove(%d) is not %v", id, known)
		}
		delete(objects, id)
	case 1:
		skills := rapid.Uint64Range(0, 3).Draw(t, "skills")
		if err := g.SetSkills(id, skills); (err == nil) != known {
			t.Fatalf("SetSkills(%d) = %v", id, err)
		}
		if known {
			objects[id] = object{point: old.point, skills: skills}
		}
	case 2, 3:
		if err := g.Update(id, p); (err == nil) != known {
			t.Fatalf("Update(%d) = %v", id, err)
		}
		if known {
			objects[id] = object{point: p, skills: old.skills}
		}
	default:
		skills := rapid.Uint64Range(0, 3).Draw(t, "skills")
		if err := g.Put(id, p, skills); err != nil {
			t.Fatal(err)
		}
		objects[id] = object{point: p, skills: skills}
	}
}

// The same with enough objects that cells fill, grow, empty and are dropped, and rings end before the fallback scan.
func TestGridEqualsScanWhenCrowded(t *testing.T) {
	t.Parallel()
	for _, center := range centers {
		t.Run(center.String(), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(21, 22))
			g, objects := newGrid(t, 300), map[int32]object{}
			place := func() geo.Point {
				return geo.Destination(center, random.Float64()*360, geo.Meters(10_000*math.Sqrt(random.Float64())))
			}
			for id := range int32(3_000) {
				objects[id] = object{point: place(), skills: 1 << random.IntN(4)}
				put(t, g, id, objects[id].point, objects[id].skills)
			}
			for round := range 60 {
				for range 300 {
					id := random.Int32N(3_000)
					if o, ok := objects[id]; ok && round%10 == 9 {
						delete(objects, id)
						g.Remove(id)
					} else if ok {
						o.point = geo.Destination(o.point, random.Float64()*360, geo.Meters(random.ExpFloat64()*200))
						objects[id] = o
						if err := g.Update(id, o.point); err != nil {
							t.Fatal(err)
						}
					}
				}
				q, f := place(), index.Filter{Skills: uint64(1<<random.IntN(5)) &^ 16}
				if diff := cmp.Diff(scan(objects, q, 10, f), g.Nearest(q, 10, f, nil)); diff != "" {
					t.Fatalf("Nearest(%v) (-scan +grid):\n%s", q, diff)
				}
				f.Radius = 700
				if diff := cmp.Diff(scan(objects, q, 0, f), append([]index.Neighbor{}, g.Within(q, f, nil)...)); diff != "" {
					t.Fatalf("Within(%v) (-scan +grid):\n%s", q, diff)
				}
			}
		})
	}
}

// Memory stays bounded when objects wander over many cells: slots and runs of empty cells are used again.
//
// Not parallel, like the next one: they count the allocations of the whole process.
func TestGridReusesMemory(t *testing.T) {
	g := newGrid(t, 500)
	random := rand.New(rand.NewPCG(31, 32))
	for id := range int32(100) {
		put(t, g, id, geo.Point{}, 1)
	}
	step := func() {
		p := geo.Point{Lat: random.Float64()*160 - 80, Lon: random.Float64()*360 - 180}
		if err := g.Update(random.Int32N(100), p); err != nil {
			t.Fatal(err)
		}
	}
	for range 20_000 {
		step()
	}
	// A rehash allocates a table of at most 1,024 slots of 32 bytes about every 200 moves: below one allocation a move.
	if n := testing.AllocsPerRun(20_000, step); n >= 1 {
		t.Errorf("%v allocations a move", n)
	}
}

func TestGridNearestDoesNotAllocate(t *testing.T) {
	g := newGrid(t, 500)
	for i, p := range cityPoints(t, 5_000, 20_000) {
		put(t, g, int32(i), p, uint64(i%8))
	}
	buf := make([]index.Neighbor, 0, 10)
	f := index.Filter{Skills: 3, Keep: func(id int32) bool { return id%2 == 1 }}
	q := geo.Point{Lat: 31.2, Lon: 121.5}
	if n := testing.AllocsPerRun(100, func() { buf = g.Nearest(q, 10, f, buf) }); n != 0 || len(buf) != 10 {
		t.Errorf("%v allocations, %d answers", n, len(buf))
	}
}

func ExampleGrid() {
	g, err := index.NewGrid(index.GridConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	const plumbing, electric = 1 << 0, 1 << 1
	for id, at := range []geo.Point{{Lat: 30.25, Lon: 120.15}, {Lat: 30.28, Lon: 120.16}, {Lat: 30.27, Lon: 120.20}} {
		if err := g.Put(int32(id), at, plumbing|uint64(id%2)*electric); err != nil {
			fmt.Println(err)
			return
		}
	}
	buf := make([]index.Neighbor, 0, 2)
	for _, n := range g.Nearest(geo.Point{Lat: 30.27, Lon: 120.155}, 2, index.Filter{Skills: plumbing}, buf) {
		fmt.Printf("technician %d at %.0f m\n", n.ID, n.Distance)
	}
	// Output:
	// technician 1 at 1211 m
	// technician 0 at 2275 m
}
