package backtest

import (
	"context"
	"fmt"

	"fettle/forecast/count"
	"fettle/forecast/holiday"
	"fettle/forecast/model"
	"fettle/forecast/weather"
)

// Options say what is played.
type Options struct {
	Model    string            // one of model.Names
	Horizon  model.Horizon     // in buckets of the table
	Step     int               // buckets from one forecast to the next; 0 means Span, so that totals do not overlap
	From, To int               // the first bucket that is forecast; the end of those that are, excluded
	Holidays *holiday.Calendar // nil knows none
	Weather  *weather.Table    // nil knows none; what it says of the days that are forecast counts as known
	Seed     uint64            // of the randomised PIT
}

// Run plays a table. Each forecast is given to use, in the order of time, with the names of its places in t.Places; use may
// be nil. An error of use ends the run, and so does the end of the context.
func Run(ctx context.Context, t *count.Table, o Options, use func(*model.Forecast) error) (*Result, error) {
	step := o.Step
	if step == 0 {
		step = o.Horizon.Span
	}
	if o.To-o.From < o.Horizon.Span {
		return nil, &count.InvalidError{
			Field: "to", Value: t.Axis.Label(o.To), Want: fmt.Sprintf("at least %d buckets after %s", o.Horizon.Span, t.Axis.Label(o.From)),
		}
	}
	first := o.From - o.Horizon.Lead + 1
	if len(t.Counts) == 0 || t.First > first {
		empty := *t
		empty.First, empty.End = first, max(t.End, first)
		t = &empty
	}
	setup, err := model.NewSetup(t, first, o.Horizon, o.Holidays)
	if err != nil {
		return nil, err
	}
	setup.Weather = o.Weather
	m, err := model.New(o.Model, setup)
	if err != nil {
		return nil, err
	}
	j := newJudge(t, setup, o)
	seen := t.First
	for bucket := o.From; bucket+o.Horizon.Span <= o.To; bucket += step {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		known := min(bucket-o.Horizon.Lead+1, t.End)
		model.Fit(m, t, seen, known)
		seen = max(seen, known)
		f := m.Predict(bucket, o.Horizon.Span)
		if use != nil {
			if err := use(f); err != nil {
				return nil, err
			}
		}
		if bucket+o.Horizon.Span <= t.End {
			j.judge(f, t.Range(bucket, bucket+o.Horizon.Span))
		}
	}
	return j.result(), nil
}
