package outlook

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/forecast/backtest"
	"fettle/forecast/count"
	"fettle/forecast/holiday"
	"fettle/forecast/model"
	"fettle/forecast/weather"
	"fettle/geo"
)

// Bucket is the grain of time: six parts of a day.
const Bucket = 4 * time.Hour

// Lengths in buckets.
const (
	perDay      = 6
	AheadDays   = 7  // how far forecasts go
	rehearsal   = 14 // days that are forecast as though they were still to come, to show beside what came
	maxSelected = 31 // days of one question
)

// Key says of what a view is.
type Key struct {
	Resolution int            // of the H3 cells
	Trade      dispatch.Skill // "" means all
}

// View is the counts and forecasts of one resolution and trade, as of the bucket in which it was made.
type View struct {
	Key
	Axis   count.Axis
	Table  *count.Table
	End    int // the bucket in progress: the first that is forecast
	Events int

	places map[geo.Cell]int
	mu     sync.Mutex
	model  model.Model
	ahead  map[[2]int]*model.Forecast
	past   map[int]*model.Forecast // by bucket: as forecast one bucket ahead
	scores []*backtest.Result      // of the rehearsal: ours, then the naive one
	sky    *SkyScore
}

// newView counts and fits. Without any reports the view is empty.
func newView(ctx context.Context, d *demand, k Key, zone *time.Location, sky *weather.Table, now time.Time) (*View, error) {
	axis, err := count.NewAxis(Bucket, zone)
	if err != nil {
		return nil, err
	}
	r, err := count.NewReader(count.Options{Axis: axis, Resolution: k.Resolution})
	if err != nil {
		return nil, err
	}
	v := &View{Key: k, Axis: axis, End: axis.Of(now), places: map[geo.Cell]int{}, ahead: map[[2]int]*model.Forecast{}, past: map[int]*model.Forecast{}}
	d.each(k.Trade, func(x *Report) {
		r.Add(count.Event{
			Time: x.Time.Format(time.RFC3339Nano), Kind: string(cmp.Or(x.Trade, "other")),
			Lat: strconv.FormatFloat(x.Point.Lat, 'f', 6, 64), Lon: strconv.FormatFloat(x.Point.Lon, 'f', 6, 64),
		})
	})
	v.Table = r.Table()
	v.Events = v.Table.Events()
	for i, p := range v.Table.Places {
		v.places[p.Cell] = i
	}
	if v.Events == 0 {
		return v, nil
	}
	return v, v.fit(ctx, sky)
}

// fit makes the model of what is to come, and plays the last days to it and to the naive one.
func (v *View) fit(ctx context.Context, sky *weather.Table) error {
	seen := *v.Table
	seen.First, seen.End = min(seen.First, v.End-1), v.End // what is not listed is zero, up to now
	calendar, err := model.ChooseHolidays(&seen, v.End)
	if err != nil {
		return fmt.Errorf("choose holidays: %w", err)
	}
	setup, err := model.NewSetup(&seen, v.End, model.Horizon{Lead: 1, Span: 1}, calendar)
	if err != nil {
		return fmt.Errorf("prepare the forecast: %w", err)
	}
	setup.Weather = sky
	if v.model, err = model.New(model.Names()[0], setup); err != nil {
		return err
	}
	model.Fit(v.model, &seen, seen.First, v.End)
	return v.rehearse(ctx, &seen, calendar, sky)
}

// rehearse plays the last days, as far as there are any with a history before them.
func (v *View) rehearse(ctx context.Context, t *count.Table, c *holiday.Calendar, sky *weather.Table) error {
	from := max(v.End-rehearsal*perDay, t.First+perDay)
	if v.End-from < 1 {
		return nil
	}
	play := func(name string, sky *weather.Table, use func(*model.Forecast) error) (*backtest.Result, error) {
		r, err := backtest.Run(ctx, t, backtest.Options{
			Model: name, Horizon: model.Horizon{Lead: 1, Span: 1}, From: from, To: v.End, Holidays: c, Weather: sky, Seed: 1,
		}, use)
		if err != nil {
			return nil, fmt.Errorf("rehearse %s: %w", name, err)
		}
		return r, nil
	}
	ours := model.Names()[0]
	first, err := play(ours, sky, func(f *model.Forecast) error { v.past[f.First] = f; return nil })
	if err != nil {
		return err
	}
	naive, err := play("seasonal-naive", nil, nil)
	if err != nil {
		return err
	}
	v.scores = []*backtest.Result{first, naive}
	if columns := sky.Columns(); len(columns) > 0 {
		without, err := play(ours, nil, nil)
		if err != nil {
			return err
		}
		v.sky = &SkyScore{Columns: columns, Without: without}
	}
	return nil
}

