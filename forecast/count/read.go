package count

import (
	"encoding/csv"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strconv"
	"strings"

	"fettle/geo"
	"fettle/geo/h3cell"
)

// Options say how rows become counts.
type Options struct {
	Axis       Axis       // required
	Resolution int        // of the cells, 0 to 15
	Places     []geo.Cell // the cells to count in; empty: every cell that is seen. Events elsewhere are out of area
	Kinds      []string   // kinds that are known; empty: every kind. Others are counted and reported
	Only       []string   // kinds that are counted; empty: all
	KeyColumn  string     // count by this column instead of by cell, such as a building; "" counts by cell
	DropRepeat bool       // leave out rows equal to an earlier one
}

// mostKinds is the number of kinds that are told apart.
const mostKinds = 1000

// Reader turns rows into counts, one at a time.
type Reader struct {
	opt     Options
	report  Report
	columns columns
	fixed   bool // the places were given
	named   bool

	places   []Place
	placeOf  map[string]int32
	cellOf   map[geo.Cell]int32
	kinds    []string
	kindOf   map[string]int16
	known    map[string]bool
	only     map[string]bool
	seen     map[uint64]struct{}
	seed     maphash.Seed
	raw      []Count
	min, max int
}

// columns are the positions of what is read, -1 where a file lacks it.
type columns struct{ time, lat, lon, kind, key int }

// Read counts the events of a CSV file with a heading. It wants the columns time, lat and lon (or latitude, longitude, lng)
// and, where there is one, kind (or trade, category, type). Counting streams: memory grows with the events, not with the text.
func Read(r io.Reader, opt Options) (*Table, *Report, error) {
	c, err := NewReader(opt)
	if err != nil {
		return nil, nil, err
	}
	rows := csv.NewReader(r)
	rows.ReuseRecord, rows.FieldsPerRecord, rows.LazyQuotes = true, -1, true
	heading, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, &InvalidError{Field: "events", Value: "an empty file", Want: "a heading with time, lat, lon and kind"}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read events: %w", err)
	}
	if err := c.heading(heading); err != nil {
		return nil, nil, err
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read events: %w", err)
		}
		line, _ := rows.FieldPos(0)
		c.row(row, line)
	}
	return c.Table(), &c.report, nil
}

// NewReader makes a reader for rows that come one by one.
func NewReader(opt Options) (*Reader, error) {
	if opt.Axis.perDay == 0 {
		return nil, &InvalidError{Field: "axis", Value: "nothing", Want: "an axis of NewAxis"}
	}
	if opt.Resolution < 0 || opt.Resolution > geo.MaxCellResolution {
		return nil, &InvalidError{Field: "resolution", Value: strconv.Itoa(opt.Resolution), Want: "0 to 15"}
	}
	c := &Reader{
		opt: opt, fixed: len(opt.Places) > 0, named: opt.KeyColumn != "", placeOf: map[string]int32{}, cellOf: map[geo.Cell]int32{},
		kindOf: map[string]int16{}, known: set(opt.Kinds), only: set(opt.Only), seen: map[uint64]struct{}{}, seed: maphash.MakeSeed(),
		min: 1 << 62, max: -1 << 62,
	}
	for _, cell := range opt.Places {
		if !cell.Valid() || cell.Resolution() != opt.Resolution && !c.named {
			return nil, &InvalidError{
				Field: "cells", Value: cell.String(), Want: fmt.Sprintf("cells of resolution %d", opt.Resolution),
			}
		}
		if _, twice := c.cellOf[cell]; !twice {
			c.cellOf[cell] = int32(len(c.places))
			c.places = append(c.places, Place{Name: cell.String(), Cell: cell})
		}
	}
	if c.named {
		c.places, c.fixed = nil, false
	}
	return c, nil
}

func set(words []string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}

// heading finds the columns.
func (c *Reader) heading(names []string) error {
	find := func(words ...string) int {
		for _, w := range words {
			for i, n := range names {
				if strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(n, "\ufeff")), w) {
					return i
				}
			}
		}
		return -1
	}
	c.columns = columns{
		time: find("time", "created", "opened"), lat: find("lat", "latitude"), lon: find("lon", "lng", "longitude"),
		kind: find("kind", "trade", "category", "type"), key: -1,
	}
	if c.named {
		if c.columns.key = find(c.opt.KeyColumn); c.columns.key < 0 {
			return &InvalidError{Field: "heading", Value: strings.Join(names, ","), Want: "a column " + c.opt.KeyColumn}
		}
	}
	if c.columns.time < 0 || c.columns.lat < 0 || c.columns.lon < 0 {
		return &InvalidError{Field: "heading", Value: strings.Join(names, ","), Want: "columns time, lat and lon"}
	}
	return nil
}

// row counts one row of a file.
func (c *Reader) row(row []string, line int) {
	c.report.Rows++
	k := c.columns
	if len(row) <= max(k.time, k.lat, k.lon, k.kind, k.key) {
		c.report.note(&c.report.TooShort, "tooShort", line)
		return
	}
	event := Event{Time: row[k.time], Lat: row[k.lat], Lon: row[k.lon]}
	if k.kind >= 0 {
		event.Kind = row[k.kind]
	}
	if k.key >= 0 {
		event.Key = row[k.key]
	}
	c.add(&event, line)
}

// Event is one row as text. Key is the place's own name where places are not cells.
type Event struct{ Time, Lat, Lon, Kind, Key string }

