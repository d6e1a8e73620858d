package draw

import "math"

// landmarks is the most places whose distances to each other are looked at; the others are placed by theirs to these.
const landmarks = 160

// embed finds points in the plane whose distances resemble d(i, j), symmetric with zeros on the diagonal.
//
// Landmark multidimensional scaling (de Silva and Tenenbaum (2004), Sparse multidimensional scaling using landmark points,
// Stanford, sections 2 and 3): classical scaling of the landmarks, chosen farthest first, then each place by its distances
// to them; with no more places than landmarks that is classical scaling (Torgerson 1952). After it, for up to that many
// places, rounds of stress majorisation (Gansner, Koren and North (2005), Graph drawing by stress majorization, section
// 2.3, one place at a time) spread what the plane has no room for. O(n * landmarks) distances. No randomness.
func embed(d func(i, j int) float64, n int) []spot {
	marks := farthestFirst(d, n)
	k := len(marks)
	if k == 0 {
		return nil
	}
	squares, mean := make([][]float64, k), make([]float64, k)
	total := 0.0
	for a := range marks {
		squares[a] = make([]float64, k)
		for b := range marks {
			v := d(marks[a], marks[b])
			squares[a][b] = v * v
			mean[a] += v * v / float64(k)
		}
		total += mean[a] / float64(k)
	}
	centered := make([][]float64, k)
	for a := range marks {
		centered[a] = make([]float64, k)
		for b := range marks {
			centered[a][b] = -(squares[a][b] - mean[a] - mean[b] + total) / 2
		}
	}
	first, e1 := dominant(centered, nil)
	second, e2 := dominant(centered, first)
	out := make([]spot, n)
	for i := range out {
		for a := range marks {
			v := d(i, marks[a])
			off := (mean[a] - v*v) / 2
			out[i].x += project(first[a], e1, off)
			out[i].y += project(second[a], e2, off)
		}
	}
	if n <= landmarks {
		relax(out, d)
	}
	return out
}

// project is one landmark's share of a coordinate; directions without extent give none.
func project(component, eigenvalue, off float64) float64 {
	if eigenvalue <= 1e-9 {
		return 0
	}
	return component * off / math.Sqrt(eigenvalue)
}

// farthestFirst picks up to landmarks places, each the farthest from those before.
func farthestFirst(d func(i, j int) float64, n int) []int {
	if n == 0 {
		return nil
	}
	marks, near := []int{0}, make([]float64, n)
	for i := range near {
		near[i] = d(i, 0)
	}
	near[0] = -1
	for len(marks) < min(n, landmarks) {
		next := 0
		for i := range near {
			if near[i] > near[next] {
				next = i
			}
		}
		marks = append(marks, next)
		for i := range near {
			near[i] = math.Min(near[i], d(i, next))
		}
		near[next] = -1
	}
	return marks
}

// dominant is the eigenvector of the largest positive eigenvalue of a symmetric matrix, at a right angle to another, by
// power iteration from a fixed start. The matrix is shifted by a bound on its negative eigenvalues (Gershgorin), for those
// of scaling can be large and are not wanted.
func dominant(m [][]float64, other []float64) (vector []float64, eigenvalue float64) {
	shift := 0.0
	for i := range m {
		row := 0.0
		for j := range m {
			row += math.Abs(m[i][j])
		}
		shift = math.Max(shift, row)
	}
	shift /= 2
	vector = make([]float64, len(m))
	for i := range vector {
		vector[i] = math.Sin(float64(i)*1.7 + 1)
	}
	next := make([]float64, len(m))
	for range 600 {
		orthonormal(vector, other)
		eigenvalue = 0
		for i := range m {
			sum := 0.0
			for j := range m {
				sum += m[i][j] * vector[j]
			}
			eigenvalue += sum * vector[i]
			next[i] = sum + shift*vector[i]
		}
		vector, next = next, vector
	}
	orthonormal(vector, other)
	return vector, eigenvalue
}

// orthonormal takes the part of v along other (of length 1, or nil) away and makes v one long.
func orthonormal(v, other []float64) {
	dot := 0.0
	for i := range other {
		dot += v[i] * other[i]
	}
	length := 0.0
	for i := range v {
		if other != nil {
			v[i] -= dot * other[i]
		}
		length += v[i] * v[i]
	}
	if length = math.Sqrt(length); length > 0 {
		for i := range v {
			v[i] /= length
		}
	}
}

// relax lowers the stress, the sum of (distance drawn - d)^2 / d^2 over all pairs: each place in turn goes to the weighted
// mean of where the others want it.
func relax(at []spot, d func(i, j int) float64) {
	for range 60 {
		for i := range at {
			var sum spot
			weight := 0.0
			for j := range at {
				want := d(i, j)
				dx, dy := at[i].x-at[j].x, at[i].y-at[j].y
				have := math.Hypot(dx, dy)
				if i == j || want <= 0 || have <= 0 {
					continue
				}
				w := 1 / (want * want)
				sum.x += w * (at[j].x + want*dx/have)
				sum.y += w * (at[j].y + want*dy/have)
				weight += w
			}
			if weight > 0 {
				at[i] = spot{sum.x / weight, sum.y / weight}
			}
		}
	}
}
