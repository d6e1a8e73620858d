package renting

import (
	"context"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
)

// meterDays is how long meters have been read: longer than they are learnt for.
const meterDays = 25

// tellMeters tells water meters of some rooms with the readings of some weeks. One pipe has leaked since yesterday.
func (b *Book) tellMeters(ctx context.Context) {
	n := 0
	for _, home := range b.running() {
		if !b.plan.Homes[home].WaterMeter {
			continue
		}
		_, unit := b.Place("", b.unitOf(home).ID)
		made, err := ask(ctx, b, fmt.Sprint("meter-", home), b.meters.CreateMeter, &tenancyv1.CreateMeterRequest{Meter: &tenancyv1.Meter{
			UnitId: unit, Utility: tenancyv1.Meter_WATER, Serial: "SIM-" + b.unitOf(home).ID, Measure: "l",
		}})
		if err != nil {
			continue
		}
		req := &tenancyv1.AddReadingsRequest{Id: made.GetId(), Readings: b.readings(home, n == 2)}
		_, _ = ask(ctx, b, fmt.Sprint("readings-", home), b.meters.AddReadings, req)
		n++
	}
}

// readings are liters an hour: mornings and evenings, nothing at night; a leak runs for 30 hours on top.
func (b *Book) readings(home int, leaks bool) []*tenancyv1.Reading {
	const leakHours, leak = 30, 9.0
	last := b.plan.Today.At(midnight(), b.cfg.Zone).Add(8 * time.Hour)
	hours := meterDays * 24
	out := make([]*tenancyv1.Reading, 0, hours)
	for k := hours; k > 0; k-- {
		at := last.Add(-time.Duration(k) * time.Hour)
		used := 0.0
		if h := at.In(b.cfg.Zone).Hour(); h >= 6 && h < 23 {
			used = math.Round(10*(4+14*peak(h)+float64((home*7+k*13)%11)/3)) / 10
			if (home+k)%4 == 0 {
				used = 0
			}
		}
		if leaks && k <= leakHours {
			used += leak
		}
		out = append(out, &tenancyv1.Reading{Time: timestamppb.New(at), Used: used})
	}
	return out
}

// peak is how much of the water of a day runs in an hour, up to 1.
func peak(hour int) float64 {
	return max(math.Exp(-math.Pow(float64(hour-7), 2)/2), math.Exp(-math.Pow(float64(hour-20), 2)/6))
}

// tellMarket tells what rooms nearby are offered for.
func (b *Book) tellMarket(ctx context.Context) {
	req := &tenancyv1.ImportComparablesRequest{}
	for i := range b.cfg.City.Buildings {
		p := &b.cfg.City.Buildings[i]
		if b.properties[p.ID] == "" {
			continue
		}
		for k := range 9 {
			area := float64(18 + (5*k+3*i)%24)
			angle, off := float64(k)*0.7, 0.002+0.001*float64(k)
			req.Offers = append(req.Offers, &tenancyv1.Offer{
				Id: fmt.Sprintf("sim-%s-%d", p.ID, k), AreaSquareMeters: area, RentCents: int64(1_350+57*int(area)+40*(k%5)) * 100,
				Location: &dispatchv1.LatLng{Latitude: p.Location.Lat + off*math.Sin(angle), Longitude: p.Location.Lon + off*math.Cos(angle)},
				Date:     b.plan.Today.Add(-3 - 11*k).String(), Source: "invented portal",
			})
		}
	}
	_, _ = ask(ctx, b, "market", b.market.ImportComparables, req)
}

// tellDeposits tells the cases of those who left last, and what the books of finance say about them. In one case the books lack a
// deduction.
func (b *Book) tellDeposits(ctx context.Context) {
	const days = 60
	var books []*tenancyv1.BookEntry
	entry := func(i int, l *leaver, kind tenancyv1.BookEntry_Kind, cents int64) {
		books = append(books, &tenancyv1.BookEntry{
			Id: fmt.Sprintf("sim-%d-%s", i, kind), LeaseId: l.lease, Kind: kind, AmountCents: cents, Date: l.on.String(), Reference: "simulated",
		})
	}
	for i := range b.left {
		l := &b.left[i]
		if b.plan.Today.Sub(l.on) > days {
			continue
		}
		d := &tenancyv1.Deposit{LeaseId: l.lease, MoveOutDate: l.on.String()}
		entry(i, l, tenancyv1.BookEntry_RECEIVED, 2*l.rent)
		if i%3 == 0 {
			d.Deductions = []*tenancyv1.Deposit_Deduction{{Id: "door", What: "broken door · 房门损坏", AmountCents: 30_000, Evidence: []string{"door.jpg"}}}
			if len(books) > 4 { // the first of them was not booked
				entry(i, l, tenancyv1.BookEntry_WITHHELD, 30_000)
			}
		}
		_, _ = ask(ctx, b, fmt.Sprint("deposit-", l.home, "-", l.on), b.deposits.CreateDeposit, &tenancyv1.CreateDepositRequest{Deposit: d})
	}
	_, _ = ask(ctx, b, "books", b.deposits.ImportBooks, &tenancyv1.ImportBooksRequest{Entries: books})
}
