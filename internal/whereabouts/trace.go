package whereabouts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/geo/h3cell"
	"fettle/ledger"
	"fettle/org"
)

// Kind is the kind of the records of traces.
const Kind = "traces"

// Names of their keys: the hour, the technician and the hour, and the hour again while places are exact.
const (
	keyHour  = "hour"
	keyOf    = "of"
	keyExact = "exact"
)

const (
	// Resolution is that of the cells of coarse places: some 5 square kilometers.
	Resolution = 7
	// sample is how far apart two places of a trace are at least.
	sample = time.Minute
	// batch is how many records are written or removed at once.
	batch = 200
)

// Store is what is read and written.
type Store interface {
	ledger.Reader
	ledger.Writer
}

// Point is a place at a time: exact, or a cell.
type Point struct {
	At       time.Time
	Point    geo.Point // zero when only the cell is known
	Accuracy float64   // meters
	Cell     string
}

// Exact reports whether more than the cell is known.
func (p *Point) Exact() bool { return p.Point != geo.Point{} }

// kept is a point as it is written.
type kept struct {
	At       time.Time `json:"t"`
	Lat      float64   `json:"a,omitempty"`
	Lon      float64   `json:"o,omitempty"`
	Accuracy float64   `json:"m,omitempty"`
	Cell     string    `json:"c"`
}

// hourKey names a record.
type hourKey struct {
	org        org.ID
	technician dispatch.TechnicianID
	hour       time.Time
}

func (k *hourKey) id() string { return string(k.technician) + "." + k.hour.Format("2006010215") }

// hour is what is to be written of an hour.
type hour struct {
	last  time.Time
	fresh []kept
}

// Trace keeps where technicians were. It is safe for concurrent use.
type Trace struct {
	store       Store
	exact, keep time.Duration

	mu    sync.Mutex
	hours map[hourKey]*hour
	write sync.Mutex // one Flush at a time
}

// NewTrace makes one that keeps places, and for a shorter while exactly.
func NewTrace(s Store, exact, keep time.Duration) *Trace {
	return &Trace{store: s, exact: exact, keep: keep, hours: map[hourKey]*hour{}}
}

// Kept is for how long places are kept exactly, and at all.
func (t *Trace) Kept() (exact, keep time.Duration) { return t.exact, t.keep }

// Take notes positions that were accepted. It does not block on the store.
func (t *Trace) Take(o org.ID, ps []engine.Position) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range ps {
		p := &ps[i]
		at := p.At.UTC().Truncate(time.Second)
		key := hourKey{o, p.Technician, at.Truncate(time.Hour)}
		h := t.hours[key]
		if h == nil {
			h = &hour{}
			t.hours[key] = h
		}
		if at.Sub(h.last) < sample {
			continue
		}
		h.last = at
		h.fresh = append(h.fresh, kept{At: at, Lat: p.Point.Lat, Lon: p.Point.Lon, Accuracy: p.AccuracyMeters, Cell: cellOf(p.Point)})
	}
}

func cellOf(p geo.Point) string {
	c, err := h3cell.Of(p, Resolution)
	if err != nil {
		return ""
	}
	return c.String()
}

// Flush writes what was noted of an org. What cannot be written is tried again the next time.
func (t *Trace) Flush(ctx context.Context, o org.ID, now time.Time) error {
	t.write.Lock()
	defer t.write.Unlock()
	for {
		work := t.due(o)
		if len(work) == 0 {
			t.forget(o, now)
			return nil
		}
		if err := t.flush(ctx, o, now, work); err != nil {
			t.giveBack(work)
			return err
		}
	}
}

// due takes up to a batch of what is to be written.
func (t *Trace) due(o org.ID) map[hourKey][]kept {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[hourKey][]kept{}
	for k, h := range t.hours {
		if k.org == o && len(h.fresh) > 0 && len(out) < batch {
			out[k], h.fresh = h.fresh, nil
		}
	}
	return out
}

func (t *Trace) giveBack(work map[hourKey][]kept) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, points := range work {
		if h := t.hours[k]; h != nil {
			h.fresh = append(points, h.fresh...)
		}
	}
}

// forget drops hours that are over and written.
func (t *Trace) forget(o org.ID, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, h := range t.hours {
		if k.org == o && len(h.fresh) == 0 && now.Sub(k.hour) > 2*time.Hour {
			delete(t.hours, k)
		}
	}
}

// flush adds points to the records of their hours.
func (t *Trace) flush(ctx context.Context, o org.ID, now time.Time, work map[hourKey][]kept) error {
	c := &ledger.Change{}
	for k, points := range work {
		r, before, err := t.read(ctx, o, k.id())
		if err != nil {
			return err
		}
		if r == nil {
			r = &ledger.Record{Kind: Kind, ID: k.id(), Created: stamp(now)}
		}
		next, err := t.record(r, &k, append(before, points...), true, now)
		if err != nil {
			return err
		}
		c.Records = append(c.Records, next)
	}
	if err := t.store.Apply(ctx, o, c); err != nil {
		return fmt.Errorf("keep traces: %w", err)
	}
	return nil
}

// stamp is an instant as precise as it is stored.
func stamp(at time.Time) time.Time { return at.UTC().Truncate(time.Microsecond) }

// read returns a record with its points; nil when there is none.
func (t *Trace) read(ctx context.Context, o org.ID, id string) (*ledger.Record, []kept, error) {
	r, err := t.store.Record(ctx, o, Kind, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read trace: %w", err)
	}
	points, err := decode(r)
	return r, points, err
}

