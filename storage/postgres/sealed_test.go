package postgres_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"fettle/dispatch/engine"
	"fettle/internal/pgtest"
	"fettle/storage/internal/row"
	"fettle/storage/postgres"
	"fettle/storage/storagetest"
)

// sealer is nil without keys: a nil *Keys in the interface would not be.
func sealer(k *storagetest.Keys) row.Sealer {
	if k == nil {
		return nil
	}
	return k
}

func TestSealed(t *testing.T) {
	t.Parallel()
	template := migrated(t)
	var urls sync.Map
	urlOf := func(s engine.Store) string {
		url, _ := urls.Load(s)
		return url.(string) //nolint:errcheck // Open puts one in
	}
	storagetest.RunSealed(t, &storagetest.Sealed{
		Open: func(t *testing.T, k *storagetest.Keys) storagetest.SealedStore {
			t.Helper()
			url := server.Database(t, pgtest.Name(template))
			db := open(t, url, postgres.Options{Connections: 4, Seal: sealer(k)})
			urls.Store(engine.Store(db), url)
			return db
		},
		Raw: func(t *testing.T, s engine.Store) []byte { // what a backup holds
			t.Helper()
			var all bytes.Buffer
			err := postgres.URL(urlOf(s)).Dump(t.Context(), func(string, []string) error { return nil }, func(values []any) error {
				for _, v := range values {
					if b, ok := v.([]byte); ok {
						all.Write(b)
					} else {
						fmt.Fprintln(&all, v)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return all.Bytes()
		},
		Swap: func(t *testing.T, s engine.Store, from, to string) {
			t.Helper()
			run(t, raw(t, urlOf(s)), fmt.Sprintf(`UPDATE work_orders SET detail =
coalesce((SELECT detail FROM work_orders WHERE id = '%s'), '{}') WHERE id = '%s'`, from, to))
		},
	})
}
