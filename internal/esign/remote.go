package esign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"time"

	"github.com/digitorus/timestamp"
)

// Bounds of a call to a provider or an authority.
const (
	askLimit = 15 * time.Second
	maxBody  = 1 << 20 // bytes of an answer
)

// errStatus says that a provider did not do as it was asked.
var errStatus = errors.New("it has answered with status")

// remote asks a provider by HTTP: POST {"sha256","document","signer","reference"}, answered by {"cms"}; bytes are base64.
type remote struct {
	address, token string
	client         *http.Client
}

// NewRemote makes a provider at an address; token is its bearer token, "" for none.
func NewRemote(address, token string) Provider {
	return &remote{address, token, &http.Client{Timeout: askLimit}}
}

// Name implements Provider.
func (r *remote) Name() string {
	u, err := url.Parse(r.address)
	if err != nil {
		return "remote"
	}
	return u.Hostname()
}

// Demo implements Provider.
func (*remote) Demo() bool { return false }

// Sign implements Provider.
func (r *remote) Sign(ctx context.Context, q *Request) ([]byte, error) {
	sum := sha256.Sum256(q.Document)
	body, err := json.Marshal(map[string]any{
		"sha256": hex.EncodeToString(sum[:]), "document": q.Document, "signer": q.Signer, "reference": q.Reference,
	})
	if err != nil {
		return nil, fmt.Errorf("encode a request: %w", err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if r.token != "" {
		header.Set("Authorization", "Bearer "+r.token)
	}
	data, err := post(ctx, r.client, r.address, header, body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		CMS []byte `json:"cms"`
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return answer.CMS, nil
}

// authority asks a time-stamping authority by HTTP (RFC 3161, section 3.4).
type authority struct {
	address string
	client  *http.Client
}

// NewAuthority makes an authority at an address.
func NewAuthority(address string) Authority {
	return &authority{address, &http.Client{Timeout: askLimit}}
}

// Stamp implements Authority.
func (a *authority) Stamp(ctx context.Context, data []byte) ([]byte, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return nil, fmt.Errorf("draw a nonce: %w", err)
	}
	sum := sha256.Sum256(data)
	q, err := (&timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Certificates: true, Nonce: nonce}).Marshal()
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	answer, err := post(ctx, a.client, a.address, http.Header{"Content-Type": {"application/timestamp-query"}}, q)
	if err != nil {
		return nil, err
	}
	t, err := timestamp.ParseResponse(answer)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if t.Nonce == nil || t.Nonce.Cmp(nonce) != 0 {
		return nil, fmt.Errorf("another request was answered: %w", ErrBroken)
	}
	return t.RawToken, nil
}

// post sends a request and returns the body of an answer of status 200.
func post(ctx context.Context, c *http.Client, address string, header http.Header, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	req.Header = header
	res, err := c.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its bound
	data, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w %d", errStatus, res.StatusCode)
	}
	return data, nil
}
