package identity

import (
	"context"
	"strings"

	"fettle/internal/auth"
)

// Authenticator tells whose credential it is, by its form: a key, a link, a session, a token of the identity provider, or else one of the
// tokens that lie in the data directory.
type Authenticator struct {
	Tokens    *auth.Tokens
	Directory *Directory
	Links     *Links
	OIDC      *OIDC    // nil without an identity provider
	Sessions  Sessions // nil where nobody signs in by telephone
}

// SessionPrefix begins the token of a session: fs_ORG.ID.ENDS.SUM.
const SessionPrefix = "fs_"

// Authenticate returns whose token it is, auth.ErrUnknown when nobody's.
func (a *Authenticator) Authenticate(ctx context.Context, token string) (*auth.Principal, error) {
	switch {
	case strings.HasPrefix(token, keyPrefix):
		return a.Directory.Key(ctx, token)
	case strings.HasPrefix(token, linkPrefix):
		return a.Links.Read(ctx, token)
	case a.Sessions != nil && strings.HasPrefix(token, SessionPrefix):
		return a.Sessions.Verify(ctx, token)
	case a.OIDC != nil && strings.Count(token, ".") == 2:
		return a.OIDC.Verify(ctx, token)
	}
	return a.Tokens.Authenticate(ctx, token)
}
