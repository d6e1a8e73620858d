package profile

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"fettle/org/calendar"
)

// Connector reads what a source hands out. Those who write their own give facts of names that Columns knows.
type Connector interface {
	Source() Source
	// Read returns the rows that can be taken, and why others cannot. An error says that nothing can be read.
	Read(r io.Reader) (rows []Row, refused []Refusal, err error)
}

// Row is what one line says of one lease.
type Row struct {
	Line   int // from 1, with the header
	Lease  string
	Agreed calendar.Date // consent, for sources that need it
	Facts  []Fact
}

// Refusal is a line that is not taken.
type Refusal struct {
	Line   int
	Reason string
}

// Column is one number that a file may hold.
type Column struct {
	Head   string // in the file
	Name   string // of the fact
	Unit   string
	Latest bool // the latest value says more than the sum
}

// Columns are the numbers of the files of a source.
func Columns(s Source) []Column {
	switch s {
	case Leases:
		return []Column{
			{Head: "payments_due", Name: "paymentsDue", Unit: "payments"},
			{Head: "payments_in_time", Name: "paymentsInTime", Unit: "payments"},
			{Head: "rent_cents", Name: "rentCents", Unit: "fen", Latest: true},
		}
	case Devices:
		return []Column{
			{Head: "door_openings", Name: "doorOpenings", Unit: "openings"},
			{Head: "nights_away", Name: "nightsAway", Unit: "nights"},
			{Head: "kwh", Name: "electricity", Unit: "kWh"},
		}
	case App:
		return []Column{
			{Head: "sessions", Name: "appSessions", Unit: "sessions"},
			{Head: "gym_visits", Name: "gymVisits", Unit: "visits"},
			{Head: "kitchen_bookings", Name: "kitchenBookings", Unit: "bookings"},
			{Head: "price_views", Name: "priceViews", Unit: "views"},
			{Head: "coupons_used", Name: "couponsUsed", Unit: "coupons"},
			{Head: "commute_minutes_saved", Name: "commuteMinutesSaved", Unit: "minutes"},
		}
	case WorkOrders:
		return []Column{
			{Head: "repairs", Name: "repairs", Unit: "repairs"},
			{Head: "late_repairs", Name: "lateRepairs", Unit: "repairs"},
			{Head: "service_requests", Name: "serviceRequests", Unit: "requests"},
		}
	case Community:
		return []Column{
			{Head: "events", Name: "eventsVisited", Unit: "events"},
			{Head: "posts", Name: "posts", Unit: "posts"},
			{Head: "neighbors_met", Name: "neighborsMet", Unit: "neighbors"},
		}
	}
	return nil
}

func column(s Source, name string) Column {
	for _, c := range Columns(s) {
		if c.Name == name {
			return c
		}
	}
	return Column{}
}

// Connectors are the built-in ones, one a source: CSV with a header. Every file has lease_id and date (YYYY-MM-DD); files of
// sources that need consent have consent_date too, and a line without one is refused. Any of the numbers of Columns may be there;
// an empty cell is no fact.
func Connectors() []Connector {
	var out []Connector
	for _, s := range Sources() {
		out = append(out, sheet{s})
	}
	return out
}

// Of finds the built-in connector of a source, nil for none.
func Of(s Source) Connector {
	for _, c := range Connectors() {
		if c.Source() == s {
			return c
		}
	}
	return nil
}

// sheet reads CSV.
type sheet struct{ source Source }

// Source implements Connector.
func (s sheet) Source() Source { return s.source }

// The columns that say whose, when and why.
const (
	headLease  = "lease_id"
	headDate   = "date"
	headAgreed = "consent_date"
)

// MaxLines is how many lines a file may have.
const MaxLines = 100_000

// Read implements Connector.
func (s sheet) Read(r io.Reader) (rows []Row, refused []Refusal, err error) {
	file := csv.NewReader(r)
	file.FieldsPerRecord = -1
	head, err := file.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("read the header: %w", err)
	}
	at, err := s.heads(head)
	if err != nil {
		return nil, nil, err
	}
	for line := 2; ; line++ {
		cells, err := file.Read()
		if errors.Is(err, io.EOF) {
			return rows, refused, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", line, err)
		}
		if line > MaxLines {
			return nil, nil, fmt.Errorf("line %d: a file has at most %d lines", line, MaxLines)
		}
		row, reason := s.row(at, cells)
		if reason != "" {
			refused = append(refused, Refusal{line, reason})
			continue
		}
		row.Line = line
		rows = append(rows, row)
	}
}

// Heads are the columns of the files of a source: those that must be there first.
func Heads(s Source) []string {
	out := []string{headLease, headDate}
	if s.Basis() == Consent {
		out = append(out, headAgreed)
	}
	for _, c := range Columns(s) {
		out = append(out, c.Head)
	}
	return out
}

// heads finds the columns.
func (s sheet) heads(head []string) (map[string]int, error) {
	known := Heads(s.source)
	need := len(known) - len(Columns(s.source))
	at := map[string]int{}
	for i, h := range head {
		h = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))
		if !slices.Contains(known, h) {
			return nil, fmt.Errorf("column %q: want some of %s", h, strings.Join(known, ", "))
		}
		at[h] = i
	}
	for _, h := range known[:need] {
		if _, ok := at[h]; !ok {
			return nil, fmt.Errorf("there is no column %q", h)
		}
	}
	return at, nil
}

// row reads a line, or says why not.
func (s sheet) row(at map[string]int, cells []string) (Row, string) {
	cell := func(head string) string {
		if i, ok := at[head]; ok && i < len(cells) {
			return strings.TrimSpace(cells[i])
		}
		return ""
	}
	row := Row{Lease: cell(headLease)}
	if row.Lease == "" {
		return row, headLease + " is empty"
	}
	day, err := calendar.ParseDate(cell(headDate))
	if err != nil {
		return row, fmt.Sprintf("%s is %q: want YYYY-MM-DD", headDate, cell(headDate))
	}
	if s.source.Basis() == Consent {
		if row.Agreed, err = calendar.ParseDate(cell(headAgreed)); err != nil || row.Agreed.After(day) {
			return row, headAgreed + " is missing or after the date: the tenant has not agreed"
		}
	}
	for _, c := range Columns(s.source) {
		text := cell(c.Head)
		if text == "" {
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
			return row, fmt.Sprintf("%s is %q: want a number, not negative", c.Head, text)
		}
		row.Facts = append(row.Facts, Fact{Name: c.Name, Day: day, Value: v})
	}
	return row, ""
}
