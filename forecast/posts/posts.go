package posts

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fettle/forecast/standby"
	"fettle/geo"
	"fettle/geo/h3cell"
	"fettle/geo/travel"
)

// hour is that of the ways: they take as long in any.
const hour = 12

// Place is a cell in which events are expected, and in which somebody can wait.
type Place struct {
	Name   string
	Cell   geo.Cell
	Demand float64 // expected events
}

// Member is one of those who can wait. One who is Nowhere has to be sent to his first place, which is no move.
type Member struct {
	Name    string
	At      geo.Point // where he is now
	Nowhere bool
}

// Question is what is to be covered, by whom, and what may be asked of them.
type Question struct {
	Places []Place
	Crew   []Member
	Way    travel.StraightLine
	Within time.Duration // an event is covered when somebody free can be there in this time
	Busy   float64       // probability that a member is busy when an event comes, in [0, 1)
	Moves  int           // who may be sent elsewhere; 0 means any number
	MaxWay time.Duration // nobody who is somewhere is sent farther than this; 0 means any way
}

// Answer is where to wait.
type Answer struct {
	Cover float64 // expected events with somebody free in reach
	Bound float64 // no choice covers more
	Gap   float64 // (Bound - Cover) / Bound
	// CoverNow is the cover if everybody stayed where he is, without those who are nowhere.
	CoverNow float64
	Moved    int
	Posts    []Post // one for each member, in their order; none without places
}

// Post is where one member waits.
type Post struct {
	Place   int // of the question
	Other   int // the next best for him, -1 when there is none
	Point   geo.Point
	Moved   bool
	Way     time.Duration // from where he is; 0 for one who stays, or is nowhere
	InReach float64       // expected events in reach
	Adds    float64       // expected cover that only he gives
	Loses   float64       // expected cover that would be lost if he waited at Other
	Why     string
}

// Choose finds places for all. Who stands outside of the places counts as standing in the nearest.
func Choose(ctx context.Context, q *Question) (*Answer, error) {
	if len(q.Places) == 0 {
		return &Answer{}, nil
	}
	m, err := newTown(ctx, q)
	if err != nil {
		return nil, err
	}
	problem := m.problem()
	result, err := standby.Solve(problem)
	if err != nil {
		return nil, fmt.Errorf("standby: %w", err)
	}
	out := &Answer{Cover: result.Cover, Bound: result.Bound, Gap: result.Gap, CoverNow: coverNow(problem), Moved: result.Moved}
	for i, p := range result.Posts {
		post := Post{
			Place: p.Place, Other: p.Other, Point: m.points[p.Place], Moved: p.Moved, InReach: p.InReach, Adds: p.Adds, Loses: p.Loses,
			Why: q.why(p),
		}
		if p.Moved {
			post.Way = m.way(m.member[i], p.Place)
		}
		out.Posts = append(out.Posts, post)
	}
	return out, nil
}

// why says in words what a member is good for where he waits.
func (q *Question) why(p standby.Post) string {
	text := fmt.Sprintf("covers %.2f expected events within %s, %.2f of them by nobody else", p.InReach, q.Within, p.Adds)
	if p.Other >= 0 {
		text += fmt.Sprintf("; moving to %s would lose %.2f", q.Places[p.Other].Name, p.Loses)
	}
	return text
}

// town is a question with the ways between all points of it.
type town struct {
	q      *Question
	points []geo.Point // of the places, then of the members who are somewhere
	member []int       // point of each member, -1 for who is nowhere
	tables travel.Tables
}

func newTown(ctx context.Context, q *Question) (*town, error) {
	t := &town{q: q}
	for _, p := range q.Places {
		at, err := h3cell.Center(p.Cell)
		if err != nil {
			return nil, fmt.Errorf("place %s: %w", p.Name, err)
		}
		t.points = append(t.points, at)
	}
	for _, c := range q.Crew {
		if c.Nowhere {
			t.member = append(t.member, -1)
			continue
		}
		t.member = append(t.member, len(t.points))
		t.points = append(t.points, c.At)
	}
	var err error
	t.tables, err = q.Way.Matrix(ctx, t.points, hour)
	return t, err
}

func (t *town) way(from, to int) time.Duration {
	return time.Duration(t.tables.Seconds.At(int32(from), int32(to))) * time.Second
}

// problem puts the question in numbers.
func (t *town) problem() *standby.Problem {
	n := len(t.q.Places)
	p := &standby.Problem{Demand: make([]float64, n), Reach: make([][]int32, n), Busy: t.q.Busy, MaxMoves: t.q.Moves}
	for i := range n {
		p.Demand[i] = t.q.Places[i].Demand
		p.Reach[i] = t.within(i, t.q.Within)
	}
	for _, at := range t.member {
		p.Technicians = append(p.Technicians, t.technician(at))
	}
	return p
}

// technician is a member at a point.
func (t *town) technician(at int) standby.Technician {
	if at < 0 {
		return standby.Technician{At: -1}
	}
	out := standby.Technician{}
	for i := range t.q.Places {
		if t.way(at, i) < t.way(at, out.At) {
			out.At = i
		}
	}
	if t.q.MaxWay > 0 {
		out.Allowed = t.within(at, t.q.MaxWay)
	}
	return out
}

// coverNow is the expected cover if nobody moved.
func coverNow(p *standby.Problem) float64 {
	left := slices.Clone(p.Demand) // by nobody covered
	for _, t := range p.Technicians {
		if t.At < 0 {
			continue
		}
		for _, i := range p.Reach[t.At] {
			left[i] *= p.Busy
		}
	}
	sum := 0.0
	for i, d := range p.Demand {
		sum += d - left[i]
	}
	return sum
}

// within lists the places that are reached from a point in a time; never nil.
func (t *town) within(from int, limit time.Duration) []int32 {
	out := []int32{}
	for i := range t.q.Places {
		if t.way(from, i) <= limit {
			out = append(out, int32(i))
		}
	}
	return out
}
