package territory

import (
	"context"
	"time"

	"fettle/dispatch/cover"
	"fettle/dispatch/engine"
)

// Expect tells the engine what a forecast expects from now on; nil for nothing.
func (t *Territory) Expect(ctx context.Context, o *cover.Outlook) error {
	var refused error
	err := t.look(ctx, func(e *engine.Engine, _ time.Time) { refused = e.Expect(o) })
	if err != nil {
		return err
	}
	return refused
}
