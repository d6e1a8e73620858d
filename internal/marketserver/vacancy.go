package marketserver

import (
	"context"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/csvtable"
	"fettle/internal/leasing"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/vacancy"
)

// GetVacancyCost implements the method of the same name.
func (s *Server) GetVacancyCost(ctx context.Context, r *tenancyv1.GetVacancyCostRequest) (*tenancyv1.VacancyCost, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	from, to, err := s.span(r)
	if err != nil {
		return nil, err
	}
	dwellings, err := s.dwellings(ctx, who.Org, r.GetPropertyId())
	if err != nil {
		return nil, err
	}
	out := &tenancyv1.VacancyCost{From: from.String(), To: to.String()}
	var rows [][]any
	for _, row := range vacancy.Report(dwellings, from, to) {
		name := ""
		building, err := properties().Read(ctx, s.c.Store, who.Org, row.Building)
		if err != nil && !gone(err) {
			return nil, err
		}
		if err == nil {
			name = building.Value.Name
		}
		out.CostCents += row.Cost
		out.Rows = append(out.Rows, &tenancyv1.VacancyCost_Row{
			PropertyId: row.Building, DisplayName: name, Units: int32(row.Units), Days: int32(row.Days), EmptyDays: int32(row.EmptyDays),
			CostCents: row.Cost, UnpricedDays: int32(row.Unpriced),
		})
		rows = append(rows, []any{row.Building, name, row.Units, row.Days, row.EmptyDays, row.Cost, row.Unpriced})
	}
	out.Csv = csvtable.Write([]string{"propertyId", "displayName", "units", "days", "emptyDays", "costCents", "unpricedDays"}, rows)
	out.Months = months(dwellings, from, to)
	return out, nil
}

// mostMonths is how long a report may be.
const mostMonths = 60

// span is the time that is asked about.
func (s *Server) span(r *tenancyv1.GetVacancyCostRequest) (from, to calendar.Date, err error) {
	if from, err = day("from", r.GetFrom()); err != nil {
		return from, to, err
	}
	if to, err = day("to", r.GetTo()); err != nil {
		return from, to, err
	}
	if to.IsZero() {
		to = s.today()
	}
	if from.IsZero() {
		from = calendar.Date{Year: to.Year, Month: to.Month, Day: 1}.AddMonths(-12)
	}
	if !from.Before(to) || from.AddMonths(mostMonths).Before(to) {
		return from, to, &invalid.Error{Field: "to", Value: to.String(), Want: "a day after from, at most 60 months"}
	}
	return from, to, nil
}

// months are what empty dwellings cost in each month of a time.
func months(dwellings []vacancy.Dwelling, from, to calendar.Date) (out []*tenancyv1.VacancyCost_Month) {
	for first := from; first.Before(to); {
		next := calendar.Date{Year: first.Year, Month: first.Month, Day: 1}.AddMonths(1)
		if to.Before(next) {
			next = to
		}
		m := &tenancyv1.VacancyCost_Month{From: first.String()}
		for _, row := range vacancy.Report(dwellings, first, next) {
			m.Days += int32(row.Days)
			m.EmptyDays += int32(row.EmptyDays)
			m.CostCents += row.Cost
		}
		out = append(out, m)
		first = next
	}
	return out
}

// dwellings reads the units of a building, or all, with the stays in them. A unit counts from the day on which it was added, or
// its first lease began.
func (s *Server) dwellings(ctx context.Context, o org.ID, building string) (out []vacancy.Dwelling, err error) {
	kind := units()
	q := kind.All()
	if building != "" {
		q = kind.Where(ofProperty, ledger.Text(building))
	}
	for {
		page, next, err := kind.List(ctx, s.c.Store, o, q, pageSize)
		if err != nil {
			return nil, err
		}
		for _, u := range page {
			d := vacancy.Dwelling{Unit: u.ID, Building: u.Value.Property, Since: calendar.DateOf(u.Created, s.c.Zone)}
			if d.Stays, err = s.stays(ctx, o, u.ID); err != nil {
				return nil, err
			}
			for i, stay := range d.Stays {
				if i == 0 || stay.From.Before(d.Since) {
					d.Rent = stay.Rent
				}
				if stay.From.Before(d.Since) {
					d.Since = stay.From
				}
			}
			out = append(out, d)
		}
		if next == (ledger.Place{}) {
			return out, nil
		}
		q.After = next
	}
}

// stays are the leases of a dwelling that were in force.
func (s *Server) stays(ctx context.Context, o org.ID, unit string) (out []vacancy.Stay, err error) {
	page, err := s.c.Store.Records(ctx, o, ledger.Under(leasing.Leases, leasing.KeyUnit, ledger.Text(unit)), pageSize)
	if err != nil {
		return nil, err
	}
	for i := range page.Records {
		k, err := leasing.DecodeLease(&page.Records[i])
		if err != nil {
			return nil, err
		}
		l := &k.Value
		if l.State == lease.Draft || l.State == lease.Signing {
			continue
		}
		t := l.Current()
		stay := vacancy.Stay{From: t.Start, To: t.End, Rent: t.Rent}
		if !l.LeftOn.IsZero() {
			stay.To = l.LeftOn
		}
		out = append(out, stay)
	}
	return out, nil
}
