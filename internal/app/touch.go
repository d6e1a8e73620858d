package app

import (
	"context"

	"fettle/internal/leasing"
	"fettle/internal/notify"
	"fettle/internal/touchserver"
	"fettle/ledger"
	"fettle/org"
)

// openTouches makes the service of touch points and their widgets.
func (a *App) openTouches() {
	c := touchserver.Config{
		Registry: a.registry(), Store: a.store, Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone, Index: a.ring.Index, Base: a.cfg.PublicURL,
		Serves: func(o org.ID) bool { return a.orgs[o] != nil }, Renewal: a.proposals.Read, Each: a.proposals.Each, Open: a.openProposal,
		Link: a.renewalLink,
	}
	if a.cfg.PublicURL != "" && a.post.Reaches() {
		c.Tell = a.tellAddress
	}
	a.touches = touchserver.New(c)
}

// openProposal is the open proposal of whoever has a telephone number, and the dwelling that it is for.
func (a *App) openProposal(ctx context.Context, o org.ID, phone string) (id, unit string, err error) {
	people, err := a.tenancy().ByPhone(ctx, o, phone)
	if err != nil {
		return "", "", err
	}
	for _, p := range people {
		leases, err := leasing.Standing(ctx, a.store, o, ledger.Where(leasing.Leases, leasing.KeyHolder, ledger.Text(p)))
		if err != nil {
			return "", "", err
		}
		for i := range leases {
			if id, err := a.proposals.Open(ctx, o, leases[i].ID); err != nil || id != "" {
				return id, leases[i].Unit, err
			}
		}
	}
	return "", "", nil
}

// tellAddress sends the address of a proposal to a telephone.
func (a *App) tellAddress(ctx context.Context, o org.ID, l *touchserver.Letter) error {
	return a.post.Hand(ctx, o, &notify.Handed{
		ID: "msg_" + string(o) + "_" + l.ID, Template: string(notify.RenewalLink), Unit: l.Unit, Phone: "+86" + l.Phone,
		Vars: map[string]string{"link": l.Address},
	})
}
