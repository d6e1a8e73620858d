package feed

import (
	"context"
	"math"
	"time"

	"fettle/dispatch/engine"
	"fettle/org"
)

// pageSize is how many entries are handed out at once: those in memory are shared. logPage is how many are read from the log
// at once: each watcher holds its own until it has read them, and all of them may come back in the same second.
const (
	pageSize = 500
	logPage  = 32
)

// Watch is one reader of an org's news.
type Watch struct {
	f         *Feed
	t         *topic
	org       org.ID
	after     int64 // sequence of the last entry handed out
	lost      bool  // the place asked for does not exist
	positions bool
	audience  Audience
	moved     int64
	noted     int64
	pause     *time.Timer // until the next batch of positions may go out; nil when it may
	closed    bool
	began     time.Time // by the machine
}

// Watch begins to read after a sequence; 0 means from now on. Close must be called. ErrTooMany says that the org has too
// many streams open.
func (f *Feed) Watch(ctx context.Context, o org.ID, after int64, a Audience) (*Watch, error) {
	t := f.topic(o)
	if err := t.enter(f.cfg.Streams); err != nil {
		return nil, err
	}
	w := &Watch{f: f, t: t, org: o, after: after, positions: a.Positions, audience: a, began: f.now()}
	last, err := f.cfg.Store.LastSequence(ctx, o)
	if err != nil {
		t.leave()
		return nil, err
	}
	if last = max(last, t.newest()); after <= 0 || after > last {
		w.after, w.lost = last, after > last
	}
	if after <= 0 {
		_, w.noted = t.notesAfter(math.MaxInt64)
	}
	return w, nil
}

// Close gives the place of the watcher to others.
func (w *Watch) Close() {
	if w.closed {
		return
	}
	w.closed = true
	if w.pause != nil {
		w.pause.Stop()
	}
	w.t.leave()
}

// Next waits for news: entries in sequence without gap or double, positions among them when they were asked for. It returns
// nothing when the heartbeat has passed without news, and an error when ctx ends or the feed is closed.
func (w *Watch) Next(ctx context.Context, heartbeat <-chan time.Time) ([]*Entry, error) {
	for {
		entries, woken, err := w.log(ctx)
		if err != nil {
			return nil, err
		}
		if len(entries) > 0 {
			if entries = w.audience.of(ctx, entries); len(entries) > 0 {
				return entries, nil
			}
			continue
		}
		if entries, w.noted = w.t.notesAfter(w.noted); len(entries) > 0 {
			if entries = w.audience.of(ctx, entries); len(entries) > 0 {
				return entries, nil
			}
			continue
		}
		moved, stirred := w.places()
		if moved = w.audience.of(ctx, moved); len(moved) > 0 {
			return moved, nil
		}
		var paused <-chan time.Time
		if w.pause != nil {
			paused, stirred = w.pause.C, nil
		}
		select {
		case <-woken:
		case <-stirred:
		case <-paused:
			w.pause = nil
		case <-heartbeat:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-w.f.closed:
			return nil, context.Canceled
		}
	}
}

// log returns the next entries of the log, from memory or from the store, or what to wait for.
func (w *Watch) log(ctx context.Context) (entries []*Entry, woken <-chan struct{}, err error) {
	if w.lost {
		w.lost = false
		return []*Entry{resync(w.org, w.after)}, nil, nil
	}
	entries, reaches, woken := w.t.after(w.after, pageSize)
	if !reaches {
		entries, err = w.stored(ctx)
	}
	if n := len(entries); n > 0 {
		w.after = entries[n-1].Event.Sequence
	}
	return entries, woken, err
}

// stored reads on from the store. When the log no longer reaches back the answer is one resync; so it is for those who hear
// of what is theirs alone, since the log does not say whose an order was before.
func (w *Watch) stored(ctx context.Context) ([]*Entry, error) {
	s := w.f.cfg.Store
	first, err := s.FirstSequence(ctx, w.org)
	if err != nil {
		return nil, err
	}
	if w.after+1 < first || w.audience.Own {
		last, err := s.LastSequence(ctx, w.org)
		if err != nil || last <= w.after {
			return nil, err
		}
		return []*Entry{resync(w.org, last)}, nil
	}
	events, err := s.Events(ctx, w.org, w.after, logPage)
	if err != nil {
		return nil, err
	}
	return entriesOf(w.org, s, events), nil
}

func entriesOf(o org.ID, s Store, events []engine.Event) []*Entry {
	entries := make([]*Entry, len(events))
	for i := range events {
		entries[i] = &Entry{Event: events[i], org: o, store: s}
	}
	return entries
}

// places returns the positions that changed, at most once in a while, or what to wait for.
func (w *Watch) places() ([]*Entry, <-chan struct{}) {
	if !w.positions || w.pause != nil {
		return nil, nil
	}
	entries, moved, stirred := w.t.positionsAfter(w.moved)
	w.moved = moved
	if len(entries) > 0 {
		w.pause = time.NewTimer(w.f.cfg.PositionsEvery)
	}
	return entries, stirred
}
