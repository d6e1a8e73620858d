package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"fettle/dispatch/engine"
	"fettle/storage/postgres"
	"fettle/storage/storagetest"
)

// BenchmarkStore measures the store, and beside it two plain inserts in one transaction.
func BenchmarkStore(b *testing.B) {
	var pool *pgxpool.Pool
	storagetest.Bench(b, func(b *testing.B) engine.Store {
		b.Helper()
		url := server.Database(b, "")
		store := open(b, url, postgres.Options{Connections: 16})
		var err error
		if pool, err = pgxpool.New(b.Context(), url+"&pool_max_conns=16"); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(pool.Close)
		if _, err := pool.Exec(b.Context(), `CREATE TABLE bare (id bigint PRIMARY KEY, text text)`); err != nil {
			b.Fatal(err)
		}
		return store
	}, func(ctx context.Context, _ engine.Store, n int) error {
		_, err := pool.Exec(ctx, `INSERT INTO bare VALUES ($1, 'x'), ($2, 'y')`, 2*n, 2*n+1)
		return err
	})
}

// BenchmarkAudit measures a million entries of 180 days: a page for a reader.
func BenchmarkAudit(b *testing.B) {
	storagetest.BenchAudit(b, open(b, server.Database(b, ""), postgres.Options{}))
}
