package index_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/geo"
	"fettle/geo/h3cell"
	"fettle/geo/index"
)

// After any sequence of small moves, jumps and removals the cells are those that the library gives for each place.
func TestCellsEqualTheLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		resolution := rapid.SampledFrom([]int{0, 2, 5, 8, 9, 12}).Draw(t, "resolution")
		cells, err := index.NewCells(resolution)
		if err != nil {
			t.Fatal(err)
		}
		center := rapid.SampledFrom(append([]geo.Point{{Lat: 64.7, Lon: 10.536}}, centers...)).Draw(t, "center") // the first is at a pentagon
		objects := map[int32]geo.Cell{}
		for range rapid.IntRange(1, 150).Draw(t, "changes") {
			id := rapid.Int32Range(0, 12).Draw(t, "id")
			old, held := objects[id]
			if rapid.IntRange(0, 9).Draw(t, "change") == 0 {
				if cells.Remove(id) != held {
					t.Fatalf("Remove(%d) is not %v", id, held)
				}
				delete(objects, id)
				continue
			}
			p := drawPlace(t, center)
			cell, err := h3cell.Of(p, resolution)
			if err != nil {
				t.Fatal(err)
			}
			changed, err := cells.Update(id, p)
			if err != nil || changed != (!held || old != cell) {
				t.Fatalf("Update(%d, %v) = %v, %v; was %v, is %v", id, p, changed, err, old, cell)
			}
			objects[id] = cell
		}
		checkCells(t, cells, objects)
	})
}

func checkCells(t *rapid.T, cells *index.Cells, objects map[int32]geo.Cell) {
	members := map[geo.Cell][]int32{}
	for id, want := range objects {
		if got, ok := cells.Cell(id); !ok || got != want {
			t.Fatalf("Cell(%d) = %v, %v; want %v", id, got, ok, want)
		}
		members[want] = append(members[want], id)
	}
	occupied := []geo.Cell{}
	for cell, ids := range members {
		slices.Sort(ids)
		occupied = append(occupied, cell)
		if diff := gocmp.Diff(ids, cells.Objects(cell, nil)); diff != "" || cells.Count(cell) != len(ids) {
			t.Fatalf("cell %v, count %d (-want +got):\n%s", cell, cells.Count(cell), diff)
		}
		disk, err := h3cell.Disk(cell, 1)
		if err != nil {
			t.Fatal(err)
		}
		around := []int32{}
		for id, c := range objects {
			if slices.Contains(disk, c) {
				around = append(around, id)
			}
		}
		slices.Sort(around)
		if got, err := cells.Disk(cell, 1, nil); err != nil || gocmp.Diff(around, got) != "" {
			t.Fatalf("Disk = %v, %v; want %v", got, err, around)
		}
	}
	slices.Sort(occupied)
	if got := append([]geo.Cell{}, cells.Occupied(nil)...); gocmp.Diff(occupied, got) != "" || cells.Len() != len(objects) {
		t.Fatalf("Occupied = %v, want %v; Len = %d", got, occupied, cells.Len())
	}
}

// A vehicle that drives through a city: every report is compared with the library, most without a cell change.
func TestCellsFollowADrive(t *testing.T) {
	t.Parallel()
	cells, err := index.NewCells(8)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(101, 102))
	p, bearing, changes := geo.Point{Lat: 31.2, Lon: 121.5}, 0.0, 0
	for range 20_000 {
		bearing += random.NormFloat64() * 5
		p = geo.Destination(p, bearing, 15)
		changed, err := cells.Update(0, p)
		if err != nil {
			t.Fatal(err)
		}
		if changed {
			changes++
		}
		want, err := h3cell.Of(p, 8)
		if got, ok := cells.Cell(0); err != nil || !ok || got != want {
			t.Fatalf("at %v: %v, %v; want %v", p, got, ok, want)
		}
	}
	if changes < 50 || changes > 2_000 {
		t.Errorf("%d changes in 300 km of cells of about 0.9 km", changes)
	}
}

func TestCellsRefuse(t *testing.T) {
	t.Parallel()
	for _, resolution := range []int{-1, 16} {
		if _, err := index.NewCells(resolution); err == nil {
			t.Errorf("resolution %d is accepted", resolution)
		}
	}
	cells, err := index.NewCells(9)
	if err != nil {
		t.Fatal(err)
	}
	var invalid *geo.InvalidError
	if _, err := cells.Update(-1, geo.Point{}); !errors.As(err, &invalid) {
		t.Errorf("negative number: %v", err)
	}
	if _, err := cells.Update(1, geo.Point{Lat: math.NaN()}); !errors.As(err, &invalid) {
		t.Errorf("NaN: %v", err)
	}
	if _, err := cells.Disk(0, 1, nil); !errors.As(err, &invalid) {
		t.Errorf("disk of zero: %v", err)
	}
	if _, ok := cells.Cell(1); ok || cells.Len() != 0 || cells.Remove(1) || cells.Count(0) != 0 || cells.Resolution() != 9 {
		t.Error("refused changes left traces")
	}
}

// BenchmarkCellsUpdate: the reports of BenchmarkGridUpdate, resolution 8.
func BenchmarkCellsUpdate(b *testing.B) {
	cells, err := index.NewCells(8)
	if err != nil {
		b.Fatal(err)
	}
	points := cityPoints(b, benchObjects, benchSide)
	for id, p := range points {
		if _, err := cells.Update(int32(id), p); err != nil {
			b.Fatal(err)
		}
	}
	random := rand.New(rand.NewPCG(111, 112))
	moves := make([]move, benchMoves)
	for i := range moves {
		id := random.IntN(benchObjects)
		points[id] = geo.Destination(points[id], random.Float64()*360, geo.Meters(random.Float64()*30))
		moves[i] = move{id: int32(id), to: points[id]}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m := &moves[i&(benchMoves-1)]
		if _, err := cells.Update(m.id, m.to); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func ExampleCells() {
	cells, err := index.NewCells(8)
	if err != nil {
		fmt.Println(err)
		return
	}
	p := geo.Point{Lat: 30.2741, Lon: 120.1551}
	for _, meters := range []geo.Meters{0, 100, 900} {
		changed, err := cells.Update(7, geo.Destination(p, 90, meters))
		if err != nil {
			fmt.Println(err)
			return
		}
		cell, _ := cells.Cell(7)
		fmt.Println(cell, changed)
	}
	// Output:
	// 88309a553dfffff true
	// 88309a553dfffff false
	// 88309a5531fffff true
}
