package secret_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fettle/internal/secret"
	"fettle/org"
)

var cell = [3]string{"work_orders", "w1", "detail"}

func newRing(t testing.TB) (*secret.Ring, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	r, err := secret.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Save(); err != nil {
		t.Fatal(err)
	}
	return r, path
}

func load(t *testing.T, path string, kek []byte) *secret.Ring {
	t.Helper()
	r, err := secret.Load(path, kek)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func seal(t testing.TB, r *secret.Ring, o org.ID, c [3]string, plain string) []byte {
	t.Helper()
	sealed, err := r.Seal(o, c, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// Row R-S2, the part of a value: sealed values tell nothing, equal ones differ, and one that is moved does not open.
func TestSealedValuesStayInTheirPlace(t *testing.T) {
	t.Parallel()
	r, path := newRing(t)
	a, b := seal(t, r, "acme", cell, "13800138000"), seal(t, r, "acme", cell, "13800138000")
	if bytes.Equal(a, b) || bytes.Contains(a, []byte("1380013")) {
		t.Error("equal values are equal when sealed, or show")
	}
	for _, ring := range []*secret.Ring{r, load(t, path, nil)} {
		if got, err := ring.Open("acme", cell, a); err != nil || string(got) != "13800138000" {
			t.Errorf("opens as %q, %v", got, err)
		}
	}
	seal(t, r, "other", cell, "x")
	for name, open := range map[string]func() ([]byte, error){
		"another org":    func() ([]byte, error) { return r.Open("other", cell, a) },
		"no org":         func() ([]byte, error) { return r.Open("nobody", cell, a) },
		"another table":  func() ([]byte, error) { return r.Open("acme", [3]string{"events", "w1", "detail"}, a) },
		"another row":    func() ([]byte, error) { return r.Open("acme", [3]string{"work_orders", "w2", "detail"}, a) },
		"another column": func() ([]byte, error) { return r.Open("acme", [3]string{"work_orders", "w1", "payload"}, a) },
		"shifted parts":  func() ([]byte, error) { return r.Open("acme", [3]string{"work_ordersw", "1", "detail"}, a) },
		"a changed bit":  func() ([]byte, error) { return r.Open("acme", cell, append(a[:len(a)-1:len(a)-1], a[len(a)-1]^1)) },
		"a cut value":    func() ([]byte, error) { return r.Open("acme", cell, a[:4]) },
		"a plain value":  func() ([]byte, error) { return r.Open("acme", cell, []byte(`{"wish":{}}`)) },
	} {
		if got, err := open(); !errors.Is(err, secret.ErrKey) {
			t.Errorf("%s: opens as %q (%v)", name, got, err)
		}
	}
}

func TestAnyBytesComeBack(t *testing.T) {
	t.Parallel()
	r, _ := newRing(t)
	rapid.Check(t, func(rt *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(rt, "plain")
		c := [3]string{rapid.String().Draw(rt, "table"), rapid.String().Draw(rt, "row"), rapid.String().Draw(rt, "column")}
		sealed, err := r.Seal("acme", c, plain)
		if err != nil {
			rt.Fatal(err)
		}
		if got, err := r.Open("acme", c, sealed); err != nil || !bytes.Equal(got, plain) {
			rt.Fatalf("%v came back as %v (%v)", plain, got, err)
		}
	})
}

// Row R-S4, the part of the keys: readable throughout while rotated ten times, unreadable under keys that were destroyed.
func TestRotation(t *testing.T) {
	t.Parallel()
	r, path := newRing(t)
	first := seal(t, r, "acme", cell, "secret")
	stop, failed := make(chan struct{}), make(chan error, 1)
	var readers sync.WaitGroup
	readers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := r.Open("acme", cell, first); err != nil {
				failed <- err
				return
			}
		}
	})
	for range 10 {
		if err := r.Rotate("acme"); err != nil {
			t.Fatal(err)
		}
		second := seal(t, r, "acme", cell, "secret")
		if _, newest := r.Key("acme", second); !newest {
			t.Error("a new value is not under the newest key")
		}
	}
	close(stop)
	readers.Wait()
	select {
	case err := <-failed:
		t.Error(err)
	default:
	}
	if s := load(t, path, nil).Status("acme"); len(s.Keys) != 11 || !s.Stale || s.Primary != s.Keys[10] {
		t.Errorf("after ten rotations the file says %+v", s)
	}
	last := seal(t, r, "acme", cell, "secret")
	if err := r.Resealed("acme", "00000001", map[string]bool{}); err != nil || len(r.Status("acme").Keys) != 11 {
		t.Errorf("keys were destroyed though the newest is not known (%v)", err)
	}
	if err := r.Resealed("acme", r.Status("acme").Primary, map[string]bool{}); err != nil {
		t.Fatal(err)
	}
	for _, ring := range []*secret.Ring{r, load(t, path, nil)} {
		if _, err := ring.Open("acme", cell, first); !errors.Is(err, secret.ErrKey) {
			t.Errorf("a value under a destroyed key opens: %v", err)
		}
		if got, err := ring.Open("acme", cell, last); err != nil || string(got) != "secret" {
			t.Errorf("a value under the newest key opens as %q, %v", got, err)
		}
		if s := ring.Status("acme"); s.Stale || len(s.Keys) != 1 {
			t.Errorf("status is %+v", s)
		}
	}
}

