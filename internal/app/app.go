// Package app wires the service together: store, territory, due work, edge. One file a subsystem, no business rule.
package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"fettle/dispatch/engine"
	"fettle/internal/agreementserver"
	"fettle/internal/auth"
	"fettle/internal/breachserver"
	"fettle/internal/clock"
	"fettle/internal/fair"
	"fettle/internal/gateway"
	"fettle/internal/idimageserver"
	"fettle/internal/leasing"
	"fettle/internal/lowcodeserver"
	"fettle/internal/obs"
	"fettle/internal/operation"
	"fettle/internal/outlook"
	"fettle/internal/photoserver"
	"fettle/internal/post"
	"fettle/internal/profileserver"
	"fettle/internal/proposalserver"
	"fettle/internal/recurringserver"
	"fettle/internal/rentalserver"
	"fettle/internal/secret"
	"fettle/internal/server"
	"fettle/internal/signserver"
	"fettle/internal/touchserver"
	"fettle/internal/trace"
	"fettle/internal/triggerserver"
	"fettle/internal/visitserver"
	"fettle/internal/voiceserver"
	"fettle/internal/watchdog"
	"fettle/internal/whereabouts"
	"fettle/ledger"
	"fettle/org"
)

// Config says how to run a service. Data and Listen must be given; the zero value of the rest means its default.
type Config struct {
	// Data is the data directory; it is made when it is missing.
	Data string
	// Database is the URL of a PostgreSQL database that holds everything but the token; "" keeps all in Data.
	Database string
	// Keys says where the keys of what is at rest are, and KeysSettle how long after a rotation old ones are destroyed at the
	// earliest: secret.Settle unless given.
	Keys       Keys
	KeysSettle time.Duration
	// Listen is the address of REST, gRPC and the console; GRPC, when given, takes gRPC away to an address of its own.
	Listen, GRPC string
	// TLS serves Listen and GRPC by TLS alone; plain when its zero value.
	TLS TLS
	// Limits bound what each org may ask for.
	Limits fair.Config
	// OTLP is the address of a collector of traces; "" for none.
	OTLP string
	// Admin is the address of metrics and profiles; loopback only, off unless given.
	Admin string
	// Heartbeat is an address that hears of each complete sweep of due work; "" for none.
	Heartbeat string
	// Alert is the second channel: it hears when nobody takes the heartbeats; "" for none.
	Alert string
	// OIDC is the identity provider whose tokens are taken; none unless its Issuer is given.
	OIDC OIDC
	// Notify is the address of the sink that messages to people are posted to, Channels a file of other ways to them (see
	// docs/messages.md); none are made without either. Terminal is where channels of the file write to that are told so.
	Notify, Channels string
	Terminal         io.Writer
	// TraceExact and TraceKeep are how long is kept where technicians were, exactly and at all; DefaultTraceExact and
	// DefaultTraceKeep unless given.
	TraceExact, TraceKeep time.Duration
	// IDKeep is how long copies of identity cards stay after the last lease of their tenant; idimageserver.DefaultKeep unless given.
	IDKeep time.Duration
	// OCR is the program that reads copies of identity cards: a name on the PATH or a path; tesseract unless given.
	OCR string
	// TenantReads is how many tenants a person reads within an hour, as tenancyserver.ParseReadLimits has it.
	TenantReads string
	// RequireAgreements lets nothing leave by webhooks and channels without a processing agreement that is valid.
	RequireAgreements bool
	// ShowCodes, when not nil, is where codes of technicians who sign in are written to, in the place of being sent: a demo's.
	ShowCodes io.Writer
	// Signing says who signs leases and stamps the time.
	Signing Signing
	// PublicURL is where people reach the service, as "https://rent.example.org"; "" when it is not known.
	PublicURL string
	// Proxies are addresses whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// Watch is a folder in which a spreadsheet of the leases of the default org is kept in step; "" for none. WatchEvery is how often it
	// is looked at, by the machine; 5 s unless given.
	Watch      string
	WatchEvery time.Duration
	// WebhookAllow are ranges of addresses that webhooks may reach though they are not public.
	WebhookAllow []netip.Prefix
	// History is a CSV file of reports from before the log, for forecasts; "" for none. Reports are the same, read already.
	History string
	// Weather is a CSV file of the weather of days, for forecasts; "" for none. It is read again when it changes.
	Weather string
	Reports []outlook.Report
	// Worker is a program with its arguments that does what takes memory, in a process of its own; what takes memory is done in that
	// of the service without one. WorkerLimit says what limits it, for people.
	Worker      []string
	WorkerLimit string
	// AuditKeep is how long audit entries are kept; DefaultAuditKeep unless given, at least ledger.AuditKeep.
	AuditKeep time.Duration
	// Engine says how territories are dispatched.
	Engine engine.Config
	// Clock is the time of the service; that of the machine unless given.
	Clock clock.Clock
	// Mount adds paths of its own to the main listener, by patterns of http.ServeMux: the demo's. It is given the token.
	Mount func(token string) (map[string]http.Handler, error)
	Log   *slog.Logger
	// ImproveEvery and ImproveFor are those of territory.Config.
	ImproveEvery, ImproveFor time.Duration
}

