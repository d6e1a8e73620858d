package app

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// TLS names the files of a certificate chain and its key, both in PEM. They are read again when the chain changes, so that a
// renewed certificate needs no restart.
type TLS struct{ Cert, Key string }

func (t TLS) on() bool { return t.Cert != "" || t.Key != "" }

// config is what a server is given: TLS 1.2 with suites that keep past connections secret and authenticate what they encrypt,
// or TLS 1.3. It is nil when there is no certificate.
func (t TLS) config() (*tls.Config, error) {
	switch {
	case !t.on():
		return nil, nil //nolint:nilnil // no TLS is a configuration too
	case t.Cert == "" || t.Key == "":
		return nil, errors.New("--tls-cert and --tls-key: want both")
	}
	c := &certificate{files: t}
	if _, err := c.get(nil); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{ // of TLS 1.2; those of 1.3 are all good
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		GetCertificate: c.get,
	}, nil
}

// certificate is read when its file has changed.
type certificate struct {
	files TLS
	mu    sync.Mutex
	have  *tls.Certificate
	of    time.Time // when the file had changed
}

// get implements tls.Config.GetCertificate. When a changed file cannot be read, as in the middle of its renewal, the
// certificate stays what it was.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.files.Cert)
	if err == nil && c.have != nil && info.ModTime().Equal(c.of) {
		return c.have, nil
	}
	if err == nil {
		var next tls.Certificate
		if next, err = tls.LoadX509KeyPair(c.files.Cert, c.files.Key); err == nil {
			c.have, c.of = &next, info.ModTime()
		}
	}
	if c.have == nil {
		return nil, fmt.Errorf("--tls-cert %s: %w", c.files.Cert, err)
	}
	return c.have, nil
}
