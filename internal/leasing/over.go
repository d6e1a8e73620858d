package leasing

import (
	"context"
	"errors"

	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
)

// Over reports whether nobody can owe a message of a lease any more, so that what is known of it may be forgotten: a message that nothing
// is known of is sent. Id is that of the obligation that the message is of; of other messages, it is that of none. A lease that is closed
// owes nothing, nor does one that is gone; of one that goes on, what was owed by earlier terms is over when it is settled. The record of
// the obligation stays, by which reminders are certified.
func (d *Desk) Over(ctx context.Context, o org.ID, id lease.ID, of string) (bool, error) {
	x, err := d.Obligation(ctx, o, of)
	known := err == nil
	switch {
	case err != nil && !errors.Is(err, ledger.ErrNotFound):
		return false, err
	case known && x.Value.State.Open():
		return false, nil
	}
	k, err := d.Lease(ctx, o, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return k.Value.State.Closed() || known && x.Value.Version != k.Value.Current().Version, nil
}
