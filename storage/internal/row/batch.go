package row

import (
	"fettle/dispatch/engine"
	"fettle/org"
)

// Statement writes a row.
type Statement struct {
	SQL  string
	Args []any
}

// Statements encodes a batch. Orders that are started are apart, as some stores write them after those whose technicians
// they may have set free. Due work that is done is removed before other is set. What is to be sealed is sealed by s, unless
// that is nil.
func Statements(s Sealer, o org.ID, b *engine.Batch) (all, started []Statement, err error) {
	all = make([]Statement, 0, len(b.Events)+len(b.Orders)+len(b.Technicians)+2*len(b.Deleted)+
		len(b.DueSet)+len(b.DueDone)+len(b.Keys))
	for i := range b.Events {
		row, err := Event(o, &b.Events[i])
		if err != nil {
			return nil, nil, err
		}
		all = append(all, Statement{InsertEvent, row})
	}
	for _, order := range b.Orders {
		row, err := Order(o, order)
		if err != nil {
			return nil, nil, err
		}
		if order.State.Started() {
			started = append(started, Statement{UpsertOrder, row})
		} else {
			all = append(all, Statement{UpsertOrder, row})
		}
	}
	for _, t := range b.Technicians {
		row, err := Technician(o, t)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, Statement{UpsertTechnician, row})
	}
	for _, id := range b.Deleted {
		args := []any{string(o), string(id)}
		all = append(all, Statement{DeleteTechnician, args}, Statement{DeletePosition, args})
	}
	all = appendDue(all, o, b)
	if err := sealAll(s, o, all); err != nil {
		return nil, nil, err
	}
	return all, started, sealAll(s, o, started)
}

// appendDue adds due work and keys.
func appendDue(all []Statement, o org.ID, b *engine.Batch) []Statement {
	for i := range b.DueDone {
		all = append(all, Statement{DeleteDue, []any{string(o), b.DueDone[i].Kind, b.DueDone[i].Key}})
	}
	for i := range b.DueSet {
		w := &b.DueSet[i]
		all = append(all, Statement{UpsertDue, Due(o, w)})
	}
	for i := range b.Keys {
		all = append(all, Statement{InsertKey, Key(o, &b.Keys[i])})
	}
	return all
}
