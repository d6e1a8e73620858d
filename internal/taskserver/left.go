package taskserver

import (
	"context"
	"errors"
	"fmt"

	"fettle/intake/task"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
)

// Beside says in which dwelling a lease is, and how many others live there who stay.
type Beside func(ctx context.Context, o org.ID, lease string) (unit string, stay int, err error)

// Left does the due work of a lease that was ended before its time, whose key is the id of the lease: where others stay, a task is opened of
// who left, and with it the search for who moves in. Both are kept with the end of the work, so that there is one.
func (s *Server) Left(ctx context.Context, o org.ID, w ledger.DueWork, beside Beside) error {
	return s.c.Registry.Work(ctx, o, w.Kind, func(tx *registry.Tx) error {
		tx.About("leases", w.Key)
		tx.Done(w)
		unit, stay, err := beside(tx.Context(), o, w.Key)
		if errors.Is(err, ledger.ErrNotFound) || err == nil && (unit == "" || stay == 0) {
			return nil
		}
		if err != nil {
			return err
		}
		t, err := task.Open(task.RoommateLeft, unit, fmt.Sprintf("Lease %s was ended before its time; %d others stay", w.Key, stay), "", tx.Now)
		if err != nil {
			return err
		}
		_, err = s.open(tx, t)
		return err
	})
}
