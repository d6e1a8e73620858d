package standby

import "fmt"

// Result is a choice of places.
type Result struct {
	Posts []Post  // one for each technician
	Cover float64 // expected events that find a free technician in reach
	Bound float64 // no choice covers more
	Gap   float64 // (Bound - Cover) / Bound; 0 when nothing can be covered
	Moved int     // technicians who are sent away from where they are
}

// Post is where one technician should wait, and why.
type Post struct {
	Place   int
	Moved   bool
	InReach float64 // expected events in reach
	Adds    float64 // expected cover that only he gives: what would be lost without him
	Other   int     // the next best place for him, -1 when there is none
	Loses   float64 // expected cover lost if he stood there instead
}

// String says it in words; units and names of places are the caller's.
func (p Post) String() string {
	text := fmt.Sprintf("reaches %.1f expected events and adds %.2f to what the others cover", p.InReach, p.Adds)
	if p.Other >= 0 {
		text += fmt.Sprintf("; moving to place %d would lose %.2f", p.Other, p.Loses)
	}
	return text
}

// result closes a search. Of the best choice its cover is the bound.
func (s *state) result(best bool) *Result {
	r := &Result{Cover: s.cover(), Moved: s.moved}
	if r.Bound = r.Cover; !best {
		r.Bound = s.bound(r.Cover)
	}
	if r.Bound > 0 {
		r.Gap = (r.Bound - r.Cover) / r.Bound
	}
	for i := range s.place {
		r.Posts = append(r.Posts, s.explain(i))
	}
	return r
}

// explain looks at a technician's place and the next best one.
func (s *state) explain(i int) Post {
	place := s.take(i)
	post := Post{Place: place, Moved: !s.home(i, place), Adds: s.gain(place), Other: -1}
	next := -1.0
	for _, a := range s.allowed(i) {
		if int(a) == place {
			continue
		}
		if g := s.gain(int(a)); g > next {
			next, post.Other = g, int(a)
		}
	}
	if post.Other >= 0 {
		post.Loses = post.Adds - next
	}
	s.put(i, place)
	for _, c := range s.p.Reach[place] {
		post.InReach += s.p.Demand[c]
	}
	return post
}
