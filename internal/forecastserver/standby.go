package forecastserver

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	forecastv1 "fettle/api/gen/fettle/forecast/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/forecast/posts"
	"fettle/geo"
	"fettle/internal/outlook"
	"fettle/org"
)

// Defaults and bounds of GetStandby.
const (
	standbyFor    = time.Minute // that an answer is kept
	standbyKept   = 256         // answers
	maxPlaces     = 600         // cells, by rising demand the first are left out
	maxCrew       = 200
	defaultWithin = 20
	defaultHours  = 4
	defaultBusy   = 0.3
)

// standbyKey is a question with its defaults filled in.
type standbyKey struct {
	org                                                                    org.ID
	trade                                                                  string
	technicians, withinMinutes, hours, resolution, maxMoves, maxWayMinutes int32
	busy                                                                   float64
}

// keptStandby is an answer, which holds for a view until a time.
type keptStandby struct {
	view   *outlook.View
	until  time.Time
	answer *forecastv1.Standby
}

// memory keeps answers, and lets one be found at a time.
type memory struct {
	choosing chan struct{}
	mu       sync.Mutex
	kept     map[standbyKey]keptStandby
}

func (m *memory) find(k standbyKey, v *outlook.View, now time.Time) *forecastv1.Standby {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a, ok := m.kept[k]; ok && a.view == v && now.Before(a.until) {
		return a.answer
	}
	return nil
}

func (m *memory) keep(k standbyKey, a keptStandby) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.kept) >= standbyKept {
		clear(m.kept)
	}
	m.kept[k] = a
}

