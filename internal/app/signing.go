package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"fettle/internal/clock"
	"fettle/internal/esign"
	"fettle/internal/estateserver"
	"fettle/internal/identity"
	"fettle/internal/notify"
	"fettle/internal/signserver"
	"fettle/internal/tenancyserver"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
)

// Signing says who signs leases.
type Signing struct {
	Landlord string // as contracts name it
	// Provider and Token are those of a provider of signatures; the demo signer without one. Authority stamps the time.
	Provider, Token, Authority string
}

// openSignatures makes the service by which leases are signed.
func (a *App) openSignatures() {
	c := signserver.Config{
		Registry: a.registry(), Store: a.store, Desk: a.leases, Clock: a.cfg.Clock, Machine: clock.System(), Zone: a.cfg.Engine.Zone,
		Landlord: a.cfg.Signing.Landlord, Person: a.person, Dwelling: a.dwelling, Next: a.next, Index: a.ring.Index, Link: a.signatureLink,
	}
	if c.Landlord == "" {
		c.Landlord = "出租方 / the landlord"
	}
	switch {
	case a.cfg.ShowCodes != nil:
		c.SendCode = a.showSignatureCode
	case a.post.Reaches():
		c.SendCode = a.sendSignatureCode
	}
	if s := a.cfg.Signing; s.Provider != "" {
		c.Provider = esign.NewRemote(s.Provider, s.Token)
	}
	if s := a.cfg.Signing; s.Authority != "" {
		c.Authority = esign.NewAuthority(s.Authority)
	}
	a.signatures = signserver.New(c)
}

// person reads who rents.
func (a *App) person(ctx context.Context, o org.ID, id string) (signserver.Person, error) {
	item, err := tenancyserver.Tenants().Read(ctx, a.store, o, id)
	if err != nil {
		return signserver.Person{}, err
	}
	t := &item.Value
	return signserver.Person{Name: t.Name, NationalID: t.NationalID, Phone: t.Phone}, nil
}

// dwelling is how a dwelling is written in a contract: address or name of the building, and number.
func (a *App) dwelling(ctx context.Context, o org.ID, unit string) (string, error) {
	u, err := estateserver.Units().Read(ctx, a.store, o, unit)
	if errors.Is(err, ledger.ErrNotFound) {
		return unit, nil
	}
	if err != nil {
		return "", err
	}
	p, err := estateserver.Properties().Read(ctx, a.store, o, u.Value.Property)
	if errors.Is(err, ledger.ErrNotFound) {
		return u.Value.Number, nil
	}
	if err != nil {
		return "", err
	}
	var parts []string
	for _, x := range []string{p.Value.Address, p.Value.Name, u.Value.Number} {
		if x != "" {
			parts = append(parts, x)
		}
	}
	return strings.Join(parts, " "), nil
}

// next is the lease that follows an accepted proposal.
func (a *App) next(ctx context.Context, o org.ID, renewal string) (lease.ID, error) {
	item, err := a.proposals.Read(ctx, o, renewal)
	if err != nil {
		return "", err
	}
	return item.Next, nil
}

// signatureLink signs the link of a tenant for an envelope; see renewalLink.
func (a *App) signatureLink(o org.ID, id string, expires time.Time) (string, error) {
	links := &identity.Links{Signer: a.ring, Clock: clock.System()}
	return links.Make(o, identity.About{Signature: id}, links.Clock.Now().Add(expires.Sub(a.cfg.Clock.Now())))
}

// sendSignatureCode sends a code to a tenant by the channels of messages.
func (a *App) sendSignatureCode(ctx context.Context, o org.ID, c *signserver.Code) error {
	return a.post.Hand(ctx, o, &notify.Handed{
		ID: c.ID, Template: string(notify.SignatureCode), Unit: c.Unit, Phone: "+86" + c.Phone,
		Vars: map[string]string{"code": c.Digits, "minutes": fmt.Sprint(int(c.Life.Minutes()))},
	})
}

// showSignatureCode writes a code where whoever runs a demo sees it.
func (a *App) showSignatureCode(_ context.Context, _ org.ID, c *signserver.Code) error {
	_, err := fmt.Fprintf(a.cfg.ShowCodes, "Code to sign the lease of %s: %s\n", c.Unit, c.Digits)
	return err
}