// walked is a store that does something in each of its walks.
type walked struct {
	key    func() string // that seals
	during []func()
}

func (w *walked) Reseal(context.Context, org.ID, func(int)) (map[string]bool, error) {
	before := w.key()
	do := w.during[0]
	w.during = w.during[1:]
	do()
	return map[string]bool{before: true, w.key(): true}, nil
}

// TestRotatedTwiceInOneWalk: what is written under a key that came and went while rows were walked through can still be read,
// and a walk follows for the key that seals then.
func TestRotatedTwiceInOneWalk(t *testing.T) {
	t.Parallel()
	r, _ := newRing(t)
	seal(t, r, "acme", cell, "first")
	w := &walked{key: func() string { return r.Status("acme").Primary }}
	rotator := secret.NewRotator(r, w, "acme", time.Millisecond)
	rotate := func() {
		if _, err := rotator.Rotate(); err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // when no second walk follows
	defer cancel()
	var between []byte
	w.during = []func(){func() {
		rotate()
		between = seal(t, r, "acme", cell, "between") // by a writer, behind the walk
		rotate()
	}, func() {}, func() {
		if got, err := r.Open("acme", cell, between); err != nil || string(got) != "between" {
			t.Errorf("what was sealed between two rotations opens as %q, %v", got, err)
		}
	}, cancel} // each walk looks twice
	rotate()
	rotator.Run(ctx, func(err error) { t.Error(err) })
	if s := r.Status("acme"); len(w.during) != 0 || s.Stale || len(s.Keys) != 1 {
		t.Errorf("%d walks did not follow: %+v", len(w.during), s)
	}
}

func TestErase(t *testing.T) {
	t.Parallel()
	r, path := newRing(t)
	gone, stays := seal(t, r, "gone", cell, "secret"), seal(t, r, "stays", cell, "secret")
	if err := r.Erase("gone"); err != nil {
		t.Fatal(err)
	}
	for _, ring := range []*secret.Ring{r, load(t, path, nil)} {
		if _, err := ring.Open("gone", cell, gone); !errors.Is(err, secret.ErrErased) {
			t.Errorf("opens after erasure: %v", err)
		}
		if _, err := ring.Seal("gone", cell, []byte("x")); !errors.Is(err, secret.ErrErased) {
			t.Errorf("seals after erasure: %v", err)
		}
		if _, err := ring.Open("stays", cell, stays); err != nil {
			t.Errorf("another org does not open: %v", err)
		}
		if s := ring.Status("gone"); !s.Erased || len(ring.Orgs()) != 2 {
			t.Errorf("status is %+v of %v", s, ring.Orgs())
		}
	}
}

func TestWrongKeysAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kek := filepath.Join(dir, "kek")
	write := func(path, text string, mode os.FileMode) {
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write(kek, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))+"\n", 0o600)
	key, err := secret.ReadKEK(kek)
	if err != nil {
		t.Fatal(err)
	}
	r, path := newRing(t)
	sealed := seal(t, r, "acme", cell, "secret")
	if err := r.Rewrap(key); err != nil {
		t.Fatal(err)
	}
	if got, err := load(t, path, key).Open("acme", cell, sealed); err != nil || string(got) != "secret" {
		t.Errorf("opens as %q, %v", got, err)
	}
	for name, k := range map[string][]byte{"another": bytes.Repeat([]byte{8}, 32), "none": nil} {
		if _, err := secret.Load(path, k); !errors.Is(err, secret.ErrKey) {
			t.Errorf("%s key-encryption key: %v", name, err)
		}
	}
	plain, clear := newRing(t)
	_ = plain
	if _, err := secret.Load(clear, key); !errors.Is(err, secret.ErrKey) {
		t.Errorf("a key-encryption key for a ring without one: %v", err)
	}
	write(kek, "c2hvcnQ=", 0o600)
	if _, err := secret.ReadKEK(kek); err == nil || !strings.Contains(err.Error(), "32 bytes") {
		t.Errorf("short key: %v", err)
	}
	if err := os.Chmod(clear, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := secret.Load(clear, nil); err == nil || !strings.Contains(err.Error(), "want 0600") {
		t.Errorf("keys that others can read: %v", err)
	}
	broken := filepath.Join(dir, "broken.json")
	for _, text := range []string{"", "{", `{"format":9}`, `{"format":1,"master":"AAAA"}`, `{"format":1,"more":1}`} {
		write(broken, text, 0o600)
		if _, err := secret.Load(broken, nil); err == nil {
			t.Errorf("keys %q were taken", text)
		}
	}
}

