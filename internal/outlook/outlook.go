package outlook

import (
	"context"
	"sync"
	"time"

	"fettle/forecast/count"
	"fettle/geo"
	"fettle/geo/h3cell"
	"fettle/org"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Config says what forecasts need. Store, Clock and Zone must be given.
type Config struct {
	Store Store
	Clock Clock
	Zone  *time.Location // by whose days and hours counts are kept
	// History is reports from before the log, by org.
	History map[org.ID][]Report
	// Sky is the weather of the past and, as far as somebody forecasts it, of the days ahead; nil for none. It is that of all orgs.
	Sky *Sky
}

// Outlook makes views of orgs and keeps them. It is safe for concurrent use.
type Outlook struct {
	cfg  Config
	axis count.Axis
	work sync.WaitGroup
	mu   sync.Mutex
	orgs map[org.ID]*demand
	kept map[viewKey]*made
}

// maxKept is how many views are kept: each trade at a few resolutions.
const maxKept = 64

type viewKey struct {
	org org.ID
	Key
}

// made is a view that is being made, or was.
type made struct {
	end  int           // bucket in which it was begun
	done chan struct{} // closed when view or err is set
	view *View
	err  error
	last *View // of the bucket before, nil when there is none
}

// New makes an outlook.
func New(c Config) (*Outlook, error) {
	axis, err := count.NewAxis(Bucket, c.Zone)
	if err != nil {
		return nil, err
	}
	return &Outlook{cfg: c, axis: axis, orgs: map[org.ID]*demand{}, kept: map[viewKey]*made{}}, nil
}

// Close waits for the views that are being made.
func (o *Outlook) Close() { o.work.Wait() }

// View is the view of an org as of now. The first caller of a bucket has it made; who comes meanwhile gets the one of the
// bucket before, where there is one, or waits as long as ctx lasts.
func (o *Outlook) View(ctx context.Context, id org.ID, k Key) (*View, error) {
	m := o.find(context.WithoutCancel(ctx), viewKey{id, k})
	if m.last != nil {
		select {
		case <-m.done:
		default:
			return m.last, nil
		}
	}
	select {
	case <-m.done:
		return m.view, m.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Live is the bucket in progress: its forecast, and what has been reported in it by now. It reads what has come to the log.
func (o *Outlook) Live(ctx context.Context, id org.ID, k Key) (*View, *Heat, error) {
	v, err := o.View(ctx, id, k)
	if err != nil {
		return nil, nil, err
	}
	o.mu.Lock()
	d := o.orgs[id]
	o.mu.Unlock()
	if err := d.update(ctx, o.cfg.Store, id); err != nil {
		return nil, nil, err
	}
	h := v.Ahead(v.End, v.End+1)
	h.Live = true
	at := make(map[geo.Cell]int, len(h.Cells))
	for i := range h.Cells {
		at[h.Cells[i].Cell] = i
	}
	for _, x := range d.since(v.Axis.Start(v.End), k.Trade) {
		cell, err := h3cell.Of(x, k.Resolution)
		if err != nil {
			return nil, nil, err
		}
		i, known := at[cell]
		if !known { // nothing was ever reported there: its forecast is that of the rest of the city, next to nothing
			i = len(h.Cells)
			at[cell] = i
			h.Cells = append(h.Cells, CellValue{Cell: cell})
		}
		h.Cells[i].Actual++
		h.Total.Actual++
	}
	return v, h, nil
}

// find is the view of the present bucket, begun when nobody has asked for it before.
func (o *Outlook) find(ctx context.Context, key viewKey) *made {
	now := o.cfg.Clock.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	m := o.kept[key]
	if m != nil && m.end == o.axis.Of(now) {
		return m
	}
	next := &made{end: o.axis.Of(now), done: make(chan struct{}), last: m.latest()}
	o.room()
	o.kept[key] = next
	d := o.orgs[key.org]
	if d == nil {
		d = newDemand(o.cfg.History[key.org])
		o.orgs[key.org] = d
	}
	o.work.Go(func() { o.make(ctx, next, d, key, now) })
	return next
}

// room forgets a view when too many are kept.
func (o *Outlook) room() {
	for key, m := range o.kept {
		if len(o.kept) < maxKept {
			return
		}
		if m.latest() != nil {
			delete(o.kept, key)
		}
	}
}

// latest is the newest view that is ready; nil when there is none.
func (m *made) latest() *View {
	if m == nil {
		return nil
	}
	select {
	case <-m.done:
		if m.err == nil {
			return m.view
		}
	default:
	}
	return m.last
}

// make makes a view. One that fails is forgotten, so that the next caller tries again.
func (o *Outlook) make(ctx context.Context, m *made, d *demand, key viewKey, now time.Time) {
	defer close(m.done)
	if m.err = d.update(ctx, o.cfg.Store, key.org); m.err == nil {
		m.view, m.err = newView(ctx, d, key.Key, o.cfg.Zone, o.cfg.Sky.Table(), now)
	}
	if m.err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.kept[key] == m {
			delete(o.kept, key)
		}
	}
}
