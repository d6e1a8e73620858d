// Package meter finds what is not normal in the hourly readings of a water, power or gas meter: a leak, a meter that stands
// still, a spike, a reading below zero. It learns what is normal from the meter's own past, by hour of the week, with medians
// and median absolute deviations, so that a wild reading does not teach it that wild is normal.
//
// It is careful rather than quick: each finding sends somebody to a dwelling. Rates of false alarms are in docs/leases.md.
package meter

import (
	"fmt"
	"math"
	"slices"
	"time"

	"fettle/rental/fault"
)

// Reading is what was used in the hour that begins at Time, in the unit of the meter.
type Reading struct {
	Time time.Time `json:"time"`
	Used float64   `json:"used"`
}

// Kind is what is wrong.
type Kind string

// The kinds.
const (
	Leak     Kind = "LEAK"     // it never stops running
	Spike    Kind = "SPIKE"    // far more than ever at this hour
	Stuck    Kind = "STUCK"    // nothing at all, for longer than this dwelling was ever quiet
	Negative Kind = "NEGATIVE" // the meter runs backwards: a fault of the meter or its feed
)

// Finding is one anomaly, with what was expected.
type Finding struct {
	Kind  Kind      `json:"kind"`
	From  time.Time `json:"from"` // first reading that belongs to it
	Time  time.Time `json:"time"` // of the reading that gave it away
	Used  float64   `json:"used"`
	Limit float64   `json:"limit"` // what would have been normal
	Text  string    `json:"text"`
}

// Config tunes a Detector. Zero fields have the value in brackets.
type Config struct {
	Zone *time.Location // of the dwelling, for the hour of the week [UTC]
	// Keep is how many hours of the past count [8 weeks], Learn how many there must be before anything is found [3 weeks].
	Keep, Learn int
	// LeakHours is how long it must run without a pause to be a leak [20], so that one is found within a day.
	LeakHours int
	// Deviations is how many robust standard deviations above its median a reading of an hour of the week is a spike [8].
	Deviations float64
	// Quiet is after how many times the longest pause of the past a meter is stuck [2], but never before 72 hours.
	Quiet float64
}

func (c *Config) complete() {
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	for _, f := range []struct {
		field *int
		value int
	}{{&c.Keep, 8 * week}, {&c.Learn, 3 * week}, {&c.LeakHours, 20}} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	if c.Deviations == 0 {
		c.Deviations = 8
	}
	if c.Quiet == 0 {
		c.Quiet = 2
	}
}

const (
	week      = 7 * 24
	minQuiet  = 72 // hours of silence that are never suspicious: somebody is away over a weekend
	sigma     = 1.4826
	maxFuture = 366 * 24 * time.Hour // a gap longer than that begins a new history
)

// Detector watches one meter. The zero value is not ready; use New. Its exported field is its memory: whoever stores it can
// go on where it stopped.
type Detector struct {
	c    Config
	Past []Reading // oldest first, at most Config.Keep
}

// New makes a Detector with a memory, nil for a new meter.
func New(c Config, past []Reading) *Detector {
	c.complete()
	return &Detector{c: c, Past: past}
}

// Add takes the next reading and says what is wrong with it. A reading that is not after the last one is an error and
// changes nothing: feeds repeat themselves. Several kinds can be found at once. What was a spike or below zero is not
// remembered as normal.
func (d *Detector) Add(r Reading) ([]Finding, error) {
	r.Time = r.Time.UTC().Truncate(time.Hour)
	if math.IsNaN(r.Used) || math.IsInf(r.Used, 0) {
		return nil, fault.New("used", r.Used, "a number")
	}
	if n := len(d.Past); n > 0 && !r.Time.After(d.Past[n-1].Time) {
		return nil, fault.New("time", r.Time.Format(time.RFC3339), "an hour after "+d.Past[n-1].Time.Format(time.RFC3339)+", the last reading")
	}
	if n := len(d.Past); n > 0 && r.Time.Sub(d.Past[n-1].Time) > maxFuture {
		d.Past = nil
	}
	if r.Used < 0 {
		return []Finding{{Kind: Negative, From: r.Time, Time: r.Time, Used: r.Used, Text: fmt.Sprintf("%.4g used: the meter or its feed runs backwards", r.Used)}}, nil
	}
	var found []Finding
	if len(d.Past) >= d.c.Learn {
		found = d.look(r)
	}
	kept := r
	for _, f := range found {
		if f.Kind == Spike {
			kept.Used = f.Limit
		}
	}
	d.Past = append(d.Past, kept)
	if over := len(d.Past) - d.c.Keep; over > 0 {
		d.Past = slices.Delete(d.Past, 0, over)
	}
	return found, nil
}