// DefaultAuditKeep is how long audit entries are kept unless it is said.
const DefaultAuditKeep = 365 * 24 * time.Hour

func (c *Config) fill() error {
	if c.AuditKeep == 0 {
		c.AuditKeep = DefaultAuditKeep
	}
	if c.AuditKeep < ledger.AuditKeep {
		return fmt.Errorf("audit entries: kept %s: want at least 180 days", c.AuditKeep)
	}
	if err := c.fillTrace(); err != nil {
		return err
	}
	c.IDKeep = cmp.Or(c.IDKeep, idimageserver.DefaultKeep)
	if c.Clock == nil {
		c.Clock = clock.System()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Mount == nil {
		c.Mount = func(string) (map[string]http.Handler, error) { return nil, nil }
	}
	if c.Engine.Zone == nil {
		zone, err := time.LoadLocation("Asia/Shanghai")
		if err != nil {
			return fmt.Errorf("load zone: %w", err)
		}
		c.Engine.Zone = zone
	}
	return nil
}

// App is a running service.
type App struct {
	people
	cfg     Config
	token   string
	store   store
	ring    *secret.Ring
	counts  *obs.Metrics
	tracer  *trace.Tracer // nil without a collector
	news    *news
	notes   *notes
	heart   *watchdog.Heart // nil when nobody wants to hear
	pulse   *pulse
	orgs    map[org.ID]*orgRun
	known   []orgToken
	post    *post.Post
	edge    *gateway.Gateway
	outlook *outlook.Outlook
	agree   *agreementserver.Server
	// arrivals suggests who has arrived, breaches forecasts broken promises.
	arrivals *visitserver.Arrivals
	breaches *breachserver.Server
	lowCode  *lowcodeserver.Server
	// operations go on after the answer.
	operations *operation.Runner
	photos     *photoserver.Server
	recurring  *recurringserver.Server
	listen     []*listener
	heads      sync.Mutex // guards the file of audit heads

	steering sync.Mutex // held while what an engine follows is read and told

	leases     *leasing.Desk
	folder     func() // ends the work on the folder of sheets; nil without one
	rental     *rentalserver.Server
	profiles   *profileserver.Server
	proposals  *proposalserver.Server
	signatures *signserver.Server
	touches    *touchserver.Server
	triggers   *triggerserver.Server
	voices     *voiceserver.Server
}

// Start opens the data directory, rebuilds the state from its rows and listens. The service is ready when it returns. On
// an error nothing is left running.
func Start(ctx context.Context, c Config) (a *App, err error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	a = &App{cfg: c, counts: obs.New(), orgs: map[org.ID]*orgRun{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close(context.WithoutCancel(ctx)))
			a = nil
		}
	}()
	if c.OTLP != "" {
		if a.tracer, err = trace.Open(ctx, c.OTLP, gateway.RequestID); err != nil {
			return a, err
		}
	}
	if a.ring, err = c.Keys.load(c.Data); err != nil {
		return a, err
	}
	if a.known, err = orgTokens(c.Data); err != nil {
		return a, err
	}
	if a.store, err = openStore(ctx, c.Data, c.Database, a.ring, orgIDs(a.known)...); err != nil {
		return a, err
	}
	a.store = countedStore{a.store, a.counts}
	if err = a.openKeys(ctx); err != nil {
		return a, err
	}
	if a.token, err = adminToken(c.Data); err != nil {
		return a, err
	}
	a.trace = whereabouts.NewTrace(a.store, c.TraceExact, c.TraceKeep)
	a.openOperations()
	a.news, a.heart = newNews(a.store, a.counts.Propagated), newHeart(ctx, a)
	a.notes = newNotes(ctx, a)
	a.pulse = newPulse(orgIDs(a.known))
	a.agree = a.newAgreements()
	if a.post, err = post.New(post.Config{
		Store: a.store, Clock: c.Clock, Zone: c.Engine.Zone, Log: c.Log, Sink: c.Notify, Channels: c.Channels, Allow: c.WebhookAllow, Terminal: c.Terminal,
		Wanted: a.wanted, Agreed: a.agree.Agreed,
	}); err != nil {
		return a, err
	}
	a.openLeases()
	a.openRenewals()
	if err = a.openOrgs(ctx); err != nil {
		return a, err
	}
	if err = a.eraseAgain(ctx); err != nil {
		return a, err
	}
	if err = a.openEdge(ctx); err != nil {
		return a, err
	}
	a.warnOfWays(ctx)
	for _, o := range a.orgs {
		o.foresight.start(ctx, a, o)
	}
	a.watch()
	return a, a.openDoors(ctx)
}

