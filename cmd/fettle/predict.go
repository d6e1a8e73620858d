package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"fettle/forecast/model"
	"fettle/geo/h3cell"
)

// predictCommand forecasts what comes after the events of a file.
type predictCommand struct {
	eventFlags
	At     string `placeholder:"YYYY-MM-DD" help:"Forecast from this bucket on, knowing nothing of it or later ones; otherwise from the bucket after the last event."`
	Next   int    `default:"1" help:"How many buckets (with --sum, totals) to forecast, one after another."`
	Format string `default:"csv" enum:"csv,geojson" help:"csv: rows as of backtest; geojson: the cells as polygons. One of ${enum}."`
	Out    string `short:"o" name:"out" placeholder:"FILE" help:"Write to FILE, whole or not at all."`
}

// Help is the long help text.
func (predictCommand) Help() string {
	return `Rows are those of backtest: cell,time,mean,size,p10,p50,p90. With --format geojson each cell and bucket is a polygon with the
same values as properties, ready for a map.

Example:

    fettle forecast predict --events orders.csv --res 8 --bucket 1h --next 24 --zone Asia/Shanghai --format geojson -o tomorrow.geojson`
}

// fit makes the model of what was seen before a bucket.
func (c *predictCommand) fit(in *observations, end int) (model.Model, error) {
	calendar, err := c.calendar(in, end)
	if err != nil {
		return nil, err
	}
	setup, err := model.NewSetup(in.table, end, in.horizon, calendar)
	if err != nil {
		return nil, err
	}
	if setup.Weather, err = c.weather(); err != nil {
		return nil, err
	}
	m, err := model.New(c.Model, setup)
	if err != nil {
		return nil, err
	}
	model.Fit(m, in.table, in.table.First, min(end, in.table.End))
	return m, nil
}

// Run implements the command.
func (c *predictCommand) Run(ctx context.Context, s *session) error {
	if c.Next < 1 {
		return usageError("--next is %d, want at least 1", c.Next)
	}
	if err := canWrite("--out", c.Out); err != nil {
		return err
	}
	in, err := c.load(s)
	if err != nil {
		return err
	}
	if len(in.table.Counts) == 0 {
		return usageError("%s: no event could be counted, so there is nothing to go by", c.Events)
	}
	end := in.table.End
	if c.At != "" {
		if end, err = in.bucket("--at", c.At); err != nil {
			return err
		}
	}
	m, err := c.fit(in, end)
	if err != nil {
		return err
	}
	var forecasts []*model.Forecast
	for k := range c.Next {
		if ctx.Err() != nil {
			return errInterrupted
		}
		forecasts = append(forecasts, m.Predict(end+in.horizon.Lead-1+k*in.step, in.horizon.Span))
	}
	return s.writeOut(c.Out, func(w io.Writer) error {
		if c.Format == "geojson" {
			return writeGeoJSON(w, in, forecasts)
		}
		rows := &forecastWriter{out: bufio.NewWriter(w), table: in.table}
		rows.heading()
		for _, f := range forecasts {
			if err := rows.write(f); err != nil {
				return err
			}
		}
		return rows.out.Flush()
	})
}

// cellFeature is a cell of a GeoJSON file.
type cellFeature struct {
	Type     string `json:"type"`
	Geometry struct {
		Type        string         `json:"type"`
		Coordinates [][][2]float64 `json:"coordinates"`
	} `json:"geometry"`
	Properties struct {
		Cell string  `json:"cell"`
		Time string  `json:"time"`
		Mean float64 `json:"mean"`
		Size float64 `json:"size"`
		P10  int     `json:"p10"`
		P50  int     `json:"p50"`
		P90  int     `json:"p90"`
	} `json:"properties"`
}

// writeGeoJSON writes forecasts as polygons of their cells.
func writeGeoJSON(w io.Writer, in *observations, forecasts []*model.Forecast) error {
	out := struct {
		Type     string        `json:"type"`
		Features []cellFeature `json:"features"`
	}{Type: "FeatureCollection", Features: []cellFeature{}}
	for _, f := range forecasts {
		for i, d := range f.Places {
			place := in.table.Places[i]
			corners, err := h3cell.Boundary(place.Cell)
			if err != nil {
				return fmt.Errorf("draw %s: %w", place.Name, err)
			}
			feature := cellFeature{Type: "Feature"}
			feature.Geometry.Type = "Polygon"
			ring := make([][2]float64, 0, len(corners)+1)
			for _, p := range append(corners, corners[0]) {
				ring = append(ring, [2]float64{math.Round(p.Lon*1e6) / 1e6, math.Round(p.Lat*1e6) / 1e6})
			}
			feature.Geometry.Coordinates = [][][2]float64{ring}
			v := &feature.Properties
			v.Cell, v.Time, v.Mean, v.Size = place.Name, in.table.Axis.Label(f.First), d.Mean, d.Size
			v.P10, v.P50, v.P90 = d.Quantiles()
			out.Features = append(out.Features, feature)
		}
	}
	return json.NewEncoder(w).Encode(out)
}
