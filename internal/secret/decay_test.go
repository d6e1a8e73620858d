package secret_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"fettle/internal/secret"
	"fettle/storage/whole"
)

// TestKeysDecay flips a bit of the file of keys or cuts its end at random (R-D7): it is refused and named.
func TestKeysDecay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.json")
	r, err := secret.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Seal("o", [3]string{"t", "r", "c"}, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := r.Save(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	info, err2 := os.Stat(path)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 7))
	for n := range 300 {
		bad := append([]byte{}, good...)
		if n%3 == 0 {
			bad = bad[:rng.IntN(len(bad))]
		} else {
			bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
		}
		if err := errors.Join(os.WriteFile(path, bad, 0o600), os.Chtimes(path, info.ModTime(), info.ModTime())); err != nil {
			t.Fatal(err)
		}
		if _, err := secret.Load(path, nil); !errors.Is(err, whole.ErrDamaged) {
			t.Fatalf("%d bytes of %d: %v", len(bad), len(good), err)
		}
	}
	if err := os.WriteFile(path, good, 0o600); err != nil { // by hand: of another instant
		t.Fatal(err)
	}
	for range 2 {
		if _, err := secret.Load(path, nil); err != nil {
			t.Errorf("keys that were put back: %v", err)
		}
	}
}
