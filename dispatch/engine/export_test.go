package engine

import (
	"time"

	"fettle/dispatch"
)

// Waiting lists the orders that a layout has displaced and that the next decision will find a place for.
func (e *Engine) Waiting() []dispatch.WorkOrderID {
	if e.board == nil {
		return nil
	}
	return e.board.displaced
}

// Placed lists the orders on the routes of the board by technician.
func (e *Engine) Placed() map[dispatch.TechnicianID][]dispatch.WorkOrderID {
	b, err := e.ready()
	if err != nil {
		return nil
	}
	out := map[dispatch.TechnicianID][]dispatch.WorkOrderID{}
	for t, id := range b.ids {
		for s := range b.spans[t] {
			for _, v := range b.Sequence(int32(t), int32(s)) {
				out[id] = append(out[id], b.orderOf(v))
			}
		}
	}
	return out
}

// Spans lists shifts as they are planned.
func (e *Engine) Spans(t *Technician, from, to time.Time) (out []dispatch.TimeSpan) {
	for _, s := range e.spans(t, from, to) {
		out = append(out, dispatch.TimeSpan{Start: s.start, End: s.end})
	}
	return out
}

// Cut lists the slots of a query.
func (q *SlotQuery) Cut() ([]dispatch.TimeSpan, error) { return q.cut() }
