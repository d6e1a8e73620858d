package identity

import (
	"context"

	"fettle/internal/auth"
)

// OIDC reads tokens of an identity provider.
type OIDC struct{}

// Verify returns whose token it is.
func (o *OIDC) Verify(context.Context, string) (*auth.Principal, error) { return nil, auth.ErrUnknown }
