package engine

import "fettle/dispatch"

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
