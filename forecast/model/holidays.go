package model

import (
	"cmp"
	"math"
	"strings"
	"time"

	"fettle/forecast/count"
	"fettle/forecast/holiday"
)

// rhythm is the profile of the week and what holidays make of it. A holiday begins as a Sunday where Sundays are quieter than
// the weekday; how far it differs from that is learned, for all holidays together and, as years go by, for each by its name.
type rhythm struct {
	axis     count.Axis
	calendar *holiday.Calendar
	week     *profile

	all    effect            // full and part holidays, each by its weight
	byName map[string]effect // what a name adds to that
	day    struct{ events, expected float64 }

	sky      *skies
	forecast float64                            // the level that was forecast of this bucket, where the model says; else that of learn counts
	whole    struct{ events, expected float64 } // of the day so far, without its weather
	seen     int                                // buckets
}

// effect is a factor by its logarithm, as evidence under a normal prior around zero.
type effect struct{ precision, sum float64 }

const (
	priorEffect  = 0.15 // standard deviation of the logarithm, for all holidays
	priorName    = 0.20 // and for what a name adds
	holidayNoise = 0.25 // and of a single day around what is expected of it, beyond chance
)

func (e effect) value(prior float64) float64 { return e.sum / (e.precision + 1/(prior*prior)) }

func newRhythm(s *Setup) *rhythm {
	return &rhythm{axis: s.Axis, calendar: s.Holidays, week: newProfile(s.Axis.PerDay()), byName: map[string]effect{}, sky: newSkies(s.Weather)}
}

// name of a holiday without what tells apart its days.
func plainName(name string) string {
	name, _, _ = strings.Cut(name, ",")
	return name
}

// weekday is the day of the week that people behave as if it were: a weekend day that is worked counts as a Wednesday.
func (r *rhythm) weekday(bucket int, what holiday.Day) time.Weekday {
	if what.Work {
		return time.Wednesday
	}
	return r.axis.Weekday(bucket)
}

// sunday is the factor of a bucket before what is learned about holidays.
func (r *rhythm) sunday(bucket int, what holiday.Day) float64 {
	w, slot := r.weekday(bucket, what), r.axis.Slot(bucket)
	f := r.week.at(w, slot)
	if what.Weight > 0 && r.week.day[time.Sunday] < r.week.day[w] {
		return math.Pow(f, 1-what.Weight) * math.Pow(r.week.at(time.Sunday, slot), what.Weight)
	}
	return f
}

// at is the factor of a bucket.
func (r *rhythm) at(bucket int) float64 { return r.dry(bucket) * r.sky.at(r.axis.Day(bucket)) }

// dry is the factor of a bucket whatever the weather.
func (r *rhythm) dry(bucket int) float64 {
	what := r.calendar.On(r.axis.Day(bucket))
	f := r.sunday(bucket, what)
	if what.Weight > 0 {
		f *= math.Exp(what.Weight * (r.all.value(priorEffect) + r.byName[plainName(what.Name)].value(priorName)))
	}
	return f
}

// learn takes the events of a bucket and the level that was expected before it.
func (r *rhythm) learn(bucket int, events, level float64) {
	if r.sky != nil {
		level = r.learnSky(bucket, events, level)
	}
	what := r.calendar.On(r.axis.Day(bucket))
	slot := r.axis.Slot(bucket)
	r.seen++
	if what.Weight == 0 {
		r.week.learn(r.weekday(bucket, what), slot, events, level)
		return
	}
	r.day.events += events
	r.day.expected += level * r.sunday(bucket, what)
	if slot != r.axis.PerDay()-1 {
		return
	}
	if r.seen >= fewestDays*r.axis.PerDay() { // before, nobody knows what an ordinary day is
		r.learnDay(what)
	}
	r.day.events, r.day.expected = 0, 0
}

// learnSky takes the events of a bucket, and returns the level as the weather of its day made it: what is learned of the week and of
// holidays is not to learn rain.
func (r *rhythm) learnSky(bucket int, events, level float64) float64 {
	day := r.axis.Day(bucket)
	factor := r.sky.at(day)
	r.whole.events += events
	r.whole.expected += cmp.Or(r.forecast, level) * r.dry(bucket)
	if r.axis.Slot(bucket) == r.axis.PerDay()-1 {
		if r.seen >= fewestDays*r.axis.PerDay() {
			r.sky.learn(day, r.whole.events, r.whole.expected)
		}
		r.whole.events, r.whole.expected = 0, 0
	}
	return level * factor
}

// learnDay takes a holiday that is over.
func (r *rhythm) learnDay(what holiday.Day) {
	if r.day.expected <= 0 {
		return
	}
	ratio := math.Log((r.day.events + 0.5) / (r.day.expected + 0.5))
	ratio = math.Max(-2, math.Min(2, ratio)) / what.Weight
	precision := what.Weight * what.Weight / (holidayNoise*holidayNoise + 1/(r.day.expected+0.5))
	name := plainName(what.Name)
	own := r.byName[name]
	own.precision += precision
	own.sum += precision * (ratio - r.all.value(priorEffect))
	r.byName[name] = own
	r.all.precision += precision
	r.all.sum += precision * ratio
}
