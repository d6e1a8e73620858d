package app

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"time"

	"google.golang.org/grpc"

	"fettle/api/openapi"
	"fettle/console"
	"fettle/dispatch/engine"
	"fettle/internal/agreementserver"
	"fettle/internal/auditserver"
	"fettle/internal/breachserver"
	"fettle/internal/campaignserver"
	"fettle/internal/cleaningserver"
	"fettle/internal/clock"
	"fettle/internal/dueserver"
	"fettle/internal/estateserver"
	"fettle/internal/forecastserver"
	"fettle/internal/gateway"
	"fettle/internal/guard"
	"fettle/internal/identity"
	"fettle/internal/idimageserver"
	"fettle/internal/improveserver"
	"fettle/internal/incidentserver"
	"fettle/internal/keyserver"
	"fettle/internal/lowcodeserver"
	"fettle/internal/marketserver"
	"fettle/internal/meterserver"
	"fettle/internal/moneyserver"
	"fettle/internal/operationserver"
	"fettle/internal/photoserver"
	"fettle/internal/post"
	"fettle/internal/privacyserver"
	"fettle/internal/profileserver"
	"fettle/internal/proposalserver"
	"fettle/internal/rateserver"
	"fettle/internal/reconcile"
	"fettle/internal/recurringserver"
	"fettle/internal/registry"
	"fettle/internal/renewalserver"
	"fettle/internal/rentalserver"
	"fettle/internal/replayserver"
	"fettle/internal/server"
	"fettle/internal/sheetserver"
	"fettle/internal/signin"
	"fettle/internal/signserver"
	"fettle/internal/steeringserver"
	"fettle/internal/subjectserver"
	"fettle/internal/taskserver"
	"fettle/internal/tenancyserver"
	"fettle/internal/tenantserver"
	"fettle/internal/touchserver"
	"fettle/internal/triggerserver"
	"fettle/internal/visitserver"
	"fettle/internal/voiceserver"
	"fettle/internal/whereabouts"
	"fettle/org"
	"fettle/steering"
)

// service is one that stands beside those of live dispatch.
type service struct {
	register func(grpc.ServiceRegistrar)
	rest     gateway.RESTService
}

// services lists what stands beside live dispatch. A new one is a line here.
func (a *App) services(who *identity.Authenticator) []service {
	return []service{
		{a.recurring.Register, recurringserver.REST},
		{operationserver.New(a.registry(), a.operations, a.store).Register, operationserver.REST},
		{a.visits().Register, visitserver.REST},
		{a.incidents().Register, incidentserver.REST},
		{a.tasks().Register, taskserver.REST},
		{a.breaches.Register, breachserver.REST},
		{a.arrivals.Register, visitserver.RESTArrivals},
		{a.photos.Register, photoserver.REST},
		{keyserver.New(a.rotator).Register, keyserver.REST},
		{identity.NewServer(who.Directory, who.Links, a.store, identity.Here{Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone, RequestID: gateway.RequestID}).Register, identity.REST},
		{signin.NewServer(a.signIn).Register, signin.REST},
		{a.privacy(who).Register, privacyserver.REST},
		{dueserver.New(dueserver.Config{Reconciler: a.reconciler, Uncovered: a.agree.Missing, Store: a.store, Clock: a.cfg.Clock}).Register, dueserver.REST},
		{a.forecasts().Register, forecastserver.REST},
		{a.tenants().Register, tenantserver.REST},
		{a.post.Register, post.REST},
		{auditserver.New(a.store).Register, auditserver.REST},
		{a.rental.Register, rentalserver.REST},
		{sheetserver.New(a.registry(), a.leases).Register, sheetserver.REST},
		{a.renewal().Register, renewalserver.REST},
		{a.proposals.Register, proposalserver.REST},
		{a.touches.Register, touchserver.REST},
		{a.lowCode.Register, lowcodeserver.REST},
		{a.signatures.Register, signserver.REST},
		{a.voices.Register, voiceserver.REST},
		{a.triggers.Register, triggerserver.REST},
		{a.profiles.Register, profileserver.REST},
		{a.rates().Register, rateserver.REST},
		{estateserver.New(a.registry()).Register, estateserver.REST},
		{a.steeringServer().Register, steeringserver.REST},
		{a.replays().Register, replayserver.REST},
		{a.improvements().Register, improveserver.REST},
		{a.tenancy().Register, tenancyserver.REST},
		{a.subjects().Register, subjectserver.REST},
		{a.agree.Register, agreementserver.REST},
		{a.idImages().Register, idimageserver.REST},
		{a.cleaning().Register, cleaningserver.REST},
		{a.money().Register, moneyserver.REST},
		{a.metering().Register, meterserver.REST},
		{a.market().Register, marketserver.REST},
		{campaignserver.New(campaignserver.Config{Registry: a.registry(), Store: a.store, Zone: a.cfg.Engine.Zone}).Register, campaignserver.REST},
	}
}

// steeringServer answers what would change if, and keeps the policies.
func (a *App) steeringServer() *steeringserver.Server {
	return steeringserver.New(steeringserver.Config{
		Live: a.steered, Store: a.store, Registry: a.registry(), Machine: machine, Zone: a.cfg.Engine.Zone, Follow: a.follow,
	})
}

