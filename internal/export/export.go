// Package export writes the leases of an org as a spreadsheet, in a process of its own: it reads page by page through the public
// API and keeps no more than a page, so that an export of any size takes memory from nobody's reminders.
package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fettle/internal/adapter/spreadsheet"
	"fettle/rental/sheet"
)

// Config says what is exported.
type Config struct {
	Server string // address of the service, as http://127.0.0.1:8080
	Token  string
	CSV    bool // instead of XLSX
	// Filter goes with each request for a page, as endingBefore=2027-01-01.
	Filter url.Values
}

// pageSize is how many leases are read at once: the most that the API gives.
const pageSize = 1000

// tries is how often a page is asked for again when the service has no time for it.
const tries = 10

// Columns are those of the table; money is in yuan, as people write it.
func Columns() []spreadsheet.Column {
	return []spreadsheet.Column{
		{Name: "id"},
		{Name: "number"},
		{Name: "unitId"},
		{Name: "tenantId"},
		{Name: "state", Chart: spreadsheet.ByValue},
		{Name: "standing"},
		{Name: "startDate", Kind: spreadsheet.Date},
		{Name: "endDate", Kind: spreadsheet.Date, Chart: spreadsheet.ByMonth},
		{Name: "rent", Kind: spreadsheet.Number},
		{Name: "deposit", Kind: spreadsheet.Number},
		{Name: "paymentCycle"},
		{Name: "note"},
	}
}

// page is what the API answers.
type page struct {
	Leases        []map[string]any `json:"leases"`
	NextPageToken string           `json:"nextPageToken"`
}

// writer is an XLSX or a CSV.
type writer interface{ Add(r sheet.Row) error }

// Leases writes all leases that the filter selects, by their last day, and returns how many.
func Leases(ctx context.Context, c Config, to io.Writer) (n int, err error) {
	if c.CSV {
		w, err := spreadsheet.NewCSVWriter(to, Columns())
		if err != nil {
			return 0, err
		}
		n, err := c.each(ctx, w)
		return n, errors.Join(err, w.Finish())
	}
	w, err := spreadsheet.NewWriter(Columns())
	if err != nil {
		return 0, err
	}
	n, err = c.each(ctx, w)
	if err != nil {
		return n, errors.Join(err, w.Finish(io.Discard)) // frees its temporary files
	}
	return n, w.Finish(to)
}

// Pack makes an XLSX of a table, for a service that does not want its memory to be what that takes: spreadsheet.Pack.
func Pack(from io.Reader, to io.Writer) error { return spreadsheet.Pack(from, to) }

// each adds every lease to a table.
func (c *Config) each(ctx context.Context, w writer) (n int, err error) {
	q := url.Values{}
	for k, v := range c.Filter {
		q[k] = v
	}
	q.Set("pageSize", strconv.Itoa(pageSize))
	client := &http.Client{Timeout: time.Minute}
	defer client.CloseIdleConnections()
	for {
		p, err := c.page(ctx, client, q)
		if err != nil {
			return n, err
		}
		for _, l := range p.Leases {
			if err := w.Add(Row(l)); err != nil {
				return n, err
			}
			n++
		}
		if p.NextPageToken == "" {
			return n, nil
		}
		q.Set("pageToken", p.NextPageToken)
	}
}

// page asks for one page, again when the service sheds the call.
func (c *Config) page(ctx context.Context, client *http.Client, q url.Values) (p page, err error) {
	for try := 1; ; try++ {
		wait, err := c.ask(ctx, client, q, &p)
		if err == nil || wait == 0 || try == tries {
			return p, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return p, ctx.Err()
		case <-timer.C:
		}
	}
}

// ask asks once; wait is after how long it is worth asking again, 0 for never.
func (c *Config) ask(ctx context.Context, client *http.Client, q url.Values, p *page) (wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.Server, "/")+"/v1/leases?"+q.Encode(), http.NoBody)
	if err != nil {
		return 0, fmt.Errorf("list leases: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	res, err := client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("list leases: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end, or dropped
	switch {
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable:
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // 0 when there is none
		return time.Duration(max(seconds, 1)) * time.Second, fmt.Errorf("list leases: the service answered %s", res.Status)
	case res.StatusCode != http.StatusOK:
		return 0, fmt.Errorf("list leases: the service answered %s", res.Status)
	}
	*p = page{}
	if err := json.NewDecoder(res.Body).Decode(p); err != nil {
		return 0, fmt.Errorf("list leases: %w", err)
	}
	return 0, nil
}

// Row is a lease, as the API shows it in JSON, as cells.
func Row(l map[string]any) sheet.Row {
	r := sheet.Row{}
	for _, c := range Columns() {
		if text, ok := l[c.Name].(string); ok {
			r[c.Name] = text
		}
	}
	r["rent"], r["deposit"] = yuan(l["rentCents"]), yuan(l["depositCents"])
	return r
}

// yuan writes fen as yuan; nothing for none.
func yuan(fen any) string {
	text, _ := fen.(string)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d.%02d", n/100, n%100)
}
