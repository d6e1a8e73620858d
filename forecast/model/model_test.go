package model_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"fettle/forecast/count"
	"fettle/forecast/model"
	"fettle/forecast/score"
	"fettle/geo"
	"fettle/geo/h3cell"
)

// town is a table of invented events: places around a point, a mean for each bucket and place.
type town struct {
	rings  int
	bucket time.Duration
	days   int
	mean   func(bucket, place, slot int, w time.Weekday) float64
	size   float64
	kinds  int
}

// firstDay is a Monday.
const firstDay = 19723 // 2024-01-01

func (w town) table(t *testing.T) *count.Table {
	t.Helper()
	axis, err := count.NewAxis(w.bucket, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	middle, err := h3cell.Of(geo.Point{Lat: 30.2, Lon: 120.2}, 8)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := h3cell.Disk(middle, w.rings)
	if err != nil {
		t.Fatal(err)
	}
	kinds := max(1, w.kinds)
	table := &count.Table{Axis: axis, First: firstDay * axis.PerDay(), End: (firstDay + w.days) * axis.PerDay()}
	for k := range kinds {
		table.Kinds = append(table.Kinds, string(rune('a'+k)))
	}
	for _, c := range cells {
		table.Places = append(table.Places, count.Place{Name: c.String(), Cell: c})
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for b := table.First; b < table.End; b++ {
		for p := range cells {
			if n := w.draw(w.mean(b-table.First, p, axis.Slot(b), axis.Weekday(b)), rng); n > 0 {
				table.Counts = append(table.Counts, count.Count{Bucket: int32(b), Place: int32(p), Kind: int16((b + p) % kinds), N: uint16(n)})
			}
		}
	}
	return table
}

func (w town) draw(mean float64, rng *rand.Rand) int {
	if mean <= 0 {
		return 0
	}
	if w.size > 0 {
		mean = distuv.Gamma{Alpha: w.size, Beta: w.size / mean, Src: rng}.Rand()
	}
	return int(distuv.Poisson{Lambda: math.Max(mean, 1e-12), Src: rng}.Rand())
}

// fitted makes a model and shows it the whole table.
func fitted(t *testing.T, name string, table *count.Table, h model.Horizon) (model.Model, *model.Setup) {
	t.Helper()
	setup, err := model.NewSetup(table, table.End, h, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.New(name, setup)
	if err != nil {
		t.Fatal(err)
	}
	model.Fit(m, table, table.First, table.End)
	return m, setup
}

func flat(mean float64) func(int, int, int, time.Weekday) float64 {
	return func(int, int, int, time.Weekday) float64 { return mean }
}

// TestThinHistoryGivesWideHonestIntervals: empty, tiny and constant histories give no zero, no NaN and no false certainty.
func TestThinHistoryGivesWideHonestIntervals(t *testing.T) {
	t.Parallel()
	for _, name := range model.Names() {
		for _, c := range []struct {
			name     string
			town     town
			low, top float64 // of the city's mean for a day
		}{
			{"nothing at all", town{rings: 2, bucket: 24 * time.Hour, days: 0, mean: flat(0)}, 1e-4, 30},
			{"a month of silence", town{rings: 2, bucket: 24 * time.Hour, days: 30, mean: flat(0)}, 1e-4, 1},
			{"three days", town{rings: 2, bucket: 24 * time.Hour, days: 3, mean: flat(0.4)}, 0.5, 40},
			{"one place", town{rings: 0, bucket: 24 * time.Hour, days: 20, mean: flat(1)}, 0.2, 4},
			{"always one each", town{rings: 1, bucket: 24 * time.Hour, days: 120, mean: nil}, 5, 9},
			{"hours of silence", town{rings: 1, bucket: time.Hour, days: 10, mean: flat(0)}, 1e-5, 1},
		} {
			w := c.town
			if w.mean == nil { // constant: exactly one event in each place each day
				w.mean = flat(0)
			}
			table := w.table(t)
			if c.town.mean == nil {
				for b := table.First; b < table.End; b++ {
					for p := range table.Places {
						table.Counts = append(table.Counts, count.Count{Bucket: int32(b), Place: int32(p), N: 1})
					}
				}
			}
			m, _ := fitted(t, name, table, model.Horizon{Lead: 1, Span: 1})
			f := m.Predict(table.End, 1)
			for _, d := range append(append([]score.Dist{f.Total}, f.Places...), f.Regions...) {
				if !(d.Mean > 0) || !(d.Size > 0) || math.IsInf(d.Mean, 0) || math.IsInf(d.Size, 0) {
					t.Fatalf("%s, %s: a distribution is %+v", name, c.name, d)
				}
			}
			if f.Total.Mean < c.low || f.Total.Mean > c.top {
				t.Errorf("%s, %s: the city's mean is %g, want %g to %g", name, c.name, f.Total.Mean, c.low, c.top)
			}
			if c.town.days < 5 {
				if p10, _, p90 := f.Total.Quantiles(); p90 <= p10 {
					t.Errorf("%s, %s: the interval is %d to %d", name, c.name, p10, p90)
				}
				if spread := f.Total.Variance() / f.Total.Mean; spread < 1.2 && f.Total.Mean > 1 {
					t.Errorf("%s, %s: variance over mean is %g: as sure as if all were known", name, c.name, spread)
				}
			}
		}
	}
}

// TestLearnsMapWeekAndSpread: with two years of a regular town the forecast is close to the truth.
func TestLearnsMapWeekAndSpread(t *testing.T) {
	t.Parallel()
	truth := func(_, place, _ int, w time.Weekday) float64 {
		mean := 0.2 + 0.3*float64(place%5)
		if w == time.Saturday || w == time.Sunday {
			mean *= 0.3
		}
		return mean
	}
	table := town{rings: 3, bucket: 24 * time.Hour, days: 500, mean: truth, size: 1.5, kinds: 2}.table(t)
	m, _ := fitted(t, "hierarchical", table, model.Horizon{Lead: 1, Span: 1})
	for ahead := range 7 {
		b := table.End + ahead
		f := m.Predict(b, 1)
		wrong, want := 0.0, 0.0
		logSize := 0.0
		for p, d := range f.Places {
			mean := truth(0, p, 0, table.Axis.Weekday(b))
			wrong += math.Abs(d.Mean - mean)
			want += mean
			logSize += math.Log(d.Size) / float64(len(f.Places))
		}
		if wrong > 0.25*want {
			t.Errorf("%s: means are off by %.0f %%", table.Axis.Weekday(b), 100*wrong/want)
		}
		if size := math.Exp(logSize); size < 0.7 || size > 3 {
			t.Errorf("%s: the size is %g, want about 1.5", table.Axis.Weekday(b), size)
		}
	}
}

// TestLearnsHours: a bucket of an hour knows the time of day.
func TestLearnsHours(t *testing.T) {
	t.Parallel()
	truth := func(_, _, slot int, _ time.Weekday) float64 {
		if slot >= 8 && slot < 20 {
			return 0.5
		}
		return 0.05
	}
	table := town{rings: 1, bucket: time.Hour, days: 90, mean: truth}.table(t)
	for _, name := range []string{"hierarchical", "glm", "exponential"} {
		m, _ := fitted(t, name, table, model.Horizon{Lead: 1, Span: 1})
		noon, night := m.Predict(table.End+12, 1).Total.Mean, m.Predict(table.End+3, 1).Total.Mean
		if noon < 2.2 || noon > 5 || night < 0.15 || night > 0.9 {
			t.Errorf("%s: noon %g, night %g, want about 3.5 and 0.35", name, noon, night)
		}
		if day := m.Predict(table.End, 24).Total.Mean; math.Abs(day-46) > 14 {
			t.Errorf("%s: a day has %g events, want about 46", name, day)
		}
	}
}

// TestSumsOfDays: the total of a week is about that of its days, and its district intervals are wider than if days were
// independent.
func TestSumsOfDays(t *testing.T) {
	t.Parallel()
	table := town{rings: 2, bucket: 24 * time.Hour, days: 300, mean: flat(0.8), size: 2}.table(t)
	m, _ := fitted(t, "hierarchical", table, model.Horizon{Lead: 1, Span: 7})
	week, days := m.Predict(table.End, 7).Total.Mean, 0.0
	for d := range 7 {
		days += m.Predict(table.End+d, 1).Total.Mean
	}
	if math.Abs(week-days) > 1e-6*week || math.Abs(week-7*0.8*19) > 16 {
		t.Errorf("the week has %g, its days %g, want about %g", week, days, 7*0.8*19)
	}
}

// TestTheFutureIsNotSeen: what comes after the end cannot change a forecast.
func TestTheFutureIsNotSeen(t *testing.T) {
	t.Parallel()
	table := town{rings: 1, bucket: 24 * time.Hour, days: 120, mean: flat(0.7), kinds: 3}.table(t)
	spoiled := *table
	spoiled.Counts = append([]count.Count(nil), table.Counts...)
	cut := table.First + 100
	for i := range spoiled.Counts {
		if int(spoiled.Counts[i].Bucket) >= cut {
			spoiled.Counts[i].N = 500
		}
	}
	for _, name := range model.Names() {
		var means [2]float64
		for i, tb := range []*count.Table{table, &spoiled} {
			setup, err := model.NewSetup(tb, cut, model.Horizon{Lead: 1, Span: 1}, nil)
			if err != nil {
				t.Fatal(err)
			}
			m, err := model.New(name, setup)
			if err != nil {
				t.Fatal(err)
			}
			model.Fit(m, tb, tb.First, cut)
			means[i] = m.Predict(cut, 1).Total.Mean
		}
		if means[0] != means[1] {
			t.Errorf("%s: %g became %g when only the future changed", name, means[0], means[1])
		}
	}
}

func TestNewRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	table := town{rings: 0, bucket: 24 * time.Hour, days: 3, mean: flat(1)}.table(t)
	if _, err := model.NewSetup(table, table.End, model.Horizon{Lead: 0, Span: 1}, nil); err == nil {
		t.Error("a lead of 0 is taken")
	}
	setup, err := model.NewSetup(table, table.End, model.Horizon{Lead: 1, Span: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := model.New("oracle", setup); err == nil {
		t.Error("an oracle was made")
	}
}
