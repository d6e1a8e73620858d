package sqlite_test

import (
	"testing"

	"fettle/dispatch/engine"
	"fettle/storage/sqlite"
	"fettle/storage/storagetest"
)

func BenchmarkStore(b *testing.B) {
	storagetest.Bench(b, func(b *testing.B) engine.Store {
		b.Helper()
		return open(b, b.TempDir(), sqlite.Options{})
	}, nil)
}
