package registry

import (
	"context"
	"slices"
	"time"

	"fettle/internal/auth"
	"fettle/ledger"
	"fettle/org"
)

// Tx collects what one decision changes. It belongs to the goroutine that decides.
type Tx struct {
	Org org.ID
	Who *auth.Principal
	Now time.Time // of the service, to the microsecond

	ctx    context.Context
	r      *Registry
	change ledger.Change
	entry  ledger.Entry
	strict bool
}

func (r *Registry) begin(ctx context.Context, who *auth.Principal, method string) *Tx {
	now := r.cfg.Clock.Now().UTC().Truncate(time.Microsecond)
	return &Tx{
		Org: who.Org, Who: who, Now: now, ctx: ctx, r: r,
		entry: ledger.Entry{Time: now, Actor: who.Name, Method: method, Result: ledger.OK, RequestID: r.cfg.RequestID(ctx)},
	}
}

// Context is that of the request.
func (t *Tx) Context() context.Context { return t.ctx }

// Store reads what is committed; nothing of the decision itself is there.
func (t *Tx) Store() Store { return t.r.cfg.Store }

// NewID makes an id with a prefix, as "le_".
func (t *Tx) NewID(prefix string) string { return t.r.ids.Next(prefix) }

// About says which object the audit entry is about, and which of its fields were touched.
func (t *Tx) About(kind, id string, fields ...string) {
	t.entry.Kind, t.entry.ID, t.entry.Fields = kind, id, fields
}

// Purpose keeps in the audit entry what was given as the reason, for actions that need one.
func (t *Tx) Purpose(reason string) { t.entry.Reason = reason }

// Also adds an audit entry about another object that the decision touches.
func (t *Tx) Also(kind, id string, fields ...string) {
	e := t.entry
	e.Kind, e.ID, e.Fields = kind, id, fields
	t.change.Audit = append(t.change.Audit, e)
}

// Due sets work that is to be done, in place of any of the same kind and key.
func (t *Tx) Due(work ...ledger.DueWork) { t.change.DueSet = append(t.change.DueSet, work...) }

// Done removes work by kind and key.
func (t *Tx) Done(work ...ledger.DueWork) { t.change.DueDone = append(t.change.DueDone, work...) }

// Seen makes the change depend on a record being as it was read: decided again if it is not. One that the change writes or removes as
// well depends on that already.
func (t *Tx) Seen(r ledger.Ref) { t.change.Seen = append(t.change.Seen, r) }

// Absent makes the change depend on nobody having a key.
func (t *Tx) Absent(h ledger.Holding) { t.change.Absent = append(t.change.Absent, h) }

// Remove takes records away that were written without a Kind, each at the version that is named.
func (t *Tx) Remove(refs ...ledger.Ref) { t.change.Removed = append(t.change.Removed, refs...) }

// Write adds a record as it is, for those who keep them without a Kind.
func (t *Tx) Write(records ...ledger.Record) { t.change.Records = append(t.change.Records, records...) }

// settle leaves to Seen what stays as it is.
func (t *Tx) settle() {
	if len(t.change.Seen) == 0 {
		return
	}
	changed := map[ledger.Ref]bool{}
	for i := range t.change.Records {
		before := t.change.Records[i].Ref()
		before.Version--
		changed[before] = true
	}
	for _, r := range t.change.Removed {
		changed[r] = true
	}
	t.change.Seen = slices.DeleteFunc(t.change.Seen, func(r ledger.Ref) bool { return changed[r] })
}

// Join adds what another package has decided on what it has read itself: all of it is kept with the rest, or nothing.
func (t *Tx) Join(c *ledger.Change) {
	to := &t.change
	to.Records, to.Removed = append(to.Records, c.Records...), append(to.Removed, c.Removed...)
	to.Seen, to.Absent = append(to.Seen, c.Seen...), append(to.Absent, c.Absent...)
	to.DueSet, to.DueDone = append(to.DueSet, c.DueSet...), append(to.DueDone, c.DueDone...)
	to.Answers, to.Audit = append(to.Answers, c.Answers...), append(to.Audit, c.Audit...)
}
