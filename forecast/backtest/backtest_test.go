package backtest_test

import (
	"context"
	"encoding/xml"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"fettle/forecast/backtest"
	"fettle/forecast/count"
	"fettle/forecast/model"
	"fettle/geo"
	"fettle/geo/h3cell"
)

// table is days of Poisson counts whose mean differs by place and weekday.
func table(t *testing.T, days int) *count.Table {
	t.Helper()
	axis, err := count.NewAxis(24*time.Hour, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	middle, err := h3cell.Of(geo.Point{Lat: 30.2, Lon: 120.2}, 8)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := h3cell.Disk(middle, 3)
	if err != nil {
		t.Fatal(err)
	}
	tb := &count.Table{Axis: axis, Kinds: []string{"leak"}, First: 20000, End: 20000 + days}
	for _, c := range cells {
		tb.Places = append(tb.Places, count.Place{Name: c.String(), Cell: c})
	}
	rng := rand.New(rand.NewPCG(3, 3))
	for b := tb.First; b < tb.End; b++ {
		for p := range cells {
			mean := 0.1 + 0.2*float64(p%7)
			if axis.Weekday(b) == time.Sunday {
				mean /= 3
			}
			if n := (distuv.Poisson{Lambda: mean, Src: rng}).Rand(); n > 0 {
				tb.Counts = append(tb.Counts, count.Count{Bucket: int32(b), Place: int32(p), N: uint16(n)})
			}
		}
	}
	return tb
}

func TestRunJudgesEveryModel(t *testing.T) {
	t.Parallel()
	tb := table(t, 300)
	deviance := map[string]float64{}
	for _, name := range model.Names() {
		rows := 0
		r, err := backtest.Run(context.Background(), tb, backtest.Options{
			Model: name, Horizon: model.Horizon{Lead: 1, Span: 1}, From: tb.End - 56, To: tb.End, Seed: 1,
		}, func(f *model.Forecast) error {
			if f.First != tb.End-56+rows {
				t.Errorf("%s: forecast %d is of bucket %d", name, rows, f.First)
			}
			rows++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if rows != 56 || r.Judged != 56 || r.Events == 0 || math.IsNaN(r.LogLoss+r.CRPS+r.PIT.P+r.Bias) {
			t.Errorf("%s: %d rows, %+v", name, rows, r)
		}
		deviance[name] = r.Deviance
		if name == "hierarchical" {
			if math.Abs(r.Coverage.Total-0.8) > 0.13 || math.Abs(r.Coverage.Places-0.8) > 0.03 || r.PIT.P < 0.01 || math.Abs(r.Bias-1) > 0.06 {
				t.Errorf("%s is not calibrated: %+v", name, r)
			}
			for _, chart := range r.Charts() {
				if xml.Unmarshal([]byte(chart.SVG), new(struct{})) != nil || strings.Count(chart.CSV, "\n") < 4 || strings.Contains(chart.SVG, "NaN") {
					t.Errorf("chart %s:\n%s\n%s", chart.Name, chart.SVG, chart.CSV)
				}
			}
			if len(r.Gain) != len(tb.Places) || math.Abs(r.Gain[len(r.Gain)-1]-1) > 1e-9 || len(r.Reliability) == 0 {
				t.Errorf("gain %v, reliability %v", r.Gain, r.Reliability)
			}
		}
	}
	for name, d := range deviance {
		if name != "hierarchical" && deviance["hierarchical"] > d*1.01 {
			t.Errorf("hierarchical has deviance %.4f, %s %.4f", deviance["hierarchical"], name, d)
		}
	}
}

// TestRunKeepsItsDistance: with a lead of 7, nothing of the last six days before a bucket is known to its forecast.
func TestRunKeepsItsDistance(t *testing.T) {
	t.Parallel()
	play := func(tb *count.Table) (mean float64) {
		_, err := backtest.Run(context.Background(), tb, backtest.Options{
			Model: "hierarchical", Horizon: model.Horizon{Lead: 7, Span: 1}, From: tb.End - 1, To: tb.End,
		}, func(f *model.Forecast) error { mean = f.Total.Mean; return nil })
		if err != nil {
			t.Fatal(err)
		}
		return mean
	}
	tb := table(t, 150)
	want := play(tb)
	for i := range tb.Counts {
		if int(tb.Counts[i].Bucket) >= tb.End-7 {
			tb.Counts[i].N += 40
		}
	}
	if got := play(tb); got != want {
		t.Errorf("the forecast moved from %g to %g by what it could not know", want, got)
	}
	for i := range tb.Counts {
		if int(tb.Counts[i].Bucket) == tb.End-8 {
			tb.Counts[i].N += 40
		}
	}
	if got := play(tb); got == want {
		t.Error("the forecast does not use the last day that it may use")
	}
}

func TestRunBeyondAndWithoutHistory(t *testing.T) {
	t.Parallel()
	tb := table(t, 60)
	empty := *tb
	empty.Counts, empty.First, empty.End = nil, 0, 0
	for name, c := range map[string]struct {
		table    *count.Table
		from, to int
		judged   int
	}{
		"beyond the end":   {tb, tb.End - 3, tb.End + 5, 3},
		"before the start": {tb, tb.First - 10, tb.First + 2, 12},
		"nothing at all":   {&empty, 20000, 20010, 0},
	} {
		rows := 0
		r, err := backtest.Run(context.Background(), c.table, backtest.Options{
			Model: "hierarchical", Horizon: model.Horizon{Lead: 1, Span: 1}, From: c.from, To: c.to,
		}, func(f *model.Forecast) error {
			rows++
			if !(f.Total.Mean > 0) {
				t.Errorf("%s: a mean is %g", name, f.Total.Mean)
			}
			return nil
		})
		if err != nil || rows != c.to-c.from || r.Judged != c.judged {
			t.Errorf("%s: %d rows, %+v, %v", name, rows, r, err)
		}
	}
	_, err := backtest.Run(context.Background(), tb, backtest.Options{
		Model: "hierarchical", Horizon: model.Horizon{Lead: 1, Span: 7}, From: tb.End, To: tb.End + 6,
	}, nil)
	var invalid *count.InvalidError
	if !errors.As(err, &invalid) {
		t.Errorf("a range shorter than a total gives %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := backtest.Run(ctx, tb, backtest.Options{
		Model: "kde", Horizon: model.Horizon{Lead: 1, Span: 1}, From: tb.End - 3, To: tb.End,
	}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled run gives %v", err)
	}
}
