package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"fettle/dispatch"
	"fettle/internal/identity"
	"fettle/internal/post"
	"fettle/internal/secret"
	"fettle/internal/territory"
	"fettle/ledger"
	"fettle/org"
	"fettle/storage/postgres"
	"fettle/storage/sqlite"
)

// store is what the service asks of a database.
type store interface {
	territory.Store
	post.Store
	secret.Resealer
	reader
	ledger.DueStore
	ledger.AuditReader
	ledger.AuditPruner
	ledger.OutcomePruner
	identity.Store
	// EraseWords takes what people wrote out of the events of an order, and EraseAnswers empties kept answers that hold an id.
	EraseWords(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (int, error)
	EraseAnswers(ctx context.Context, o org.ID, ids []string) (int, error)
	// AuditReasons lists the entries of the audit that have a reason, and EraseReasons takes the reasons out of some.
	AuditReasons(ctx context.Context, o org.ID, after ledger.AuditPlace, limit int) ([]ledger.Entry, error)
	EraseReasons(ctx context.Context, o org.ID, entries []ledger.Entry) error
	// PrunePositions removes the last places of those who were seen before an instant and not since.
	PrunePositions(ctx context.Context, o org.ID, before time.Time) (int, error)
	// Healthy returns nil when what is acknowledged is kept.
	Healthy(ctx context.Context) error
	Close() error
}

// leadWait is how long a start waits for a process that was cut off to lose its lead.
const leadWait = 20 * time.Second

// openStore opens the database of a service: that of the URL, or else the file in the data directory. What people wrote is
// sealed with the keys of the ring. In a database that others may use too, it takes the lead of the orgs.
func openStore(ctx context.Context, dir, url string, ring *secret.Ring, orgs ...org.ID) (store, error) {
	if url == "" {
		s, err := sqlite.Open(ctx, dir, sqlite.Options{Seal: ring})
		if err != nil {
			return nil, fmt.Errorf("open data directory %s: %w", dir, err)
		}
		return s, nil
	}
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return nil, errors.New("--db: want a URL that begins with postgres://, or leave it out to keep everything in the data directory")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil { // for the token
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	s, err := postgres.Open(ctx, url, postgres.Options{Seal: ring})
	if err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, leadWait)
	defer cancel()
	for _, o := range orgs {
		if err := s.Lead(wait, o); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}
