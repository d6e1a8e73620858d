package posts_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"fettle/forecast/posts"
	"fettle/geo"
	"fettle/geo/h3cell"
)

// place is the cell of a point with a demand.
func place(t *testing.T, name string, p geo.Point, demand float64) posts.Place {
	t.Helper()
	cell, err := h3cell.Of(p, 8)
	if err != nil {
		t.Fatal(err)
	}
	return posts.Place{Name: name, Cell: cell, Demand: demand}
}

var (
	west = geo.Point{Lat: 30.2, Lon: 120.1}
	east = geo.Point{Lat: 30.2, Lon: 120.3} // some 19 km away
)

func question(t *testing.T) *posts.Question {
	t.Helper()
	return &posts.Question{
		Places: []posts.Place{place(t, "west", west, 3), place(t, "east", east, 1)},
		Crew:   []posts.Member{{Name: "Ada", At: west}, {Name: "Bo", At: west}},
		Within: 10 * time.Minute, Busy: 0.2,
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*posts.Question)
		cover  float64
		now    float64
		moved  int
	}{
		{"one goes east", func(*posts.Question) {}, 0.8 * 4, 0.96 * 3, 1},
		{"nobody may go so far", func(q *posts.Question) { q.MaxWay = 20 * time.Minute }, 0.96 * 3, 0.96 * 3, 0},
		{"who is nowhere is placed, not moved", func(q *posts.Question) { q.Crew[1].Nowhere = true }, 0.8 * 4, 0.8 * 3, 0},
		{"both are nowhere", func(q *posts.Question) { q.Crew[0].Nowhere, q.Crew[1].Nowhere = true, true }, 0.8 * 4, 0, 0},
		{"nobody", func(q *posts.Question) { q.Crew = nil }, 0, 0, 0},
		{"nothing is expected anywhere", func(q *posts.Question) { q.Places = nil }, 0, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q := question(t)
			tt.change(q)
			a, err := posts.Choose(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(a.Cover-tt.cover) > 1e-9 || math.Abs(a.CoverNow-tt.now) > 1e-9 || a.Moved != tt.moved || a.Bound < a.Cover {
				t.Errorf("got %+v, want cover %g, now %g, with %d moved", a, tt.cover, tt.now, tt.moved)
			}
		})
	}
}

func TestWhy(t *testing.T) {
	t.Parallel()
	a, err := posts.Choose(t.Context(), question(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range a.Posts {
		stays := p.Place == 0
		if p.Moved == stays || stays != (p.Way == 0) || !stays && (p.Way < 45*time.Minute || p.Way > 75*time.Minute) {
			t.Errorf("post %+v: want one who stays, and one who goes for about an hour", p)
		}
		if !strings.HasPrefix(p.Why, "covers ") || !strings.Contains(p.Why, "within 10m0s") || !strings.Contains(p.Why, "would lose") {
			t.Errorf("why is %q", p.Why)
		}
	}
	bad := question(t)
	bad.Busy = 1
	if _, err := posts.Choose(t.Context(), bad); err == nil {
		t.Error("always busy: no error")
	}
}
