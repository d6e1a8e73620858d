package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"fettle/ledger"
	"fettle/ledger/chain"
	"fettle/org"
	"fettle/storage/postgres"
	"fettle/storage/sqlite"
)

// chains reads the audit chains of a data directory, or of the database of the URL, beside the service that uses it and as
// they are at one instant.
func chains(ctx context.Context, dir, url string, each func(org.ID, ledger.AuditReader) error) error {
	if url != "" {
		return postgres.URL(url).Audit(ctx, each)
	}
	return sqlite.Directory(dir).Audit(ctx, each)
}

// VerifyAudit checks the audit chains of all orgs. Witnesses are heads that were written down before.
func VerifyAudit(ctx context.Context, dir, url string, witnesses []chain.Witness, now time.Time) (out []chain.Found, err error) {
	err = chains(ctx, dir, url, func(o org.ID, r ledger.AuditReader) error {
		found, err := chain.Verify(ctx, r, o, witnesses, now)
		out = append(out, found)
		return err
	})
	return out, err
}

// ExportAudit writes the audit chains of all orgs, or of one, as JSON lines that chain.VerifyFile checks.
func ExportAudit(ctx context.Context, dir, url string, only org.ID, to io.Writer) error {
	w := chain.NewWriter(to)
	return chains(ctx, dir, url, func(o org.ID, r ledger.AuditReader) error {
		if only != "" && o != only {
			return nil
		}
		head, err := r.AuditHead(ctx, o)
		if err != nil {
			return err
		}
		if err := w.Head(o, &head); err != nil {
			return err
		}
		return chain.Walk(ctx, r, o, &head, w.Link)
	})
}

// note writes an entry of the audit down.
func (a *App) note(ctx context.Context, o org.ID, e ledger.Entry) error {
	e.Time = a.cfg.Clock.Now().UTC().Truncate(time.Microsecond)
	return a.store.Apply(ctx, o, &ledger.Change{Audit: []ledger.Entry{e}})
}

// HeadsFile is where a service writes the heads of its chains down, in the data directory.
const HeadsFile = "audit-heads"

// witness writes the end of an org's chain down, beside the store: once a day, so that who cuts the chain off has to find
// this file too. It belongs on another disk, or copied away.
func (j *jobs) witness(ctx context.Context, _ ledger.DueWork) (err error) {
	s, o := j.a.store, j.o.id
	head, err := s.AuditHead(ctx, o)
	if err != nil || head.Sequence == head.Base {
		return err
	}
	links, err := s.AuditLinks(ctx, o, head.Sequence-1, 1)
	if err != nil || len(links) == 0 {
		return err
	}
	l := &links[0]
	j.a.heads.Lock()
	defer j.a.heads.Unlock()
	f, err := os.OpenFile(filepath.Join(j.a.cfg.Data, HeadsFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the head of the audit chain down: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := chain.WriteWitness(f, chain.Witness{Org: o, Sequence: l.Sequence, Hash: l.Hash, Time: l.Time}); err != nil {
		return err
	}
	return f.Sync()
}

// auditBatch is how many links are pruned at once.
const auditBatch = 1000

// agedBefore is the instant before which the audit is not kept, by the machine's time where that of the service is ahead.
func (j *jobs) agedBefore() time.Time {
	now := j.a.cfg.Clock.Now()
	if real := machine.Now(); real.Before(now) {
		now = real
	}
	return now.Add(-j.a.cfg.AuditKeep)
}

// pruneAudit takes entries away that are older than they are kept, by the machine's time where that of the service is ahead,
// and says so in the chain.
func (j *jobs) pruneAudit(ctx context.Context, _ ledger.DueWork) error {
	now, before := j.a.cfg.Clock.Now(), j.agedBefore()
	pruned := 0
	for {
		n, err := j.a.store.PruneAudit(ctx, j.o.id, before, auditBatch)
		if err != nil {
			return err
		}
		if pruned += n; n < auditBatch {
			break
		}
	}
	if pruned == 0 {
		return nil
	}
	return j.a.store.Apply(ctx, j.o.id, &ledger.Change{Audit: []ledger.Entry{{
		Time: now.UTC().Truncate(time.Microsecond), Actor: "service", Method: "audit.prune", Kind: "auditEvents", ID: before.UTC().Format(time.DateOnly),
		Result: ledger.OK, Reason: fmt.Sprintf("%d commits were older than %d days", pruned, int(j.a.cfg.AuditKeep.Hours()/24)),
	}}})
}
