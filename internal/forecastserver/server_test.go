package forecastserver

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	forecastv1 "fettle/api/gen/fettle/forecast/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/internal/outlook"
	"fettle/org"
)

type fixed struct{ at time.Time }

func (f fixed) Now() time.Time { return f.at }

type noLog struct{}

func (noLog) Events(context.Context, org.ID, int64, int) ([]engine.Event, error) { return nil, nil }

var now = time.Date(2026, 3, 9, 10, 30, 0, 0, time.UTC)

func server(t *testing.T) (*Server, context.Context) {
	t.Helper()
	return serverOf(t, &staff{})
}

func serverOf(t *testing.T, people *staff) (*Server, context.Context) {
	t.Helper()
	var past []outlook.Report
	for day := 40; day > 0; day-- {
		for i := range 4 {
			at := now.AddDate(0, 0, -day).Add(time.Duration(i*100+day) * time.Minute)
			past = append(past, outlook.Report{Time: at, Point: geo.Point{Lat: 30.2, Lon: 120.2}, Trade: "gas"})
		}
	}
	o, err := outlook.New(outlook.Config{Store: noLog{}, Clock: fixed{now}, Zone: time.UTC, History: map[org.ID][]outlook.Report{org.Default: past}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return New(Config{Outlook: o, Clock: people, Technicians: people, Position: people.position, Zone: time.UTC}), org.NewContext(t.Context(), org.Default)
}

func TestHeatmap(t *testing.T) {
	s, ctx := server(t)
	ahead, err := s.GetHeatmap(ctx, &forecastv1.GetHeatmapRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if !ahead.GetAhead() || len(ahead.GetCells()) != 1 || ahead.GetTotal().GetMean() < 2 || ahead.GetTotal().GetMean() > 8 || ahead.GetResolution() != 8 {
		t.Errorf("ahead is %v, want about 4 reports in a cell", ahead)
	}
	behind, err := s.GetHeatmap(ctx, &forecastv1.GetHeatmapRequest{EndTime: timestamppb.New(now.Add(-3 * time.Hour)), Trade: "gas"})
	if err != nil {
		t.Fatal(err)
	}
	if behind.GetAhead() || !behind.GetForecast() || behind.GetTotal().GetActual() == 0 {
		t.Errorf("behind is %v, want what came and what was forecast", behind)
	}
}

func TestGeoJSON(t *testing.T) {
	s, ctx := server(t)
	got, err := s.GetHeatmapGeoJSON(ctx, &forecastv1.GetHeatmapRequest{})
	if err != nil {
		t.Fatal(err)
	}
	features := got.GetFields()["features"].GetListValue().GetValues()
	if len(features) != 1 {
		t.Fatalf("%d features, want 1", len(features))
	}
	f := features[0].GetStructValue().GetFields()
	ring := f["geometry"].GetStructValue().GetFields()["coordinates"].GetListValue().GetValues()[0].GetListValue().GetValues()
	first, last := ring[0].GetListValue().GetValues(), ring[len(ring)-1].GetListValue().GetValues()
	if len(ring) != 7 || first[0].GetNumberValue() != last[0].GetNumberValue() || first[0].GetNumberValue() < 119 {
		t.Errorf("ring %v, want a closed hexagon, longitude first", ring)
	}
	if mean := f["properties"].GetStructValue().GetFields()["mean"].GetNumberValue(); mean <= 0 {
		t.Errorf("mean is %g", mean)
	}
}

func TestIntervalsThatCannotBeAnswered(t *testing.T) {
	s, ctx := server(t)
	at := func(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(now.Add(d)) }
	for _, tt := range []struct {
		name  string
		r     *forecastv1.GetHeatmapRequest
		field string
	}{
		{"backwards", &forecastv1.GetHeatmapRequest{StartTime: at(time.Hour), EndTime: at(0)}, "endTime"},
		{"half behind", &forecastv1.GetHeatmapRequest{StartTime: at(-24 * time.Hour), EndTime: at(24 * time.Hour)}, "startTime"},
		{"too far ahead", &forecastv1.GetHeatmapRequest{StartTime: at(0), EndTime: at(9 * 24 * time.Hour)}, "endTime"},
		{"too long", &forecastv1.GetHeatmapRequest{StartTime: at(-90 * 24 * time.Hour), EndTime: at(-24 * time.Hour)}, "startTime"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.GetHeatmap(ctx, tt.r)
			var invalid *dispatch.InvalidError
			if !errors.As(err, &invalid) || invalid.Field != tt.field {
				t.Errorf("error %v, want one about %s", err, tt.field)
			}
		})
	}
}

func TestBacktest(t *testing.T) {
	s, ctx := server(t)
	got, err := s.GetBacktest(ctx, &forecastv1.GetBacktestRequest{Charts: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.GetModels()) != 2 || got.GetModels()[0].GetBuckets() == 0 || len(got.GetCharts()) == 0 || got.GetCharts()[0].GetSvg() == "" {
		t.Errorf("backtest %v, want two models, judged, with charts", got)
	}
}
