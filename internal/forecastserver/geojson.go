package forecastserver

import (
	"math"

	"google.golang.org/protobuf/types/known/structpb"

	"fettle/geo"
	"fettle/geo/h3cell"
	"fettle/internal/outlook"
)

// featureCollection writes cells as GeoJSON: longitude before latitude, six decimals, rings anticlockwise and closed.
func featureCollection(h *outlook.Heat) (*structpb.Struct, error) {
	features := make([]any, 0, len(h.Cells))
	for i := range h.Cells {
		c := &h.Cells[i]
		boundary, err := h3cell.Boundary(c.Cell)
		if err != nil {
			return nil, err
		}
		named := map[string]any{}
		for _, p := range properties(h, c) {
			named[p.Name] = p.Value
		}
		features = append(features, map[string]any{
			"type": "Feature", "id": c.Cell.String(), "properties": named,
			"geometry": map[string]any{"type": "Polygon", "coordinates": []any{ring(boundary)}},
		})
	}
	return structpb.NewStruct(map[string]any{"type": "FeatureCollection", "features": features})
}

func ring(points []geo.Point) []any {
	out := make([]any, 0, len(points)+1)
	for i := range len(points) + 1 {
		p := points[i%len(points)]
		out = append(out, []any{round6(p.Lon), round6(p.Lat)})
	}
	return out
}

func round6(v float64) float64 { return math.Round(v*1e6) / 1e6 }