// openOrgs lays out the state of all orgs. What is laid out stays, so meanwhile garbage is collected early: a start should not
// take twice the memory that the service needs.
func (a *App) openOrgs(ctx context.Context) error {
	const percent = 40
	before := debug.SetGCPercent(percent)
	defer debug.SetGCPercent(before)
	if 0 <= before && before < percent {
		debug.SetGCPercent(before) // whoever runs the service wants even less
	}
	for _, id := range orgIDs(a.known) {
		if err := a.openOrg(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// Token is the bearer token of the default org with every role.
func (a *App) Token() string { return a.token }

// URL is where the service listens.
func (a *App) URL() string {
	if a.cfg.TLS.on() {
		return "https://" + a.listen[0].address()
	}
	return "http://" + a.listen[0].address()
}

// notice is how long the service goes on after it has said that it is no longer ready, so that whoever asks /readyz hears of
// it before the listener closes.
const notice = 200 * time.Millisecond

// Close stops the service: first the edge says so and finishes what it has begun, as long as ctx lasts; then the writer
// drains its mailbox and the store closes, which is never cut short. It may be called on a service that did not start.
func (a *App) Close(ctx context.Context) error {
	var errs []error
	if a.edge != nil {
		a.edge.Drain() // readyz says no
	}
	if a.folder != nil {
		a.folder()
	}
	if a.news != nil {
		a.news.close() // streams end
	}
	if len(a.listen) > 0 {
		wait(ctx, notice)
	}
	for _, l := range a.listen {
		errs = append(errs, l.close(ctx))
	}
	if a.notes != nil {
		a.notes.close()
	}
	if err := a.tracer.Close(ctx); err != nil { // a collector that is away is no fault of the service
		a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "spans were lost", slog.Any("error", err))
	}
	for _, o := range a.orgs {
		o.foresight.close()
	}
	a.closeSignIn()
	if a.outlook != nil {
		a.outlook.Close()
	}
	for _, o := range a.orgs {
		o.rest()
	}
	if a.post != nil {
		a.post.Close()
	}
	if a.heart != nil {
		a.heart.Close()
	}
	ctx = context.WithoutCancel(ctx)
	errs = append(errs, a.keepTraces(ctx))
	for _, o := range a.orgs {
		errs = append(errs, o.close(ctx))
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
}

// wait returns after a while of the machine's time, or when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// territories finds the live state of an org.
func (a *App) territories(id org.ID) (server.Territory, error) {
	o := a.orgs[id]
	if o == nil || o.territory == nil {
		return nil, fmt.Errorf("org %s: %w", id, engine.ErrNotFound)
	}
	return o.territory, nil
}

// tokens are the credentials that are known.
func (a *App) tokens() *auth.Tokens {
	t := &auth.Tokens{}
	t.Add(a.token, auth.Principal{Name: "admin", Org: org.Default, Roles: auth.AllRoles()})
	for _, o := range a.known {
		t.Add(o.token, auth.Principal{Name: "admin", Org: o.id, Roles: auth.AllRoles()})
	}
	return t
}

// GRPCAddress is where the service speaks gRPC.
func (a *App) GRPCAddress() string {
	if a.cfg.GRPC != "" {
		return a.listen[1].address()
	}
	return a.listen[0].address()
}
