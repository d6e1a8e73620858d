package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fettle/ledger"
)

// Decision is what a person says of a message whose outcome is not known.
type Decision string

// The decisions.
const (
	DecideArrived Decision = "ARRIVED"  // it arrived
	DecideResend  Decision = "NOT_SENT" // it did not leave: send it
	DecideDrop    Decision = "DROP"     // nobody knows, and it is not worth sending again
)

// ErrSettled says that a message is not UNKNOWN, so that there is nothing to decide.
var ErrSettled = errors.New("the outcome of the message is known")

// Decide settles an UNKNOWN message by what a person has found out: the state after it, and the work that it takes. It changes
// r; whoever calls writes it.
func (d *Desk) Decide(r *Record, to *Recipient, decision Decision) ([]ledger.DueWork, error) {
	if r.State != Uncertain {
		return nil, fmt.Errorf("message %s is %s: %w", r.ID, r.State, ErrSettled)
	}
	r.Reason, r.SettledAt = ReasonPerson, d.now()
	switch decision {
	case DecideArrived:
		r.State = Delivered
	case DecideDrop:
		r.State = Failed
	case DecideResend:
		return d.route(r, to, Failed, ReasonNoChannel), nil
	}
	return nil, nil
}

// Receive notes the receipts of a channel's provider. Those of messages that are not known are counted, not refused: they may
// be of another service with the same account.
func (d *Desk) Receive(ctx context.Context, channel string, receipts []Receipt) (unknown int, err error) {
	for i := range receipts {
		id, err := d.named(ctx, channel, &receipts[i])
		if errors.Is(err, ledger.ErrNotFound) {
			unknown++
			continue
		}
		if err != nil {
			return unknown, err
		}
		_, err = d.change(ctx, id, func(r *Record) (*edit, error) { return d.received(r, channel, &receipts[i]), nil })
		if errors.Is(err, ledger.ErrNotFound) {
			unknown++
		} else if err != nil {
			return unknown, err
		}
	}
	return unknown, nil
}

// named finds the message of a receipt.
func (d *Desk) named(ctx context.Context, channel string, r *Receipt) (string, error) {
	if r.MessageID != "" {
		return r.MessageID, nil
	}
	p, err := d.c.Store.Records(ctx, d.c.Org, ledger.Where(RecordKind, KeyProvider, ledger.Text(channel, r.ProviderID)), 1)
	if err != nil {
		return "", fmt.Errorf("find the message of a receipt: %w", err)
	}
	if len(p.Records) == 0 {
		return "", ledger.ErrNotFound
	}
	return p.Records[0].ID, nil
}

// received notes one receipt; nil when it says nothing new. What was delivered does not fail later.
func (d *Desk) received(r *Record, channel string, receipt *Receipt) *edit {
	if r.Channel == channel && r.State == Delivered && receipt.Acknowledged && r.AcknowledgedAt.IsZero() {
		r.AcknowledgedAt = d.instant(receipt)
		return &edit{}
	}
	if r.Channel != channel || r.State == Delivered || r.State == Failed || r.State == Suppressed {
		return nil
	}
	if r.State == Due && !r.Sending {
		return nil // of an attempt that its provider has refused meanwhile
	}
	r.State, r.Reason = Failed, ReasonReceipt
	if receipt.Delivered {
		r.State, r.Reason = Delivered, ""
	}
	if receipt.ProviderID != "" {
		r.ProviderID = receipt.ProviderID
	}
	if receipt.Cost > 0 {
		r.Cost = receipt.Cost
	}
	r.SettledAt = d.instant(receipt)
	if receipt.Acknowledged {
		r.AcknowledgedAt = r.SettledAt
	}
	return &edit{}
}

// instant is when what a receipt tells of happened.
func (d *Desk) instant(receipt *Receipt) time.Time {
	if receipt.At.IsZero() {
		return d.now()
	}
	return receipt.At
}
