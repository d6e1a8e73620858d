// Package post runs what leaves the service for people and for other systems: it makes the channels and the endpoints,
// writes what events call for into their transactions, and sweeps each way by itself, so that a slow one holds up no other.
package post

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/adapter"
	"fettle/internal/clock"
	"fettle/internal/dialguard"
	"fettle/internal/due"
	"fettle/internal/hooks"
	"fettle/internal/notify"
	"fettle/internal/notifyserver"
	"fettle/internal/reminder"
	"fettle/internal/vault"
	"fettle/ledger"
	"fettle/org"
)

// Store is what an Office needs of a store.
type Store interface {
	ledger.Reader
	ledger.Writer
	ledger.KeyReader
	ledger.DueStore
	OrderEvents(ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64, limit int) ([]engine.Event, error)
}

// Config says what leaves and how. Store, Clock, Zone and Log must be given.
type Config struct {
	Store Store
	Clock clock.Clock
	Zone  *time.Location // of orgs
	Log   *slog.Logger
	// Sink is the address that all messages are posted to, Channels a file of channels; no messages are made without either.
	Sink, Channels string
	// Allow are ranges of addresses that webhooks may reach though they are not public.
	Allow []netip.Prefix
	// Terminal is where channels write to that are told so.
	Terminal io.Writer
	// Wanted reports whether a message that is owed is still to be told; nil means always.
	Wanted func(ctx context.Context, o org.ID, m *notify.Message) (bool, error)
	// Agreed reports whether data may leave an org by a way, "webhook:HOST" or "channel:NAME", and which fields of it, none means all. nil means
	// always, and all.
	Agreed func(ctx context.Context, o org.ID, way string) (fields []string, ok bool, err error)
}

// Post is what all orgs share: the channels, and the services.
type Post struct {
	c      Config
	set    *adapter.Set
	guard  *dialguard.Guard
	server *notifyserver.Server

	mu      sync.RWMutex
	offices map[org.ID]*Office
}

// New makes a Post with the channels that are configured.
func New(c Config) (*Post, error) {
	c.Store = reached{c.Store, vault.Addresses{To: c.Store}}
	p := &Post{c: c, set: &adapter.Set{Rules: notify.Rules{Zone: c.Zone}}, guard: dialguard.New(c.Allow), offices: map[org.ID]*Office{}}
	var err error
	switch {
	case c.Sink != "" && c.Channels != "":
		return nil, errors.New("--notify-url and --channels: give one of them; a channel of kind sink is the same as --notify-url")
	case c.Sink != "":
		p.set = adapter.One(c.Sink, c.Zone)
	case c.Channels != "":
		if p.set, err = adapter.Open(c.Channels, adapter.House{Clock: c.Clock, Zone: c.Zone, Terminal: c.Terminal}); err != nil {
			return nil, err
		}
	}
	if p.c.Agreed == nil {
		p.c.Agreed = func(context.Context, org.ID, string) ([]string, bool, error) { return nil, true, nil }
	}
	p.server = notifyserver.New(notifyserver.Config{Agreed: p.c.Agreed, Store: c.Store, Clock: c.Clock, Guard: p.guard, House: p.house, Houses: p.houses})
	return p, nil
}

// byChannel begins the name of a channel as agreements have it.
const byChannel = "channel:"

// Ways lists by which ways something leaves an org: channels, and the hosts of its webhooks that are enabled.
func (p *Post) Ways(ctx context.Context, o org.ID) (out []string, err error) {
	if out, err = WebhookWays(ctx, p.c.Store, o); err != nil {
		return nil, err
	}
	for name := range p.set.Channels {
		out = append(out, byChannel+name)
	}
	slices.Sort(out)
	return out, nil
}

// Stays reports whether a way out is one to this machine alone: a file, the terminal.
func (p *Post) Stays(way string) bool { return p.set.Stay[strings.TrimPrefix(way, byChannel)] }

