package identity_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"fettle/internal/auth"
	"fettle/internal/clock"
	"fettle/internal/identity"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
	"fettle/org"
)

var noon = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)

// provider is an identity provider on this machine.
type provider struct {
	t      testing.TB
	server *httptest.Server
	clock  *clock.Fake
	store  *ledgertest.Store
	oidc   *identity.OIDC

	rsa   *rsa.PrivateKey
	ec    *ecdsa.PrivateKey
	mu    sync.Mutex
	down  bool
	serve []map[string]string
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func newProvider(t testing.TB, rolesClaim string) *provider {
	t.Helper()
	p := &provider{t: t, clock: clock.NewFake(noon), store: &ledgertest.Store{}}
	var err error
	if p.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if p.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	p.serve = []map[string]string{rsaKey("r1", &p.rsa.PublicKey), ecKey("e1", &p.ec.PublicKey)}
	p.server = httptest.NewServer(http.HandlerFunc(p.answer))
	t.Cleanup(p.server.Close)
	p.oidc, err = identity.NewOIDC(identity.OIDCConfig{Issuer: p.server.URL, Audience: "fettle", RolesClaim: rolesClaim}, identity.NewDirectory(p.store, p.clock), p.server.Client())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func rsaKey(id string, k *rsa.PublicKey) map[string]string {
	return map[string]string{"kid": id, "kty": "RSA", "use": "sig", "n": b64(k.N.Bytes()), "e": b64(big.NewInt(int64(k.E)).Bytes())}
}

func ecKey(id string, k *ecdsa.PublicKey) map[string]string {
	point, err := k.Bytes()
	if err != nil {
		return nil
	}
	return map[string]string{"kid": id, "kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}
}

func (p *provider) answer(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.down:
		w.WriteHeader(http.StatusBadGateway)
	case strings.HasSuffix(r.URL.Path, "openid-configuration"):
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": p.server.URL, "jwks_uri": p.server.URL + "/keys"})
	default:
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": p.serve})
	}
}

// known adds a user.
func (p *provider) known(subject string, disabled bool) {
	p.t.Helper()
	body, err := json.Marshal(identity.User{Name: subject, Roles: []auth.Role{auth.Dispatcher}, Subject: subject, Disabled: disabled})
	if err != nil {
		p.t.Fatal(err)
	}
	err = p.store.Apply(p.t.Context(), org.Default, &ledger.Change{Records: []ledger.Record{{
		Kind: "users", ID: "us_" + subject, Version: 1, Body: body, Keys: []ledger.Key{{Name: "subject", Value: ledger.Text(subject), Unique: true}},
	}}})
	if err != nil {
		p.t.Fatal(err)
	}
}

// claims are those of a good token.
func (p *provider) claims() jwt.MapClaims {
	return jwt.MapClaims{"iss": p.server.URL, "aud": "fettle", "sub": "li", "iat": noon.Unix(), "exp": noon.Add(5 * time.Minute).Unix()}
}

func with(m jwt.MapClaims, name string, value any) jwt.MapClaims {
	out := maps.Clone(m)
	if out[name] = value; value == nil {
		delete(out, name)
	}
	return out
}

func sign(t testing.TB, method jwt.SigningMethod, key any, header map[string]any, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	token.Header["typ"] = "at+jwt"
	for k, v := range header {
		if token.Header[k] = v; v == nil {
			delete(token.Header, k)
		}
	}
	out, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (p *provider) good() string {
	return sign(p.t, jwt.SigningMethodRS256, p.rsa, map[string]any{"kid": "r1"}, p.claims())
}

func TestTokensOfAProvider(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "")
	p.known("li", false)
	p.known("gone", true)
	id := func(kid string) map[string]any { return map[string]any{"kid": kid} }
	for name, token := range map[string]string{
		"RS256":                      p.good(),
		"ES256":                      sign(t, jwt.SigningMethodES256, p.ec, id("e1"), p.claims()),
		"among several audiences":    sign(t, jwt.SigningMethodRS256, p.rsa, id("r1"), with(p.claims(), "aud", []string{"other", "fettle"})),
		"typ with its long name":     sign(t, jwt.SigningMethodRS256, p.rsa, map[string]any{"kid": "r1", "typ": "application/at+jwt"}, p.claims()),
		"as another provider has it": sign(t, jwt.SigningMethodRS256, p.rsa, map[string]any{"kid": "r1", "typ": "JWT"}, with(p.claims(), "typ", "Bearer")),
	} {
		who, err := p.oidc.Verify(t.Context(), token)
		if err != nil || who.Name != "user:us_li" || who.Org != org.Default || !slices.Equal(who.Roles, []auth.Role{auth.Dispatcher}) {
			t.Errorf("%s: got %+v, %v", name, who, err)
		}
	}
	for _, nobody := range []string{"gone", "stranger"} {
		token := sign(t, jwt.SigningMethodRS256, p.rsa, id("r1"), with(p.claims(), "sub", nobody))
		if who, err := p.oidc.Verify(t.Context(), token); !errors.Is(err, auth.ErrUnknown) {
			t.Errorf("%s: got %+v, %v", nobody, who, err)
		}
	}
}

func TestRolesOfAClaim(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "roles")
	p.known("gone", true)
	for claim, want := range map[string][]auth.Role{"planner auditor": {auth.Auditor, auth.Planner}, "technician": nil, "tenant TENANT": nil, "king": nil, "": nil, "ROLE_UNSPECIFIED": nil} {
		who, err := p.oidc.Verify(t.Context(), sign(t, jwt.SigningMethodRS256, p.rsa, map[string]any{"kid": "r1"}, with(p.claims(), "roles", claim)))
		if (err == nil) != (want != nil) || who != nil && !slices.Equal(who.Roles, want) {
			t.Errorf("%q: got %+v, %v; want %v", claim, who, err, want)
		}
	}
	token := sign(t, jwt.SigningMethodRS256, p.rsa, map[string]any{"kid": "r1"}, with(with(p.claims(), "sub", "gone"), "roles", []string{"PLANNER"}))
	if who, err := p.oidc.Verify(t.Context(), token); !errors.Is(err, auth.ErrUnknown) {
		t.Errorf("a disabled user with roles in a claim: %+v, %v", who, err)
	}
}

// forge signs parts that no library would.
func forge(header, claims any, signer func(input string) []byte) string {
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	input := b64(h) + "." + b64(c)
	return input + "." + b64(signer(input))
}

// attacks are tokens that must not pass: each differs from a good one in one thing.
func (p *provider) attacks() map[string]string {
	t, c := p.t, p.claims()
	id := func(more ...any) map[string]any {
		out := map[string]any{"kid": "r1"}
		for i := 0; i < len(more); i += 2 {
			name, _ := more[i].(string)
			out[name] = more[i+1]
		}
		return out
	}
	rs := func(header map[string]any, claims jwt.MapClaims) string {
		return sign(t, jwt.SigningMethodRS256, p.rsa, header, claims)
	}
	raw := func(header map[string]any) string { // signed as RS256, whatever the header says
		return forge(header, c, func(in string) []byte {
			sum := sha256.Sum256([]byte(in))
			out, err := rsa.SignPKCS1v15(rand.Reader, p.rsa, crypto.SHA256, sum[:])
			if err != nil {
				t.Fatal(err)
			}
			return out
		})
	}
	der, err := x509.MarshalPKIXPublicKey(&p.rsa.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	mine, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := p.good()
	parts := strings.Split(good, ".")
	later, sooner := noon.Add(time.Hour).Unix(), noon.Add(-time.Hour).Unix()
	none := func(alg string) string {
		return forge(map[string]any{"alg": alg, "typ": "at+jwt", "kid": "r1"}, c, func(string) []byte { return nil })
	}
	return map[string]string{
		"alg none": none("none"), "alg None": none("None"), "alg NONE": none("NONE"), "alg nOnE": none("nOnE"), "alg empty": none(""),
		"alg none with a signature":   raw(map[string]any{"alg": "none", "typ": "at+jwt", "kid": "r1"}),
		"no alg":                      raw(map[string]any{"typ": "at+jwt", "kid": "r1"}),
		"HS256 with the public key":   sign(t, jwt.SigningMethodHS256, public, id(), c),
		"HS256 with its DER":          sign(t, jwt.SigningMethodHS256, der, id(), c),
		"HS256 with its modulus":      sign(t, jwt.SigningMethodHS256, p.rsa.N.Bytes(), id(), c),
		"HS256 with nothing":          sign(t, jwt.SigningMethodHS256, []byte{}, id(), c),
		"HS512 with the public key":   sign(t, jwt.SigningMethodHS512, public, id(), c),
		"RS384":                       sign(t, jwt.SigningMethodRS384, p.rsa, id(), c),
		"RS512":                       sign(t, jwt.SigningMethodRS512, p.rsa, id(), c),
		"PS256":                       sign(t, jwt.SigningMethodPS256, p.rsa, id(), c),
		"ES256 under the RSA key":     sign(t, jwt.SigningMethodES256, p.ec, id(), c),
		"RS256 under the EC key":      rs(id("kid", "e1"), c),
		"signed by somebody else":     sign(t, jwt.SigningMethodRS256, mine, id(), c),
		"no kid":                      rs(id("kid", nil), c),
		"kid of nobody":               rs(id("kid", "r2"), c),
		"kid a path":                  rs(id("kid", "../../../../dev/null"), c),
		"kid SQL":                     rs(id("kid", "x' UNION SELECT 'key'--"), c),
		"kid a number":                rs(id("kid", 1), c),
		"kid a list":                  rs(id("kid", []string{"r1"}), c),
		"jku":                         rs(id("jku", p.server.URL+"/keys"), c),
		"x5u":                         rs(id("x5u", "https://attacker.example/cert"), c),
		"x5c":                         rs(id("x5c", []string{b64(der)}), c),
		"jwk":                         sign(t, jwt.SigningMethodRS256, mine, id("jwk", rsaKey("r1", &mine.PublicKey)), c),
		"crit":                        rs(id("crit", []string{"exp"}), c),
		"another issuer":              rs(id(), with(c, "iss", "https://attacker.example")),
		"an issuer that begins alike": rs(id(), with(c, "iss", p.server.URL+".attacker.example")),
		"no issuer":                   rs(id(), with(c, "iss", nil)),
		"another audience":            rs(id(), with(c, "aud", "other")),
		"no audience":                 rs(id(), with(c, "aud", nil)),
		"no typ":                      rs(id("typ", nil), c),
		"an ID token":                 rs(id("typ", "JWT"), with(c, "at_hash", "x")),
		"an ID token with a nonce":    rs(id("typ", "JWT"), with(with(c, "nonce", "n"), "typ", "Bearer")),
		"a logout token":              rs(id("typ", "logout+jwt"), c),
		"expired":                     rs(id(), with(c, "exp", sooner)),
		"expired, as text":            rs(id(), with(c, "exp", "9999999999")),
		"no expiry":                   rs(id(), with(c, "exp", nil)),
		"not yet valid":               rs(id(), with(c, "nbf", later)),
		"issued in the future":        rs(id(), with(c, "iat", later)),
		"no subject":                  rs(id(), with(c, "sub", nil)),
		"an empty subject":            rs(id(), with(c, "sub", "")),
		"a subject that is a number":  rs(id(), with(c, "sub", 7)),
		"truncated":                   good[:len(good)-20],
		"no signature":                parts[0] + "." + parts[1] + ".",
		"a signature of another":      parts[0] + "." + b64([]byte(`{"sub":"admin"}`)) + "." + parts[2],
		"padding":                     parts[0] + "=." + parts[1] + "." + parts[2],
		"no JSON":                     b64([]byte("{")) + "." + parts[1] + "." + parts[2],
		"four parts":                  good + "." + parts[2],
		"100 KB":                      rs(id(), with(c, "x", strings.Repeat("x", 100_000))),
		"nothing":                     "..",
	}
}

// TestForgedTokensAreRefused is R-A4.
func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "")
	p.known("li", false)
	if _, err := p.oidc.Verify(t.Context(), p.good()); err != nil {
		t.Fatal(err)
	}
	attacks := p.attacks()
	if len(attacks) < 40 {
		t.Errorf("only %d attacks", len(attacks))
	}
	for name, token := range attacks {
		if who, err := p.oidc.Verify(t.Context(), token); !errors.Is(err, auth.ErrUnknown) {
			t.Errorf("%s: got %+v, %v", name, who, err)
		}
	}
	t.Logf("%d attacks refused", len(attacks))
}