// SkyScore is how the last days would have been forecast without the weather.
type SkyScore struct {
	Columns []string
	Without *backtest.Result
}

// Sky is what the weather did; nil where none is known, or without history.
func (v *View) Sky() *SkyScore { return v.sky }

// Scores are how the last days were forecast: by ours, then by the naive model. Empty without history.
func (v *View) Scores() []*backtest.Result { return v.scores }

// Buckets turns an interval into whole buckets, outwards.
func (v *View) Buckets(from, to time.Time) (first, end int) {
	first, end = v.Axis.Of(from), v.Axis.Of(to)
	if v.Axis.Start(end).Before(to) {
		end++
	}
	return first, max(end, first+1)
}

// CellValue is what is known of a cell in an interval.
type CellValue struct {
	Cell geo.Cell
	// Mean, Low and High are the forecast: expected reports, and the ends of the 80 % interval. Of the past it is the
	// one that was made a bucket ahead, without interval.
	Mean      float64
	Low, High int
	// Actual is how many were reported; meaningless ahead.
	Actual int
}

// Heat is the cells of an interval, all in the past or all ahead.
type Heat struct {
	First, End int // buckets
	Ahead      bool
	Live       bool // of the bucket in progress: Actual is what came so far
	// Forecast reports whether there is one: of the past only for the days that are rehearsed.
	Forecast bool
	Cells    []CellValue
	// Total is the same for all cells together.
	Total CellValue
}

// Behind is what came in buckets that are over, with what was forecast of it where that is known.
func (v *View) Behind(first, end int) *Heat {
	h := &Heat{First: first, End: end, Forecast: true}
	actual := make([]int, len(v.Table.Places))
	for _, c := range v.Table.Range(first, end) {
		actual[c.Place] += int(c.N)
	}
	mean := make([]float64, len(actual))
	for b := first; b < end; b++ {
		f := v.past[b]
		if f == nil {
			h.Forecast = false
			break
		}
		for i := range f.Places {
			mean[i] += f.Places[i].Mean
		}
		h.Total.Mean += f.Total.Mean
	}
	for i, p := range v.Table.Places {
		c := CellValue{Cell: p.Cell, Actual: actual[i]}
		if h.Forecast {
			c.Mean = mean[i]
		}
		h.Total.Actual += c.Actual
		if c.Actual > 0 || c.Mean > 0 {
			h.Cells = append(h.Cells, c)
		}
	}
	return h
}

// Ahead is the forecast of buckets to come, the one in progress included.
func (v *View) Ahead(first, end int) *Heat {
	h := &Heat{First: first, End: end, Ahead: true, Forecast: true}
	if v.model == nil {
		return h
	}
	f := v.predict(first, end-first)
	for i, p := range v.Table.Places {
		d := f.Places[i]
		low, _, high := d.Quantiles()
		h.Cells = append(h.Cells, CellValue{Cell: p.Cell, Mean: d.Mean, Low: low, High: high})
	}
	low, _, high := f.Total.Quantiles()
	h.Total = CellValue{Mean: f.Total.Mean, Low: low, High: high}
	return h
}

func (v *View) predict(first, span int) *model.Forecast {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := [2]int{first, span}
	f := v.ahead[key]
	if f == nil {
		f = v.model.Predict(first, span)
		v.ahead[key] = f
	}
	return f
}

// Advice says when the cells are too small, or too large, for what is known: "" when they are right. A cell should expect
// at least a few reports in the time that is asked for, or its neighbours say more about it than it does itself.
func (v *View) Advice() string {
	if v.Events == 0 {
		return "there are no reports yet: nothing can be forecast"
	}
	days := float64(max(1, v.End-v.Table.First)) / perDay
	daily := float64(v.Events) / days
	cell := daily / float64(len(v.Table.Places))
	switch {
	case days < 14:
		return fmt.Sprintf("%.0f days of history: intervals are wide until there are some weeks", days)
	case cell < 0.02 && v.Resolution > 6:
		return fmt.Sprintf("%.1f reports a day over %d cells: too thin for resolution %d, ask for a coarser one", daily, len(v.Table.Places), v.Resolution)
	case len(v.Table.Places) <= 3 && v.Resolution < 9:
		return fmt.Sprintf("all reports lie in %d cells: ask for a finer resolution, or forecast by building", len(v.Table.Places))
	}
	return ""
}

// Busiest are the places by expected reports ahead, the most first.
func (h *Heat) Busiest(n int) []CellValue {
	out := slices.Clone(h.Cells)
	slices.SortStableFunc(out, func(a, b CellValue) int { return cmp.Compare(b.Mean, a.Mean) })
	return out[:min(n, len(out))]
}