// Row R-S3: of 100,000 identity numbers each is found by its index, no two meet, and no index is the same in two orgs.
func TestBlindIndex(t *testing.T) {
	t.Parallel()
	r, path := newRing(t)
	const n = 100_000
	seen := make(map[string]int, n)
	index := func(ring *secret.Ring, o org.ID, kind string, i int) string {
		x, err := ring.Index(o, kind, fmt.Sprintf("11010519491231%04d", i))
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for i := range n {
		seen[index(r, "acme", "nationalId", i)] = i
	}
	if len(seen) != n {
		t.Fatalf("%d indexes of %d numbers", len(seen), n)
	}
	again := load(t, path, nil)
	for i := 0; i < n; i += 7 {
		if got, ok := seen[index(again, "acme", "nationalId", i)]; !ok || got != i {
			t.Fatalf("number %d is found as %d", i, got)
		}
		if _, ok := seen[index(again, "other", "nationalId", i)]; ok {
			t.Fatal("an index is the same in two orgs")
		}
		if _, ok := seen[index(again, "acme", "phone", i)]; ok {
			t.Fatal("an index is the same for two kinds")
		}
	}
	if err := again.Rotate("acme"); err != nil {
		t.Fatal(err)
	}
	if _, ok := seen[index(again, "acme", "nationalId", 1)]; !ok {
		t.Error("the index has changed with the keys")
	}
}

func BenchmarkSeal(b *testing.B) {
	r, _ := newRing(b)
	for _, size := range []int{18, 1024} {
		plain := bytes.Repeat([]byte{'x'}, size)
		sealed := seal(b, r, "acme", cell, string(plain))
		b.Run(fmt.Sprintf("seal/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Seal("acme", cell, plain); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("open/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Open("acme", cell, sealed); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("index", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.Index("acme", "phone", "+8613800138000"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
