package whole_test

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fettle/storage/whole"
)

var written = time.Date(2026, 3, 9, 1, 2, 3, 4000, time.UTC)

// decay writes a file and leaves the instant of its last change as it was.
func decay(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, data, 0o600), os.Chtimes(path, written, written)); err != nil {
		t.Fatal(err)
	}
}

func TestWhole(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 51, 64 << 10, 64<<10 + 1, 200_000} {
		path := filepath.Join(t.TempDir(), "file")
		if err := whole.Check(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("no file: %v", err)
		}
		data := bytes.Repeat([]byte("abc"), size/3+1)[:size]
		decay(t, path, data)
		if err := whole.Check(path); !errors.Is(err, whole.ErrUnknown) {
			t.Errorf("no sum: %v", err)
		}
		if err := errors.Join(whole.Keep(path), whole.Check(path)); err != nil {
			t.Errorf("%d bytes as they were: %v", size, err)
		}
		decay(t, path, append(data[:size:size], 'x'))
		if err := whole.Check(path); !errors.Is(err, whole.ErrDamaged) {
			t.Errorf("%d bytes and one more: %v", size, err)
		}
		rng := rand.New(rand.NewPCG(7, uint64(size)))
		for range min(size, 50) {
			bad := bytes.Clone(data)
			bad[rng.IntN(size)] ^= 1 << rng.IntN(8)
			decay(t, path, bad)
			if err := whole.Check(path); !errors.Is(err, whole.ErrDamaged) {
				t.Errorf("a bit of %d bytes: %v", size, err)
			}
			decay(t, path, data[:rng.IntN(size)])
			if err := whole.Check(path); !errors.Is(err, whole.ErrDamaged) {
				t.Errorf("fewer than %d bytes: %v", size, err)
			}
		}
		decay(t, path, data)
		if err := whole.Check(path); err != nil {
			t.Errorf("%d bytes as they were again: %v", size, err)
		}
		if err := os.Chtimes(path, written, written.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if err := whole.Check(path); !errors.Is(err, whole.ErrUnknown) {
			t.Errorf("written by others: %v", err)
		}
		if err := errors.Join(whole.Forget(path), whole.Forget(path)); err != nil {
			t.Error(err)
		}
		if err := whole.Check(path); !errors.Is(err, whole.ErrUnknown) {
			t.Errorf("sum forgotten: %v", err)
		}
	}
}

// A sum that has decayed blames nobody.
func TestDamagedSum(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	decay(t, path, []byte("some bytes"))
	if err := whole.Keep(path); err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(path + whole.Suffix)
	if err != nil {
		t.Fatal(err)
	}
	for i := range sum {
		bad := bytes.Clone(sum)
		bad[i] ^= 1
		for _, text := range [][]byte{bad, sum[:i]} {
			if err := os.WriteFile(path+whole.Suffix, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := whole.Check(path); !errors.Is(err, whole.ErrUnknown) {
				t.Fatalf("%q: %v", text, err)
			}
		}
	}
}
