package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/storage/archive"
)

// store is rows of two tables.
type store struct{ rows [][]any }

// Dump implements archive.Source.
func (s *store) Dump(_ context.Context, table func(string, []string) error, row func([]any) error) error {
	for _, name := range []string{"events", "work_orders"} {
		if err := table(name, []string{"org", "n", "x", "hash"}); err != nil {
			return err
		}
		for i := range 30 {
			if err := row([]any{name, int64(i), float64(i) + 0.5, []byte{1, 2, byte(i)}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Fill implements archive.Target.
func (s *store) Fill(_ context.Context, next func() (string, []any, error)) error {
	for {
		table, row, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		s.rows = append(s.rows, append([]any{table}, row...))
	}
}

// TestDecay flips a bit of a backup or cuts its end at random (R-D7): it is refused, or nothing of it was lost.
func TestDecay(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	made, err := archive.Write(t.Context(), &file, &store{}, "2026-03-09T01:02:03Z")
	if err != nil {
		t.Fatal(err)
	}
	want := &store{}
	if _, err := archive.Read(t.Context(), bytes.NewReader(file.Bytes()), int64(file.Len()), want); err != nil {
		t.Fatal(err)
	}
	rounds := 300
	if os.Getenv("FETTLE_TORTURE") == "full" {
		rounds = 10_000
	}
	rng, refused := rand.New(rand.NewPCG(1, 7)), 0
	for range rounds {
		data := bytes.Clone(file.Bytes())
		what := fmt.Sprint("cut to ", rng.IntN(len(data)))
		if rng.IntN(3) == 0 {
			data = data[:rng.IntN(len(data))]
		} else {
			at, bit := rng.IntN(len(data)), rng.IntN(8)
			data[at] ^= 1 << bit
			what = fmt.Sprintf("bit %d of byte %d", bit, at)
		}
		got := &store{}
		m, err := archive.Read(t.Context(), bytes.NewReader(data), int64(len(data)), got)
		if err != nil {
			refused++
			continue
		}
		if d := cmp.Diff(want.rows, got.rows) + cmp.Diff(made, m); d != "" {
			t.Errorf("%s: taken, and it says something else:\n%s", what, d)
		}
	}
	t.Logf("%d of %d refused, the others say what was written", refused, rounds)
	if refused < rounds/2 {
		t.Errorf("%d of %d refused", refused, rounds)
	}
}
