package identity

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"

	"fettle/internal/auth"
	"fettle/ledger"
)

const (
	// keysFresh is how long the keys of a provider are believed without asking it: a key that it has withdrawn is gone then.
	keysFresh = 60 * time.Second
	// keysKept is how long they are believed when it cannot be asked.
	keysKept = 10 * time.Minute
	// askAgain is the least time between two questions, whatever keys the tokens name.
	askAgain = 10 * time.Second
	// maxKeySet is the largest answer that is read, in bytes, and minBits the shortest RSA key.
	maxKeySet, minBits = 1 << 20, 2048
)

// keySet is the public keys of a provider.
type keySet struct {
	issuer string
	client *http.Client
	clock  Clock

	mu    sync.Mutex
	keys  map[string]publicKey // by id
	read  time.Time
	asked time.Time
}

type publicKey struct {
	alg string
	key crypto.PublicKey
}

// find returns the key with an id for an algorithm. auth.ErrUnknown says that the provider has no such key,
// ledger.ErrUnavailable that it cannot be asked.
func (k *keySet) find(ctx context.Context, id, alg string) (crypto.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	found, ok := k.keys[id]
	if (!ok || now.Sub(k.read) > keysFresh) && now.Sub(k.asked) >= askAgain {
		k.asked = now
		// Others wait for the answer too: it comes whether this caller stays or not, within the limit of the client.
		if keys, err := k.fetch(context.WithoutCancel(ctx)); err == nil {
			k.keys, k.read = keys, now
		} else if k.keys == nil {
			return nil, fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
		}
		found, ok = k.keys[id]
	}
	switch {
	case now.Sub(k.read) > keysKept:
		return nil, fmt.Errorf("%w: the identity provider does not answer", ledger.ErrUnavailable)
	case !ok || found.alg != alg:
		return nil, auth.ErrUnknown
	}
	return found.key, nil
}

// fetch asks the provider for its keys.
func (k *keySet) fetch(ctx context.Context) (map[string]publicKey, error) {
	var about struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := k.get(ctx, strings.TrimSuffix(k.issuer, "/")+"/.well-known/openid-configuration", &about); err != nil {
		return nil, err
	}
	if about.Issuer != k.issuer {
		return nil, fmt.Errorf("the identity provider calls itself %q, want %q", about.Issuer, k.issuer)
	}
	var set struct {
		Keys []jsonKey `json:"keys"`
	}
	if err := k.get(ctx, about.Keys, &set); err != nil {
		return nil, err
	}
	out := map[string]publicKey{}
	for i := range set.Keys {
		if p, ok := set.Keys[i].public(); ok {
			out[set.Keys[i].ID] = p
		}
	}
	return out, nil
}

func (k *keySet) get(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask the identity provider: %w", err)
	}
	res, err := k.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the identity provider: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // it is only read
	data, err := io.ReadAll(io.LimitReader(res.Body, maxKeySet))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", res.StatusCode)
	}
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		return fmt.Errorf("read the answer of the identity provider: %w", err)
	}
	return nil
}

// jsonKey is a key as RFC 7517 has it.
type jsonKey struct {
	ID    string `json:"kid"`
	Type  string `json:"kty"`
	Use   string `json:"use"`
	Alg   string `json:"alg"`
	Curve string `json:"crv"`
	N     string `json:"n"`
	E     string `json:"e"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

// public reads a key for signatures by one of the algorithms that are taken; false for any other.
func (j *jsonKey) public() (publicKey, bool) {
	if j.ID == "" || j.Use != "" && j.Use != "sig" {
		return publicKey{}, false
	}
	switch {
	case j.Type == "RSA" && (j.Alg == "" || j.Alg == "RS256"):
		return j.rsa()
	case j.Type == "EC" && j.Curve == "P-256" && (j.Alg == "" || j.Alg == "ES256"):
		return j.ec()
	}
	return publicKey{}, false
}

func (j *jsonKey) rsa() (publicKey, bool) {
	n, e := number(j.N), number(j.E)
	if n == nil || e == nil || n.BitLen() < minBits || !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 {
		return publicKey{}, false
	}
	return publicKey{"RS256", &rsa.PublicKey{N: n, E: int(e.Int64())}}, true
}

// ec reads a point of P-256; false for one that is not on the curve.
func (j *jsonKey) ec() (publicKey, bool) {
	x, err := base64.RawURLEncoding.DecodeString(j.X)
	y, other := base64.RawURLEncoding.DecodeString(j.Y)
	if err != nil || other != nil {
		return publicKey{}, false
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	return publicKey{"ES256", key}, err == nil
}

func number(text string) *big.Int {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) == 0 {
		return nil
	}
	return new(big.Int).SetBytes(b)
}
