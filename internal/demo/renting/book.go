package renting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/grpc"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	rentalv1 "fettle/api/gen/fettle/rental/v1"
	steeringv1 "fettle/api/gen/fettle/steering/v1"
	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/org/calendar"
	"fettle/simulate/city"
	"fettle/simulate/residents"
)

// Config says what a Book needs. All but Log and Seed must be given.
type Config struct {
	City *city.City
	// Now tells the simulated time; Zone is that of the city.
	Now  func() time.Time
	Zone *time.Location
	// Conn leads to the service and carries the credential of an administrator of the org.
	Conn grpc.ClientConnInterface
	Log  *slog.Logger
	// Seed chooses who lives where; that of the city unless given.
	Seed uint64
}

// Book tells a service who lives where. Open comes first, then Run, once each; Place may be asked at any time.
type Book struct {
	cfg  Config
	plan *residents.Book

	estate   rentalv1.EstateServiceClient
	leases   rentalv1.LeaseServiceClient
	tenancy  tenancyv1.TenancyServiceClient
	payments tenancyv1.PaymentServiceClient
	deposits tenancyv1.DepositServiceClient
	market   tenancyv1.MarketServiceClient
	meters   tenancyv1.MeterServiceClient
	coupons  tenancyv1.CampaignServiceClient
	voices   renewalv1.SurveyServiceClient
	offers   renewalv1.OfferServiceClient
	renewals renewalv1.RenewalServiceClient
	profiles renewalv1.ProfileServiceClient
	segments renewalv1.SegmentServiceClient
	triggers renewalv1.TriggerServiceClient
	trials   renewalv1.ExperimentServiceClient
	better   steeringv1.ImprovementServiceClient
	policies steeringv1.PolicyServiceClient

	mu         sync.Mutex
	properties map[string]string // by id of the building in the city
	units      map[string]string // by id of the unit in the city
	tenants    []string          // by person
	current    []string          // id of the lease that runs, by home
	latest     []string          // the same, or that of the lease that follows it already
	left       []leaver
	failed     int
	seen       map[string]bool // methods whose errors were logged
}

// leaver is a lease that ended and that nobody renewed.
type leaver struct {
	lease string
	home  int
	on    calendar.Date
	rent  int64
}

