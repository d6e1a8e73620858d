package app

import (
	"context"

	"fettle/dispatch/engine"
	"fettle/internal/due"
	"fettle/internal/incidentserver"
	"fettle/internal/post"
	"fettle/internal/territory"
	"fettle/ledger"
	"fettle/org"
)

// incidentNote is the template of what is told of incidents.
const incidentNote = "incident.note"

// incidents makes the service of incidents, for every org.
func (a *App) incidents() *incidentserver.Server {
	return incidentserver.New(incidentserver.Config{
		Registry: a.registry(), Store: a.store, Buildings: a.residence().Buildings, Act: a.act,
		Tell: func(o org.ID, l *incidentserver.Letter) (ledger.DueWork, error) {
			n := post.Notice{Template: incidentNote}
			n.ID, n.Org, n.Kind, n.To, n.OrderID, n.UnitID = l.ID, string(o), incidentNote, post.Tenant, l.Order, l.Unit
			n.DueAt, n.Vars = a.cfg.Clock.Now(), map[string]string{"note": l.Text, "incident": l.Incident}
			return a.post.Tell(o, &n)
		},
	})
}

// settleIncident does the due work of incidents.
func (a *App) settleIncident(o org.ID) due.Handler {
	s := a.incidents()
	return func(ctx context.Context, w ledger.DueWork) error { return s.Settle(ctx, o, w) }
}

// act carries a command of the service to the live state of an org.
func (a *App) act(ctx context.Context, o org.ID, c engine.Act) error {
	t, err := a.territories(o)
	if err != nil {
		return err
	}
	_, err = t.Do(ctx, territory.Request{Actor: "service", Method: incidentserver.DueSettle, Command: c, Recall: c.Order})
	return err
}
