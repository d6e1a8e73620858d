package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Header names as HTTP/1 canonicalises them; HTTP does not tell letters apart.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// What secrets are made of.
const (
	secretPrefix = "whsec_"
	minKey       = 24 // bytes
	maxKey       = 64
	newKey       = 32
	version      = "v1,"
)

// ErrSecret says that a text is no secret of a webhook.
var ErrSecret = errors.New("webhook secret: want whsec_ and the base64 of 24 to 64 bytes")

// Secret is the key of one endpoint. It prints as stars; Text gives it away.
type Secret struct{ key string }

// NewSecret makes a secret of 32 bytes of random, such as crypto/rand.Reader.
func NewSecret(random io.Reader) (Secret, error) {
	key := make([]byte, newKey)
	if _, err := io.ReadFull(random, key); err != nil {
		return Secret{}, fmt.Errorf("make a webhook secret: %w", err)
	}
	return Secret{key: string(key)}, nil
}

// ParseSecret reads the text of a secret. Its error never shows it.
func ParseSecret(text string) (Secret, error) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	if !ok {
		return Secret{}, ErrSecret
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) < minKey || len(key) > maxKey {
		return Secret{}, ErrSecret
	}
	return Secret{key: string(key)}, nil
}

// Text is the secret as it is shown once and given to ParseSecret.
func (s Secret) Text() string { return secretPrefix + base64.StdEncoding.EncodeToString([]byte(s.key)) }

// String hides the secret from logs.
func (Secret) String() string { return secretPrefix + "***" }

// GoString hides the secret from logs.
func (s Secret) GoString() string { return s.String() }

// Sign sets the three headers of one attempt. at is when it leaves; the body is sent as it is given here, byte by byte. There
// is one signature for each secret: one, and the ones before it while receivers change over.
func Sign(h http.Header, id string, at time.Time, body []byte, secrets ...Secret) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(secrets))
	for i, s := range secrets {
		signatures[i] = version + base64.StdEncoding.EncodeToString(s.mac(id, stamp, body))
	}
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, stamp)
	h.Set(HeaderSignature, strings.Join(signatures, " "))
}

// mac is the signature as bytes.
func (s Secret) mac(id, stamp string, body []byte) []byte {
	m := hmac.New(sha256.New, []byte(s.key))
	for _, part := range []string{id, ".", stamp, "."} {
		_, _ = io.WriteString(m, part) // a hash never fails
	}
	_, _ = m.Write(body)
	return m.Sum(nil)
}
