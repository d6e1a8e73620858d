package travel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fettle/geo"
	"fettle/geo/travel"
)

// fakeOSRM answers like osrm-routed. The travel from place a to b, numbered by their longitude in thousandths of a degree,
// takes 100 a + b + 0.5 seconds and ten times as many metres, so that each value shows where it belongs; from 3 to 1 there
// is no way.
type fakeOSRM struct {
	mu       sync.Mutex
	requests []string
	most     int
}

func (f *fakeOSRM) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests = append(f.requests, r.URL.String())
	f.mu.Unlock()
	path, ok := strings.CutPrefix(r.URL.Path, "/routing/table/v1/driving/")
	coordinates := strings.Split(path, ";")
	if !ok || r.URL.Query().Get("annotations") != "duration,distance" || len(coordinates) > f.most {
		http.Error(w, `{"code":"TooBig","message":"Too many table coordinates"}`, http.StatusBadRequest)
		return
	}
	numbers := make([]int, len(coordinates))
	for i, c := range coordinates {
		lon, lat, _ := strings.Cut(c, ",")
		x, err := strconv.ParseFloat(lon, 64)
		if err != nil || lat != "50.000000" {
			http.Error(w, `{"code":"InvalidUrl","message":"lon,lat expected"}`, http.StatusBadRequest)
			return
		}
		numbers[i] = int(x*1000 + 0.5)
	}
	sources, destinations := pick(r, "sources", numbers), pick(r, "destinations", numbers)
	durations, distances := make([][]*float64, len(sources)), make([][]*float64, len(sources))
	for i, a := range sources {
		for _, b := range destinations {
			if a == 3 && b == 1 {
				durations[i], distances[i] = append(durations[i], nil), append(distances[i], nil)
				continue
			}
			duration := float64(100*a+b) + 0.5
			distance := duration * 10
			durations[i], distances[i] = append(durations[i], &duration), append(distances[i], &distance)
		}
	}
	if err := json.NewEncoder(w).Encode(map[string]any{"code": "Ok", "durations": durations, "distances": distances}); err != nil {
		panic(err)
	}
}

// pick reads a list of positions such as sources=0;1. The standard parser of queries refuses semicolons.
func pick(r *http.Request, key string, numbers []int) []int {
	for _, part := range strings.Split(r.URL.RawQuery, "&") {
		list, ok := strings.CutPrefix(part, key+"=")
		if !ok {
			continue
		}
		var picked []int
		for _, s := range strings.Split(list, ";") {
			i, err := strconv.Atoi(s)
			if err != nil {
				panic(err)
			}
			picked = append(picked, numbers[i])
		}
		return picked
	}
	return numbers
}

func newOSRM(t *testing.T, h http.Handler, c travel.OSRMConfig) *travel.OSRM {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c.BaseURL = server.URL + "/routing/"
	o, err := travel.NewOSRM(c)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func places(n int) []geo.Point {
	points := make([]geo.Point, n)
	for i := range points {
		points[i] = geo.Point{Lat: 50, Lon: float64(i) / 1000}
	}
	return points
}

func TestOSRMMatrix(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ n, most, requests int }{
		{0, 100, 0},
		{1, 100, 0},
		{2, 100, 1},
		{7, 7, 1},
		{8, 7, 9},  // blocks of 3, 3, 2: 3 x 3
		{7, 4, 15}, // blocks of 2, 2, 2, 1: 4 x 4 less the last one to itself
		{3, 2, 6},  // single places: 3 x 3 less the diagonal
		{250, 100, 25},
	} {
		t.Run(fmt.Sprintf("%d places, %d a request", tt.n, tt.most), func(t *testing.T) {
			t.Parallel()
			fake := &fakeOSRM{most: tt.most}
			o := newOSRM(t, fake, travel.OSRMConfig{MaxCoordinates: tt.most})
			tables, err := o.Matrix(context.Background(), places(tt.n), 8)
			if err != nil {
				t.Fatal(err)
			}
			if len(fake.requests) != tt.requests {
				t.Errorf("%d requests, want %d", len(fake.requests), tt.requests)
			}
			for a := range int32(tt.n) {
				for b := range int32(tt.n) {
					// Half a second rounds up; metres are 1000 a + 10 b + 5.
					seconds, meters := 100*a+b+1, 1000*a+10*b+5
					if a == b {
						seconds, meters = 0, 0
					} else if a == 3 && b == 1 {
						seconds, meters = travel.Unreachable, travel.Unreachable
					}
					if s, m := tables.Seconds.At(a, b), tables.Meters.At(a, b); s != seconds || m != meters {
						t.Fatalf("%d to %d: %d s, %d m; want %d, %d", a, b, s, m, seconds, meters)
					}
				}
			}
		})
	}
}

