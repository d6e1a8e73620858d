package app_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
)

// certify writes a certificate of 127.0.0.1 that signs itself, with a serial number.
func certify(t *testing.T, dir string, serial int64) (app.TLS, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "fettle"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	files := app.TLS{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	for path, block := range map[string]*pem.Block{
		files.Key: {Type: "PRIVATE KEY", Bytes: secret}, files.Cert: {Type: "CERTIFICATE", Bytes: der},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	later := time.Now().Add(time.Duration(serial) * time.Second)
	if err := os.Chtimes(files.Cert, later, later); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return files, pool
}

// TestTLS is row R-G7: old versions, weak suites and plain HTTP get nothing, headers keep browsers to TLS, and a renewed
// certificate is served without a restart. That a handshake can succeed shows that those refused were refused for a reason.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	files, pool := certify(t, dir, 1)
	a := start(t, app.Config{Data: t.TempDir(), TLS: files})
	defer stop(t, a)
	address := strings.TrimPrefix(a.URL(), "https://")
	dial := func(c *tls.Config) (tls.ConnectionState, error) {
		c.RootCAs = pool
		conn, err := (&tls.Dialer{Config: c}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			return tls.ConnectionState{}, err
		}
		defer conn.Close()                             //nolint:errcheck // nothing was sent
		return conn.(*tls.Conn).ConnectionState(), nil //nolint:errcheck // a tls.Dialer makes them
	}
	for name, tt := range map[string]struct {
		config *tls.Config
		want   bool
	}{
		"TLS 1.0":        {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, false},
		"TLS 1.1":        {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		"CBC":            {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA}}, false},
		"no secrecy":     {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}}, false},
		"TLS 1.2, GCM":   {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}, true},
		"TLS 1.3":        {&tls.Config{MinVersion: tls.VersionTLS13}, true},
		"TLS 1.3, HTTP2": {&tls.Config{NextProtos: []string{"h2"}}, true},
	} {
		if _, err := dial(tt.config); (err == nil) != tt.want {
			t.Errorf("%s: %v, want success %t", name, err, tt.want)
		}
	}

	res, err := http.Get("http://" + address + "/v1/workOrders") //nolint:noctx // the test's own
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusBadRequest || strings.Contains(string(body), "workOrders") {
		t.Errorf("plain HTTP got %d %s", res.StatusCode, body)
	}

	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	for _, path := range []string{"/v1/workOrders", "/", "/livez"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL()+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+a.Token())
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		for header, want := range map[string]string{
			"Strict-Transport-Security": "max-age=31536000", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Referrer-Policy": "no-referrer", "Content-Security-Policy": "frame-ancestors 'none'",
		} {
			if got := res.Header.Get(header); !strings.Contains(got, want) {
				t.Errorf("%s: %s is %q, want %q", path, header, got, want)
			}
		}
		if cache := res.Header.Get("Cache-Control"); strings.HasPrefix(path, "/v1/") && cache != "no-store" {
			t.Errorf("%s: Cache-Control is %q", path, cache)
		}
	}

	_, pool = certify(t, dir, 2)
	state, err := dial(&tls.Config{})
	if err != nil || state.PeerCertificates[0].SerialNumber.Int64() != 2 {
		t.Errorf("after the renewal: %v", err)
	}
	if err := os.WriteFile(files.Cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dial(&tls.Config{}); err != nil {
		t.Errorf("in the middle of a renewal: %v", err)
	}
	if a, err := app.Start(t.Context(), app.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", TLS: app.TLS{Cert: files.Cert}}); err == nil {
		stop(t, a)
		t.Error("a certificate without its key was taken")
	}
}
