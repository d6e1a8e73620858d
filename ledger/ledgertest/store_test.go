package ledgertest_test

import (
	"testing"

	"fettle/ledger"
	"fettle/ledger/ledgertest"
	"fettle/storage/storagetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storagetest.RunLedger(t, func(*testing.T) ledger.Store { return &ledgertest.Store{} })
}