func TestOSRMRequest(t *testing.T) {
	t.Parallel()
	fake := &fakeOSRM{most: 4}
	o := newOSRM(t, fake, travel.OSRMConfig{MaxCoordinates: 4})
	if _, err := o.Matrix(context.Background(), places(5), 0); err != nil {
		t.Fatal(err)
	}
	if want := "/routing/table/v1/driving/0.000000,50.000000;0.001000,50.000000?annotations=duration,distance"; fake.requests[0] != want {
		t.Errorf("first request\n%s, want\n%s", fake.requests[0], want)
	}
	if want := "/routing/table/v1/driving/0.000000,50.000000;0.001000,50.000000;0.002000,50.000000;0.003000,50.000000" +
		"?annotations=duration,distance&sources=0;1&destinations=2;3"; fake.requests[1] != want {
		t.Errorf("second request\n%s, want\n%s", fake.requests[1], want)
	}
}

func TestOSRMAnswersThatAreNoTable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status int
		body   string
		code   string // of an *OSRMError, or "-" for another error
		text   string
	}{
		{"refused", 400, `{"code":"InvalidQuery","message":"Query string malformed"}`, "InvalidQuery", "Query string malformed"},
		{"no table with status 200", 200, `{"code":"NoTable"}`, "NoTable", "HTTP 200"},
		{"a proxy in the way", 502, `<html>bad gateway</html>`, "", "HTTP 502"},
		{"not JSON", 200, `<html>`, "-", "invalid character"},
		{"other JSON", 200, `{"status":"fine"}`, "-", "no code"},
		{"distances are missing", 200, `{"code":"Ok","durations":[[0,1],[1,0]]}`, "-", "distances is 0; want 2 rows"},
		{"a short row", 200, `{"code":"Ok","durations":[[0,1],[1]],"distances":[[0,1],[1,0]]}`, "-", "durations[1] is 1; want 2 values"},
		{"a negative value", 200, `{"code":"Ok","durations":[[0,-1],[1,0]],"distances":[[0,1],[1,0]]}`, "-", "durations[0][1] is -1"},
		{"a number too large for JSON", 200, `{"code":"Ok","durations":[[0,1e999],[1,0]],"distances":[[0,1],[1,0]]}`, "-", "decode answer"},
		{"endless", 200, `{"code":"Ok","message":"` + strings.Repeat("x", 2<<20), "-", "longer than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOSRM(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				if _, err := io.WriteString(w, tt.body); err != nil && len(tt.body) < 1<<20 { // the client hangs up on the long one
					t.Error(err)
				}
			}), travel.OSRMConfig{})
			_, err := o.Matrix(context.Background(), places(2), 0)
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Fatalf("Matrix: %v; want %q", err, tt.text)
			}
			var refused *travel.OSRMError
			if is := errors.As(err, &refused); is != (tt.code != "-") || is && (refused.Code != tt.code || refused.Status != tt.status) {
				t.Errorf("error %v is OSRMError: %v", err, is)
			}
		})
	}
}

func TestOSRMStops(t *testing.T) {
	t.Parallel()
	hang := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	o := newOSRM(t, hang, travel.OSRMConfig{Timeout: 20 * time.Millisecond})
	if _, err := o.Matrix(context.Background(), places(2), 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("timeout: %v", err)
	}
	o = newOSRM(t, hang, travel.OSRMConfig{Timeout: -1})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := o.Matrix(ctx, places(2), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

func TestOSRMRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]travel.OSRMConfig{
		"no URL":         {},
		"no scheme":      {BaseURL: "localhost:5000"},
		"another scheme": {BaseURL: "ftp://localhost"},
		"a query":        {BaseURL: "http://localhost?x=1"},
		"one coordinate": {BaseURL: "http://localhost", MaxCoordinates: 1},
	} {
		var invalid *geo.InvalidError
		if _, err := travel.NewOSRM(c); !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := newOSRM(t, &fakeOSRM{most: 100}, travel.OSRMConfig{})
	var invalid *geo.InvalidError
	if _, err := o.Matrix(context.Background(), []geo.Point{{Lat: 120, Lon: 30}}, 0); !errors.As(err, &invalid) {
		t.Errorf("swapped point: %v", err)
	}
	if _, err := o.Matrix(context.Background(), places(2), -1); !errors.As(err, &invalid) {
		t.Errorf("hour -1: %v", err)
	}
}
