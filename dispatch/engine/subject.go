package engine

import "fettle/dispatch"

// about is what a command concerns.
type about struct {
	order      dispatch.WorkOrderID
	technician dispatch.TechnicianID
}

// Subject is the order or the technician that a command is about; both are "" for commands about the whole territory.
func Subject(c Command) (dispatch.WorkOrderID, dispatch.TechnicianID) {
	s := c.subject()
	return s.order, s.technician
}