// replays plays recorded days again.
func (a *App) replays() *replayserver.Server {
	return replayserver.New(replayserver.Config{
		Events: a.store.Events, Zone: a.cfg.Engine.Zone, Policy: func(ctx context.Context, o org.ID, id string) (*steering.Policy, error) {
			item, err := steeringserver.Policies().Read(ctx, a.store, o, id)
			if err != nil {
				return nil, err
			}
			return &item.Value, nil
		},
	})
}

// steered finds the live state of an org, to steer it.
func (a *App) steered(id org.ID) (steeringserver.Live, error) {
	o := a.orgs[id]
	if o == nil || o.territory == nil {
		return nil, fmt.Errorf("org %s: %w", id, engine.ErrNotFound)
	}
	return o.territory, nil
}

// openEdge lays out what callers meet: methods, REST, streams, the console.
func (a *App) openEdge(ctx context.Context) error {
	if err := a.openOutlook(); err != nil {
		return err
	}
	who, err := a.authenticator()
	if err != nil {
		return err
	}
	a.openSignIn(ctx, who)
	beside := a.services(who)
	rest, registers := make([]gateway.RESTService, len(beside)), make([]func(grpc.ServiceRegistrar), len(beside))
	for i, b := range beside {
		rest[i], registers[i] = b.rest, b.register
	}
	s, err := server.New(server.Config{
		Territory: a.territories, Store: a.store, Feed: a.news.feed, Clock: a.cfg.Clock, Machine: machine, Zone: a.cfg.Engine.Zone, RequestID: gateway.RequestID,
		More: namesOf(registers...), Welcome: a.welcome,
	})
	if err != nil {
		return err
	}
	extra, err := a.cfg.Mount(a.token)
	if err != nil {
		return err
	}
	handlers := a.post.Handlers()
	maps.Copy(handlers, a.touches.Handlers())
	maps.Copy(handlers, extra)
	shown, err := a.tenantsShown()
	if err != nil {
		return err
	}
	a.edge, err = gateway.New(ctx, gateway.Config{
		Register: func(r grpc.ServiceRegistrar) {
			s.Register(r)
			for _, register := range registers {
				register(r)
			}
		},
		REST: rest, Auth: who, Guard: guard.New(a.store), Feed: a.news.feed, Clock: clock.System(), Log: a.cfg.Log, Ready: a.ready,
		Audit: a.note, Ended: a.counts.Request, Limits: a.cfg.Limits, Proxies: a.cfg.Proxies, Trace: a.tracer.Call, Broken: func() bool { return a.writing() != nil },
		Looked:  whereabouts.NewBook(a.noteAll, a.cfg.Clock).Looked,
		Shown:   shown,
		OpenAPI: openapi.JSON(), Root: console.Handler(), Extra: handlers,
	})
	if err != nil {
		return err
	}
	for _, o := range a.orgs {
		close(o.due.later.ready)
	}
	return nil
}

// names collects the full names of services.
type names []string

// RegisterService implements grpc.ServiceRegistrar.
func (n *names) RegisterService(d *grpc.ServiceDesc, _ any) { *n = append(*n, d.ServiceName) }

// namesOf are the services that are registered.
func namesOf(register ...func(grpc.ServiceRegistrar)) []string {
	var n names
	for _, f := range register {
		f(&n)
	}
	return n
}

// authenticator tells whose a credential is. Credentials end by the machine's time, also where that of the service is simulated.
func (a *App) authenticator() (*identity.Authenticator, error) {
	out := &identity.Authenticator{
		Tokens: a.tokens(), Directory: identity.NewDirectory(a.store, clock.System()),
		Links: &identity.Links{Signer: a.ring, Clock: clock.System(), Serves: func(o org.ID) bool { return a.orgs[o] != nil }},
	}
	if a.cfg.OIDC.Issuer == "" {
		return out, nil
	}
	if o := a.cfg.OIDC.Org; o != "" && a.orgs[o] == nil {
		return nil, fmt.Errorf("--oidc-org %s: there is no such org; fettle org create makes it", o)
	}
	var err error
	out.OIDC, err = identity.NewOIDC(a.cfg.OIDC, out.Directory, &http.Client{Timeout: askLimit})
	if err != nil {
		return nil, fmt.Errorf("--oidc: %w", err)
	}
	return out, nil
}

// OIDC says which identity provider is trusted.
type OIDC = identity.OIDCConfig

// askLimit is how long an identity provider may take to answer.
const askLimit = 5 * time.Second

// writing says why an org cannot be written for now, nil when all can. It asks nobody.
func (a *App) writing() error {
	for _, o := range a.orgs {
		if err := o.territory.Ready(); err != nil {
			return err
		}
	}
	return nil
}

// ready says why the service cannot work now, nil when it can.
func (a *App) ready(ctx context.Context) error {
	if err := a.writing(); err != nil {
		return err
	}
	return a.store.Healthy(ctx)
}

// registry is the way of requests to typed resources.
func (a *App) registry() *registry.Registry {
	return registry.New(registry.Config{
		Store: a.store, Clock: a.cfg.Clock, RequestID: gateway.RequestID, Published: a.changed, Woken: a.woken,
	})
}

// reconciler finds that of an org.
func (a *App) reconciler(id org.ID) (*reconcile.Reconciler, error) {
	o := a.orgs[id]
	if o == nil || o.territory == nil {
		return nil, fmt.Errorf("org %s: %w", id, engine.ErrNotFound)
	}
	return o.due.jobs.reconciler, nil
}
