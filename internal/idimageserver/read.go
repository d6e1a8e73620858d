package idimageserver

import (
	"context"
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	compliancev1 "fettle/api/gen/fettle/compliance/v1"
	"fettle/internal/adapter/ocr"
	"fettle/internal/auth"
	"fettle/ledger"
	"fettle/rental/idcard"
	"fettle/rental/tenant"
)

// ReadIdentityImage implements the method of the same name. The gate has the audit entry written before the answer goes out.
func (s *Server) ReadIdentityImage(ctx context.Context, r *compliancev1.ReadIdentityImageRequest) (*compliancev1.IdentityReading, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	image, plain, err := s.open(ctx, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	held, err := s.c.Tenants.Read(ctx, s.c.Store, who.Org, image.Tenant)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return nil, err
	}
	lines, err := s.reader.Read(ctx, plain)
	if err != nil {
		return nil, refusal(err)
	}
	out := &compliancev1.IdentityReading{Id: r.GetId(), TenantId: image.Tenant}
	for _, x := range idcard.Read(lines) {
		out.Suggestions = append(out.Suggestions, &compliancev1.IdentitySuggestion{
			Field: string(x.Field), Value: x.Value, Confidence: x.Confidence, Problem: x.Problem, Held: held != nil && holds(&held.Value, &x),
			Check: compliancev1.IdentitySuggestion_Check(compliancev1.IdentitySuggestion_Check_value[string(x.Check)]),
		})
	}
	return out, nil
}

// holds reports whether a tenant has a value already.
func holds(t *tenant.Tenant, x *idcard.Suggestion) bool {
	switch x.Field {
	case idcard.Name:
		return tenant.SearchName(t.Name) == tenant.SearchName(x.Value)
	case idcard.NationalID:
		return t.NationalID == x.Value
	case idcard.Expires:
		return t.IDExpires.String() == x.Value
	case idcard.Address, idcard.Birth, idcard.Authority:
	}
	return false
}

// refusal is the status of a picture that was not read.
func refusal(err error) error {
	code, reason := codes.FailedPrecondition, "NO_READER"
	switch {
	case errors.Is(err, ocr.ErrFailed):
		code, reason = codes.InvalidArgument, "NOT_READABLE"
	case !errors.Is(err, ocr.ErrMissing):
		return err
	}
	s, detailsErr := status.New(code, err.Error()).WithDetails(&errdetails.ErrorInfo{Reason: reason, Domain: "fettle"})
	if detailsErr != nil {
		return err
	}
	return s.Err()
}
