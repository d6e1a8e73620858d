package travel

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fettle/geo"
)

// OSRMConfig is the settings of an OSRM client.
type OSRMConfig struct {
	// BaseURL is the service without the path of the table interface, such as http://localhost:5000; required.
	BaseURL string
	// Profile is the profile in the path; empty means "driving".
	Profile string
	// MaxCoordinates is the most coordinates of one request, at least 2; 0 means 100, the default limit of osrm-routed
	// (--max-table-size). More points than that are asked for in blocks of half as many sources and destinations.
	MaxCoordinates int
	// Timeout is the limit of one request, body included; 0 means 10 s, negative means none besides the context's.
	Timeout time.Duration
	// Client sends the requests; nil means a client of its own with the defaults of net/http.
	Client *http.Client
}

const (
	defaultOSRMProfile     = "driving"
	defaultOSRMCoordinates = 100
	defaultOSRMTimeout     = 10 * time.Second
	// mostCharsPerValue limits how much of a response is read: a value and its comma take at most about 12 characters.
	mostCharsPerValue = 32
	mostExtraChars    = 1 << 20
)

// OSRM is a client of the table interface of OSRM (project-osrm.org, HTTP API v1, "Table service") or of a service that
// copies it. It knows no hours: the service decides on the speeds. Pairs for which the service answers null are
// Unreachable. It does not retry. Safe for concurrent use.
type OSRM struct {
	config OSRMConfig
	prefix string // up to the coordinates
}

var _ Provider = (*OSRM)(nil)

// OSRMError is an answer of the service that is not a table.
type OSRMError struct {
	Status  int    // HTTP status
	Code    string // code of the service, such as "InvalidQuery"; empty when the body is not from OSRM
	Message string // message of the service or the beginning of the body
}

// Error names the status and what the service said.
func (e *OSRMError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("routing service answered HTTP %d: %q", e.Status, e.Message)
	}
	return fmt.Sprintf("routing service answered HTTP %d, code %s: %s", e.Status, e.Code, e.Message)
}

// NewOSRM makes a client, or returns a *geo.InvalidError. It sends nothing.
func NewOSRM(c OSRMConfig) (*OSRM, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.RawQuery != "" || base.Fragment != "" {
		return nil, &geo.InvalidError{Field: "BaseURL", Value: strconv.Quote(c.BaseURL), Want: "an http or https URL such as http://localhost:5000"}
	}
	if c.Profile == "" {
		c.Profile = defaultOSRMProfile
	}
	if c.MaxCoordinates == 0 {
		c.MaxCoordinates = defaultOSRMCoordinates
	}
	if c.MaxCoordinates < 2 {
		return nil, &geo.InvalidError{Field: "MaxCoordinates", Value: c.MaxCoordinates, Want: "at least 2, or 0 for 100"}
	}
	if c.Timeout == 0 {
		c.Timeout = defaultOSRMTimeout
	}
	if c.Client == nil {
		c.Client = &http.Client{}
	}
	return &OSRM{config: c, prefix: base.JoinPath("table", "v1", url.PathEscape(c.Profile)).String() + "/"}, nil
}

// Matrix asks the service for all pairs. Errors: *geo.InvalidError for what was asked, *OSRMError for what the service
// refused, else those of net/http and the context, all wrapped. The hour is checked and not used.
func (o *OSRM) Matrix(ctx context.Context, points []geo.Point, hour int) (Tables, error) {
	if err := checkRequest(points, hour); err != nil {
		return Tables{}, fmt.Errorf("ask routing service: %w", err)
	}
	n := len(points)
	seconds, meters := make([]int32, n*n), make([]int32, n*n)
	if n == 1 {
		return newTables(n, seconds, meters) // the service wants two coordinates
	}
	size := max(1, o.config.MaxCoordinates/2)
	if n <= o.config.MaxCoordinates {
		size = n
	}
	for from := 0; from < n; from += size {
		for to := 0; to < n; to += size {
			b := block{from: from, fromEnd: min(from+size, n), to: to, toEnd: min(to+size, n)}
			if b.from == b.to && b.fromEnd-b.from == 1 {
				continue // a place to itself
			}
			part, err := o.block(ctx, points, b)
			if err != nil {
				return Tables{}, fmt.Errorf("ask routing service for places %d to %d from %d to %d: %w", b.to, b.toEnd-1, b.from, b.fromEnd-1, err)
			}
			part.copyTo(seconds, meters, n, b)
		}
	}
	for i := range n {
		seconds[i*n+i], meters[i*n+i] = 0, 0 // what the service says of a place to itself is noise of snapping
	}
	return newTables(n, seconds, meters)
}

// block is a range of sources and one of destinations, ends excluded.
type block struct {
	from, fromEnd, to, toEnd int
}

func (b block) square() bool { return b.from == b.to }

func (o *OSRM) block(ctx context.Context, points []geo.Point, b block) (osrmTable, error) {
	if o.config.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.config.Timeout)
		defer cancel()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url(points, b), nil)
	if err != nil {
		return osrmTable{}, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := o.config.Client.Do(request)
	if err != nil {
		return osrmTable{}, err
	}
	defer response.Body.Close() //nolint:errcheck // the body was read or the error is the one that counts
	pairs := (b.fromEnd - b.from) * (b.toEnd - b.to)
	most := int64(2*pairs*mostCharsPerValue + mostExtraChars)
	body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	if err != nil {
		return osrmTable{}, fmt.Errorf("read answer: %w", err)
	}
	if int64(len(body)) > most {
		return osrmTable{}, fmt.Errorf("answer for %d pairs is longer than %d bytes", pairs, most)
	}
	return decodeOSRM(response.StatusCode, body, b.fromEnd-b.from, b.toEnd-b.to)
}

// url is the request of one block: the coordinates of its sources, then of its destinations, then which is which.
func (o *OSRM) url(points []geo.Point, b block) string {
	var s strings.Builder
	s.WriteString(o.prefix)
	writeCoordinates(&s, points[b.from:b.fromEnd])
	if !b.square() {
		s.WriteByte(';')
		writeCoordinates(&s, points[b.to:b.toEnd])
	}
	s.WriteString("?annotations=duration,distance")
	if !b.square() {
		sources := b.fromEnd - b.from
		s.WriteString("&sources=")
		writeRange(&s, 0, sources)
		s.WriteString("&destinations=")
		writeRange(&s, sources, sources+b.toEnd-b.to)
	}
	return s.String()
}

// writeCoordinates writes lon,lat with six decimals, the resolution of OSRM.
func writeCoordinates(s *strings.Builder, points []geo.Point) {
	for i, p := range points {
		if i > 0 {
			s.WriteByte(';')
		}
		s.WriteString(strconv.FormatFloat(p.Lon, 'f', 6, 64))
		s.WriteByte(',')
		s.WriteString(strconv.FormatFloat(p.Lat, 'f', 6, 64))
	}
}

func writeRange(s *strings.Builder, from, end int) {
	for i := from; i < end; i++ {
		if i > from {
			s.WriteByte(';')
		}
		s.WriteString(strconv.Itoa(i))
	}
}
