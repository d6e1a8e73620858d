package app

import (
	"context"
	"time"

	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/internal/identity"
	"fettle/internal/proposalserver"
	"fettle/internal/residence"
	"fettle/org"
	"fettle/rental/renewal/proposal"
)

// openRenewals makes what offers tenants to stay, for every org.
func (a *App) openRenewals() {
	reader := &residence.Reader{Store: a.store, Zone: a.cfg.Engine.Zone}
	a.proposals = proposalserver.New(proposalserver.Config{
		Registry: a.registry(), Residence: reader, Desk: a.leases, Clock: a.cfg.Clock, Link: a.renewalLink,
		Facts: func(context.Context, org.ID, string) ([]proposal.Figure, error) { return nil, nil },
	})
}

// renewalLink signs the link of a tenant for a lease and a proposal. Credentials end by the machine's time: as far from now as
// the instant is by the time of the service.
func (a *App) renewalLink(o org.ID, leaseID, renewalID string, expires time.Time) (string, error) {
	links := &identity.Links{Signer: a.ring, Clock: clock.System()}
	ends := links.Clock.Now().Add(expires.Sub(a.cfg.Clock.Now()))
	return links.Make(o, identity.About{Lease: leaseID, Renewal: renewalID}, ends)
}

// renewalDue are the handlers of what is due of renewals in an org.
func (a *App) renewalDue(o org.ID) map[string]due.Handler {
	return map[string]due.Handler{proposalserver.DueExpire: a.proposals.Expire(o)}
}
