package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"fettle/ledger"
	"fettle/ledger/chain"
	"fettle/org"
)

func auditPromises() []ledgerPromise {
	return []ledgerPromise{
		{"a change is one link of a chain that holds", auditChain},
		{"changes at once make one chain", auditTogether},
		{"each org has a chain of its own", auditOrgs},
		{"entries by actor, object and time, the latest first, page by page", auditQueries},
		{"entries and links after a place, in the order of the chain", auditTrail},
		{"what is pruned leaves a chain", auditPruned},
		{"what is young is not pruned", auditYoung},
	}
}

// VerifyChain checks the whole chain of an org as it is stored.
func VerifyChain(ctx context.Context, s ledger.AuditReader, o org.ID, now time.Time) error {
	head, err := s.AuditHead(ctx, o)
	if err != nil {
		return err
	}
	v, err := chain.NewVerifier(o, &head, nil)
	if err != nil {
		return err
	}
	links, err := s.AuditLinks(ctx, o, 0, all)
	if err != nil {
		return err
	}
	entries, err := s.AuditTrail(ctx, o, ledger.AuditPlace{}, all)
	if err != nil {
		return err
	}
	for i := range links {
		n := 0
		for n < len(entries) && entries[n].Sequence <= links[i].Sequence {
			n++
		}
		if err := v.Link(&links[i], entries[:n]); err != nil {
			return err
		}
		entries = entries[n:]
	}
	if len(entries) > 0 {
		return fmt.Errorf("%d entries behind the last link", len(entries))
	}
	return v.End(now)
}

func holds(t *testing.T, s ledger.Store, o org.ID) {
	t.Helper()
	if err := VerifyChain(t.Context(), s, o, at(0).Add(2*long)); err != nil {
		t.Error(err)
	}
}

func audited(entries ...ledger.Entry) *ledger.Change { return &ledger.Change{Audit: entries} }

func auditChain(t *testing.T, s ledger.Store) {
	t.Helper()
	holds(t, s, here)
	odd := Entry("王\x00\uFFFE", "\x00", 3)
	odd.Fields, odd.Reason = nil, "line\nline"
	apply(t, s, here, audited(Entry("li", "1", 1)))
	apply(t, s, here, put(Record("1", 1))) // nobody did it: no link
	apply(t, s, here, audited(Entry("li", "2", 2), odd, Entry("wu", "2", 1)))
	holds(t, s, here)
	k := readLedger(t, s, here)
	if len(k.Links) != 2 || k.Links[1].Count != 3 || !k.Links[1].Time.Equal(at(3)) || k.Head.Sequence != 2 || k.Head.Hash != k.Links[1].Hash {
		t.Errorf("links %+v, head %+v", k.Links, k.Head)
	}
	if first := k.Links[0]; first.Previous != chain.Genesis(here) {
		t.Error("the chain does not begin at the genesis of its org")
	}
	odd.Sequence, odd.Position = 2, 1
	same(t, "entry", odd, k.Entries[2])
}

func auditTogether(t *testing.T, s ledger.Store) {
	t.Helper()
	n := together(t, 24, func(i int) error {
		c := audited(Entry(fmt.Sprint(i), "1", i), Entry(fmt.Sprint(i), "2", i))
		c.Records = []ledger.Record{Record(fmt.Sprint(i), 1)}
		return s.Apply(t.Context(), here, c)
	})
	if k := readLedger(t, s, here); n != 24 || len(k.Links) != 24 || len(k.Entries) != 48 {
		t.Errorf("%d changes, %d links, %d entries", n, len(k.Links), len(k.Entries))
	}
	holds(t, s, here)
}

func auditOrgs(t *testing.T, s ledger.Store) {
	t.Helper()
	apply(t, s, here, audited(Entry("li", "1", 1)))
	apply(t, s, there, audited(Entry("li", "1", 1)))
	holds(t, s, here)
	holds(t, s, there)
	a, b := readLedger(t, s, here), readLedger(t, s, there)
	if a.Head.Hash == b.Head.Hash || len(a.Entries) != 1 || len(b.Entries) != 1 {
		t.Errorf("two orgs share a chain: %+v, %+v", a.Head, b.Head)
	}
}