// look compares a reading with the past.
func (d *Detector) look(r Reading) []Finding {
	var found []Finding
	if limit, ok := d.spike(r); ok {
		found = append(found, Finding{Spike, r.Time, r.Time, r.Used, limit, fmt.Sprintf("%.4g in an hour, normal is up to %.4g", r.Used, limit)})
	}
	if from, least, limit, ok := d.leak(r); ok {
		found = append(found, Finding{Leak, from, r.Time, least, limit, fmt.Sprintf("at least %.4g every hour for %d hours, without a pause", least, d.c.LeakHours)})
	}
	if from, hours, limit, ok := d.stuck(r); ok {
		found = append(found, Finding{Stuck, from, r.Time, 0, limit, fmt.Sprintf("nothing for %d hours, the longest pause so far was %.0f", hours, limit)})
	}
	return found
}

// spike compares with the same hour of other weeks and its neighbours, and with everything that was ever seen.
func (d *Detector) spike(r Reading) (limit float64, ok bool) {
	hour := d.hourOfWeek(r.Time)
	var same, all []float64
	for _, p := range d.Past {
		apart := (d.hourOfWeek(p.Time) - hour + week) % week
		if apart <= 1 || apart == week-1 {
			same = append(same, p.Used)
		}
		all = append(all, p.Used)
	}
	middle, spread := robust(same)
	_, wide := robust(positive(all))
	limit = max(middle+d.c.Deviations*max(sigma*spread, sigma*wide), 1.5*slices.Max(all))
	return limit, r.Used > limit && r.Used > 0
}

// leak looks at how long every hour has been above what a pause looks like. It is told once, when it becomes a leak. An hour
// or two without a reading do not end it.
func (d *Detector) leak(r Reading) (from time.Time, least, limit float64, ok bool) {
	limit = d.pause()
	if r.Used <= limit {
		return time.Time{}, 0, 0, false
	}
	from, least = r.Time, r.Used
	for _, p := range slices.Backward(d.Past) {
		if p.Used <= limit || from.Sub(p.Time) > maxGap {
			break
		}
		from, least = p.Time, min(least, p.Used)
	}
	long := time.Duration(d.c.LeakHours-1) * time.Hour
	before := d.Past[len(d.Past)-1].Time
	return from, least, limit, r.Time.Sub(from) >= long && before.Sub(from) < long
}

// maxGap is how far two readings may lie apart without ending what they are part of.
const maxGap = 3 * time.Hour

// pause is the most that was ever used in the quietest hour of a window as long as a leak, by the median of such windows and
// their spread, and not less than a part of the mean, below which a meter counts its own noise.
func (d *Detector) pause() float64 {
	var lows []float64
	sum := 0.0
	for window := range slices.Chunk(d.Past, d.c.LeakHours) {
		low := window[0].Used
		for _, p := range window {
			sum += p.Used
			low = min(low, p.Used)
		}
		lows = append(lows, low)
	}
	middle, spread := robust(lows)
	return middle + max(4*sigma*spread, leakShare*sum/float64(len(d.Past)))
}

// leakShare is the part of the mean use that every single hour must exceed in a leak.
const leakShare = 0.15

// stuck counts the hours since something was used. It is told once.
func (d *Detector) stuck(r Reading) (from time.Time, hours int, limit float64, ok bool) {
	if r.Used != 0 {
		return time.Time{}, 0, 0, false
	}
	longest, last := 0.0, time.Time{}
	for i, p := range d.Past {
		if p.Used == 0 {
			continue
		}
		if i > 0 && !last.IsZero() {
			longest = max(longest, p.Time.Sub(last).Hours()-1)
		}
		last = p.Time
	}
	if last.IsZero() {
		return time.Time{}, 0, 0, false // never anything: nobody lives here
	}
	hours = int(r.Time.Sub(last).Hours())
	limit = max(d.c.Quiet*longest, minQuiet)
	before := int(d.Past[len(d.Past)-1].Time.Sub(last).Hours())
	return last.Add(time.Hour), hours, longest, float64(hours) > limit && float64(before) <= limit
}

// hourOfWeek is 0 for the first hour of Sunday in the zone of the dwelling.
func (d *Detector) hourOfWeek(t time.Time) int {
	t = t.In(d.c.Zone)
	return int(t.Weekday())*24 + t.Hour()
}

// robust returns the median and the median absolute deviation, 0 and 0 of nothing.
func robust(x []float64) (middle, spread float64) {
	if len(x) == 0 {
		return 0, 0
	}
	x = slices.Clone(x)
	middle = median(x)
	for i := range x {
		x[i] = math.Abs(x[i] - middle)
	}
	return middle, median(x)
}

func median(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}

func positive(x []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(x), func(v float64) bool { return v <= 0 })
}
