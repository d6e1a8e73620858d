package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"fettle/forecast/model"
	"fettle/forecast/posts"
	"fettle/geo"
	"fettle/geo/travel"
)

// standbyCommand says where technicians should wait for what is forecast.
type standbyCommand struct {
	eventFlags
	Technicians string        `required:"" type:"existingfile" placeholder:"FILE" help:"Technicians as CSV: name,lat,lon (where they are now)."`
	Within      time.Duration `default:"20m" help:"An event is covered when somebody free can be there in this time."`
	Busy        float64       `default:"0.3" help:"Probability that a technician is busy when an event comes."`
	Moves       int           `placeholder:"N" help:"Send at most N technicians elsewhere; 0 means any number."`
	MaxWay      time.Duration `placeholder:"30m" help:"Send nobody farther than this from where he is."`
	Speed       float64       `default:"30" help:"Speed on the road in km/h; ways are 1.4 times the straight line."`
	Out         string        `short:"o" name:"out" placeholder:"FILE" help:"Write the answer to FILE, whole or not at all."`
}

// Help is the long help text.
func (standbyCommand) Help() string {
	return `Forecasts the bucket after the last event and chooses the cells in which technicians should wait, so that the expected number of
events with a free technician within --within is largest. Prints one JSON object: the cover, a bound that no choice can
exceed with the gap to it, and for each technician where to wait, what he adds and what moving him would lose.

Example:

    fettle forecast standby --events orders.csv --bucket 6h --zone Asia/Shanghai --technicians crew.csv --within 20m --moves 5`
}

// standbyAnswer is the JSON of the command.
type standbyAnswer struct {
	Time    string        `json:"time"`
	Demand  float64       `json:"demand"` // expected events
	Cover   float64       `json:"cover"`
	Bound   float64       `json:"bound"`
	Gap     float64       `json:"gap"`
	Moved   int           `json:"moved"`
	Posts   []standbyPost `json:"posts"`
	Seconds float64       `json:"seconds"`
}

// standbyPost is one technician.
type standbyPost struct {
	Name  string  `json:"name"`
	Cell  string  `json:"cell"`
	Lat   float64 `json:"lat"`
	Lon   float64 `json:"lon"`
	Moved bool    `json:"moved"`
	Adds  float64 `json:"adds"`
	Why   string  `json:"why"`
}

// Run implements the command.
func (c *standbyCommand) Run(ctx context.Context, s *session) error {
	if c.Within <= 0 || c.MaxWay < 0 || c.Moves < 0 {
		return usageError("--within is %s, --max-way is %s, --moves is %d: want a time above 0, and none below 0", c.Within, c.MaxWay, c.Moves)
	}
	if err := canWrite("--out", c.Out); err != nil {
		return err
	}
	way := travel.StraightLine{}
	for hour := range way.SpeedKPH {
		way.SpeedKPH[hour] = c.Speed
	}
	if err := way.Validate(); err != nil {
		return fmt.Errorf("--speed: %w", err)
	}
	crew, err := readCrew(c.Technicians)
	if err != nil {
		return err
	}
	f, in, err := c.next(s)
	if err != nil {
		return err
	}
	began := s.elapsed()
	q := posts.Question{Crew: crew, Way: way, Within: c.Within, Busy: c.Busy, Moves: c.Moves, MaxWay: c.MaxWay}
	for i, place := range in.table.Places {
		q.Places = append(q.Places, posts.Place{Name: place.Name, Cell: place.Cell, Demand: f.Places[i].Mean})
	}
	chosen, err := posts.Choose(ctx, &q)
	if err != nil {
		return err
	}
	answer := standbyAnswer{
		Time: in.table.Axis.Label(f.First), Demand: f.Total.Mean, Cover: chosen.Cover, Bound: chosen.Bound, Gap: chosen.Gap,
		Moved: chosen.Moved, Posts: []standbyPost{},
	}
	for i, post := range chosen.Posts {
		answer.Posts = append(answer.Posts, standbyPost{
			Name: crew[i].Name, Cell: q.Places[post.Place].Name, Lat: post.Point.Lat, Lon: post.Point.Lon, Moved: post.Moved, Adds: post.Adds,
			Why: post.Why,
		})
	}
	answer.Seconds = (s.elapsed() - began).Seconds()
	return s.writeOut(c.Out, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(answer)
	})
}

// next forecasts the bucket after the last event.
func (c *standbyCommand) next(s *session) (*model.Forecast, *observations, error) {
	in, err := c.load(s)
	if err != nil {
		return nil, nil, err
	}
	if len(in.table.Counts) == 0 {
		return nil, nil, usageError("%s: no event could be counted, so there is nothing to go by", c.Events)
	}
	calendar, err := c.calendar(in, in.table.End)
	if err != nil {
		return nil, nil, err
	}
	setup, err := model.NewSetup(in.table, in.table.End, in.horizon, calendar)
	if err != nil {
		return nil, nil, err
	}
	m, err := model.New(c.Model, setup)
	if err != nil {
		return nil, nil, err
	}
	model.Fit(m, in.table, in.table.First, in.table.End)
	return m.Predict(in.table.End+in.horizon.Lead-1, in.horizon.Span), in, nil
}

// readCrew reads the technicians.
func readCrew(path string) ([]posts.Member, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(file).ReadAll()
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) < 2 {
		return nil, fmt.Errorf("%s: want a heading name,lat,lon and at least one technician", path)
	}
	name, lat, lon := position(rows[0], "name"), position(rows[0], "lat"), position(rows[0], "lon")
	if name < 0 || lat < 0 || lon < 0 {
		return nil, fmt.Errorf("%s: the heading is %q, want name,lat,lon", path, strings.Join(rows[0], ","))
	}
	var crew []posts.Member
	for i, row := range rows[1:] {
		la, err1 := strconv.ParseFloat(strings.TrimSpace(row[lat]), 64)
		lo, err2 := strconv.ParseFloat(strings.TrimSpace(row[lon]), 64)
		at := geo.Point{Lat: la, Lon: lo}
		if err := errors.Join(err1, err2, at.Validate()); err != nil {
			return nil, fmt.Errorf("%s:%d: lat,lon is %q,%q, want degrees", path, i+2, row[lat], row[lon])
		}
		crew = append(crew, posts.Member{Name: row[name], At: at})
	}
	return crew, nil
}
