// Package arrival tells from positions that somebody seems to have arrived. It suggests and changes nothing: satellites err between
// houses, and who drives by has not arrived.
package arrival

import (
	"slices"
	"time"

	"fettle/geo"
)

// Sight is where somebody was seen.
type Sight struct {
	Point    geo.Point
	Accuracy geo.Meters // 0 when it is not known
	At       time.Time
}

// Trail is where somebody was seen last, the oldest first.
type Trail struct{ sights []Sight }

const (
	spacing = 5 * time.Second
	length  = 48 // sights: four minutes at least
)

// Add takes in a sight. One that comes late finds its place; one that is too close to another says nothing new, unless it is the latest:
// it then stands for the one before.
func (t *Trail) Add(s Sight) {
	at, _ := slices.BinarySearchFunc(t.sights, s.At, func(x Sight, at time.Time) int { return x.At.Compare(at) })
	n := len(t.sights)
	switch {
	case at == n && n >= 2 && s.At.Sub(t.sights[n-2].At) < spacing:
		t.sights[n-1] = s
		return
	case at < n && (t.sights[at].At.Sub(s.At) < spacing || at > 0 && s.At.Sub(t.sights[at-1].At) < spacing):
		return
	case at == 0 && n == length:
		return // older than all that is kept
	}
	t.sights = slices.Insert(t.sights, at, s)
	if len(t.sights) > length {
		t.sights = slices.Delete(t.sights, 0, 1)
	}
}

// Fence is when somebody counts as having arrived.
type Fence struct {
	Radius geo.Meters
	Stay   time.Duration
	// Gap is how long nobody may have been seen meanwhile.
	Gap time.Duration
}

// Usual is the fence unless something else is wanted: 80 m, for a minute.
func Usual() Fence { return Fence{Radius: 80, Stay: time.Minute, Gap: 90 * time.Second} }

// Finding is what a trail says of a place.
type Finding struct {
	Arrived  bool
	Since    time.Time  // when the stay began; zero when somebody is not there
	Distance geo.Meters // of the latest sight
	Seen     time.Time  // when that was; zero for never
}

// Look tells whether somebody has stayed at a place until now. A sight counts as there when it may be, by its accuracy, but no sight that
// knows nothing: at most a second radius is allowed for that. A stay that nobody has seen lately is none.
func (f Fence) Look(t *Trail, place geo.Point, now time.Time) Finding {
	var out Finding
	for i := len(t.sights) - 1; i >= 0; i-- {
		s := &t.sights[i]
		d := geo.DistanceEquirect(s.Point, place)
		if out.Seen.IsZero() {
			out.Seen, out.Distance = s.At, d
		}
		next := now
		if i+1 < len(t.sights) {
			next = t.sights[i+1].At
		}
		if d > f.Radius+min(s.Accuracy, f.Radius) || next.Sub(s.At) > f.Gap {
			break
		}
		out.Since = s.At
	}
	if !out.Since.IsZero() {
		out.Arrived = out.Seen.Sub(out.Since) >= f.Stay
	}
	return out
}
