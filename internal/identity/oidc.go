package identity

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/internal/auth"
	"fettle/org"
)

const (
	// maxToken is the longest token of an identity provider in bytes.
	maxToken = 8 << 10
	// leeway is how far the clocks of provider and service may differ.
	leeway = 30 * time.Second
)

// methods are the algorithms that are taken, whatever a token says: signatures by a key that the provider alone has.
var methods = []string{jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg()}

// foreign are headers by which a token would say where its own key is, or that it means something else. None is needed.
var foreign = []string{"jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "cty", "enc"}

// OIDCConfig says which identity provider is trusted, and for what. Issuer and Audience must be given.
type OIDCConfig struct {
	// Issuer is the address of the provider, as its tokens spell it; by https, or on this machine.
	Issuer string
	// Audience is what tokens for this service are for.
	Audience string
	// Org is whose people the provider knows; the default one unless given.
	Org org.ID
	// RolesClaim is the claim with the roles of people who are no users; "" lets users alone in.
	RolesClaim string
}

// OIDC reads access tokens of an identity provider. It is safe for concurrent use.
type OIDC struct {
	cfg       OIDCConfig
	directory *Directory
	keys      *keySet
	parser    *jwt.Parser
}

// NewOIDC makes a reader of tokens. The provider is asked when the first token comes.
func NewOIDC(c OIDCConfig, d *Directory, client *http.Client) (*OIDC, error) {
	at, err := url.Parse(c.Issuer)
	if err != nil || at.Host == "" || at.Scheme != "https" && (at.Scheme != "http" || !loopback(at.Hostname())) {
		return nil, fmt.Errorf("issuer %q: want an address that begins with https", c.Issuer)
	}
	if c.Audience == "" {
		return nil, errors.New("the audience is missing: want what tokens for this service are for")
	}
	if c.Org == "" {
		c.Org = org.Default
	}
	return &OIDC{
		cfg: c, directory: d, keys: &keySet{issuer: c.Issuer, client: client, clock: d.clock},
		parser: jwt.NewParser(
			jwt.WithValidMethods(methods), jwt.WithIssuer(c.Issuer), jwt.WithAudience(c.Audience), jwt.WithExpirationRequired(),
			jwt.WithLeeway(leeway), jwt.WithTimeFunc(d.clock.Now), jwt.WithStrictDecoding(), jwt.WithIssuedAt(),
		),
	}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Verify returns whose token it is. auth.ErrUnknown says that it is none of the provider for us, or of nobody we know.
func (o *OIDC) Verify(ctx context.Context, token string) (*auth.Principal, error) {
	if len(token) > maxToken {
		return nil, auth.ErrUnknown
	}
	var broken error // the provider cannot be asked: the token may be good
	claims := jwt.MapClaims{}
	_, err := o.parser.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		if !accessToken(t, claims) {
			return nil, auth.ErrUnknown
		}
		id, _ := t.Header["kid"].(string)
		key, err := o.keys.find(ctx, id, t.Method.Alg())
		if err != nil && !errors.Is(err, auth.ErrUnknown) {
			broken = err
		}
		return key, err
	})
	if broken != nil {
		return nil, broken
	}
	subject, _ := claims["sub"].(string)
	if err != nil || subject == "" {
		return nil, auth.ErrUnknown
	}
	return o.who(ctx, subject, claims)
}

// accessToken reports whether a token says that it is one for calls (RFC 9068), and nothing that we do not read: what proves to a
// client who has signed in is no permission to call.
func accessToken(t *jwt.Token, claims jwt.MapClaims) bool {
	for _, name := range foreign {
		if _, there := t.Header[name]; there {
			return false
		}
	}
	kind, _ := t.Header["typ"].(string)
	kind = strings.TrimPrefix(strings.ToLower(kind), "application/")
	bearer, _ := claims["typ"].(string)
	_, signIn := claims["nonce"]
	return !signIn && (kind == "at+jwt" || kind == "jwt" && bearer == "Bearer")
}

// who finds the user of a subject, or reads the roles of a claim.
func (o *OIDC) who(ctx context.Context, subject string, claims jwt.MapClaims) (*auth.Principal, error) {
	p, found, err := o.directory.Subject(ctx, o.cfg.Org, subject)
	if found || o.cfg.RolesClaim == "" || err != nil && !errors.Is(err, auth.ErrUnknown) {
		return p, err
	}
	p = &auth.Principal{Name: "oidc:" + subject, Org: o.cfg.Org, Roles: rolesIn(claims[o.cfg.RolesClaim])}
	if len(p.Roles) == 0 {
		return nil, auth.ErrUnknown
	}
	return p, nil
}

// rolesIn reads the roles of staff out of a claim: a list, or a text with spaces between. Technicians and tenants are not among
// them, since a claim does not say what is theirs.
func rolesIn(claim any) []auth.Role {
	var names []string
	switch v := claim.(type) {
	case string:
		names = strings.Fields(v)
	case []any:
		for _, n := range v {
			if s, ok := n.(string); ok {
				names = append(names, s)
			}
		}
	}
	var out []auth.Role
	for _, n := range names {
		r := auth.Role(strings.ToUpper(n))
		if policyv1.Role_value[string(r)] > 0 && r != auth.Technician && r != auth.Tenant && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	slices.Sort(out)
	return out
}
