package tenancyserver

import (
	"slices"
	"time"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/tenant"
)

// day reads a day; "" is none.
func day(field, text string) (calendar.Date, error) {
	if text == "" {
		return calendar.Date{}, nil
	}
	d, err := calendar.ParseDate(text)
	if err != nil {
		return d, &invalid.Error{Field: field, Value: text, Want: "a day that exists, as YYYY-MM-DD"}
	}
	return d, nil
}

func readTenant(m *tenancyv1.Tenant) (tenant.Tenant, error) {
	c := m.GetEmergencyContact()
	t := tenant.Tenant{
		Name: m.GetDisplayName(), Phone: m.GetPhone(), NationalID: m.GetNationalId(), Note: m.GetNote(), Tags: slices.Clone(m.GetTags()),
		Emergency: tenant.Contact{Name: c.GetDisplayName(), Relation: c.GetRelation(), Phone: c.GetPhone()},
	}
	var err error
	if t.IDExpires, err = day("idExpireDate", m.GetIdExpireDate()); err != nil {
		return t, err
	}
	for _, in := range m.GetConsents() {
		at, err := wire.Instant("consents", in.GetTime())
		if err != nil {
			return t, err
		}
		t.Consents = append(t.Consents, tenant.Consent{Purpose: in.GetPurpose(), Granted: in.GetGranted(), Time: at, Source: in.GetSource()})
	}
	return t, t.Read()
}

// showTenant writes a tenant as it is at an instant: whole, as the policy of the fields is applied on the way out.
func showTenant(item *registry.Item[tenant.Tenant], now time.Time) *tenancyv1.Tenant {
	t := &item.Value
	out := &tenancyv1.Tenant{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		DisplayName: t.Name, Phone: t.Phone, PhoneHint: tenant.Hint(t.Phone), NationalId: t.NationalID, NationalIdHint: tenant.Hint(t.NationalID),
		IdExpireDate: t.IDExpires.String(), Tags: slices.Clone(t.Tags), Note: t.Note,
	}
	if c := &t.Emergency; c.Phone != "" {
		out.EmergencyContact = &tenancyv1.EmergencyContact{
			DisplayName: c.Name, Relation: c.Relation, Phone: c.Phone, PhoneHint: tenant.Hint(c.Phone),
			ConfirmTime: wire.Timestamp(c.Confirmed), AgeDays: int32(now.Sub(c.Confirmed) / (24 * time.Hour)),
		}
	}
	if !t.Erased.IsZero() {
		out.EraseTime = wire.Timestamp(t.Erased)
	}
	if t.Hold.Reason != "" {
		out.Hold = &tenancyv1.RetentionHold{Reason: t.Hold.Reason, UntilDate: t.Hold.Until.String()}
	}
	for i := range t.Consents {
		c := &t.Consents[i]
		out.Consents = append(out.Consents, &tenancyv1.Consent{
			Purpose: c.Purpose, Granted: c.Granted, Time: wire.Timestamp(c.Time), Source: c.Source,
		})
	}
	return out
}

// showEmergency writes who to call in full, nil for nobody.
func showEmergency(c *tenant.Contact) *tenancyv1.EmergencyPhone {
	if c.Phone == "" {
		return nil
	}
	return &tenancyv1.EmergencyPhone{
		DisplayName: c.Name, Relation: c.Relation, Phone: c.Phone, ConfirmTime: wire.Timestamp(c.Confirmed),
	}
}
