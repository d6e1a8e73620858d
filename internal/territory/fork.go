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
