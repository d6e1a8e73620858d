package recurringserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/due"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
)

// Due is the kind of the due work of rules: the order of the next occurrence.
const Due = "recurring"

// Turn is the handler of the due work of an org: it makes the order of one occurrence and sets the row of the next. The call
// carries a key that is the occurrence's own, so that a crash between order and record makes no second one; the key is kept a
// day, as long as such a crash may last.
func (s *Server) Turn(o org.ID) due.Handler {
	return func(ctx context.Context, w ledger.DueWork) error {
		item, err := Rules().Read(ctx, s.c.Store, o, w.Key)
		if errors.Is(err, ledger.ErrNotFound) || err == nil && item.Value.State != Active {
			return s.c.Store.Apply(ctx, o, &ledger.Change{DueDone: []ledger.DueWork{w}})
		}
		if err != nil {
			return err
		}
		r, now := &item.Value, s.now()
		if begin := r.Next.Add(-r.Lead); begin.After(now) {
			return s.c.Store.Apply(ctx, o, &ledger.Change{DueSet: []ledger.DueWork{row(item)}}) // the clock was set back, or the rule goes on later
		}
		became, err := s.occur(ctx, o, item, now)
		if err != nil {
			return err
		}
		return s.keep(ctx, o, item, became, now)
	}
}

// row is the due work of the next occurrence.
func row(item *registry.Item[Recurring]) ledger.DueWork {
	return ledger.DueWork{Kind: Due, Key: item.ID, At: item.Value.Next.Add(-item.Value.Lead), Rank: ledger.CanWait}
}

// occur decides what becomes of the next occurrence.
func (s *Server) occur(ctx context.Context, o org.ID, item *registry.Item[Recurring], now time.Time) (*Occurrence, error) {
	r := &item.Value
	out := &Occurrence{Rule: item.ID, At: r.Next, State: "CREATED"}
	switch {
	case slices.ContainsFunc(r.Skipped, r.Next.Equal):
		out.State = "SKIPPED"
		return out, nil
	case !r.Next.Add(r.Window).After(now):
		out.State = "MISSED"
		return out, nil
	}
	m, err := r.order(r.Next)
	if err != nil {
		return nil, err
	}
	who := &auth.Principal{Name: "recurring:" + item.ID, Org: o, Roles: []auth.Role{auth.Dispatcher}}
	ctx = metadata.AppendToOutgoingContext(ctx, call.KeyHeader, fmt.Sprintf("%s.%d", item.ID, r.Next.Unix()))
	made, err := dispatchv1.NewWorkOrderServiceClient(s.c.As(who)).CreateWorkOrder(ctx, m)
	switch refused, _ := status.FromError(err); refused.Code() {
	case codes.OK:
		out.Order = made.GetId()
	case codes.InvalidArgument, codes.FailedPrecondition, codes.NotFound, codes.PermissionDenied:
		out.State, out.Problem = "FAILED", refused.Message()
	default:
		return nil, err
	}
	return out, nil
}

// keep writes what became of an occurrence, and goes on to the next.
func (s *Server) keep(ctx context.Context, o org.ID, item *registry.Item[Recurring], became *Occurrence, now time.Time) error {
	r := &item.Value
	rule, err := r.rule()
	if err != nil {
		return err
	}
	at := r.Next
	r.Skipped = slices.DeleteFunc(slices.Clone(r.Skipped), func(t time.Time) bool { return !t.After(at) })
	c := &ledger.Change{Audit: []ledger.Entry{{
		Time: now, Actor: "service", Method: Due, Kind: Rules().Name, ID: item.ID, Result: ledger.OK, Reason: became.State + " " + at.UTC().Format(time.RFC3339),
	}}}
	if r.Next = rule.After(at); r.Next.IsZero() {
		r.State = Ended
		c.DueDone = []ledger.DueWork{row(item)}
	} else {
		c.DueSet = []ledger.DueWork{row(item)}
	}
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write rule %s: %w", item.ID, err)
	}
	done, err := json.Marshal(became)
	if err != nil {
		return fmt.Errorf("write occurrence of %s: %w", item.ID, err)
	}
	c.Records = []ledger.Record{
		{Kind: Rules().Name, ID: item.ID, Version: item.Version + 1, State: string(r.State), Created: item.Created, Updated: now, Body: body},
		{
			Kind: Occurrences().Name, ID: fmt.Sprintf("%s.%d", item.ID, at.Unix()), Version: 1, State: became.State, Created: now, Updated: now,
			Keys: occurrenceKeys(became), Body: done,
		},
	}
	return s.c.Store.Apply(ctx, o, c)
}
