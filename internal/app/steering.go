package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"fettle/dispatch/engine"
	"fettle/internal/due"
	"fettle/internal/improveserver"
	"fettle/internal/steeringserver"
	"fettle/ledger"
	"fettle/org"
)

// conduct is what the engine of an org should follow now: the policy that rules, with a pilot that runs laid over it.
func (a *App) conduct(ctx context.Context, o org.ID) (engine.Conduct, error) {
	rules, err := steeringserver.Conduct(ctx, a.store, o)
	if err != nil {
		return rules, fmt.Errorf("read the policy of %s: %w", o, err)
	}
	return improveserver.Conduct(ctx, a.store, o, rules, steeringserver.Policies(), a.cfg.Clock.Now())
}

// follow lets the engine of an org follow what it should. What cannot be written at once the territory tries again.
func (a *App) follow(ctx context.Context, id org.ID) error {
	o := a.orgs[id]
	if o == nil || o.territory == nil {
		return fmt.Errorf("org %s: %w", id, engine.ErrNotFound)
	}
	a.steering.Lock()
	defer a.steering.Unlock() // the last that was written is the one that is followed
	c, err := a.conduct(ctx, id)
	if err != nil {
		return err
	}
	if err := o.territory.Steer(ctx, c); err != nil {
		a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "steering waits", slog.String("policy", c.Policy), slog.Any("error", err))
	}
	return nil
}

// turnPilot lets a pilot of an org go on to its next block.
func (a *App) turnPilot(o *orgRun) due.Handler {
	return func(ctx context.Context, w ledger.DueWork) error {
		if err := a.follow(ctx, o.id); err != nil {
			return err
		}
		item, err := improveserver.Running(ctx, a.store, o.id)
		if err != nil {
			return err
		}
		return o.territory.Amend(ctx, func(_ *engine.Engine, now time.Time) (*engine.Batch, error) {
			if item != nil && item.ID == w.Key {
				if at := item.Value.Turns(now); !at.IsZero() {
					return &engine.Batch{DueSet: []engine.DueWork{{Kind: w.Kind, Key: w.Key, At: at}}}, nil
				}
			}
			return &engine.Batch{DueDone: []engine.DueWork{w}}, nil
		})
	}
}

// improvements keeps plans, pilots and ideas.
func (a *App) improvements() *improveserver.Server {
	return improveserver.New(improveserver.Config{
		Store: a.store, Registry: a.registry(), Policies: steeringserver.Policies(), Adopt: steeringserver.Adopt, Follow: a.follow,
		Clock: a.cfg.Clock, Ruling: func(ctx context.Context, o org.ID) (string, error) {
			c, err := steeringserver.Conduct(ctx, a.store, o)
			return c.Policy, err
		},
	})
}
