package forecastserver

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	forecastv1 "fettle/api/gen/fettle/forecast/v1"
	"fettle/dispatch"
	"fettle/internal/vectortile"
)

// tileOf is the tile of the one cell of the test, at 30.2 north and 120.2 east.
func tileOf(zoom int) *forecastv1.GetHeatmapTileRequest {
	side := math.Exp2(float64(zoom))
	y := (1 - math.Asinh(math.Tan(30.2*math.Pi/180))/math.Pi) / 2
	return &forecastv1.GetHeatmapTileRequest{Z: int32(zoom), X: int32((120.2 + 180) / 360 * side), Y: int32(y * side)}
}

// A tile has the cells of the heatmap by their ids, the interval of what is ahead, and the count of what runs when it is live.
func TestTileHoldsTheCellsOfTheHeatmap(t *testing.T) {
	s, ctx := server(t)
	heat, err := s.GetHeatmap(ctx, &forecastv1.GetHeatmapRequest{})
	if err != nil {
		t.Fatal(err)
	}
	cell := []byte(heat.GetCells()[0].GetCell())
	for _, zoom := range []int{5, 11, 14} {
		r := tileOf(zoom)
		got, err := s.GetHeatmapTile(ctx, r)
		if err != nil || got.GetContentType() != vectortile.Type || !bytes.Contains(got.GetData(), cell) || !bytes.Contains(got.GetData(), []byte("p90")) || bytes.Contains(got.GetData(), []byte("actual")) {
			t.Errorf("zoom %d: %q %v", zoom, got.GetData(), err)
		}
		r.Live = true
		if got, err = s.GetHeatmapTile(ctx, r); err != nil || !bytes.Contains(got.GetData(), []byte("p90")) || !bytes.Contains(got.GetData(), []byte("actual")) {
			t.Errorf("zoom %d, live: %q %v", zoom, got.GetData(), err)
		}
	}
	r := tileOf(11)
	r.X += 3
	if got, err := s.GetHeatmapTile(ctx, r); err != nil || len(got.GetData()) > 0 {
		t.Errorf("a tile elsewhere: %q %v", got.GetData(), err)
	}
}

func TestTilesThatAreNone(t *testing.T) {
	s, ctx := server(t)
	for field, r := range map[string]*forecastv1.GetHeatmapTileRequest{
		"x":    {Z: 3, X: 8, Y: 0},
		"y":    {Z: 3, X: 0, Y: 8},
		"live": {Live: true, StartTime: timestamppb.New(now.Add(time.Hour))},
	} {
		_, err := s.GetHeatmapTile(ctx, r)
		var invalid *dispatch.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
