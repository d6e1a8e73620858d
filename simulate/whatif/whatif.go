package whatif

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fettle/dispatch/engine"
)

// actor is who decides on a copy.
const actor = "what-if"

// Question is what should be tried.
type Question struct {
	// Commands are decided in this order. One that the engine refuses is an error, with its number.
	Commands []engine.Command
	// Weights rule instead of those of the territory; nil leaves them.
	Weights *engine.Weights
	// Seed and Iterations are those of the searches for better routes: 0 iterations searches none.
	Seed       uint64
	Iterations int64
	// Limit bounds each of the two searches, by Elapsed; 0 means none. Elapsed is time since some instant of the machine.
	Limit   time.Duration
	Elapsed func() time.Duration
}

// Answer compares a territory with what it would be.
type Answer struct {
	Taken time.Time
	// Before and After are the figures of both sides, each after its search and both weighed by the weights of the territory.
	Before, After Figures
	// Moves are the open orders that somebody has been told something else about, by id: against what is committed.
	Moves []Move
	// Routes are the technicians whose work changes, by id: against what is committed.
	Routes []RouteChange
	// Complete says that the searches were not cut short: the same question then has the same answer.
	Complete bool
}

// CommandError says which command of a question was refused, and why.
type CommandError struct {
	Index int
	Err   error
}

// Error implements error.
func (e *CommandError) Error() string { return fmt.Sprintf("command %d: %v", e.Index, e.Err) }

// Unwrap is why.
func (e *CommandError) Unwrap() error { return e.Err }

// Ask answers a question about a territory at an instant. e is a copy that nobody else uses (engine.Fork), and is spent
// afterwards. The error is a *CommandError, or one of the engine or of ctx.
func Ask(ctx context.Context, e *engine.Engine, now time.Time, q Question) (*Answer, error) {
	told := e.Fork()
	committed, err := lay(told, now)
	if err != nil {
		return nil, err
	}
	weights := e.Policy()
	changed := e.Fork()
	if q.Weights != nil {
		if err := changed.Weigh(*q.Weights); err != nil {
			return nil, err
		}
	}
	for i, c := range q.Commands {
		if err := carry(changed, now, c); err != nil {
			return nil, &CommandError{Index: i, Err: err}
		}
	}
	out := &Answer{Taken: now, Complete: true}
	sides := []*engine.Engine{e, changed}
	laid := make([]*layout, len(sides))
	for i, side := range sides {
		if err := q.search(ctx, side, now, out); err != nil {
			return nil, err
		}
		if laid[i], err = lay(side, now); err != nil {
			return nil, err
		}
	}
	out.Before, out.After = figures(laid[0], &weights), figures(laid[1], &weights)
	out.Moves, out.Routes = moves(committed, laid[1]), routes(committed, laid[1])
	return out, nil
}

// carry decides a command on a copy.
func carry(e *engine.Engine, now time.Time, c engine.Command) error {
	events, err := e.Decide(now, actor, c)
	if err != nil {
		return err
	}
	e.Evolve(events)
	e.Commit()
	return nil
}

// search looks for better routes and takes over what holds of them, as the live service does.
func (q *Question) search(ctx context.Context, e *engine.Engine, now time.Time, out *Answer) error {
	if q.Iterations <= 0 {
		return nil
	}
	s, err := e.Snapshot(now)
	if err != nil {
		return err
	}
	if q.Elapsed != nil && q.Limit > 0 {
		began := q.Elapsed()
		s.Elapsed = func() time.Duration { return q.Elapsed() - began }
	}
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	plan, err := s.Improve(limited, q.Seed, q.Iterations, q.Limit)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return err
	}
	if len(s.Problem.Visits) > 0 && plan.Iterations < q.Iterations {
		out.Complete = false
	}
	return carry(e, now, engine.AdoptPlan{Snapshot: s, Plan: plan})
}