// TestASaboteurOfSignaturesIsSeen reads tokens as a careless service would: by the algorithm and the key that they name.
func TestASaboteurOfSignaturesIsSeen(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "")
	passed := 0
	for _, token := range p.attacks() {
		parsed, err := jwt.NewParser(jwt.WithoutClaimsValidation()).Parse(token, func(k *jwt.Token) (any, error) {
			if k.Method == jwt.SigningMethodNone {
				return jwt.UnsafeAllowNoneSignatureType, nil
			}
			return &p.rsa.PublicKey, nil
		})
		if err == nil && parsed.Valid {
			passed++
		}
	}
	if passed < 10 {
		t.Errorf("only %d attacks pass where nothing but the signature is looked at", passed)
	}
}

func TestKeysOfAProviderChange(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "")
	p.known("li", false)
	verify := func(when string, want error) {
		t.Helper()
		c := with(p.claims(), "exp", p.clock.Now().Add(time.Minute).Unix())
		_, err := p.oidc.Verify(t.Context(), sign(t, jwt.SigningMethodRS256, p.rsa, map[string]any{"kid": "r1"}, c))
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v, want %v", when, err, want)
		}
	}
	set := func(down bool, keys ...map[string]string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.down, p.serve = down, keys
	}
	set(true)
	verify("before it ever answered", ledger.ErrUnavailable)
	p.clock.Advance(11 * time.Second)
	set(false, rsaKey("r1", &p.rsa.PublicKey))
	verify("once it answers", nil)
	set(true)
	p.clock.Advance(5 * time.Minute)
	verify("while it is away", nil)
	p.clock.Advance(6 * time.Minute)
	verify("when it is away for long", ledger.ErrUnavailable)
	set(false, rsaKey("r1", &p.rsa.PublicKey))
	p.clock.Advance(11 * time.Second)
	verify("back again", nil)
	set(false, ecKey("e1", &p.ec.PublicKey))
	p.clock.Advance(61 * time.Second)
	verify("a minute after the key was withdrawn", auth.ErrUnknown)
}

func TestProvidersThatAreNotTrusted(t *testing.T) {
	t.Parallel()
	d := identity.NewDirectory(&ledgertest.Store{}, clock.NewFake(noon))
	for _, c := range []identity.OIDCConfig{
		{Issuer: "http://idp.example", Audience: "a"}, {Issuer: "idp.example", Audience: "a"}, {Issuer: "https://idp.example"}, {Issuer: "https://", Audience: "a"},
	} {
		if _, err := identity.NewOIDC(c, d, http.DefaultClient); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}

// BenchmarkVerify is the check of one token, the look for its user included.
func BenchmarkVerify(b *testing.B) {
	p := newProvider(b, "")
	p.known("li", false)
	token, ctx := p.good(), context.Background()
	for b.Loop() {
		if _, err := p.oidc.Verify(ctx, token); err != nil {
			b.Fatal(err)
		}
	}
}
