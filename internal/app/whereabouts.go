package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fettle/internal/gateway"
	"fettle/internal/identity"
	"fettle/internal/privacyserver"
	"fettle/ledger"
	"fettle/org"
)

// How long is kept where technicians were, unless it is said: exactly for a week of disputes, at all for a month.
const (
	DefaultTraceExact = 7 * 24 * time.Hour
	DefaultTraceKeep  = 30 * 24 * time.Hour
)

// maxTraceKeep is the longest that whereabouts may be kept.
const maxTraceKeep = 180 * 24 * time.Hour

// traceEvery is how often they are written.
const traceEvery = 5 * time.Minute

func (c *Config) fillTrace() error {
	if c.TraceKeep == 0 {
		c.TraceKeep = DefaultTraceKeep
	}
	if c.TraceExact == 0 {
		c.TraceExact = min(DefaultTraceExact, c.TraceKeep)
	}
	if c.TraceExact < 0 || c.TraceExact > c.TraceKeep || c.TraceKeep > maxTraceKeep {
		return fmt.Errorf("whereabouts: kept %s, exactly %s: want at most 180 days, and exactly for no longer than that", c.TraceKeep, c.TraceExact)
	}
	return nil
}

// keepTrace writes where technicians of an org were.
func (j *jobs) keepTrace(ctx context.Context, _ ledger.DueWork) error {
	return j.a.trace.Flush(ctx, j.o.id, j.a.cfg.Clock.Now())
}

// purgeTrace makes coarse and removes what is older than it is kept, the last place of somebody who was not seen since as well.
func (j *jobs) purgeTrace(ctx context.Context, _ ledger.DueWork) error {
	now := j.a.cfg.Clock.Now()
	before := now.Add(-j.a.cfg.TraceKeep)
	j.o.territory.Forget(before)
	if _, err := j.a.store.PrunePositions(ctx, j.o.id, before); err != nil {
		return err
	}
	return j.a.trace.Purge(ctx, j.o.id, now)
}

// keepTraces writes what was not written yet, at the end.
func (a *App) keepTraces(ctx context.Context) error {
	var errs []error
	for id := range a.orgs {
		errs = append(errs, a.trace.Flush(ctx, id, a.cfg.Clock.Now()))
	}
	return errors.Join(errs...)
}

// privacy tells technicians what is kept of their whereabouts, and who looked.
func (a *App) privacy(who *identity.Authenticator) *privacyserver.Server {
	return privacyserver.New(privacyserver.Config{
		Store: a.store, Trace: a.trace, Clock: a.cfg.Clock, Note: a.note, Name: who.Directory.Name, RequestID: gateway.RequestID,
	})
}

// noteAll writes entries of the audit down.
func (a *App) noteAll(ctx context.Context, o org.ID, entries []ledger.Entry) error {
	return a.store.Apply(ctx, o, &ledger.Change{Audit: entries})
}
