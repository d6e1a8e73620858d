package storagetest

import (
	"fmt"
	"testing"

	"fettle/ledger"
)

func queryPromises() []ledgerPromise {
	return []ledgerPromise{
		{"by id, page by page, from either end", queryIDs},
		{"by key, then by id, page by page, from either end", queryKeys},
		{"keys order by bytes", queryBytes},
		{"a page is stable while records come", queryStable},
		{"counts up to most", queryCount},
	}
}

// pages reads a query in pages of n and returns the ids.
func pages(t *testing.T, s ledger.Store, q ledger.Query, n int) []string {
	t.Helper()
	var out []string
	for range 100 {
		p := must(s.Records(t.Context(), here, q, n))(t)
		if len(p.Records) > n {
			t.Fatalf("%d records on a page of %d", len(p.Records), n)
		}
		for i := range p.Records {
			out = append(out, p.Records[i].ID)
		}
		if p.Next == (ledger.Place{}) {
			return out
		}
		q.After = p.Next
	}
	t.Fatal("pages do not end")
	return nil
}

func reversed(in []string) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[len(in)-1-i] = v
	}
	return out
}

func queryIDs(t *testing.T, s ledger.Store) {
	t.Helper()
	want := ids(7)
	for _, id := range reversed(want) {
		apply(t, s, here, put(Record(id, 1, key("n", id))))
		apply(t, s, there, put(Record(id+"'", 1)))
	}
	for n := 1; n < 9; n++ {
		q := ledger.All("leases")
		same(t, "pages", want, pages(t, s, q, n))
		q.Descending = true
		same(t, "pages from the end", reversed(want), pages(t, s, q, n))
	}
	same(t, "no page", ledger.Page{}, must(s.Records(t.Context(), here, ledger.All("leases"), 0))(t))
	same(t, "another kind", ledger.Page{}, must(s.Records(t.Context(), here, ledger.All("units"), 9))(t))
}

func queryKeys(t *testing.T, s ledger.Store) {
	t.Helper()
	for i, v := range []string{"b", "a", "b", "c", "", "b"} {
		apply(t, s, here, put(Record(fmt.Sprint(i), 1, key("n", v), key("m", ledger.Text("p", v)))))
		apply(t, s, there, put(Record("other"+fmt.Sprint(i), 1, key("n", v))))
	}
	for name, tt := range map[string]struct {
		q    ledger.Query
		want []string
	}{
		"all":       {ledger.Between("leases", "n", "", ""), []string{"4", "1", "0", "2", "5", "3"}},
		"exactly":   {ledger.Where("leases", "n", "b"), []string{"0", "2", "5"}},
		"nothing":   {ledger.Where("leases", "n", "zz"), nil},
		"empty":     {ledger.Where("leases", "n", ""), []string{"4"}},
		"from":      {ledger.Between("leases", "n", "b", ""), []string{"0", "2", "5", "3"}},
		"to":        {ledger.Between("leases", "n", "", "b"), []string{"4", "1"}},
		"between":   {ledger.Between("leases", "n", "a", "c"), []string{"1", "0", "2", "5"}},
		"under":     {ledger.Under("leases", "m", ledger.Text("p")), []string{"4", "1", "0", "2", "5", "3"}},
		"under q":   {ledger.Under("leases", "m", ledger.Text("q")), nil},
		"other key": {ledger.Between("leases", "o", "", ""), nil},
	} {
		for n := 1; n < 8; n++ {
			same(t, name, tt.want, pages(t, s, tt.q, n))
			down := tt.q
			down.Descending = true
			same(t, name+" from the end", reversed(tt.want), pages(t, s, down, n))
		}
	}
}

func queryBytes(t *testing.T, s ledger.Store) {
	t.Helper()
	want := []string{"", "\x01", " ", "A", "Z", "a", "ab", "b", "é", "王", "\U0001F44D"}
	var rs []ledger.Record
	for i := range want {
		k := (i*7 + 3) % len(want) // in another order
		rs = append(rs, Record(want[k]+".", 1, key("n", want[k])))
	}
	apply(t, s, here, put(rs...))
	got := pages(t, s, ledger.Between("leases", "n", "", ""), 3)
	for i := range got {
		got[i] = got[i][:len(got[i])-1]
	}
	same(t, "order", want, got)
}

func queryStable(t *testing.T, s ledger.Store) {
	t.Helper()
	for _, id := range []string{"b", "d", "f"} {
		apply(t, s, here, put(Record(id, 1, key("n", "x"))))
	}
	q := ledger.Where("leases", "n", "x")
	first := must(s.Records(t.Context(), here, q, 2))(t)
	apply(t, s, here, put(Record("a", 1, key("n", "x")), Record("e", 1, key("n", "x"))))
	apply(t, s, here, &ledger.Change{Removed: []ledger.Ref{{Kind: "leases", ID: "d", Version: 1}}})
	q.After = first.Next
	second := must(s.Records(t.Context(), here, q, 9))(t)
	got := []string{}
	for _, r := range append(first.Records, second.Records...) {
		got = append(got, r.ID)
	}
	same(t, "ids", []string{"b", "d", "e", "f"}, got)
}

func queryCount(t *testing.T, s ledger.Store) {
	t.Helper()
	for i := range 5 {
		apply(t, s, here, put(Record(fmt.Sprint(i), 1, key("n", fmt.Sprint(i%2)))))
	}
	for name, tt := range map[string]struct {
		q          ledger.Query
		most, want int
	}{
		"all": {ledger.All("leases"), 100, 5}, "at most": {ledger.All("leases"), 3, 3}, "none": {ledger.All("units"), 9, 0},
		"key": {ledger.Where("leases", "n", "1"), 9, 2}, "range": {ledger.Between("leases", "n", "0", "1"), 9, 3},
		"no limit": {ledger.All("leases"), 0, 0},
	} {
		if got := must(s.Count(t.Context(), here, tt.q, tt.most))(t); got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
	if got := must(s.Count(t.Context(), there, ledger.All("leases"), 9))(t); got != 0 {
		t.Errorf("another org counts %d", got)
	}
}
