package tenancyserver

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/internal/vault"
	"fettle/ledger"
	"fettle/org"
)

// sealPage is how many tenants are sealed in one change.
const sealPage = 100

// SealOwn is the audit's word for tenants of a time before each had a key of its own, sealed under theirs.
const SealOwn = "tenants.seal"

// Unsealed counts the tenants who are sealed under the keys of their org alone, those of a time before each had a key.
func Unsealed(ctx context.Context, s ledger.Reader, o org.ID) (n int, err error) {
	err = unsealed(ctx, s, o, func(ids []string) error {
		n += len(ids)
		return nil
	})
	return n, err
}

// Seal seals those that Unsealed counts under keys of their own, and counts them. It may be cut short and run again.
func Seal(ctx context.Context, r *registry.Registry, s ledger.Reader, o org.ID) (n int, err error) {
	kind := Tenants()
	err = unsealed(ctx, s, o, func(ids []string) error {
		n += len(ids)
		return r.Work(ctx, o, SealOwn, func(tx *registry.Tx) error {
			for _, id := range ids {
				item, err := kind.Load(tx, id)
				if err != nil {
					return err
				}
				if err := kind.Save(tx, item); err != nil {
					return err
				}
			}
			tx.About(leasing.Tenants, ids[0])
			return nil
		})
	})
	return n, err
}

// unsealed calls do with the ids of those tenants, page by page. Those who were erased have nothing to seal.
func unsealed(ctx context.Context, s ledger.Reader, o org.ID, do func(ids []string) error) error {
	q := ledger.All(leasing.Tenants)
	for {
		page, err := s.Records(ctx, o, q, sealPage)
		if err != nil {
			return fmt.Errorf("read tenants: %w", err)
		}
		var ids []string
		for i := range page.Records {
			rec := &page.Records[i]
			var left struct {
				Erased time.Time `json:"erased"`
			}
			if rec.State == registry.Deleted || vault.Sealed(rec.Body) || json.Unmarshal(rec.Body, &left) == nil && !left.Erased.IsZero() {
				continue
			}
			ids = append(ids, rec.ID)
		}
		if len(ids) > 0 {
			if err := do(ids); err != nil {
				return err
			}
		}
		if page.Next == (ledger.Place{}) {
			return nil
		}
		q.After = page.Next
	}
}