func decode(r *ledger.Record) (points []kept, err error) {
	if err := json.Unmarshal(r.Body, &points); err != nil {
		return nil, fmt.Errorf("read trace %s: %w", r.ID, err)
	}
	return points, nil
}

// record is the next version of a record.
func (t *Trace) record(r *ledger.Record, k *hourKey, points []kept, exact bool, now time.Time) (ledger.Record, error) {
	body, err := json.Marshal(points)
	if err != nil {
		return ledger.Record{}, fmt.Errorf("write trace %s: %w", r.ID, err)
	}
	at := ledger.Instant(k.hour)
	keys := []ledger.Key{{Name: keyHour, Value: at}, {Name: keyOf, Value: ledger.Join(ledger.Text(string(k.technician)), at)}}
	if exact {
		keys = append(keys, ledger.Key{Name: keyExact, Value: at})
	}
	return ledger.Record{Kind: Kind, ID: r.ID, Version: r.Version + 1, Created: r.Created, Updated: stamp(now), Keys: keys, Body: body}, nil
}

// Read returns where a technician was from one instant until before another, the oldest first.
func (t *Trace) Read(ctx context.Context, o org.ID, id dispatch.TechnicianID, from, to time.Time) ([]Point, error) {
	t.write.Lock() // nothing is on its way to the store
	defer t.write.Unlock()
	out, err := t.written(ctx, o, id, from, to)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, h := range t.hours {
		if k.org == o && k.technician == id {
			out = within(out, h.fresh, from, to)
		}
	}
	slices.SortStableFunc(out, func(a, b Point) int { return a.At.Compare(b.At) })
	return out, nil
}

// within adds the points of a span of time.
func within(out []Point, points []kept, from, to time.Time) []Point {
	for _, p := range points {
		if !p.At.Before(from) && p.At.Before(to) {
			out = append(out, Point{At: p.At, Point: geo.Point{Lat: p.Lat, Lon: p.Lon}, Accuracy: p.Accuracy, Cell: p.Cell})
		}
	}
	return out
}

// written reads what the store holds.
func (t *Trace) written(ctx context.Context, o org.ID, id dispatch.TechnicianID, from, to time.Time) ([]Point, error) {
	who := ledger.Text(string(id))
	q := ledger.Between(Kind, keyOf, ledger.Join(who, ledger.Instant(from.UTC().Truncate(time.Hour))), ledger.Join(who, ledger.Instant(to)))
	var out []Point
	for {
		page, err := t.store.Records(ctx, o, q, batch)
		if err != nil {
			return nil, fmt.Errorf("read trace: %w", err)
		}
		for i := range page.Records {
			points, err := decode(&page.Records[i])
			if err != nil {
				return nil, err
			}
			out = within(out, points, from, to)
		}
		if page.Next == (ledger.Place{}) {
			return out, nil
		}
		q.After = page.Next
	}
}

// Purge makes coarse what is older than exact places are kept, and removes what is older than any are.
func (t *Trace) Purge(ctx context.Context, o org.ID, now time.Time) error {
	t.write.Lock()
	defer t.write.Unlock()
	if err := t.each(ctx, o, keyHour, now.Add(-t.keep), func(r *ledger.Record, c *ledger.Change) error {
		c.Removed = append(c.Removed, r.Ref())
		return nil
	}); err != nil {
		return err
	}
	return t.each(ctx, o, keyExact, now.Add(-t.exact), func(r *ledger.Record, c *ledger.Change) error {
		next, err := t.blur(r, now)
		c.Records = append(c.Records, next)
		return err
	})
}

// each changes the records whose hour is over before an instant, until there are none.
func (t *Trace) each(ctx context.Context, o org.ID, key string, before time.Time, change func(*ledger.Record, *ledger.Change) error) error {
	q := ledger.Between(Kind, key, "", ledger.Instant(before.Add(time.Microsecond-time.Hour)))
	for {
		page, err := t.store.Records(ctx, o, q, batch)
		if err != nil {
			return fmt.Errorf("read old traces: %w", err)
		}
		if len(page.Records) == 0 {
			return nil
		}
		c := &ledger.Change{}
		for i := range page.Records {
			if err := change(&page.Records[i], c); err != nil {
				return err
			}
		}
		if err := t.store.Apply(ctx, o, c); err != nil {
			return fmt.Errorf("purge traces: %w", err)
		}
	}
}

// blur leaves of each place its cell, and of a stay in a cell its beginning.
func (t *Trace) blur(r *ledger.Record, now time.Time) (ledger.Record, error) {
	points, err := decode(r)
	if err != nil {
		return ledger.Record{}, err
	}
	for i := range points {
		points[i] = kept{At: points[i].At, Cell: points[i].Cell}
	}
	points = slices.CompactFunc(points, func(a, b kept) bool { return a.Cell == b.Cell })
	k, err := keyIn(r.ID)
	if err != nil {
		return ledger.Record{}, err
	}
	return t.record(r, k, points, false, now)
}

// keyIn reads the id of a record.
func keyIn(id string) (*hourKey, error) {
	i := len(id) - len("2006010215") - 1
	if i > 0 {
		if at, err := time.Parse("2006010215", id[i+1:]); err == nil {
			return &hourKey{technician: dispatch.TechnicianID(id[:i]), hour: at}, nil
		}
	}
	return nil, fmt.Errorf("trace %s: want TECHNICIAN.HOUR as its id", id)
}
