package identity

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"fettle/internal/auth"
	"fettle/org"
)

const (
	// linkPrefix begins the token of a link: fl_PAYLOAD.SUM.
	linkPrefix = "fl_"
	// What a link may last, and lasts unless it is said.
	linkLife, maxLinkLife = 7 * 24 * time.Hour, 30 * 24 * time.Hour
	// maxLink is the longest token in bytes.
	maxLink = 1000
)

// Signer makes the keyed hash of a value in an org: (*secret.Ring).Index.
type Signer interface {
	Index(o org.ID, kind, value string) (string, error)
}

// Links makes and reads the links of tenants. Nothing is kept of them.
type Links struct {
	Signer Signer
	Clock  Clock
	// Serves reports whether an org is one of ours.
	Serves func(org.ID) bool
}

// claim is what a link says.
type claim struct {
	Org     org.ID `json:"o"`
	ID      string `json:"i"`
	Order   string `json:"w,omitempty"`
	Unit    string `json:"u,omitempty"`
	Lease   string `json:"l,omitempty"`
	Renewal string `json:"r,omitempty"`
	// Signature is an envelope to sign.
	Signature string `json:"s,omitempty"`
	Expires   int64  `json:"e"` // seconds since 1970
	// Place of the dwelling, degrees north and east.
	Place *[2]float64 `json:"p,omitempty"`
}

// About is what a link is about: an order, a dwelling and where it is, a lease and a proposal to renew it, or an envelope to sign.
type About struct {
	Order, Unit    string
	Lease, Renewal string
	Signature      string
	Place          *[2]float64 // degrees north and east; nil when it is not said
}

// Make signs a link.
func (l *Links) Make(o org.ID, about About, expires time.Time) (string, error) {
	data, err := json.Marshal(claim{
		Org: o, ID: newID("", l.Clock.Now()), Order: about.Order, Unit: about.Unit, Lease: about.Lease, Renewal: about.Renewal,
		Signature: about.Signature, Place: about.Place, Expires: expires.Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("encode link: %w", err)
	}
	payload := base64.RawURLEncoding.EncodeToString(data)
	sum, err := l.Signer.Index(o, "link", payload)
	if err != nil {
		return "", fmt.Errorf("sign link: %w", err)
	}
	return linkPrefix + payload + "." + sum, nil
}

// Read returns who holds a link: a tenant of what it is about. auth.ErrUnknown says that it is none of ours or has ended.
func (l *Links) Read(_ context.Context, token string) (*auth.Principal, error) {
	rest, _ := strings.CutPrefix(token, linkPrefix)
	payload, sum, ok := strings.Cut(rest, ".")
	data, err := base64.RawURLEncoding.DecodeString(payload)
	var c claim
	if !ok || err != nil || len(token) > maxLink || json.Unmarshal(data, &c) != nil || !l.Serves(c.Org) {
		return nil, auth.ErrUnknown
	}
	want, err := l.Signer.Index(c.Org, "link", payload)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(sum)) != 1 || l.Clock.Now().Unix() >= c.Expires {
		return nil, auth.ErrUnknown
	}
	return &auth.Principal{
		Name: "link:" + c.ID, Org: c.Org, Roles: []auth.Role{auth.Tenant},
		Order: c.Order, Unit: c.Unit, Lease: c.Lease, Renewal: c.Renewal, Signature: c.Signature, Place: c.Place,
	}, nil
}

// days writes a long duration for people.
func days(d time.Duration) string { return fmt.Sprintf("%d days", int(d.Hours()/24)) }
