package territory

import (
	"context"
	"time"

	"fettle/dispatch/engine"
)

// Fork copies the committed state of the territory, to try something out on it: the writer goes on meanwhile.
func (t *Territory) Fork(ctx context.Context) (e *engine.Engine, now time.Time, err error) {
	err = t.look(ctx, func(live *engine.Engine, at time.Time) { e, now = live.Fork(), at })
	return e, now, err
}

// Steer lets the territory follow a version of a policy from its next decision on. When that cannot be written now, the error says
// so, and it is tried again each second.
func (t *Territory) Steer(ctx context.Context, c engine.Conduct) error {
	t.wanted.Store(&c)
	_, err := t.Do(ctx, Request{Actor: service, Method: "policy.apply", Command: engine.Steer{Conduct: c}})
	return err
}
