package territory

import (
	"cmp"
	"fmt"
	"time"

	"fettle/dispatch/engine"
	"fettle/ledger"
)

// Kinds of objects in audit entries, as the paths of the API spell them.
const (
	kindOrder      = "workOrders"
	kindTechnician = "technicians"
)

// entry says who asked for a command that was carried out. It is written in the same transaction.
func entry(r *Request, now time.Time) ledger.Entry {
	e := ledger.Entry{
		Time: now, Actor: cmp.Or(r.Actor, "service"), Method: r.Method, Result: ledger.OK, RequestID: r.RequestID,
	}
	if e.Method == "" {
		e.Method = fmt.Sprintf("%T", r.Command)
	}
	order, technician := engine.Subject(r.Command)
	switch {
	case order != "":
		e.Kind, e.ID = kindOrder, string(order)
	case technician != "":
		e.Kind, e.ID = kindTechnician, string(technician)
	}
	return e
}
