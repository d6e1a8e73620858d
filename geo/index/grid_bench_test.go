package index_test

import (
	"math/rand/v2"
	"testing"

	"fettle/geo"
	"fettle/geo/index"
)

// The benchmark city: 100,000 objects, uniform over 60 x 60 km, each with each of 16 skills by chance 0.3; queries ask for
// one skill. BenchmarkGridNearest...Dense and Sparse squeeze it to 30 x 30 km and spread it over 300 x 300 km.
const (
	benchObjects = 100_000
	benchSide    = 60_000
)

func benchSkills(random *rand.Rand) uint64 {
	var skills uint64
	for bit := range 16 {
		if random.Float64() < 0.3 {
			skills |= 1 << bit
		}
	}
	return skills
}

func benchGrid(b *testing.B, n int, side float64) (*index.Grid, []geo.Point) {
	b.Helper()
	g, err := index.NewGrid(index.GridConfig{Objects: n})
	if err != nil {
		b.Fatal(err)
	}
	points := cityPoints(b, n, side)
	random := rand.New(rand.NewPCG(41, 42))
	for id, p := range points {
		put(b, g, int32(id), p, benchSkills(random))
	}
	return g, points
}

// move is one position report; a power of two of them makes the index cheap.
type move struct {
	id int32
	to geo.Point
}

const benchMoves = 1 << 18

func benchUpdate(b *testing.B, step func(*rand.Rand, geo.Point) geo.Point) {
	b.Helper()
	g, points := benchGrid(b, benchObjects, benchSide)
	random := rand.New(rand.NewPCG(51, 52))
	moves := make([]move, benchMoves)
	for i := range moves {
		id := random.IntN(benchObjects)
		points[id] = step(random, points[id])
		moves[i] = move{id: int32(id), to: points[id]}
	}
	for _, m := range moves { // reach the steady size of the cells
		if err := g.Update(m.id, m.to); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m := &moves[i&(benchMoves-1)]
		if err := g.Update(m.id, m.to); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkGridUpdate: reports in random order of technicians, each 0 to 30 m further (3 s at up to 36 km/h).
func BenchmarkGridUpdate(b *testing.B) {
	benchUpdate(b, func(random *rand.Rand, p geo.Point) geo.Point {
		return geo.Destination(p, random.Float64()*360, geo.Meters(random.Float64()*30))
	})
}

// BenchmarkGridUpdateJump: every report anywhere in the city, so that nearly each one changes the cell.
func BenchmarkGridUpdateJump(b *testing.B) {
	benchUpdate(b, func(random *rand.Rand, _ geo.Point) geo.Point { return cityPoint(random, benchSide) })
}

func benchNearest(b *testing.B, n int, side float64, f func(i int) index.Filter) {
	b.Helper()
	g, _ := benchGrid(b, n, side)
	random := rand.New(rand.NewPCG(61, 62))
	queries := make([]geo.Point, 1<<12)
	for i := range queries {
		queries[i] = cityPoint(random, side)
	}
	filters := make([]index.Filter, 16)
	for i := range filters {
		filters[i] = f(i)
	}
	buf := make([]index.Neighbor, 0, 10)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		buf = g.Nearest(queries[i&(len(queries)-1)], 10, filters[i&15], buf)
		i++
	}
	if len(buf) != 10 {
		b.Fatalf("%d answers", len(buf))
	}
}

func oneSkill(i int) index.Filter { return index.Filter{Skills: 1 << i} }

func BenchmarkGridNearest(b *testing.B) {
	benchNearest(b, benchObjects, benchSide, func(int) index.Filter { return index.Filter{} })
}

func BenchmarkGridNearestSkill(b *testing.B) { benchNearest(b, benchObjects, benchSide, oneSkill) }

func BenchmarkGridNearestTwoSkills(b *testing.B) {
	benchNearest(b, benchObjects, benchSide, func(i int) index.Filter { return index.Filter{Skills: 1<<i | 1<<((i+5)%16)} })
}

func BenchmarkGridNearestKeep(b *testing.B) {
	keep := func(id int32) bool { return id%4 != 0 }
	benchNearest(b, benchObjects, benchSide, func(i int) index.Filter { return index.Filter{Skills: 1 << i, Keep: keep} })
}

func BenchmarkGridNearestSkillDense(b *testing.B) { benchNearest(b, benchObjects, 30_000, oneSkill) }

func BenchmarkGridNearestSkillSparse(b *testing.B) { benchNearest(b, benchObjects, 300_000, oneSkill) }

func BenchmarkGridNearestSkill10k(b *testing.B) { benchNearest(b, 10_000, benchSide, oneSkill) }

func BenchmarkGridWithin1km(b *testing.B) {
	g, _ := benchGrid(b, benchObjects, benchSide)
	random := rand.New(rand.NewPCG(71, 72))
	buf := make([]index.Neighbor, 0, 1_000)
	q := cityPoint(random, benchSide/2)
	b.ReportAllocs()
	for b.Loop() {
		buf = g.Within(q, index.Filter{Skills: 1, Radius: 1_000}, buf)
	}
}
