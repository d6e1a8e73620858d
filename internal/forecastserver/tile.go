package forecastserver

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/genproto/googleapis/api/httpbody"

	forecastv1 "fettle/api/gen/fettle/forecast/v1"
	"fettle/dispatch"
	"fettle/geo/h3cell"
	"fettle/internal/outlook"
	"fettle/internal/vectortile"
)

// GetHeatmapTile implements the method of the same name.
func (s *Server) GetHeatmapTile(ctx context.Context, r *forecastv1.GetHeatmapTileRequest) (*httpbody.HttpBody, error) {
	side := int32(1) << r.GetZ()
	for name, at := range map[string]int32{"x": r.GetX(), "y": r.GetY()} {
		if at >= side {
			return nil, &dispatch.InvalidError{Field: name, Value: strconv.Itoa(int(at)), Want: fmt.Sprintf("0 to %d at zoom %d", side-1, r.GetZ())}
		}
	}
	_, h, err := s.heat(ctx, &forecastv1.GetHeatmapRequest{
		StartTime: r.GetStartTime(), EndTime: r.GetEndTime(), Resolution: r.GetResolution(), Trade: r.GetTrade(), Live: r.GetLive(),
	})
	if err != nil {
		return nil, err
	}
	cells := vectortile.New("cells", int(r.GetZ()), int(r.GetX()), int(r.GetY()))
	for i := range h.Cells {
		boundary, err := h3cell.Boundary(h.Cells[i].Cell)
		if err != nil {
			return nil, err
		}
		cells.Add(boundary, properties(h, &h.Cells[i]))
	}
	return &httpbody.HttpBody{ContentType: vectortile.Type, Data: cells.Encode()}, nil
}

// properties are what is known of a cell, for maps.
func properties(h *outlook.Heat, c *outlook.CellValue) []vectortile.Property {
	out := []vectortile.Property{{Name: "cell", Value: c.Cell.String()}}
	if h.Forecast {
		out = append(out, vectortile.Property{Name: "mean", Value: c.Mean})
	}
	if h.Ahead {
		out = append(out, vectortile.Property{Name: "p10", Value: c.Low}, vectortile.Property{Name: "p90", Value: c.High})
	}
	if !h.Ahead || h.Live {
		out = append(out, vectortile.Property{Name: "actual", Value: c.Actual})
	}
	return out
}
