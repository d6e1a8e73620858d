package feed

import (
	"math"
	"slices"
	"time"

	"fettle/org"
)

// Prompt is how soon those who watch should hear of a change.
const Prompt = 2 * time.Second

// delayMemory is how many deliveries of an org its report is of, the latest.
const delayMemory = 4096

// delays are how long changes took from the commit to those who watched.
type delays struct {
	latest []time.Duration // a ring of delayMemory
	count  int64           // of all deliveries
	late   int64           // of those that took longer than Prompt
	most   time.Duration
}

func (d *delays) add(took time.Duration) {
	if len(d.latest) < delayMemory {
		d.latest = append(d.latest, took)
	} else {
		d.latest[d.count%delayMemory] = took
	}
	d.count++
	d.most = max(d.most, took)
	if took > Prompt {
		d.late++
	}
}

// Propagation is how long changes took from the commit until they were sent to those who watched then, each of them once. Quantiles
// are of the latest deliveries, the counts and the longest of all since the service started.
type Propagation struct {
	Count, Late   int64
	Measured      int // deliveries that the quantiles are of
	P50, P95, P99 time.Duration
	Longest       time.Duration
}

// Propagation reports on an org.
func (f *Feed) Propagation(o org.ID) Propagation {
	t := f.topic(o)
	t.mu.Lock()
	sorted := slices.Clone(t.delays.latest)
	out := Propagation{Count: t.delays.count, Late: t.delays.late, Longest: t.delays.most, Measured: len(sorted)}
	t.mu.Unlock()
	slices.Sort(sorted)
	for at, to := range map[float64]*time.Duration{0.5: &out.P50, 0.95: &out.P95, 0.99: &out.P99} {
		if n := len(sorted); n > 0 {
			*to = sorted[int(math.Ceil(at*float64(n)))-1]
		}
	}
	return out
}

// now is the present, the zero time for a feed that does not measure.
func (f *Feed) now() time.Time {
	if f.cfg.Now == nil {
		return time.Time{}
	}
	return f.cfg.Now()
}

// Delivered says that entries of this watcher were sent. What was committed before the watcher came is not measured: nobody was
// there to be told.
func (w *Watch) Delivered(entries []*Entry) {
	if len(entries) == 0 || w.f.cfg.Now == nil {
		return
	}
	now := w.f.now()
	w.t.mu.Lock()
	defer w.t.mu.Unlock()
	for _, e := range entries {
		if e.committed.IsZero() || e.committed.Before(w.began) {
			continue
		}
		took := max(now.Sub(e.committed), 0)
		w.t.delays.add(took)
		if w.f.cfg.Measured != nil {
			w.f.cfg.Measured(took)
		}
	}
}
