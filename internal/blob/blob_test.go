package blob_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"fettle/internal/blob"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
)

func TestBlob(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)
	for _, n := range []int{0, 1, blob.PartBytes, blob.PartBytes + 1, 3*blob.PartBytes - 1} {
		s := &ledgertest.Store{}
		data := bytes.Repeat([]byte("0123456789abcde"), n/15+1)[:n]
		ref, parts := blob.Cut("bl_1", data, now)
		if err := s.Apply(t.Context(), "o", &ledger.Change{Records: parts}); err != nil {
			t.Fatal(err)
		}
		got, err := ref.Read(t.Context(), s, "o", 0, 0)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: read %d, %v", n, len(got), err)
		}
		var copied bytes.Buffer
		if err := ref.Copy(t.Context(), s, "o", 0, 0, &copied); err != nil || !bytes.Equal(copied.Bytes(), data) {
			t.Errorf("%d bytes: copied %d, %v", n, copied.Len(), err)
		}
		if n == 0 {
			continue
		}
		copied.Reset()
		size, err := ref.Size(t.Context(), s, "o", 1, 0)
		if err := errors.Join(err, ref.Copy(t.Context(), s, "o", 1, 0, &copied)); err != nil || !bytes.Equal(copied.Bytes(), data[min(n, blob.PartBytes):]) {
			t.Errorf("%d bytes: copied %d after the first part, %v", n, copied.Len(), err)
		}
		if size != int64(copied.Len()) {
			t.Errorf("%d bytes: %d are said to come after the first part, and %d do", n, size, copied.Len())
		}
		if _, err := ref.Read(t.Context(), s, "other", 0, 0); !errors.Is(err, blob.ErrBroken) {
			t.Errorf("%d bytes: another org reads them: %v", n, err)
		}
		wrong := parts[0]
		wrong.Version, wrong.Body = 2, append([]byte{}, wrong.Body...)
		wrong.Body[0]++
		if err := s.Apply(t.Context(), "o", &ledger.Change{Records: []ledger.Record{wrong}}); err != nil {
			t.Fatal(err)
		}
		if _, err := ref.Read(t.Context(), s, "o", 0, 0); !errors.Is(err, blob.ErrBroken) {
			t.Errorf("%d bytes: a changed part is not noticed: %v", n, err)
		}
		copied.Reset()
		if err := ref.Copy(t.Context(), s, "o", 0, 0, &copied); !errors.Is(err, blob.ErrBroken) || copied.Len() == n {
			t.Errorf("%d bytes: a changed part is copied whole: %v", n, err)
		}
	}
}