// WebhookWays lists the ways of the webhooks of an org that are enabled.
func WebhookWays(ctx context.Context, s ledger.Reader, o org.ID) (out []string, err error) {
	page, err := s.Records(ctx, o, ledger.All(hooks.EndpointKind), hooks.MaxEndpoints)
	if err != nil {
		return nil, fmt.Errorf("read webhooks: %w", err)
	}
	for i := range page.Records {
		e, err := hooks.DecodeEndpoint(&page.Records[i])
		if err != nil {
			return nil, err
		}
		if e.State == hooks.Enabled {
			out = append(out, hooks.Way(e.URL))
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Reaches reports whether there is any way to people.
func (p *Post) Reaches() bool { return len(p.set.Channels) > 0 }

// Reminders carries the reminders of leases.
func (p *Post) Reminders() *reminder.Post {
	return reminder.New(reminder.Config{
		Copies: p.c.Sink == "", Now: p.c.Clock.Now,
		House: func(o org.ID) (reminder.House, error) {
			h, err := p.house(o)
			if err != nil {
				return reminder.House{}, err
			}
			return reminder.House{Desk: h.Desk, Catalog: h.Catalog, Woken: h.Woken}, nil
		},
	})
}

// house finds what leaves an org.
func (p *Post) house(id org.ID) (*notifyserver.House, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	o := p.offices[id]
	if o == nil {
		return nil, fmt.Errorf("org %s: %w", id, ledger.ErrNotFound)
	}
	return &o.house, nil
}

func (p *Post) houses() []*notifyserver.House {
	p.mu.RLock()
	defer p.mu.RUnlock()
	out := make([]*notifyserver.House, 0, len(p.offices))
	for _, o := range p.offices {
		out = append(out, &o.house)
	}
	return out
}

// Register adds the services to a server.
func (p *Post) Register(r grpc.ServiceRegistrar) { p.server.Register(r) }

// REST adds the paths of the services.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return notifyserver.REST(ctx, m, conn)
}

// Handlers are the paths that are no methods, by patterns of http.ServeMux.
func (p *Post) Handlers() map[string]http.Handler {
	providers := make(map[string]notifyserver.Provider, len(p.set.Receipts))
	for name, r := range p.set.Receipts {
		providers[name] = notifyserver.Provider{Secrets: r.Secrets, Read: r.Read}
	}
	return map[string]http.Handler{"POST /v1/receipts/{provider}": p.server.Receipts(providers)}
}

// Close lets the connections of channels go, after the offices are closed.
func (p *Post) Close() { p.set.Close() }

// Office is what leaves one org.
type Office struct {
	house    notifyserver.House
	channels bool // there are any
	fleet    *fleet
}

// Open makes the Office of an org. Nothing leaves before Start. Woken, when not nil, hears of work that is written, which may be
// for others than the Office; it must not block.
func (p *Post) Open(ctx context.Context, id org.ID, woken func(kind string, at time.Time)) (*Office, error) {
	c := &p.c
	o := &Office{channels: len(p.set.Channels) > 0, fleet: newFleet(c, id)}
	h := &o.house
	h.Changed, h.Woken = o.sweepEndpoints, o.fleet.wake
	if woken != nil {
		h.Woken = func(kind string, at time.Time) {
			o.fleet.wake(kind, at)
			woken(kind, at)
		}
	}
	wanted := c.Wanted
	if wanted == nil {
		wanted = func(context.Context, org.ID, *notify.Message) (bool, error) { return true, nil }
	}
	var err error
	if h.Catalog, err = notify.NewCatalog(c.Zone); err != nil {
		return nil, err
	}
	if err := h.Catalog.Load(ctx, c.Store, id); err != nil {
		return nil, err
	}
	if h.Desk, err = notify.NewDesk(notify.Config{
		Org: id, Store: c.Store, Clock: c.Clock, Catalog: h.Catalog, Rules: p.set.Rules, Channels: p.set.Channels, Woken: h.Woken,
		Wanted: func(ctx context.Context, m *notify.Message) (bool, error) { return wanted(ctx, id, m) },
		Agreed: func(ctx context.Context, channel string) (bool, error) {
			_, ok, err := c.Agreed(ctx, id, byChannel+channel)
			return ok, err
		},
	}); err != nil {
		return nil, err
	}
	if h.Hooks, err = hooks.Open(ctx, hooks.Config{
		Org: id, Store: c.Store, Clock: c.Clock, Guard: p.guard, Woken: o.fleet.wake,
		Agreed: func(ctx context.Context, way string) ([]string, bool, error) { return c.Agreed(ctx, id, way) },
	}); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.offices[id] = o
	return o, nil
}

// Outbox makes the due work that a batch calls for: territory.Config.Outbox.
func (o *Office) Outbox(id org.ID, b *engine.Batch) ([]ledger.DueWork, error) {
	out, err := o.house.Hooks.Outbox(id, b)
	if err != nil {
		return nil, err
	}
	if o.channels {
		messages, err := o.house.Catalog.Outbox(id, b)
		if err != nil {
			return nil, err
		}
		out = append(out, messages...)
	}
	o.fleet.expect(out)
	return out, nil
}

// Expected makes the messages that a batch of events must have called for, whatever templates an org has written meanwhile.
func (o *Office) Expected(id org.ID, b *engine.Batch) ([]ledger.DueWork, error) {
	return o.house.Catalog.Expected(id, b)
}

// Start begins to sweep: messages, each channel, each endpoint.
func (o *Office) Start(ctx context.Context) {
	o.fleet.start(ctx)
	o.fleet.sweep(notify.DueKind, o.house.Desk.Tell, notify.Parallel)
	for name, parallel := range o.house.Desk.Channels() {
		o.fleet.sweep(notify.CarryKind(name), o.house.Desk.Carry, parallel)
	}
	o.sweepEndpoints()
}

// sweepEndpoints begins to sweep the endpoints that are new. One that was removed is swept until the end: its work is dropped.
func (o *Office) sweepEndpoints() {
	for _, id := range o.house.Hooks.Endpoints() {
		o.fleet.sweep(hooks.WorkKind(id), o.house.Hooks.Deliver, hooks.Parallel)
	}
}

// Woken tells that the work of Outbox was committed.
func (o *Office) Woken(at time.Time) { o.fleet.committed(at) }

// Report tells of the sweeps since it was asked last. Complete says when the sweep of messages was complete last, by the
// machine: zero before the first.
func (o *Office) Report() (r due.Report, complete time.Time) { return o.fleet.report() }

// Close stops the sweeps, waits for what is on its way, and lets the connections to endpoints go.
func (o *Office) Close() {
	o.fleet.close()
	o.house.Hooks.Close()
}

// Message is what is told.
type Message = notify.Message

// Tenant is who a message to somebody who rents is for.
const (
	Tenant     = notify.Tenant
	Supervisor = notify.Supervisor
)

// Notice is a message that nobody owes unless it says so, by a template of the catalog.
type Notice struct {
	Message
	Template string
}

// Tell makes the work of telling a notice.
func (p *Post) Tell(o org.ID, n *Notice) (ledger.DueWork, error) {
	h, err := p.house(o)
	if err != nil {
		return ledger.DueWork{}, err
	}
	return h.Catalog.Owed(&n.Message, n.Template)
}

// Foresee says what would become of notices that were told one after the other: see notify.Desk.Foresee. Without any channel none
// would be told.
func (p *Post) Foresee(ctx context.Context, o org.ID, notices []Notice) ([]notify.Foreseen, error) {
	h, err := p.house(o)
	if err != nil {
		return nil, err
	}
	if !p.Reaches() {
		out := make([]notify.Foreseen, len(notices))
		for i := range out {
			out[i] = notify.Foreseen{State: notify.Suppressed, Reason: notify.ReasonNoChannel}
		}
		return out, nil
	}
	all := make([]notify.Message, len(notices))
	for i := range notices {
		m, err := h.Catalog.Worded(&notices[i].Message, notices[i].Template)
		if err != nil {
			return nil, err
		}
		all[i] = *m
	}
	return h.Desk.Foresee(ctx, all)
}

// Messages is the kind of due work that is a message to be told, and Kinds are all that an Office sweeps, as a
// ledger.DueFilter leaves them out.
const (
	Messages = notify.DueKind
	Kinds    = notify.DueKind + "," + notify.DueKind + ".," + hooks.WorkPrefix
)

// sorted lists the keys of a map in order.
func sorted(m map[string]*lane) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Forget removes the records of what was told, and of deliveries of webhooks, that were settled before an instant, and returns how many: see
// notify.Forget and hooks.Forget.
func (p *Post) Forget(ctx context.Context, o org.ID, before time.Time, over func(ctx context.Context, m *Message) (bool, error)) (int, error) {
	told, err := notify.Forget(ctx, p.c.Store, o, before, over)
	if err != nil {
		return told, err
	}
	delivered, err := hooks.Forget(ctx, p.c.Store, o, before)
	return told + delivered, err
}

// Carries reports whether there is a way by which technicians can be told something.
func (p *Post) Carries() bool { return len(p.set.Rules.Routes[notify.Technician]) > 0 }

// Hand sends a message to one telephone, at once: see notify.Desk.Hand.
func (p *Post) Hand(ctx context.Context, id org.ID, h *notify.Handed) error {
	house, err := p.house(id)
	if err != nil {
		return err
	}
	return house.Desk.Hand(ctx, h)
}
