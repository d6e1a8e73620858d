package outlook

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/org"
)

// Store is the log that demand is counted from.
type Store interface {
	Events(ctx context.Context, o org.ID, after int64, limit int) ([]engine.Event, error)
}

// Report is one time that somebody reported something broken.
type Report struct {
	Time  time.Time
	Point geo.Point
	Trade dispatch.Skill // the first skill that it needs; "" when it needs none
	// Emergency says that it was one; of a report from before the log (Past) that is not known.
	Emergency, Past bool
}

// demand is the reports of an org. Reading the log goes on where it ended.
type demand struct {
	reading chan struct{} // has room for who reads

	mu      sync.Mutex
	history []Report // from before the log, by time
	reports []Report // by time
	index   map[dispatch.WorkOrderID]int
	last    int64 // sequence
	repeats int   // reports that were merged into others
}

func newDemand(history []Report) *demand {
	for i := range history {
		history[i].Past = true
	}
	return &demand{reading: make(chan struct{}, 1), history: history, index: map[dispatch.WorkOrderID]int{}}
}

// page is how many events are read at a time.
const page = 2000

// update reads what has come to the log.
func (d *demand) update(ctx context.Context, s Store, o org.ID) error {
	select {
	case d.reading <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-d.reading }()
	for {
		events, err := s.Events(ctx, o, d.last, page)
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		d.mu.Lock()
		for i := range events {
			d.add(&events[i])
		}
		d.mu.Unlock()
		if len(events) < page {
			return nil
		}
	}
}

func (d *demand) add(ev *engine.Event) {
	d.last = ev.Sequence
	switch ev.Type { //nolint:exhaustive // others are not reports
	case engine.OrderCreated:
		r := Report{Time: ev.Time, Point: ev.Wish.Location, Emergency: ev.Wish.Urgency == dispatch.UrgencyEmergency}
		if len(ev.Wish.Skills) > 0 {
			r.Trade = ev.Wish.Skills[0].Skill
		}
		d.index[ev.Order] = len(d.reports)
		d.reports = append(d.reports, r)
	case engine.OrderMerged:
		d.strike(ev.Order, true)
	case engine.OrderUnmerged:
		d.strike(ev.Order, false)
	}
}

// strike takes a report out of the count, or puts it back: one that repeats another is kept without a time.
func (d *demand) strike(id dispatch.WorkOrderID, out bool) {
	i, ok := d.index[id]
	if !ok {
		return
	}
	r := &d.reports[i]
	if out == strings.HasPrefix(string(r.Trade), repeated) {
		return
	}
	if out {
		r.Trade = repeated + r.Trade
		d.repeats++
	} else {
		r.Trade = dispatch.Skill(strings.TrimPrefix(string(r.Trade), repeated))
		d.repeats--
	}
}

// repeated marks the trade of a report that was merged into another.
const repeated = "\x00"

// each calls f with all reports that count, of one trade or of all, in the order of time.
func (d *demand) each(trade dispatch.Skill, f func(*Report)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, list := range [][]Report{d.history, d.reports} {
		for i := range list {
			r := &list[i]
			if strings.HasPrefix(string(r.Trade), repeated) || trade != "" && r.Trade != trade {
				continue
			}
			f(r)
		}
	}
}

// since lists where was reported from an instant on, of one trade or of all. It looks at no more than that.
func (d *demand) since(from time.Time, trade dispatch.Skill) (out []geo.Point) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, list := range [][]Report{d.history, d.reports} {
		for i := len(list) - 1; i >= 0 && !list[i].Time.Before(from); i-- {
			if r := &list[i]; !strings.HasPrefix(string(r.Trade), repeated) && (trade == "" || r.Trade == trade) {
				out = append(out, r.Point)
			}
		}
	}
	return out
}

// ReadHistory reads reports from before the log: CSV with a heading that names time (RFC 3339), lat, lon and, where there is
// one, kind. Rows must not be later than before.
func ReadHistory(r io.Reader, before time.Time) ([]Report, error) {
	rows := csv.NewReader(r)
	heading, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("history: read the heading: %w", err)
	}
	column := map[string]int{"kind": -1}
	for i, name := range heading {
		column[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, name := range []string{"time", "lat", "lon"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("history: the heading is %q, want the columns time, lat, lon and perhaps kind", strings.Join(heading, ","))
		}
	}
	var out []Report
	for line := 2; ; line++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("history: %w", err)
		}
		report, err := historyRow(row, column)
		if err != nil {
			return nil, fmt.Errorf("history: line %d: %w", line, err)
		}
		if report.Time.Before(before) {
			out = append(out, report)
		}
	}
}

func historyRow(row []string, column map[string]int) (r Report, err error) {
	if r.Time, err = time.Parse(time.RFC3339, row[column["time"]]); err != nil {
		return r, fmt.Errorf("time is %q, want RFC 3339 as 2026-03-09T12:00:00+08:00", row[column["time"]])
	}
	if r.Point.Lat, err = strconv.ParseFloat(row[column["lat"]], 64); err != nil {
		return r, fmt.Errorf("lat is %q, want degrees", row[column["lat"]])
	}
	if r.Point.Lon, err = strconv.ParseFloat(row[column["lon"]], 64); err != nil {
		return r, fmt.Errorf("lon is %q, want degrees", row[column["lon"]])
	}
	if err := r.Point.Validate(); err != nil {
		return r, fmt.Errorf("lat and lon: %w", err)
	}
	if i := column["kind"]; i >= 0 {
		r.Trade = dispatch.Skill(row[i])
	}
	return r, nil
}
