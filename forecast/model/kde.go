package model

import (
	"math"

	"fettle/forecast/count"
	"fettle/geo"
	"fettle/geo/h3cell"
)

// kde is the standard way to map hotspots: a Gaussian kernel density of events that fade exponentially, scaled to the level of
// the city. Events stand at the centres of their cells. Bandwidth and half-life are those under which past events were
// most likely (prospective mapping after Bowers, Johnson and Pease 2004).
type kde struct {
	setup  *Setup
	city   *trend
	masses []*mass
	kernel [][][]weighted // [bandwidth][place]
	score  []float64      // [mass*bandwidths + bandwidth]
}

// weighted is a place with the weight of its events at another.
type weighted struct {
	place  int32
	weight float64
}

func newKDE(s *Setup) meanModel {
	m := &kde{setup: s, city: newTrend(s, 28)}
	for _, days := range []float64{30, 90, 270} {
		m.masses = append(m.masses, newMass(s, days))
	}
	for _, share := range []float64{0.25, 0.4, 0.6} { // of the distance between neighbours
		m.kernel = append(m.kernel, kernelOf(s, share))
	}
	m.score = make([]float64, len(m.masses)*len(m.kernel))
	return m
}

// kernelOf spreads the events of each place over itself and its neighbours.
func kernelOf(s *Setup, share float64) [][]weighted {
	centre := make([]geo.Point, len(s.Places))
	for i, p := range s.Places {
		if at, err := h3cell.Center(p.Cell); err == nil {
			centre[i] = at
		}
	}
	kernel := make([][]weighted, len(s.Places))
	for i, near := range s.Near {
		kernel[i] = []weighted{{int32(i), 1}}
		if len(near) == 0 {
			continue
		}
		spacing := math.Inf(1)
		for _, j := range near {
			spacing = math.Min(spacing, float64(geo.DistanceHaversine(centre[i], centre[j])))
		}
		sum := 1.0
		for _, j := range near {
			z := float64(geo.DistanceHaversine(centre[i], centre[j])) / math.Max(1, share*spacing)
			w := math.Exp(-z * z / 2)
			kernel[i] = append(kernel[i], weighted{j, w})
			sum += w
		}
		for k := range kernel[i] {
			kernel[i][k].weight /= sum
		}
	}
	return kernel
}

// density is the share of a place by one mass and kernel.
func (m *kde) density(mass *mass, kernel []weighted) float64 {
	sum := mass.weight / float64(len(m.setup.Places))
	for _, k := range kernel {
		sum += k.weight * mass.place[k.place]
	}
	return sum / (mass.total + mass.weight)
}

func (m *kde) observe(bucket int, counts []count.Count) {
	for i, mass := range m.masses {
		for _, c := range counts {
			for b, kernel := range m.kernel {
				m.score[i*len(m.kernel)+b] += float64(c.N) * math.Log(m.density(mass, kernel[c.Place]))
			}
		}
		for _, c := range counts {
			mass.add(c.Place, m.setup.RegionOf[c.Place], float64(c.N))
		}
		mass.tick()
	}
	m.city.observe(bucket, counts)
}

func (m *kde) mean(first, span int, out []float64) {
	at := best(m.score)
	mass, kernel := m.masses[at/len(m.kernel)], m.kernel[at%len(m.kernel)]
	total, sum := m.city.mean(first, span), 0.0
	for c := range out {
		out[c] = m.density(mass, kernel[c])
		sum += out[c]
	}
	for c := range out {
		out[c] *= total / sum
	}
}
