package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"fettle/dispatch/engine"
	"fettle/internal/bus"
	"fettle/internal/clock"
	"fettle/internal/feed"
	"fettle/org"
)

// news carries what is committed from the territory to those who watch: the bus, which other receivers may subscribe to as
// well, and the feed of the streams.
type news struct {
	bus  *bus.Bus
	feed *feed.Feed
	done sync.WaitGroup
}

// streamPace is the least time between two batches of positions on a stream. The bus already holds each technician to one
// position a second.
const streamPace = 250 * time.Millisecond

func newNews(store feed.Store, measured func(time.Duration)) *news {
	return &news{bus: bus.New(clock.System()), feed: feed.New(feed.Config{
		Store: store, PositionsEvery: streamPace, Now: clock.System().Now, Measured: measured,
	})}
}

// follow carries the news of an org from now on; told hears of positions.
func (n *news) follow(ctx context.Context, o org.ID, log *slog.Logger, told func([]engine.Position)) error {
	if err := n.feed.Warm(ctx, o); err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	s := n.bus.Subscribe(o, bus.Options{Positions: true})
	ctx = context.WithoutCancel(ctx)
	n.done.Go(func() { n.carry(ctx, o, s, log, told) })
	return nil
}

// carry hands on until the bus is closed. What the subscription had to drop is in the log, where the feed looks for it.
func (n *news) carry(ctx context.Context, o org.ID, s *bus.Subscription, log *slog.Logger, told func([]engine.Position)) {
	defer s.Close()
	for {
		d, err := s.Next(ctx)
		if err != nil && !errors.Is(err, bus.ErrLagged) {
			if !errors.Is(err, bus.ErrClosed) {
				log.LogAttrs(ctx, slog.LevelError, "streams ended", slog.Any("error", err))
			}
			return
		}
		n.feed.Publish(o, d.Events)
		n.feed.PublishPositions(o, d.Positions)
		told(d.Positions)
	}
}

// close ends all streams.
func (n *news) close() {
	n.feed.Close()
	n.bus.Close()
	n.done.Wait()
}
