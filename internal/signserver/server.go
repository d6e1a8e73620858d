// Package signserver is SignatureService: leases signed by link. It decodes, lets rental/signing decide on records of the registry, has
// internal/esign sign and internal/adapter/pdf write, and encodes.
//
// A signature is one transaction: the envelope with signature and time stamp, the page of evidence, the lease that becomes active and
// the one that it renews are kept together or not at all. The provider is asked before the commit; a signature that was made and not
// kept binds nobody, since the lease says nothing of it.
package signserver

import (
	"context"
	"sync"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	signingv1 "fettle/api/gen/fettle/signing/v1"
	"fettle/internal/call"
	"fettle/internal/esign"
	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
	"fettle/rental/signing"
)

// Person is who signs, as far as that is kept.
type Person struct {
	Name       string
	NationalID string // 18 characters; "" when it is not kept
	Phone      string // 11 digits; "" when it is not kept
}

// Code is a code on its way to a telephone.
type Code struct {
	ID     string // of the message
	Unit   string // whose tenant is told
	Phone  string
	Digits string
	Life   time.Duration
}

// Config says what the service needs. All but SendCode, Provider and Authority must be given.
type Config struct {
	Registry *registry.Registry
	Store    ledger.Reader
	Desk     *leasing.Desk
	Clock    call.Clock
	Machine  call.Clock // certificates end by it
	Zone     *time.Location
	Landlord string // as contracts name it
	// Person reads who rents; ledger.ErrNotFound when nobody is kept under the id.
	Person func(ctx context.Context, o org.ID, id string) (Person, error)
	// Dwelling is how a dwelling is written in a contract.
	Dwelling func(ctx context.Context, o org.ID, unit string) (string, error)
	// Next is the lease that follows an accepted proposal, "" when it is not accepted; ledger.ErrNotFound when there is none.
	Next func(ctx context.Context, o org.ID, renewal string) (lease.ID, error)
	// Index makes the keyed hash of a value of a kind in an org.
	Index func(o org.ID, kind, value string) (string, error)
	// Link signs the credential of a tenant for an envelope.
	Link func(o org.ID, id string, expires time.Time) (string, error)
	// SendCode carries a code to a telephone; nil when there is no way to.
	SendCode func(ctx context.Context, o org.ID, c *Code) error
	// Provider signs; the demo signer, with a key of each org, when nil. Authority stamps; nobody when nil.
	Provider  esign.Provider
	Authority esign.Authority
}

// Server implements SignatureService.
type Server struct {
	signingv1.UnimplementedSignatureServiceServer
	Config
	resource registry.Resource[signing.Envelope, *signingv1.Signature]

	keys  sync.Mutex // held while the key of a demo signer is looked for
	demos map[org.ID]esign.Provider
}

// New makes the service.
func New(c Config) *Server {
	s := &Server{Config: c, demos: map[org.ID]esign.Provider{}}
	s.resource = registry.Resource[signing.Envelope, *signingv1.Signature]{
		Registry: c.Registry, Kind: envelopes(), Field: "signature",
		ToMessage: func(item *registry.Item[signing.Envelope]) *signingv1.Signature { return show(item, c.Clock.Now()) },
	}
	return s
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { signingv1.RegisterSignatureServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return signingv1.RegisterSignatureServiceHandlerClient(ctx, m, signingv1.NewSignatureServiceClient(conn))
}

// The keys of envelopes: their lease, their state, and their lease while it can have no other.
const (
	keyLease = "lease"
	keyState = "state"
	keyHeld  = "held"
)

func envelopes() *registry.Kind[signing.Envelope] {
	return &registry.Kind[signing.Envelope]{
		Name: "signatures", Prefix: "sg_",
		State: func(e *signing.Envelope) string { return string(e.State) },
		Keys: func(e *signing.Envelope) []ledger.Key {
			keys := []ledger.Key{{Name: keyLease, Value: ledger.Text(string(e.Lease))}, {Name: keyState, Value: ledger.Text(string(e.State))}}
			if e.Holds() {
				keys = append(keys, ledger.Key{Name: keyHeld, Value: ledger.Text(string(e.Lease)), Unique: true})
			}
			return keys
		},
	}
}

// signingKeys is how the keys of demo signers are kept: one an org, sealed like every body.
func signingKeys() *registry.Kind[esign.Key] {
	return &registry.Kind[esign.Key]{Name: "signingKeys", Prefix: "sk_", Keys: func(*esign.Key) []ledger.Key {
		return []ledger.Key{{Name: "only", Value: ledger.Text("demo"), Unique: true}}
	}}
}

// provider is who signs for an org.
func (s *Server) provider(ctx context.Context, o org.ID) (esign.Provider, error) {
	if s.Provider != nil {
		return s.Provider, nil
	}
	s.keys.Lock()
	defer s.keys.Unlock()
	if p := s.demos[o]; p != nil {
		return p, nil
	}
	kind := signingKeys()
	var key *esign.Key
	err := s.Registry.Work(ctx, o, "signature.key", func(tx *registry.Tx) error {
		found, _, err := kind.List(ctx, s.Store, o, kind.All(), 1)
		if err == nil && len(found) > 0 {
			key = &found[0].Value
			return errKnown
		}
		if err == nil {
			key, err = esign.NewDemoKey(s.Machine.Now())
		}
		if err != nil {
			return err
		}
		item, err := kind.Insert(tx, *key)
		if err == nil {
			tx.About(kind.Name, item.ID)
		}
		return err
	})
	if err != nil && key == nil || err != nil && !isKnown(err) {
		return nil, err
	}
	p, err := esign.NewDemo(key)
	if err == nil {
		s.demos[o] = p
	}
	return p, err
}