// New plans a book. It makes no call.
func New(c Config) (*Book, error) {
	if c.City == nil || c.Now == nil || c.Zone == nil || c.Conn == nil {
		return nil, errors.New("renting: City, Now, Zone and Conn must be given")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Seed == 0 {
		c.Seed = c.City.Seed
	}
	return &Book{
		cfg: c, properties: map[string]string{}, units: map[string]string{}, seen: map[string]bool{},
		estate: rentalv1.NewEstateServiceClient(c.Conn), leases: rentalv1.NewLeaseServiceClient(c.Conn),
		tenancy: tenancyv1.NewTenancyServiceClient(c.Conn), payments: tenancyv1.NewPaymentServiceClient(c.Conn),
		deposits: tenancyv1.NewDepositServiceClient(c.Conn), market: tenancyv1.NewMarketServiceClient(c.Conn),
		meters: tenancyv1.NewMeterServiceClient(c.Conn), coupons: tenancyv1.NewCampaignServiceClient(c.Conn),
		voices: renewalv1.NewSurveyServiceClient(c.Conn), offers: renewalv1.NewOfferServiceClient(c.Conn),
		renewals: renewalv1.NewRenewalServiceClient(c.Conn), profiles: renewalv1.NewProfileServiceClient(c.Conn),
		segments: renewalv1.NewSegmentServiceClient(c.Conn), triggers: renewalv1.NewTriggerServiceClient(c.Conn),
		trials: renewalv1.NewExperimentServiceClient(c.Conn), better: steeringv1.NewImprovementServiceClient(c.Conn),
		policies: steeringv1.NewPolicyServiceClient(c.Conn),
	}, nil
}

// Place translates a place of the city into the ids that the service has given: of the property and the unit, as far as they
// are told already, else those of the city.
func (b *Book) Place(building, unit string) (property, dwelling string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	property, dwelling = building, unit
	if id := b.properties[building]; id != "" {
		property = id
	}
	if id := b.units[unit]; id != "" {
		dwelling = id
	}
	return property, dwelling
}

// Failed is how many calls were not accepted.
func (b *Book) Failed() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

// Open tells the buildings, and the rooms that are named with those who live there. What a run before has told is found again.
func (b *Book) Open(ctx context.Context, first []string) error {
	begun, err := b.known(ctx)
	if err != nil {
		return fmt.Errorf("read the buildings: %w", err)
	}
	b.plan = residents.New(b.cfg.City, b.cfg.Seed, begun)
	b.tenants = make([]string, len(b.plan.People))
	b.current, b.latest = make([]string, len(b.plan.Homes)), make([]string, len(b.plan.Homes))
	for i := range b.cfg.City.Buildings {
		if err := b.building(ctx, &b.cfg.City.Buildings[i]); err != nil {
			return fmt.Errorf("tell building %s: %w", b.cfg.City.Buildings[i].ID, err)
		}
	}
	wanted := map[string]bool{}
	for _, id := range first {
		wanted[id] = true
	}
	each(ctx, len(b.plan.Homes), func(ctx context.Context, i int) {
		if wanted[b.unitOf(i).ID] {
			b.home(ctx, i)
		}
	})
	return ctx.Err()
}

// unitOf is the room of a home.
func (b *Book) unitOf(home int) *city.Unit { return &b.cfg.City.Units[b.plan.Homes[home].Unit] }

// known reads the properties and units of a run before, and returns the day on which it began; today when there was none.
func (b *Book) known(ctx context.Context) (calendar.Date, error) {
	day := calendar.DateOf(b.cfg.Now(), b.cfg.Zone)
	names := map[string]*city.Building{}
	for i := range b.cfg.City.Buildings {
		names[nameOf(&b.cfg.City.Buildings[i])] = &b.cfg.City.Buildings[i]
	}
	b.plan = &residents.Book{Today: day}
	got, err := ask(ctx, b, "properties", b.estate.ListProperties, &rentalv1.ListPropertiesRequest{PageSize: 1000})
	if err != nil {
		return day, err
	}
	for i, p := range got.GetProperties() {
		at := names[p.GetDisplayName()]
		if at == nil {
			continue
		}
		if on := calendar.DateOf(p.GetCreateTime().AsTime(), b.cfg.Zone); i == 0 || on.Before(day) {
			day = on
		}
		b.properties[at.ID] = p.GetId()
		if err := b.knownUnits(ctx, at, p.GetId()); err != nil {
			return day, err
		}
	}
	return day, nil
}

// knownUnits reads the units of a building.
func (b *Book) knownUnits(ctx context.Context, at *city.Building, property string) error {
	for page := ""; ; {
		got, err := b.estate.ListUnits(ctx, &rentalv1.ListUnitsRequest{PropertyId: property, PageSize: 1000, PageToken: page})
		if err != nil {
			return err
		}
		for _, u := range got.GetUnits() {
			b.units[at.ID+"-"+u.GetNumber()] = u.GetId()
		}
		if page = got.GetNextPageToken(); page == "" {
			return nil
		}
	}
}

// nameOf is a building as it is called in the service.
func nameOf(p *city.Building) string { return p.Name.Zh + " " + p.Name.En }

// building tells a rental building, unless it is known.
func (b *Book) building(ctx context.Context, p *city.Building) error {
	if p.Kind != city.Rental || b.properties[p.ID] != "" {
		return nil
	}
	made, err := ask(ctx, b, "property-"+p.ID, b.estate.CreateProperty, &rentalv1.CreatePropertyRequest{Property: &rentalv1.Property{
		DisplayName: nameOf(p), Address: p.Name.Zh + " (simulated)", EntrySeconds: 90,
		Location: &dispatchv1.LatLng{Latitude: p.Location.Lat, Longitude: p.Location.Lon},
	}})
	if err == nil {
		b.mu.Lock()
		b.properties[p.ID] = made.GetId()
		b.mu.Unlock()
	}
	return err
}

// Run tells the rest, until ctx ends. What the service does not take is counted and logged, and the rest goes on.
func (b *Book) Run(ctx context.Context) {
	each(ctx, len(b.plan.Homes), func(ctx context.Context, i int) {
		if b.lease(i) == "" {
			b.home(ctx, i)
		}
	})
	for _, part := range []func(context.Context){
		b.tellHabits, b.tellOffers, b.tellMeters, b.tellMarket, b.tellDeposits, b.tellVoices, b.tellTrial, b.tellBetter,
	} {
		if ctx.Err() != nil {
			return
		}
		part(ctx)
	}
	b.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "demo: everybody who lives in the rental buildings is known", slog.Int("failed", b.Failed()))
}

// lease is the lease that runs in a home; "" when none is told.
func (b *Book) lease(home int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.current[home]
}

// running lists the homes whose lease is told.
func (b *Book) running() []int {
	var out []int
	for i := range b.current {
		if b.lease(i) != "" {
			out = append(out, i)
		}
	}
	return out
}

// person is who lives in a home now.
func (b *Book) person(home int) *residents.Person {
	return &b.plan.People[b.plan.Homes[home].Current(b.plan.Today).Person]
}
