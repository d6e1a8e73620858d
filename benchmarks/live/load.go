package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// The territory is a square of about 30 km around a city of the demo's latitude.
const (
	south, north = 30.10, 30.37
	west, east   = 120.05, 120.36
)

var trades = []string{"plumbing", "electrical", "hvac", "locks", "appliance", "carpentry"}

func place(rng *rand.Rand) map[string]any {
	return map[string]any{
		"latitude":  south + rng.Float64()*(north-south),
		"longitude": west + rng.Float64()*(east-west),
	}
}

// technician works around the clock, so that a run at night measures the same as one by day.
func technician(rng *rand.Rand, i int) map[string]any {
	var skills []map[string]any
	for k, at := range rng.Perm(len(trades))[:3] {
		skills = append(skills, map[string]any{"skill": trades[at], "level": 1 + (i+k)%3})
	}
	return map[string]any{
		"displayName": fmt.Sprintf("Technician %d", i), "skills": skills, "home": place(rng),
		"timeZone": "Asia/Shanghai", "weeklyShifts": []map[string]any{
			{"days": []string{"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"}, "start": "00:00", "end": "00:00"},
		},
	}
}

func order(rng *rand.Rand, i int) map[string]any {
	o := map[string]any{
		"location": place(rng), "unitId": fmt.Sprintf("u-%d", i), "description": "measured order", "channel": "APP",
		"requiredSkills":    []map[string]any{{"skill": trades[rng.IntN(len(trades))], "level": 1 + rng.IntN(2)}},
		"onSiteDuration":    fmt.Sprintf("%ds", 900+60*rng.IntN(60)),
		"urgency":           "NORMAL",
		"requiredTools":     []string{},
		"timeWindows":       []any{},
		"priority":          rng.IntN(5),
		"buildingId":        "",
		"territory":         "",
		"onlyTechnicianIds": []string{},
	}
	if rng.IntN(20) == 0 {
		o["urgency"] = "EMERGENCY"
	}
	return o
}

// fill creates the technicians, tells where they are, and posts orders.
func fill(ctx context.Context, s *server, technicians, orders int) error {
	rng := rand.New(rand.NewPCG(1, 1))
	var positions []map[string]any
	for i := range technicians {
		var te struct{ ID string }
		if err := s.send(ctx, "/v1/technicians", fmt.Sprintf("technician-%d", i), technician(rng, i), &te); err != nil {
			return err
		}
		positions = append(positions, map[string]any{"technicianId": te.ID, "location": place(rng), "sequence": 1})
	}
	for len(positions) > 0 {
		n := min(1000, len(positions))
		if err := s.send(ctx, "/v1/positions:report", "", map[string]any{"positions": positions[:n]}, nil); err != nil {
			return err
		}
		positions = positions[n:]
	}
	return post(ctx, s, orders, 0)
}

// post sends n orders, numbered from first, as fast as eight senders can.
func post(ctx context.Context, s *server, n, first int) error {
	var wg sync.WaitGroup
	var next atomic.Int64
	errs := make(chan error, 8)
	for w := range 8 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(first)+7, uint64(w)))
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				key := fmt.Sprintf("fill-%d", first+i)
				if err := s.send(ctx, "/v1/workOrders", key, order(rng, first+i), nil); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

// measurePosts posts at a fixed rate while watchers look on.
func measurePosts(ctx context.Context, s *server, o options, r *result) error {
	watch, err := startWatchers(ctx, s, o.watchers)
	if err != nil {
		return err
	}
	defer watch.stop()
	n := int(o.rate * o.seconds)
	took := make([]time.Duration, n)
	rng := rand.New(rand.NewPCG(2, 2))
	bodies := make([]map[string]any, n)
	for i := range bodies {
		bodies[i] = order(rng, o.open+i)
	}
	var failed, assigned atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for i := range n {
		due := began.Add(time.Duration(float64(i) / o.rate * float64(time.Second)))
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
		wg.Go(func() {
			var out struct {
				ID    string
				State string
			}
			err := s.send(ctx, "/v1/workOrders", fmt.Sprintf("measure-%d", i), bodies[i], &out)
			took[i] = time.Since(due)
			if err != nil {
				failed.Add(1)
				return
			}
			if out.State == "ASSIGNED" {
				assigned.Add(1)
				watch.expect(out.ID, due)
			}
		})
	}
	wg.Wait()
	r.Posts, r.Failed, r.Assigned = n, int(failed.Load()), int(assigned.Load())
	r.PostMillis = summarise(took)
	seen, missed := watch.wait(10 * time.Second)
	r.WatchMillis, r.Missed = summarise(seen), missed
	return nil
}

// measureSlots asks for slots of 2 hours in the two days ahead, one question after the other.
func measureSlots(ctx context.Context, s *server, o options, r *result) error {
	rng := rand.New(rand.NewPCG(3, 3))
	took := make([]time.Duration, 0, o.suggestions)
	for i := range o.suggestions {
		fault := order(rng, i)
		question := map[string]any{
			"location": fault["location"], "requiredSkills": fault["requiredSkills"], "onSiteDuration": fault["onSiteDuration"],
		}
		var out struct{ Slots, Closed []any }
		began := time.Now()
		if err := s.send(ctx, "/v1/workOrders:suggestSlots", "", question, &out); err != nil {
			return err
		}
		took = append(took, time.Since(began))
		if len(out.Slots)+len(out.Closed) == 0 {
			return fmt.Errorf("question %d has no answer", i)
		}
	}
	r.Suggestions, r.SlotMillis = len(took), summarise(took)
	return nil
}
