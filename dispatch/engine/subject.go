package engine

import "fettle/dispatch"

// Subject is the order or the technician that a command is about; both are "" for commands about the whole territory.
func Subject(c Command) (dispatch.WorkOrderID, dispatch.TechnicianID) {
	switch c := c.(type) {
	case CreateTechnician:
		return "", c.ID
	case UpdateTechnician:
		return "", c.ID
	case DeleteTechnician:
		return "", c.ID
	case StartShift:
		return "", c.ID
	case EndShift:
		return "", c.ID
	case CreateOrder:
		return c.ID, ""
	case UpdateOrder:
		return c.ID, ""
	case Act:
		return c.Order, ""
	case ExpireOffer:
		return c.Order, ""
	case BreachDue:
		return c.Order, ""
	case EraseOrder:
		return c.Order, ""
	case ClimbLadder:
		return c.Order, ""
	case ApplySuggestion:
		return c.Order, ""
	}
	return "", ""
}
