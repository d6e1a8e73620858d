// Package cleaning finds what is wrong, old or twice in the records of tenants and leases: values in, findings out. Each finding says
// what it is about and what would end it; none repeats a number.
package cleaning

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/tenant"
)

// Kind is what is wrong.
type Kind string

// The kinds of findings.
const (
	PhoneMissing     Kind = "PHONE_MISSING"      // nobody can call the tenant
	PhoneInvalid     Kind = "PHONE_INVALID"      // kept from a time before the rule
	IDInvalid        Kind = "ID_INVALID"         // breaks GB 11643
	IDExpired        Kind = "ID_EXPIRED"         // the card has ended
	ContactMissing   Kind = "CONTACT_MISSING"    // no emergency contact
	ContactStale     Kind = "CONTACT_STALE"      // not confirmed for a year
	ContactIsTenant  Kind = "CONTACT_IS_TENANT"  // the emergency contact has the number of the tenant
	DuplicateTenant  Kind = "DUPLICATE_TENANT"   // another record has the same telephone
	LeaseWithoutRent Kind = "LEASE_WITHOUT_RENT" // a lease in force for nothing
	LeasePastEnd     Kind = "LEASE_PAST_END"     // its last day is over and it is not closed
	LeaseNoTenant    Kind = "LEASE_NO_TENANT"    // its tenant is not there
	LeaseOverlap     Kind = "LEASE_OVERLAP"      // another lease of the dwelling has the same days
	AddressDead      Kind = "ADDRESS_DEAD"       // the last messages did not arrive
)

// Kinds lists them.
func Kinds() []Kind {
	return []Kind{
		PhoneMissing, PhoneInvalid, IDInvalid, IDExpired, ContactMissing, ContactStale, ContactIsTenant, DuplicateTenant,
		LeaseWithoutRent, LeasePastEnd, LeaseNoTenant, LeaseOverlap, AddressDead,
	}
}

// Finding is one thing that is wrong.
type Finding struct {
	Kind   Kind   `json:"kind"`
	Object string `json:"object"`          // kind of the record, as "tenants"
	ID     string `json:"id"`              // of the record
	Other  string `json:"other,omitempty"` // of the record that it disagrees with
	Wish   string `json:"wish"`            // what would end it
}

// Same names a finding: the same thing wrong with the same records.
func (f *Finding) Same() string {
	return strings.Join([]string{string(f.Kind), f.Object, f.ID, f.Other}, "|")
}

// tenants and leases are the kinds of records that findings are about.
const (
	tenants = "tenants"
	leases  = "leases"
)

// OfTenant judges one tenant at an instant, which is a day in the zone of the org.
func OfTenant(id string, t *tenant.Tenant, now time.Time, today calendar.Date) (out []Finding) {
	if !t.Erased.IsZero() {
		return nil
	}
	add := func(k Kind, wish string) { out = append(out, Finding{Kind: k, Object: tenants, ID: id, Wish: wish}) }
	if t.Phone == "" {
		add(PhoneMissing, "a mobile number")
	} else if _, err := tenant.Phone("phone", t.Phone); err != nil {
		add(PhoneInvalid, "a mobile number of 11 digits")
	}
	if t.NationalID != "" {
		if _, err := tenant.NationalID("nationalId", t.NationalID); err != nil {
			add(IDInvalid, "an identity number by GB 11643")
		}
	}
	if !t.IDExpires.IsZero() && t.IDExpires.Before(today) {
		add(IDExpired, fmt.Sprintf("the card that follows the one that ended on %s", t.IDExpires))
	}
	switch c := &t.Emergency; {
	case c.Phone == "":
		add(ContactMissing, "somebody to call in an emergency")
	case c.Phone == t.Phone:
		add(ContactIsTenant, "another person to call in an emergency")
	case now.Sub(c.Confirmed) > tenant.Stale:
		add(ContactStale, fmt.Sprintf("a word whether it is still so: it was told on %s", calendar.DateOf(c.Confirmed, time.UTC)))
	}
	return out
}

// OfLease judges one lease on a day. Known says whether its tenant is there.
func OfLease(l *lease.Lease, today calendar.Date, known bool) (out []Finding) {
	if l.State.Closed() {
		return nil
	}
	add := func(k Kind, wish string) {
		out = append(out, Finding{Kind: k, Object: leases, ID: string(l.ID), Wish: wish})
	}
	if inForce(l) && l.Current().Rent <= 0 {
		add(LeaseWithoutRent, "the rent, or the end of the lease")
	}
	if end := l.Current().End; inForce(l) && !end.IsZero() && end.Before(today) {
		add(LeasePastEnd, fmt.Sprintf("a renewal or an end: its last day was %s", end))
	}
	if !known {
		add(LeaseNoTenant, "the tenant that it names")
	}
	return out
}

func inForce(l *lease.Lease) bool { return l.State == lease.Active || l.State == lease.Expiring }

// Pairs collects what can only be seen of two records. The zero value is ready.
type Pairs struct {
	phones map[string][]string
	units  map[string][]stay
}

// stay is a lease in force of a dwelling.
type stay struct {
	id       string
	from, to calendar.Date // to is not set for one without end
}

// Tenant adds a tenant by what is equal for equal telephones and tells nothing about them; "" is none.
func (p *Pairs) Tenant(id, phone string) {
	if phone == "" {
		return
	}
	if p.phones == nil {
		p.phones = map[string][]string{}
	}
	p.phones[phone] = append(p.phones[phone], id)
}

// Lease adds a lease.
func (p *Pairs) Lease(l *lease.Lease) {
	if !inForce(l) || l.Unit == "" {
		return
	}
	if p.units == nil {
		p.units = map[string][]stay{}
	}
	p.units[l.Unit] = append(p.units[l.Unit], stay{string(l.ID), l.Current().Start, l.Current().End})
}

// Findings are the pairs that should not be, by id.
func (p *Pairs) Findings() (out []Finding) {
	for _, ids := range p.phones {
		slices.Sort(ids)
		for _, id := range ids[1:] {
			out = append(out, Finding{Kind: DuplicateTenant, Object: tenants, ID: id, Other: ids[0], Wish: "one record of each person, or a number of their own"})
		}
	}
	for _, all := range p.units {
		slices.SortFunc(all, func(a, b stay) int {
			if n := a.from.Compare(b.from); n != 0 {
				return n
			}
			return strings.Compare(a.id, b.id)
		})
		for i := range all {
			for j := i + 1; j < len(all) && (all[i].to.IsZero() || !all[i].to.Before(all[j].from)); j++ {
				out = append(out, Finding{Kind: LeaseOverlap, Object: leases, ID: all[j].id, Other: all[i].id, Wish: "an end of one before the other begins"})
			}
		}
	}
	slices.SortFunc(out, func(a, b Finding) int { return strings.Compare(a.Same(), b.Same()) })
	return out
}

// Quarter names the quarter of a day, as "2026-Q3".
func Quarter(d calendar.Date) string { return fmt.Sprintf("%d-Q%d", d.Year, (int(d.Month)+2)/3) }

// NextQuarter is the first day of the quarter after that of a day.
func NextQuarter(d calendar.Date) calendar.Date {
	first := calendar.Date{Year: d.Year, Month: d.Month - (d.Month-1)%3, Day: 1}
	return first.AddMonths(3)
}
