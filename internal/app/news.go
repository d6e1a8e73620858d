package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

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

// startNews begins to hand on; told hears of positions.
func startNews(ctx context.Context, store feed.Store, log *slog.Logger, told func(positions int)) (*news, error) {
	n := &news{
		bus:  bus.New(clock.System()),
		feed: feed.New(feed.Config{Store: store, PositionsEvery: streamPace}),
	}
	if err := n.feed.Warm(ctx, org.Default); err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	s := n.bus.Subscribe(org.Default, bus.Options{Positions: true})
	ctx = context.WithoutCancel(ctx)
	n.done.Go(func() { n.follow(ctx, s, log, told) })
	return n, nil
}

// follow hands on until the bus is closed. What the subscription had to drop is in the log, where the feed looks for it.
func (n *news) follow(ctx context.Context, s *bus.Subscription, log *slog.Logger, told func(positions int)) {
	defer s.Close()
	for {
		d, err := s.Next(ctx)
		if err != nil && !errors.Is(err, bus.ErrLagged) {
			if !errors.Is(err, bus.ErrClosed) {
				log.LogAttrs(ctx, slog.LevelError, "streams ended", slog.Any("error", err))
			}
			return
		}
		n.feed.Publish(org.Default, d.Events)
		n.feed.PublishPositions(org.Default, d.Positions)
		told(len(d.Positions))
	}
}

// close ends all streams.
func (n *news) close() {
	n.feed.Close()
	n.bus.Close()
	n.done.Wait()
}
