package plan

import (
	"fmt"
	"slices"

	"fettle/dispatch"
	"fettle/geo"
)

// Freeze says that the first open visits of a shift are done, at work or on the way, and that the technician is free at an
// instant at the place of the last of them: started work never moves. Those visits leave the open route (Started lists them)
// and the route begins there and then; breaks that were planned before, or whose window has closed, count as taken. With
// visits = 0 only the instant counts.
//
// When the technician runs late, visits that cannot be kept any more leave the route: they are returned, unplaced, for the
// caller to Insert elsewhere.
func (b *Board) Freeze(technician, shift int32, visits int, at dispatch.Tick) (displaced []int32, err error) {
	r, err := b.routeIndex(technician, shift)
	if err != nil {
		return nil, err
	}
	br, route := &b.routes[r], &b.model.Routes[r]
	stops, found := 0, 0
	for stops < len(br.stops) && found < visits {
		if br.stops[stops] >= 0 {
			found++
		}
		stops++
	}
	if visits < 0 || found < visits {
		return nil, &dispatch.InvalidError{Field: "visits", Value: fmt.Sprint(visits), Want: fmt.Sprintf("at most the %d open visits of the route", br.visits)}
	}
	if err := checkInstant(at); err != nil {
		return nil, err
	}
	taken := 0
	place := route.StartPlace
	if visits > 0 {
		taken = b.breaksBefore(r, stops)
		place = b.stopPlace(r, br.stops[stops-1])
	}
	for _, s := range br.stops[:stops] {
		if s >= 0 {
			b.visits[s].started = true
			br.started = append(br.started, s)
		}
	}
	br.stops = slices.Delete(br.stops, 0, stops)
	return b.restart(r, place, at, taken)
}

// breaksBefore counts the breaks that the route as planned takes before it leaves its first stops.
func (b *Board) breaksBefore(r int32, stops int) int {
	planned, _ := b.walk.Schedule(&b.model.Routes[r], b.codes(r, -1, 0))
	taken := 0
	for i := range planned.Stops {
		if stops == 0 {
			break
		}
		if planned.Stops[i].Kind == dispatch.StopBreak {
			taken++
		} else {
			stops--
		}
	}
	return taken
}

// SetPosition says where the technician of a shift is at an instant: the open route begins there and then. It returns the
// visits that cannot be kept any more, as Freeze does. The board's travel matrices must be able to grow.
func (b *Board) SetPosition(technician, shift int32, p geo.Point, at dispatch.Tick) (displaced []int32, err error) {
	r, err := b.routeIndex(technician, shift)
	if err != nil {
		return nil, err
	}
	if err := checkInstant(at); err != nil {
		return nil, err
	}
	place, err := b.places.add(p)
	if err != nil {
		return nil, fmt.Errorf("set position of technician %s: %w", b.model.Problem.Technicians[technician].ID, err)
	}
	displaced, err = b.restart(r, place, at, 0)
	b.places.release(place) // the route holds it now
	return displaced, err
}

func checkInstant(at dispatch.Tick) error {
	if at < -dispatch.Far || at > dispatch.Far {
		return &dispatch.InvalidError{Field: "at", Value: fmt.Sprint(at), Want: "an instant of the problem"}
	}
	return nil
}

// restart lets a route begin anew with at least taken of its breaks behind it.
func (b *Board) restart(r, place int32, at dispatch.Tick, taken int) ([]int32, error) {
	route := &b.model.Routes[r]
	taken = max(taken, route.BreaksClosed(int32(at)))
	if !b.model.HasPlace(place) {
		place = dispatch.NoPlace
	}
	old := route.StartPlace
	if place >= 0 {
		b.places.hold(place)
	}
	if err := b.model.Restart(r, place, at, taken); err != nil {
		return nil, err
	}
	if b.model.HasPlace(old) {
		b.places.release(old)
	}
	return b.repair(r), nil
}

// Shifts is how many shifts a technician has on the board.
func (b *Board) Shifts(technician int32) int {
	if technician < 0 || int(technician) >= len(b.first)-1 {
		return 0
	}
	return int(b.first[technician+1] - b.first[technician])
}

// Unload takes all open visits off a shift and returns them in order; they stay on the board unplaced. Depot stops go too.
func (b *Board) Unload(technician, shift int32) []int32 {
	visits := b.Sequence(technician, shift)
	if r, err := b.routeIndex(technician, shift); err == nil {
		for _, v := range visits {
			b.visits[v].route = -1
		}
		b.routes[r].stops = b.routes[r].stops[:0]
		b.repair(r)
	}
	return visits
}

// SetShift gives a shift without open visits other hours, breaks, start and end: it is changed, or ended, or begun anew. A
// shift without length takes no visits. What was frozen of it stays. O(1).
func (b *Board) SetShift(technician, shift int32, s dispatch.Shift) error {
	r, err := b.routeIndex(technician, shift)
	if err != nil {
		return err
	}
	if b.routes[r].visits > 0 {
		return &dispatch.InvalidError{Field: "shift", Value: fmt.Sprint(shift), Want: "a shift without open visits"}
	}
	p := b.model.Problem
	alone := dispatch.Problem{Places: p.Places, Travel: p.Travel, Technicians: []dispatch.Technician{{Shifts: []dispatch.Shift{s}}}}
	if err := alone.Validate(); err != nil {
		return err
	}
	old := b.model.Routes[r].StartPlace
	if s.StartPlace >= 0 {
		b.places.hold(s.StartPlace)
	}
	b.model.SetShift(r, s)
	if b.model.HasPlace(old) {
		b.places.release(old)
	}
	b.repair(r)
	return nil
}
