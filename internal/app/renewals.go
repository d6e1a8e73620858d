package app

import (
	"context"
	"time"

	"fettle/dispatch"
	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/internal/identity"
	"fettle/internal/lowcodeserver"
	"fettle/internal/profileserver"
	"fettle/internal/proposalserver"
	"fettle/internal/rateserver"
	"fettle/internal/residence"
	"fettle/internal/signserver"
	"fettle/internal/touchserver"
	"fettle/internal/triggerserver"
	"fettle/internal/voiceserver"
	"fettle/org"
	"fettle/org/calendar"
)

// openRenewals makes what offers tenants to stay, for every org.
func (a *App) openRenewals() {
	reader := a.residence()
	a.profiles = profileserver.New(profileserver.Config{Registry: a.registry(), Residence: reader, Clock: a.cfg.Clock})
	voices := voiceserver.Config{Registry: a.registry(), Residence: reader, Clock: a.cfg.Clock, Link: a.renewalLink}
	if a.cfg.PublicURL != "" && a.post.Reaches() {
		voices.Invite = a.invite
	}
	a.voices = voiceserver.New(voices)
	a.proposals = proposalserver.New(proposalserver.Config{
		Registry: a.registry(), Residence: reader, Desk: a.leases, Clock: a.cfg.Clock, Link: a.renewalLink,
		Facts: a.profiles.Figures,
	})
	a.openTriggers()
	a.openBreaches()
	a.openArrivals()
	a.openSignatures()
	a.openTouches()
	a.openLowCode()
}

// residence reads of those who live in dwellings.
func (a *App) residence() *residence.Reader {
	return &residence.Reader{Store: a.store, Zone: a.cfg.Engine.Zone}
}

// rates makes the figures of renewals, for every org.
func (a *App) rates() *rateserver.Server {
	return rateserver.New(rateserver.Config{
		Residence: a.residence(), Clock: a.cfg.Clock, Proposals: a.proposals.Each,
		Segments: a.profiles.Segments, Tagged: a.tenancy().Tagged,
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
	return map[string]due.Handler{
		proposalserver.DueExpire: a.proposals.Expire(o), voiceserver.DueSurvey: a.voices.Next(o), voiceserver.DueInvite: a.voices.Invited(o), profileserver.DuePurge: a.profiles.Purge(o),
		triggerserver.DueClean: a.triggers.Clean(o), signserver.DueExpire: a.signatures.Expire(o), touchserver.DueAsk: a.touches.Answer(o), lowcodeserver.DueLook: a.lowCode.Look(o),
	}
}

// welcome are the hours of each day in which visits to a dwelling are welcome, by a tag of who lives there.
func (a *App) welcome(ctx context.Context, o org.ID, unit string, from, to time.Time) (out []dispatch.TimeSpan, err error) {
	hours, ok, err := a.profiles.Welcome(ctx, o, unit)
	if err != nil || !ok {
		return nil, err
	}
	zone := a.cfg.Engine.Zone
	for day := calendar.DateOf(from, zone); day.At(hours.From, zone).Before(to); day = day.Add(1) {
		s := dispatch.TimeSpan{Start: day.At(hours.From, zone), End: day.At(hours.To, zone)}
		if s.End.After(from) {
			out = append(out, s)
		}
	}
	return out, nil
}
