package app

import (
	"context"

	"fettle/internal/due"
	"fettle/internal/notify"
	"fettle/internal/post"
	"fettle/internal/tenantserver"
	"fettle/ledger"
	"fettle/org"
)

// tenants makes the services of who rents, for every org: how a repair goes, and what is written about it.
func (a *App) tenants() *tenantserver.Server {
	return tenantserver.New(tenantserver.Config{
		Live: a.look, Store: a.store, Feed: a.news.feed, Clock: a.cfg.Clock, Registry: a.registry(), Tell: a.tellOfNote,
	})
}

// look finds the part of the live state of an org that tenants are told of.
func (a *App) look(o org.ID) (tenantserver.Look, error) { return a.territories(o) }

// tellOfNote makes the work of telling somebody that there is a note.
func (a *App) tellOfNote(o org.ID, l *tenantserver.Letter) (ledger.DueWork, error) {
	var n post.Notice
	switch l.To {
	case tenantserver.ToTenant:
		n.Template, n.To = string(notify.NoteTenant), notify.Tenant
	case tenantserver.ToTechnician:
		n.Template, n.To = string(notify.NoteTechnician), notify.Technician
	case tenantserver.ToSupervisor:
		n.Template, n.To = string(notify.NoteWaits), notify.Supervisor
	}
	n.ID, n.Org, n.Kind, n.OrderID, n.UnitID, n.TechnicianID = l.ID, string(o), n.Template, l.Order, l.Unit, l.Technician
	n.DueAt, n.Vars = a.cfg.Clock.Now(), map[string]string{"order": l.Order}
	return a.post.Tell(o, &n)
}

// watchNote does the due work of notes.
func (a *App) watchNote(o org.ID) due.Handler {
	s := a.tenants()
	return func(ctx context.Context, w ledger.DueWork) error { return s.Answer(ctx, o, w) }
}