// GetStandby implements the method of the same name.
func (s *Server) GetStandby(ctx context.Context, r *forecastv1.GetStandbyRequest) (*forecastv1.Standby, error) {
	k := standbyQuestion(ctx, r)
	v, err := s.view(ctx, k.resolution, k.trade)
	if err != nil {
		return nil, err
	}
	if a := s.standby.find(k, v, s.cfg.Clock.Now()); a != nil {
		return a, nil
	}
	select {
	case s.standby.choosing <- struct{}{}:
		defer func() { <-s.standby.choosing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	now := s.cfg.Clock.Now()
	if a := s.standby.find(k, v, now); a != nil {
		return a, nil // somebody else has asked the same meanwhile
	}
	a, err := s.choose(ctx, k, v, now)
	if err == nil {
		s.standby.keep(k, keptStandby{view: v, until: now.Add(standbyFor), answer: a})
	}
	return a, err
}

// standbyQuestion fills in defaults.
func standbyQuestion(ctx context.Context, r *forecastv1.GetStandbyRequest) standbyKey {
	o, _ := org.FromContext(ctx)
	k := standbyKey{
		org: o, trade: r.GetTrade(), technicians: r.GetTechnicians(), withinMinutes: cmp.Or(r.GetWithinMinutes(), defaultWithin),
		hours: cmp.Or(r.GetHours(), defaultHours), resolution: cmp.Or(r.GetResolution(), defaultResolution),
		maxMoves: r.GetMaxMoves(), maxWayMinutes: r.GetMaxWayMinutes(), busy: defaultBusy,
	}
	if r.Busy != nil {
		k.busy = r.GetBusy()
	}
	return k
}

// choose finds where to wait.
func (s *Server) choose(ctx context.Context, k standbyKey, v *outlook.View, now time.Time) (*forecastv1.Standby, error) {
	bucket := int32(outlook.Bucket / time.Hour)
	end := min(v.End+int((k.hours+bucket-1)/bucket), v.End+outlook.AheadDays*24/int(bucket))
	h := v.Ahead(v.End, end)
	ids, crew, err := s.crew(ctx, k, now)
	if err != nil {
		return nil, err
	}
	q := &posts.Question{
		Crew: crew, Within: time.Duration(k.withinMinutes) * time.Minute, Busy: k.busy, Moves: int(k.maxMoves),
		MaxWay: time.Duration(k.maxWayMinutes) * time.Minute,
	}
	busiest := h.Busiest(min(maxPlaces, len(h.Cells)))
	for _, c := range busiest {
		q.Places = append(q.Places, posts.Place{Name: c.Cell.String(), Cell: c.Cell, Demand: c.Mean})
	}
	chosen, err := posts.Choose(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &forecastv1.Standby{
		StartTime: timestamppb.New(v.Axis.Start(v.End)), EndTime: timestamppb.New(v.Axis.Start(end)), Demand: h.Total.Mean,
		Cover: chosen.Cover, Bound: chosen.Bound, Gap: chosen.Gap, CoverNow: chosen.CoverNow, Moved: int32(chosen.Moved),
		AsOfTime: timestamppb.New(now), Advice: standbyAdvice(v, len(crew), len(h.Cells)),
	}
	for i := range chosen.Posts {
		out.Posts = append(out.Posts, standbyPost(&chosen.Posts[i], ids[i], q, i))
	}
	return out, nil
}

// standbyAdvice is what to know before one acts.
func standbyAdvice(v *outlook.View, crew, cells int) string {
	switch {
	case v.Events > 0 && crew == 0:
		return "nobody who could wait is on shift: say how many technicians there will be"
	case cells > maxPlaces:
		return fmt.Sprintf("only the %d of %d cells with most demand were looked at: ask for a coarser resolution", maxPlaces, cells)
	}
	return v.Advice()
}

func standbyPost(p *posts.Post, id dispatch.TechnicianID, q *posts.Question, i int) *forecastv1.StandbyPost {
	out := &forecastv1.StandbyPost{
		TechnicianId: string(id), Name: q.Crew[i].Name, Cell: q.Places[p.Place].Name, Latitude: round6(p.Point.Lat), Longitude: round6(p.Point.Lon),
		Moved: p.Moved, WayMinutes: int32(math.Ceil(p.Way.Minutes())), InReach: p.InReach, Adds: p.Adds, Loses: p.Loses, Why: p.Why,
	}
	if p.Other >= 0 {
		out.OtherCell = q.Places[p.Other].Name
	}
	return out
}

// crew is who waits: as many as were asked for, from nowhere, or those on shift from where they are.
func (s *Server) crew(ctx context.Context, k standbyKey, now time.Time) (ids []dispatch.TechnicianID, crew []posts.Member, err error) {
	for i := range k.technicians {
		ids = append(ids, "")
		crew = append(crew, posts.Member{Name: fmt.Sprintf("technician %d", i+1), Nowhere: true})
	}
	if k.technicians > 0 {
		return ids, crew, nil
	}
	const page = 500
	after := dispatch.TechnicianID("")
	for {
		rows, err := s.cfg.Technicians.Technicians(ctx, k.org, after, page)
		if err != nil {
			return nil, nil, fmt.Errorf("read technicians: %w", err)
		}
		for _, t := range rows {
			if len(crew) == maxCrew {
				return nil, nil, &dispatch.InvalidError{Field: "technicians", Value: "0", Want: fmt.Sprintf("a number, or a trade: more than %d are on shift", maxCrew)}
			}
			if after = t.ID; t.OnShift(t.ZoneOr(s.cfg.Zone), now) && knows(t, dispatch.Skill(k.trade)) {
				ids, crew = append(ids, t.ID), append(crew, s.member(k.org, t))
			}
		}
		if len(rows) < page {
			return ids, crew, nil
		}
	}
}

// knows reports whether a technician has a skill; everybody has "".
func knows(t *engine.Technician, trade dispatch.Skill) bool {
	return trade == "" || slices.ContainsFunc(t.Skills, func(l dispatch.SkillLevel) bool { return l.Skill == trade })
}

// member is a technician where he was last seen, else where he worked last, else at home.
func (s *Server) member(o org.ID, t *engine.Technician) posts.Member {
	if at, ok := s.cfg.Position(o, t.ID); ok {
		return posts.Member{Name: t.Name, At: at}
	}
	at := t.LastPlace
	if t.LastSeen.IsZero() {
		at = t.Home
	}
	return posts.Member{Name: t.Name, At: at, Nowhere: at == geo.Point{}}
}
