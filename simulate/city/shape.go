package city

import (
	"math"
	"slices"
)

// ringArea is positive for a ring that runs counter-clockwise. The ring is open: its last point is not its first.
func ringArea(ring []xy) float64 {
	sum := 0.0
	for i, p := range ring {
		sum += p.cross(ring[(i+1)%len(ring)])
	}
	return sum / 2
}

// ringCenter is the mean of the corners.
func ringCenter(ring []xy) xy {
	var sum xy
	for _, p := range ring {
		sum = sum.add(p)
	}
	return sum.mul(1 / float64(len(ring)))
}

// inRing says that p lies in an open ring, by the even-odd rule.
func inRing(ring []xy, p xy) bool {
	in := false
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		if (a.y > p.y) != (b.y > p.y) && p.x < a.x+(p.y-a.y)*(b.x-a.x)/(b.y-a.y) {
			in = !in
		}
	}
	return in
}

// projectOn is the nearest place to p on the segment a-b, as a fraction of the segment, and its distance.
func projectOn(a, b, p xy) (fraction, meters float64) {
	d := b.sub(a)
	v := p.sub(a)
	t := 0.0
	if l := d.x*d.x + d.y*d.y; l > 0 {
		t = min(max((v.x*d.x+v.y*d.y)/l, 0), 1)
	}
	return t, distance(lerp(a, b, t), p)
}

// ribbon is the ring around a line, as wide as said on either side.
func ribbon(line []xy, left, right float64) []xy {
	n := len(line)
	out := make([]xy, 2*n)
	for i, p := range line {
		normal := line[min(i+1, n-1)].sub(line[max(i-1, 0)]).unit().left()
		out[i], out[2*n-1-i] = p.add(normal.mul(left)), p.sub(normal.mul(right))
	}
	return out
}

// clipRing cuts an open ring to the rectangle of +-half (Sutherland and Hodgman 1974, doi:10.1145/360767.360802).
func clipRing(ring []xy, half xy) []xy {
	for edge := range 4 {
		depth := func(p xy) float64 {
			return [4]float64{half.x - p.x, half.x + p.x, half.y - p.y, half.y + p.y}[edge]
		}
		var out []xy
		for i, a := range ring {
			b := ring[(i+1)%len(ring)]
			da, db := depth(a), depth(b)
			if da >= 0 {
				out = append(out, a)
			}
			if (da >= 0) != (db >= 0) {
				out = append(out, lerp(a, b, da/(da-db)))
			}
		}
		ring = out
	}
	return ring
}

// simplify drops points that are within tolerance of the line without them (Douglas and Peucker 1973,
// doi:10.3138/FM57-6770-U75U-7727). The ends stay.
func simplify(line []xy, tolerance float64) []xy {
	if len(line) < 3 {
		return line
	}
	worst, at := 0.0, 0
	for i := 1; i+1 < len(line); i++ {
		if _, d := projectOn(line[0], line[len(line)-1], line[i]); d > worst {
			worst, at = d, i
		}
	}
	if worst <= tolerance {
		return []xy{line[0], line[len(line)-1]}
	}
	head := simplify(line[:at+1], tolerance)
	return append(slices.Clip(head[:len(head)-1]), simplify(line[at:], tolerance)...)
}

// simplifyRing is simplify for an open ring of at least four points.
func simplifyRing(ring []xy, tolerance float64) []xy {
	half := len(ring) / 2
	if half < 2 {
		return ring
	}
	a := simplify(ring[:half+1], tolerance)
	b := simplify(append(slices.Clone(ring[half:]), ring[0]), tolerance)
	return append(slices.Clip(a[:len(a)-1]), b[:len(b)-1]...)
}

// insetQuad moves each side of a convex quadrangle inwards by its margin, and says whether anything is left.
func insetQuad(q [4]xy, margin [4]float64) ([4]xy, bool) {
	sign := 1.0
	if ringArea(q[:]) < 0 {
		sign = -1
	}
	var from, along [4]xy
	for i := range q {
		along[i] = q[(i+1)%4].sub(q[i]).unit()
		from[i] = q[i].add(along[i].left().mul(sign * margin[i]))
	}
	var out [4]xy
	for i := range q {
		h := (i + 3) % 4
		det := along[h].cross(along[i])
		if math.Abs(det) < 0.05 {
			return out, false
		}
		out[i] = from[h].add(along[h].mul(from[i].sub(from[h]).cross(along[i]) / det))
	}
	for i := range q {
		if d := out[(i+1)%4].sub(out[i]); d.x*along[i].x+d.y*along[i].y < 12 {
			return out, false
		}
	}
	return out, true
}
