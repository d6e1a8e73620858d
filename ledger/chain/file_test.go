package chain_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"fettle/ledger"
	"fettle/ledger/chain"
	"fettle/org"
)

// AuditEntries, AuditTrail, AuditLinks and AuditHead implement ledger.AuditReader.
func (h *history) AuditEntries(context.Context, org.ID, ledger.AuditQuery, int) ([]ledger.Entry, error) {
	return nil, nil
}

func (h *history) AuditTrail(_ context.Context, _ org.ID, after ledger.AuditPlace, limit int) (out []ledger.Entry, _ error) {
	for _, entries := range h.entries {
		for i := range entries {
			e := &entries[i]
			if (e.Sequence > after.Sequence || e.Sequence == after.Sequence && e.Position > after.Position) && len(out) < limit {
				out = append(out, *e)
			}
		}
	}
	return out, nil
}

func (h *history) AuditLinks(_ context.Context, _ org.ID, after int64, limit int) (out []ledger.Link, _ error) {
	for i := range h.links {
		if h.links[i].Sequence > after && len(out) < limit {
			out = append(out, h.links[i])
		}
	}
	return out, nil
}

func (h *history) AuditHead(context.Context, org.ID) (ledger.Head, error) { return h.head, nil }

// export writes a history as a file.
func (h *history) export(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := chain.NewWriter(&b)
	if err := w.Head("o", &h.head); err != nil {
		t.Fatal(err)
	}
	if err := chain.Walk(t.Context(), h, "o", &h.head, w.Link); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestFiles exports chains that are longer than a page and changes a byte of the file, anywhere.
func TestFiles(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	h := live(r, 1203)
	last := h.entries[len(h.entries)-1][0].Time
	want, err := chain.Verify(t.Context(), h, "o", nil, last)
	if err != nil || want.Broken != nil || want.Links != 1203 {
		t.Fatalf("the store: %+v %v", want, err)
	}
	text := h.export(t)
	check := func(text string, witnesses ...chain.Witness) (chain.Found, error) {
		found, err := chain.VerifyFile(strings.NewReader(text), witnesses, last)
		if err != nil || len(found) == 0 {
			return chain.Found{}, err
		}
		return found[0], nil
	}
	if got, err := check(text); err != nil || got != want {
		t.Fatalf("the file: %+v %v, want %+v", got, err, want)
	}
	h = live(r, 12)
	text = h.export(t)
	for range 3000 {
		b := []byte(text)
		i := r.IntN(len(b))
		for b[i] < '0' || b[i] > 'z' || b[i] == '\\' {
			i = r.IntN(len(b))
		}
		b[i] ^= 1
		if got, err := check(string(b)); err == nil && got.Broken == nil && !ignored(text, i) {
			t.Fatalf("nobody noticed that byte %d is %q: ...%s...", i, b[i], text[max(0, i-40):min(len(text), i+40)])
		}
	}
	if want, err = chain.Verify(t.Context(), h, "o", nil, last); err != nil || want.Broken != nil {
		t.Fatalf("the store: %+v %v", want, err)
	}
	lines := strings.SplitAfter(text, "\n")
	var broken *chain.Error
	if got, _ := check(strings.Join(lines[:10], "")); !errors.As(got.Broken, &broken) || broken.Sequence != 10 {
		t.Errorf("a file that was cut: %v", got.Broken)
	}
	if _, err := check("{}"); err == nil {
		t.Error("a file of something else was taken")
	}
	if _, err := check(""); err == nil {
		t.Error("an empty file was taken")
	}
	if found, err := chain.VerifyFile(strings.NewReader(text+text), nil, last); err != nil || len(found) != 2 || found[1] != want {
		t.Errorf("two chains in a file: %+v %v", found, err)
	}
}

// ignored reports whether a byte belongs to a name: a field that is renamed is one that is absent, which other fields tell or
// which was empty.
func ignored(text string, i int) bool {
	from := strings.LastIndexByte(text[:i], '"')
	to := i + strings.IndexByte(text[i:], '"')
	return from >= 0 && to+1 < len(text) && text[to+1] == ':' && strings.HasPrefix(text[from:], `"base`)
}

// TestWalk finds what belongs to no link, and links that are not there.
func TestWalk(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(h *history) int64{
		"an entry too many at the end": func(h *history) int64 {
			n := len(h.entries) - 1
			h.entries[n] = append(h.entries[n], ledger.Entry{Sequence: 20, Position: 99})
			return 20
		},
		"no entries":      func(h *history) int64 { h.entries[4] = nil; return 5 },
		"no link":         func(h *history) int64 { h.links = append(h.links[:6:6], h.links[7:]...); return 7 },
		"no last link":    func(h *history) int64 { h.links = h.links[:19]; return 20 },
		"another genesis": func(h *history) int64 { h.head.BaseHash = chain.Genesis("p"); return 1 },
	} {
		h := live(rand.New(rand.NewPCG(7, 8)), 20)
		want := spoil(h)
		got, err := chain.Verify(t.Context(), h, "o", nil, day)
		var broken *chain.Error
		if err != nil || !errors.As(got.Broken, &broken) || broken.Sequence != want {
			t.Errorf("%s: %v %v, want sequence %d", name, got.Broken, err, want)
		}
	}
}
