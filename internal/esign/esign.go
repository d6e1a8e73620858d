package esign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// Request is what is to be signed, for whom.
type Request struct {
	Document  []byte
	Signer    string // name of who agrees
	Reference string // id of the envelope
	At        time.Time
}

// Provider makes detached CMS signatures. Any goroutine may use one.
type Provider interface {
	// Name is how it is known, as "demo".
	Name() string
	// Demo reports whether nobody outside vouches for its key.
	Demo() bool
	// Sign returns a detached CMS signature over the document, in DER.
	Sign(ctx context.Context, r *Request) ([]byte, error)
}

// Authority stamps bytes with the time.
type Authority interface {
	// Stamp returns an RFC 3161 token over the SHA-256 of data, in DER.
	Stamp(ctx context.Context, data []byte) ([]byte, error)
}

// Signed is a signature that was made and checked.
type Signed struct {
	CMS         []byte
	Subject     string // of the certificate
	Certificate string // SHA-256, in hex
	Stamp       []byte // RFC 3161 token over the CMS; empty without an authority
	StampedAt   time.Time
	Authority   string
}

// ErrBroken says that a signature or a time stamp is not over what was to be signed.
var ErrBroken = errors.New("what came back is no signature over the document")

// Sign has a document signed, and stamped when there is an authority, and checks what came of it.
func Sign(ctx context.Context, p Provider, a Authority, r *Request) (*Signed, error) {
	cms, err := p.Sign(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("provider %s: %w", p.Name(), err)
	}
	var token []byte
	if a != nil {
		if token, err = a.Stamp(ctx, cms); err != nil {
			return nil, fmt.Errorf("time stamp: %w", err)
		}
	}
	f := Check(r.Document, cms, token)
	if !f.Signature || a != nil && !f.Stamped {
		return nil, fmt.Errorf("%w: %s", ErrBroken, strings.Join(f.Problems, "; "))
	}
	return &f.Signed, nil
}

// Finding is what a check has found.
type Finding struct {
	Signed
	Signature bool // the CMS is over the document, by its certificate
	Stamped   bool // the token is over the CMS
	Problems  []string
}

// Check looks whether a detached signature is over a document, and a time stamp, unless it is empty, over the signature. It does not
// ask who vouches for the certificates.
func Check(document, cms, token []byte) Finding {
	f := Finding{Signed: Signed{CMS: cms, Stamp: token}}
	f.signature(document)
	if len(token) > 0 {
		f.stamp()
	}
	return f
}

func (f *Finding) signature(document []byte) {
	p, err := pkcs7.Parse(f.CMS)
	if err != nil || len(p.Signers) != 1 {
		f.problem("the signature is not CMS of one signer", err)
		return
	}
	if len(p.Content) > 0 {
		f.problem("the signature is not detached", nil)
		return
	}
	p.Content = document
	if err := p.Verify(); err != nil {
		f.problem("the signature is not over this document", err)
		return
	}
	f.Signature = true
	if c := p.GetOnlySigner(); c != nil {
		f.Subject, f.Certificate = c.Subject.String(), fingerprint(c)
	}
}

// stamp notes what the token says of the signature.
func (f *Finding) stamp() {
	t, err := timestamp.Parse(f.Stamp)
	if err != nil {
		f.problem("the time stamp cannot be read", err)
		return
	}
	sum := sha256.Sum256(f.CMS)
	if t.HashAlgorithm != crypto.SHA256 || !bytes.Equal(t.HashedMessage, sum[:]) {
		f.problem("the time stamp is not over this signature", nil)
		return
	}
	f.Stamped, f.StampedAt = true, t.Time.UTC()
	if len(t.Certificates) > 0 {
		f.Authority = t.Certificates[0].Subject.String()
	}
}

func (f *Finding) problem(text string, err error) {
	if err != nil {
		text += ": " + err.Error()
	}
	f.Problems = append(f.Problems, text)
}

func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// DemoSubject begins the subject of every certificate that the service has made for itself.
const DemoSubject = "Fettle DEMO: no reliable signature in law"

// Key is a key with the certificate that names it, in DER.
type Key struct {
	Certificate []byte `json:"certificate"`
	Private     []byte `json:"private"` // PKCS #8
}

// NewDemoKey makes a key for the demo signer: of ten years, vouched for by itself.
func NewDemoKey(now time.Time) (*Key, error) {
	const days = 3652
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("draw a serial number: %w", err)
	}
	shape := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: DemoSubject}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, days),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	cert, err := x509.CreateCertificate(rand.Reader, shape, shape, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write a key: %w", err)
	}
	return &Key{cert, private}, nil
}

// demo signs with a key of the service itself.
type demo struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// NewDemo makes the demo signer of a key.
func NewDemo(k *Key) (Provider, error) {
	cert, err := x509.ParseCertificate(k.Certificate)
	if err != nil {
		return nil, fmt.Errorf("read the certificate of the demo signer: %w", err)
	}
	private, err := x509.ParsePKCS8PrivateKey(k.Private)
	if err != nil {
		return nil, fmt.Errorf("read the key of the demo signer: %w", err)
	}
	key, ok := private.(crypto.Signer)
	if !ok {
		return nil, errors.New("the key of the demo signer cannot sign")
	}
	return &demo{cert, key}, nil
}

// Name implements Provider.
func (*demo) Name() string { return "demo" }

// Demo implements Provider.
func (*demo) Demo() bool { return true }

// Sign implements Provider.
func (d *demo) Sign(_ context.Context, r *Request) ([]byte, error) {
	s, err := pkcs7.NewSignedData(r.Document)
	if err != nil {
		return nil, fmt.Errorf("begin a signature: %w", err)
	}
	s.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := s.AddSigner(d.cert, d.key, pkcs7.SignerInfoConfig{}); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	s.Detach()
	return s.Finish()
}
