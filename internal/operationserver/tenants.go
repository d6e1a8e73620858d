package operationserver

import (
	"context"
	"strings"
	"unicode"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/operation"
	"fettle/rental/sheet"
)

// importTenants makes tenants of rows, or fills what tenants with their identity numbers have empty.
func importTenants() operation.Import {
	return operation.Import{
		Name:    "importTenants",
		Columns: columns("displayName phone nationalId idExpireDate contactName contactRelation contactPhone tags note"),
		Request: tenantOf,
		Send: func(ctx context.Context, conn grpc.ClientConnInterface, m proto.Message) (string, operation.Outcome, error) {
			req, _ := m.(*tenancyv1.CreateTenantRequest) // Request makes no other
			return sendTenant(ctx, tenancyv1.NewTenancyServiceClient(conn), req)
		},
		Column: columnOfTenant,
	}
}

// columnOfTenant is the column of a field of a tenant.
func columnOfTenant(field string) string {
	field = strings.TrimPrefix(field, "tenant.")
	switch field {
	case "emergencyContact", "emergencyContact.displayName":
		return "contactName"
	case "emergencyContact.relation":
		return "contactRelation"
	case "emergencyContact.phone":
		return "contactPhone"
	}
	name, _, _ := strings.Cut(field, "[")
	return name
}

// tenantOf reads a row about a tenant.
func tenantOf(r sheet.Row) (proto.Message, error) {
	t := &tenancyv1.Tenant{
		DisplayName: r["displayName"], Phone: r["phone"], NationalId: r["nationalId"], IdExpireDate: r["idExpireDate"], Note: r["note"],
		Tags: list(r["tags"]),
	}
	if r["contactName"]+r["contactRelation"]+r["contactPhone"] != "" {
		t.EmergencyContact = &tenancyv1.EmergencyContact{DisplayName: r["contactName"], Relation: r["contactRelation"], Phone: r["contactPhone"]}
	}
	return &tenancyv1.CreateTenantRequest{Tenant: t}, nil
}

// sendTenant makes a tenant. One whose identity number somebody has is that somebody.
func sendTenant(ctx context.Context, c tenancyv1.TenancyServiceClient, r *tenancyv1.CreateTenantRequest) (string, operation.Outcome, error) {
	made, err := c.CreateTenant(ctx, r)
	if err == nil {
		return made.GetId(), operation.Created, nil
	}
	row := r.GetTenant()
	if reasonOf(err) != "VALUE_TAKEN" || row.GetNationalId() == "" {
		return "", "", err
	}
	found, err := c.SearchTenants(ctx, &tenancyv1.SearchTenantsRequest{NationalId: row.GetNationalId()})
	if status.Code(err) == codes.ResourceExhausted && reasonOf(err) == "TENANTS_READ_LIMIT" { // it would not be over soon
		return "", "", status.Error(codes.FailedPrecondition, "TENANTS_READ_LIMIT: more tenants than you may read within an hour are here already; an admin may read them")
	}
	if err != nil {
		return "", "", err
	}
	if len(found.GetTenants()) != 1 {
		return "", "", status.Error(codes.Aborted, "the tenant with the number has just changed")
	}
	return fill(ctx, c, found.GetTenants()[0], row)
}

// reasonOf is the reason of an error of the API.
func reasonOf(err error) string {
	s, _ := status.FromError(err)
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// fill writes into a tenant what a row says and the tenant does not. Nothing is written over.
func fill(ctx context.Context, c tenancyv1.TenancyServiceClient, is, row *tenancyv1.Tenant) (string, operation.Outcome, error) {
	out := &tenancyv1.Tenant{Id: is.GetId()}
	var mask fieldmaskpb.FieldMask
	for _, f := range []struct {
		name, is, row string
		number        bool
		set           func()
	}{
		{"displayName", is.GetDisplayName(), row.GetDisplayName(), false, func() { out.DisplayName = row.GetDisplayName() }},
		{"phone", is.GetPhone(), row.GetPhone(), true, func() { out.Phone = row.GetPhone() }},
		{"idExpireDate", is.GetIdExpireDate(), row.GetIdExpireDate(), false, func() { out.IdExpireDate = row.GetIdExpireDate() }},
		{"note", is.GetNote(), row.GetNote(), false, func() { out.Note = row.GetNote() }},
		{"emergencyContact", contact(is), contact(row), false, func() { out.EmergencyContact = row.GetEmergencyContact() }},
		{"tags", strings.Join(is.GetTags(), ";"), strings.Join(row.GetTags(), ";"), false, func() { out.Tags = row.GetTags() }},
	} {
		switch {
		case f.row == "" || same(f.is, f.row, f.number):
		case f.is == "":
			f.set()
			mask.Paths = append(mask.Paths, snake(f.name))
		default:
			return is.GetId(), "", &operation.ConflictError{ID: is.GetId(), Field: "tenant." + f.name}
		}
	}
	if len(mask.GetPaths()) == 0 {
		return is.GetId(), operation.Unchanged, nil
	}
	_, err := c.UpdateTenant(ctx, &tenancyv1.UpdateTenantRequest{Tenant: out, UpdateMask: &mask, Etag: is.GetEtag()})
	return is.GetId(), operation.Changed, err
}

// contact is an emergency contact as one text.
func contact(t *tenancyv1.Tenant) string {
	c := t.GetEmergencyContact()
	if c == nil {
		return ""
	}
	return c.GetDisplayName() + "\n" + c.GetRelation() + "\n" + digitsOf(c.GetPhone())
}

// same compares texts; of numbers, digits alone.
func same(a, b string, number bool) bool {
	if number {
		a, b = digitsOf(a), digitsOf(b)
	}
	return a == b
}

// digitsOf is a mobile number without what people write around it.
func digitsOf(text string) string {
	const length = 11
	out := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
	return out[max(0, len(out)-length):]
}

// snake is a name of JSON as masks have it.
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
