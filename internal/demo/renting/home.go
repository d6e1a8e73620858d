package renting

import (
	"context"
	"fmt"

	rentalv1 "fettle/api/gen/fettle/rental/v1"
	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/org/calendar"
	"fettle/simulate/residents"
)

// home tells a room, who has lived there, and what was paid. A room that has a lease already is left as it is.
func (b *Book) home(ctx context.Context, i int) {
	unit, fresh := b.unit(ctx, i)
	if unit == "" {
		return
	}
	h := &b.plan.Homes[i]
	if !fresh && b.found(ctx, i, unit) {
		return
	}
	before := ""
	for k := range h.Contracts {
		c := &h.Contracts[k]
		tenant := b.tenant(ctx, c.Person)
		if tenant == "" {
			return
		}
		id := b.contract(ctx, i, k, unit, tenant, before)
		if id == "" {
			return
		}
		if c == h.Current(b.plan.Today) {
			b.mu.Lock()
			b.current[i] = id
			b.mu.Unlock()
			b.rent(ctx, i, id, c)
		}
		before = id
		b.mu.Lock()
		b.latest[i] = id
		b.mu.Unlock()
	}
}

// unit tells a room, unless it is known; fresh says that it was told now.
func (b *Book) unit(ctx context.Context, i int) (id string, fresh bool) {
	u, h := b.unitOf(i), &b.plan.Homes[i]
	b.mu.Lock()
	id, property := b.units[u.ID], b.properties[u.Building]
	b.mu.Unlock()
	if id != "" {
		return id, false
	}
	number := u.ID[len(u.Building)+1:]
	made, err := ask(ctx, b, "unit-"+u.ID, b.estate.CreateUnit, &rentalv1.CreateUnitRequest{Unit: &rentalv1.Unit{
		PropertyId: property, Number: number, Floor: floorOf(number), AreaSquareMeters: h.Area,
	}})
	if err != nil {
		return "", false
	}
	b.mu.Lock()
	b.units[u.ID] = made.GetId()
	b.mu.Unlock()
	return made.GetId(), true
}

// floorOf is the floor of a room by its number: all but the last two digits.
func floorOf(number string) (floor int32) {
	for _, digit := range number[:len(number)-2] {
		floor = 10*floor + digit - '0'
	}
	return floor
}

// found looks for the leases of a room, from a run before.
func (b *Book) found(ctx context.Context, i int, unit string) bool {
	got, err := b.leases.ListLeases(ctx, &rentalv1.ListLeasesRequest{UnitId: unit, PageSize: 100})
	if err != nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range got.GetLeases() {
		if s := l.GetState(); s == rentalv1.Lease_ACTIVE || s == rentalv1.Lease_EXPIRING {
			b.current[i], b.latest[i] = l.GetId(), l.GetId()
		}
	}
	return len(got.GetLeases()) > 0
}

// tenant tells who rents, once.
func (b *Book) tenant(ctx context.Context, person int) string {
	b.mu.Lock()
	id := b.tenants[person]
	b.mu.Unlock()
	if id != "" {
		return id
	}
	p := &b.plan.People[person]
	t := &tenancyv1.Tenant{
		DisplayName: p.Name.Zh + " " + p.Name.En, Phone: p.Phone, Note: "simulated",
		Consents: []*tenancyv1.Consent{{Purpose: "marketing", Granted: p.Marketing, Source: "lease"}},
	}
	if p.Contact != "" {
		t.EmergencyContact = &tenancyv1.EmergencyContact{DisplayName: p.Contact, Relation: "family", Phone: "137" + p.Phone[3:]}
	}
	if person%15 == 0 {
		t.Tags = []string{"vip"}
	}
	made, err := ask(ctx, b, fmt.Sprint("tenant-", person), b.tenancy.CreateTenant, &tenancyv1.CreateTenantRequest{Tenant: t})
	if err != nil {
		return ""
	}
	b.mu.Lock()
	b.tenants[person] = made.GetId()
	b.mu.Unlock()
	return made.GetId()
}

// undecided is for how many days after its end a lease that nobody renewed waits for somebody to say what became of it.
const undecided = 4

// contract tells one lease as it was signed, and its end when nobody has renewed it.
func (b *Book) contract(ctx context.Context, home, k int, unit, tenant, before string) string {
	c := &b.plan.Homes[home].Contracts[k]
	what := fmt.Sprintf("%d-%d", home, k)
	var made *rentalv1.Lease
	var err error
	if c.Renews {
		made, err = ask(ctx, b, "renewal-"+what, b.leases.RenewLease, &rentalv1.RenewLeaseRequest{
			Id: before, EndDate: c.End.String(), RentCents: c.RentCents, Signed: true, SignedDate: c.Signed.String(),
		})
	} else {
		made, err = ask(ctx, b, "lease-"+what, b.leases.CreateLease, &rentalv1.CreateLeaseRequest{
			Signed: true, SignedDate: c.Signed.String(),
			Lease: &rentalv1.Lease{
				TenantId: tenant, UnitId: unit, Number: fmt.Sprintf("%s/%d", b.unitOf(home).ID, k+1), StartDate: c.Start.String(), EndDate: c.End.String(),
				RentCents: c.RentCents, DepositCents: 2 * c.RentCents, PaymentCycle: rentalv1.Lease_MONTHLY, Note: "simulated",
			},
		})
	}
	if err != nil {
		return ""
	}
	if c.Left && b.plan.Today.Sub(c.End) > undecided {
		if _, err = ask(ctx, b, "leave-"+what, b.leases.TerminateLease, &rentalv1.TerminateLeaseRequest{
			Id: made.GetId(), LeaveDate: c.End.String(), Reason: "moved out on the last day",
		}); err != nil {
			return ""
		}
		b.mu.Lock()
		b.left = append(b.left, leaver{made.GetId(), home, c.End, c.RentCents})
		b.mu.Unlock()
	}
	return made.GetId()
}

// unpaid is which of the tenants have not paid what is due now: one in so many.
const unpaid = 30

// rent tells what was paid for a lease that runs: what is from before as one line, and the rent of this month.
func (b *Book) rent(ctx context.Context, home int, id string, c *residents.Contract) {
	months := 0
	for !c.Start.AddMonths(months + 1).After(b.plan.Today) {
		months++
	}
	due := c.Start.AddMonths(months)
	pay := func(what string, amount int64, on, paid calendar.Date, method string) {
		_, _ = ask(ctx, b, fmt.Sprintf("payment-%d-%s", home, what), b.payments.CreatePayment, &tenancyv1.CreatePaymentRequest{Payment: &tenancyv1.Payment{
			LeaseId: id, Kind: tenancyv1.Payment_RENT, AmountMinor: amount, DueDate: on.String(), PaidDate: paid.String(), Method: method,
			Reference: fmt.Sprintf("sim-%s-%s", b.unitOf(home).ID, what),
		}})
	}
	if months > 0 {
		pay("before", int64(months)*c.RentCents, c.Start, c.Start, "from the books before · 期初余额")
	}
	if paid := due.Add(b.plan.People[c.Person].Paid[1]); home%unpaid != 0 && !paid.After(b.plan.Today) {
		pay("now", c.RentCents, due, paid, "transfer")
	}
}
