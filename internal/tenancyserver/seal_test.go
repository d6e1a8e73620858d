package tenancyserver_test

import (
	"testing"
	"time"

	"fettle/internal/clock"
	"fettle/internal/registry"
	"fettle/internal/tenancyserver"
	"fettle/internal/vault"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
	"fettle/org"
	"fettle/rental/tenant"
)

// Tenants of a time before each had a key are sealed under keys of their own, over more than a page, those who have one and those who were
// erased are left alone, and a second walk finds nothing.
func TestTenantsOfBeforeAreSealed(t *testing.T) {
	t.Parallel()
	s := &ledgertest.Store{}
	now := clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))
	r := registry.New(registry.Config{Store: s, Clock: now})
	const before = 230
	err := r.Work(t.Context(), org.Default, "plant", func(tx *registry.Tx) error {
		for i := range before + 2 {
			kind, v := tenancyserver.Remains(), tenant.Tenant{Name: "canary-name"}
			switch i {
			case 0:
				v = tenant.Tenant{Erased: tx.Now}
			case 1:
				kind = tenancyserver.Tenants()
			}
			if _, err := kind.Insert(tx, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	left := func(want int) {
		t.Helper()
		if n, err := tenancyserver.Unsealed(t.Context(), s, org.Default); n != want || err != nil {
			t.Errorf("%d are left (%v), want %d", n, err, want)
		}
	}
	left(before)
	for _, want := range []int{before, 0} {
		if n, err := tenancyserver.Seal(t.Context(), r, s, org.Default); n != want || err != nil {
			t.Errorf("%d were sealed (%v), want %d", n, err, want)
		}
		left(0)
	}
	page, err := s.Records(t.Context(), org.Default, ledger.All("tenants"), 500)
	if err != nil {
		t.Fatal(err)
	}
	sealed := 0
	for i := range page.Records {
		if vault.Sealed(page.Records[i].Body) {
			sealed++
		}
		item, err := tenancyserver.Tenants().Read(t.Context(), s, org.Default, page.Records[i].ID)
		if err != nil || item.Value.Erased.IsZero() && item.Value.Name != "canary-name" {
			t.Fatalf("%s reads as %+v, %v", page.Records[i].ID, item, err)
		}
	}
	if sealed != before+1 {
		t.Errorf("%d of %d are sealed", sealed, before+1)
	}
}
