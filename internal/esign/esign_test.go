package esign_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"fettle/internal/esign"
)

// now lies within the life of certificates, which end by the machine's time.
func now() time.Time { return time.Now() }

func demo(t *testing.T) esign.Provider {
	t.Helper()
	k, err := esign.NewDemoKey(now())
	if err != nil {
		t.Fatal(err)
	}
	p, err := esign.NewDemo(k)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tsa is a time-stamping authority that stamps what change makes of a request.
func tsa(t *testing.T, change func(*timestamp.Request)) *httptest.Server {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	usage := x509.ExtKeyUsageTimeStamping
	shape := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Test TSA"}, NotBefore: now().Add(-time.Hour), NotAfter: now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
	der, err := x509.CreateCertificate(rand.Reader, shape, shape, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		q, err := timestamp.ParseRequest(body)
		if err != nil || r.Header.Get("Content-Type") != "application/timestamp-query" {
			http.Error(w, "no request", http.StatusBadRequest)
			return
		}
		change(q)
		answer, err := (&timestamp.Timestamp{
			HashAlgorithm: q.HashAlgorithm, HashedMessage: q.HashedMessage, Nonce: q.Nonce, Time: now(), AddTSACertificate: true,
			Policy: []int{1, 2, 3, 4},
		}).CreateResponseWithOpts(cert, key, crypto.SHA256)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(answer)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestSignaturesAreOverTheirDocument(t *testing.T) {
	t.Parallel()
	document := []byte("rent 3000")
	stamping := tsa(t, func(*timestamp.Request) {})
	got, err := esign.Sign(t.Context(), demo(t), esign.NewAuthority(stamping.URL), &esign.Request{Document: document, Signer: "Li Na", Reference: "sg_1", At: now()})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.Subject, esign.DemoSubject) || got.StampedAt.IsZero() || !strings.Contains(got.Authority, "Test TSA") {
		t.Errorf("%+v", got)
	}
	if f := esign.Check(document, got.CMS, got.Stamp); !f.Signature || !f.Stamped || len(f.Problems) > 0 {
		t.Errorf("%+v", f)
	}
	// saboteurs: another document, a changed signature, the stamp of another signature
	if f := esign.Check([]byte("rent 4000"), got.CMS, nil); f.Signature || len(f.Problems) == 0 {
		t.Error("a signature is taken over another document")
	}
	broken := bytes.Clone(got.CMS)
	broken[len(broken)-3] ^= 1
	if f := esign.Check(document, broken, got.Stamp); f.Signature || f.Stamped {
		t.Error("a changed signature is taken")
	}
	other, err := esign.Sign(t.Context(), demo(t), nil, &esign.Request{Document: document})
	if err != nil || other.Stamp != nil {
		t.Fatal(err, other)
	}
	if f := esign.Check(document, other.CMS, got.Stamp); !f.Signature || f.Stamped {
		t.Errorf("the stamp of another signature is taken: %+v", f.Problems)
	}
	if f := esign.Check(document, []byte("nothing"), []byte("nothing")); f.Signature || f.Stamped || len(f.Problems) != 2 {
		t.Errorf("%+v", f)
	}
}

// Another program, which shares no code with us, takes the signature.
func TestOpenSSLTakesTheSignature(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	document := []byte("租约 rent 3000\r\n")
	got, err := esign.Sign(t.Context(), demo(t), nil, &esign.Request{Document: document})
	if err != nil {
		t.Fatal(err)
	}
	verify := func(data []byte) error {
		dir := t.TempDir()
		for name, b := range map[string][]byte{"d.pdf": data, "d.p7s": got.CMS} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c := exec.CommandContext(t.Context(), "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "d.p7s", "-content", "d.pdf", "-noverify", "-out", "out")
		c.Dir = dir
		out, err := c.CombinedOutput()
		t.Logf("%s", out)
		return err
	}
	if err := verify(document); err != nil {
		t.Error(err)
	}
	if verify([]byte("rent 4000")) == nil {
		t.Error("openssl takes another document: the test would not see a broken signature")
	}
}

func TestProvidersAreNotTrusted(t *testing.T) {
	t.Parallel()
	inner := demo(t)
	serve := func(answer func(document []byte) (int, any)) esign.Provider {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var q struct {
				Document []byte `json:"document"`
				SHA256   string `json:"sha256"`
			}
			if err := json.NewDecoder(r.Body).Decode(&q); err != nil || len(q.SHA256) != 64 || r.Header.Get("Authorization") != "Bearer secret" {
				http.Error(w, "no", http.StatusBadRequest)
				return
			}
			status, body := answer(q.Document)
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(body)
		}))
		t.Cleanup(s.Close)
		return esign.NewRemote(s.URL, "secret")
	}
	sign := func(d []byte) (int, any) {
		cms, err := inner.Sign(context.WithoutCancel(t.Context()), &esign.Request{Document: d})
		if err != nil {
			return http.StatusInternalServerError, nil
		}
		return http.StatusOK, map[string][]byte{"cms": cms}
	}
	for _, c := range []struct {
		name   string
		answer func([]byte) (int, any)
		good   bool
	}{
		{"honest", sign, true},
		{"signs something else", func([]byte) (int, any) { return sign([]byte("other")) }, false},
		{"signs nothing", func([]byte) (int, any) { return http.StatusOK, map[string][]byte{"cms": []byte("x")} }, false},
		{"is down", func([]byte) (int, any) { return http.StatusServiceUnavailable, nil }, false},
		{"says nothing", func([]byte) (int, any) { return http.StatusOK, "text" }, false},
	} {
		p := serve(c.answer)
		got, err := esign.Sign(t.Context(), p, nil, &esign.Request{Document: []byte("rent 3000"), Signer: "Li Na"})
		if (err == nil) != c.good || c.good && got.Certificate == "" || p.Demo() || p.Name() != "127.0.0.1" {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

func TestAuthoritiesAreNotTrusted(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*timestamp.Request){
		"another hash":  func(q *timestamp.Request) { q.HashedMessage = bytes.Repeat([]byte{1}, 32) },
		"another nonce": func(q *timestamp.Request) { q.Nonce = big.NewInt(1) },
	} {
		s := tsa(t, change)
		if got, err := esign.Sign(t.Context(), demo(t), esign.NewAuthority(s.URL), &esign.Request{Document: []byte("d")}); !errors.Is(err, esign.ErrBroken) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