// Add counts one event; what becomes of it stands in the report.
func (c *Reader) Add(e Event) {
	c.report.Rows++
	c.add(&e, c.report.Rows)
}

func (c *Reader) add(e *Event, line int) {
	at, zoned, ok := moment(e.Time)
	if !ok {
		c.report.note(&c.report.BadTime, "badTime", line)
		return
	}
	place, ok := c.place(e, line)
	if !ok {
		return
	}
	if len(c.only) > 0 && !c.only[e.Kind] {
		c.report.note(&c.report.OtherKind, "otherKind", line)
		return
	}
	if c.repeated(e, line) {
		return
	}
	if e.Kind == "" || len(c.known) > 0 && !c.known[e.Kind] {
		c.report.note(&c.report.UnknownKind, "unknownKind", line)
	}
	bucket := c.opt.Axis.Civil(at)
	if zoned {
		bucket = c.opt.Axis.Of(at)
	} else {
		c.report.note(&c.report.WithoutZone, "withoutZone", line)
	}
	c.report.Counted++
	c.raw = append(c.raw, Count{Bucket: int32(bucket), Place: place, Kind: c.kind(e.Kind), N: 1})
	c.min, c.max = min(c.min, bucket), max(c.max, bucket)
}

// repeated notes a row that was seen before and says whether it is left out for that.
func (c *Reader) repeated(e *Event, line int) bool {
	h := maphash.Hash{}
	h.SetSeed(c.seed)
	for _, s := range []string{e.Time, e.Lat, e.Lon, e.Kind, e.Key} {
		// A hash accepts every write; strings are told apart by the zero byte between them.
		_, _ = h.WriteString(s)
		_ = h.WriteByte(0)
	}
	sum := h.Sum64()
	if _, twice := c.seen[sum]; !twice {
		c.seen[sum] = struct{}{}
		return false
	}
	c.report.note(&c.report.Repeated, "repeated", line)
	if c.opt.DropRepeat {
		c.report.note(&c.report.Dropped, "dropped", line)
	}
	return c.opt.DropRepeat
}

// place finds the place of an event.
func (c *Reader) place(e *Event, line int) (int32, bool) {
	lat, err1 := strconv.ParseFloat(strings.TrimSpace(e.Lat), 64)
	lon, err2 := strconv.ParseFloat(strings.TrimSpace(e.Lon), 64)
	cell, err := h3cell.Of(geo.Point{Lat: lat, Lon: lon}, c.opt.Resolution)
	if err1 != nil || err2 != nil || err != nil || c.named && e.Key == "" {
		c.report.note(&c.report.BadPlace, "badPlace", line)
		return 0, false
	}
	if i, ok := c.cellOf[cell]; ok && !c.named {
		return i, true
	}
	if c.named {
		if len(c.opt.Places) > 0 {
			if _, inside := c.cellOf[cell]; !inside {
				c.report.note(&c.report.OutOfArea, "outOfArea", line)
				return 0, false
			}
		}
		if i, ok := c.placeOf[e.Key]; ok {
			return i, true
		}
		c.placeOf[strings.Clone(e.Key)] = int32(len(c.places))
		c.places = append(c.places, Place{Name: strings.Clone(e.Key), Cell: cell})
		return int32(len(c.places) - 1), true
	}
	if c.fixed {
		c.report.note(&c.report.OutOfArea, "outOfArea", line)
		return 0, false
	}
	c.cellOf[cell] = int32(len(c.places))
	c.places = append(c.places, Place{Name: cell.String(), Cell: cell})
	return int32(len(c.places) - 1), true
}

// kind finds the number of a kind.
func (c *Reader) kind(name string) int16 {
	if k, ok := c.kindOf[name]; ok {
		return k
	}
	if len(c.kinds) >= mostKinds { // free text instead of kinds: what comes late shares one
		name = c.kinds[mostKinds-1]
		return c.kindOf[name]
	}
	k := int16(len(c.kinds))
	c.kinds = append(c.kinds, strings.Clone(name))
	c.kindOf[c.kinds[k]] = k
	return k
}

// Report says what became of the rows so far.
func (c *Reader) Report() *Report { return &c.report }

// Table gives what was counted, places and kinds in the order of their names. The reader must not be used afterwards.
func (c *Reader) Table() *Table {
	t := &Table{Axis: c.opt.Axis, Named: c.named}
	if len(c.raw) > 0 {
		t.First, t.End = c.min, c.max+1
	}
	placeTo := order(len(c.places), func(i, j int) int { return strings.Compare(c.places[i].Name, c.places[j].Name) })
	kindTo := order(len(c.kinds), func(i, j int) int { return strings.Compare(c.kinds[i], c.kinds[j]) })
	t.Places, t.Kinds = make([]Place, len(c.places)), make([]string, len(c.kinds))
	for i, to := range placeTo {
		t.Places[to] = c.places[i]
	}
	for i, to := range kindTo {
		t.Kinds[to] = c.kinds[i]
	}
	for i := range c.raw {
		c.raw[i].Place = int32(placeTo[c.raw[i].Place])
		c.raw[i].Kind = int16(kindTo[c.raw[i].Kind])
	}
	t.Counts = pack(c.raw)
	return t
}

// order gives the rank of each of n things.
func order(n int, compare func(i, j int) int) []int {
	sorted := make([]int, n)
	for i := range sorted {
		sorted[i] = i
	}
	slices.SortFunc(sorted, compare)
	rank := make([]int, n)
	for r, i := range sorted {
		rank[i] = r
	}
	return rank
}