func auditQueries(t *testing.T, s ledger.Store) {
	t.Helper()
	var all []ledger.Entry
	for i := range 12 {
		e := Entry([]string{"li", "wu", "xu"}[i%3], fmt.Sprint(i%2), i/2)
		e.Method = []string{"m0", "m1"}[i/3%2]
		c := audited(e, Entry("zz", "9", i/2))
		apply(t, s, here, c)
		apply(t, s, there, audited(e))
		e.Sequence = int64(i + 1)
		all = append([]ledger.Entry{e}, all...)
	}
	pick := func(keep func(e *ledger.Entry) bool) []ledger.Entry {
		var out []ledger.Entry
		for i := range all {
			if keep(&all[i]) {
				out = append(out, all[i])
			}
		}
		return out
	}
	for name, tt := range map[string]struct {
		q    ledger.AuditQuery
		want []ledger.Entry
	}{
		"actor":  {ledger.AuditQuery{Actor: "wu"}, pick(func(e *ledger.Entry) bool { return e.Actor == "wu" })},
		"object": {ledger.AuditQuery{Kind: "leases", ID: "1"}, pick(func(e *ledger.Entry) bool { return e.ID == "1" })},
		"both": {
			ledger.AuditQuery{Actor: "li", Kind: "leases", ID: "0"},
			pick(func(e *ledger.Entry) bool { return e.Actor == "li" && e.ID == "0" }),
		},
		"time": {
			ledger.AuditQuery{Actor: "li", From: at(1), To: at(4)},
			pick(func(e *ledger.Entry) bool { return e.Actor == "li" && !e.Time.Before(at(1)) && e.Time.Before(at(4)) }),
		},
		"method": {
			ledger.AuditQuery{Method: "m1", From: at(1)},
			pick(func(e *ledger.Entry) bool { return e.Method == "m1" && !e.Time.Before(at(1)) }),
		},
		"nobody": {ledger.AuditQuery{Actor: "nobody"}, nil},
	} {
		for n := 1; n < 8; n++ {
			same(t, name, tt.want, auditPages(t, s, tt.q, n))
		}
	}
	if got := auditPages(t, s, ledger.AuditQuery{From: at(2), To: at(3)}, 3); len(got) != 4 {
		t.Errorf("%d entries of one second, want 4", len(got))
	}
}

func auditPages(t *testing.T, s ledger.Store, q ledger.AuditQuery, n int) (out []ledger.Entry) {
	t.Helper()
	for range 100 {
		page := must(s.AuditEntries(t.Context(), here, q, n))(t)
		out = append(out, page...)
		if len(page) < n {
			return out
		}
		q.Before = page[n-1].Place()
	}
	t.Fatal("pages do not end")
	return nil
}

func auditTrail(t *testing.T, s ledger.Store) {
	t.Helper()
	for i := range 4 {
		apply(t, s, here, audited(Entry("a", "1", 9-i), Entry("b", "2", 9-i), Entry("c", "3", 9-i)))
	}
	var got []string
	var after ledger.AuditPlace
	for {
		page := must(s.AuditTrail(t.Context(), here, after, 5))(t)
		for i := range page {
			got = append(got, fmt.Sprint(page[i].Sequence, "/", page[i].Position))
		}
		if len(page) < 5 {
			break
		}
		after = page[4].Place()
	}
	want := []string{"1/0", "1/1", "1/2", "2/0", "2/1", "2/2", "3/0", "3/1", "3/2", "4/0", "4/1", "4/2"}
	same(t, "trail", want, got)
	links := must(s.AuditLinks(t.Context(), here, 1, 2))(t)
	if len(links) != 2 || links[0].Sequence != 2 || links[1].Sequence != 3 {
		t.Errorf("links after 1: %+v", links)
	}
}

func auditPruned(t *testing.T, s ledger.Store) {
	t.Helper()
	old := func(i int) *ledger.Change {
		e := Entry("li", fmt.Sprint(i), 0)
		e.Time = time.Date(2020, 1, 1+i, 0, 0, 0, 0, time.UTC)
		return audited(e, e)
	}
	for i := range 6 {
		apply(t, s, here, old(i))
		apply(t, s, there, old(i))
	}
	apply(t, s, here, audited(Entry("li", "young", 0)))
	before := time.Date(2020, 1, 5, 0, 0, 0, 0, time.UTC)
	prune := func(limit, want int) {
		t.Helper()
		if n := must(s.PruneAudit(t.Context(), here, before, limit))(t); n != want {
			t.Errorf("pruned %d links, want %d", n, want)
		}
		holds(t, s, here)
	}
	prune(0, 0)
	prune(3, 3)
	prune(100, 1)
	prune(100, 0)
	k := readLedger(t, s, here)
	if k.Head.Base != 4 || len(k.Links) != 3 || len(k.Entries) != 5 || k.Links[0].Previous != k.Head.BaseHash {
		t.Errorf("head %+v, %d links, %d entries", k.Head, len(k.Links), len(k.Entries))
	}
	apply(t, s, here, audited(Entry("li", "next", 1)))
	holds(t, s, here)
	if other := readLedger(t, s, there); len(other.Links) != 6 {
		t.Error("the other org's links were pruned")
	}
}

func auditYoung(t *testing.T, s ledger.Store) {
	t.Helper()
	apply(t, s, here, audited(Entry("li", "1", 0)))
	young := Entry("li", "2", 0)
	young.Time = time.Date(2900, 1, 1, 0, 0, 0, 0, time.UTC)
	apply(t, s, here, audited(young))
	apply(t, s, here, audited(young))
	if n, err := s.PruneAudit(t.Context(), here, young.Time.Add(time.Hour), 100); err == nil {
		t.Errorf("%d young links were pruned", n)
	}
	holds(t, s, here)
	if k := readLedger(t, s, here); len(k.Links) != 3 {
		t.Errorf("%d links are left, want 3", len(k.Links))
	}
}
