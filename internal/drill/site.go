package drill

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // its driver: the failures of a database are made by going around the store

	"fettle/internal/clock"
)

// machine is the clock by which the drills wait.
var machine = clock.System()

// site is where one drill takes place: a directory, a sink, and the services that were started.
type site struct {
	House
	dir    string
	client *http.Client
	sink   *sink
	open   []Service
	keys   int
}

func newSite(ctx context.Context, h House, dir string) (*site, error) {
	s := &site{House: h, dir: dir, client: &http.Client{Timeout: 10 * time.Second}, sink: &sink{}}
	var err error
	s.sink.server, err = serve(ctx, s.sink)
	return s, err
}

// server answers requests on loopback.
type server struct {
	url  string
	http *http.Server
	done chan error
}

func serve(ctx context.Context, h http.Handler) (*server, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	s := &server{url: "http://" + l.Addr().String(), http: &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}, done: make(chan error, 1)}
	go func() { s.done <- s.http.Serve(l) }()
	return s, nil
}

func (s *server) close() error {
	err := s.http.Close()
	if ended := <-s.done; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// close ends what was started.
func (s *site) close(ctx context.Context) error {
	var errs []error
	for _, x := range s.open {
		errs = append(errs, x.Close(ctx))
	}
	errs = append(errs, s.sink.server.close())
	s.client.CloseIdleConnections()
	return errors.Join(errs...)
}

// start starts a service on the directory of the site.
func (s *site) start(ctx context.Context, c clock.Clock, heartbeat string) (Service, error) {
	x, err := s.Start(ctx, Setup{Data: s.dir, Clock: c, Notify: s.sink.server.url, Heartbeat: heartbeat})
	if err == nil {
		s.open = append(s.open, x)
	}
	return x, err
}

// stop ends a service.
func (s *site) stop(ctx context.Context, x Service) error {
	for i := range s.open {
		if s.open[i] == x {
			s.open = append(s.open[:i], s.open[i+1:]...)
			break
		}
	}
	return x.Close(ctx)
}

// call asks a service and reads its answer into out, unless that is nil.
func (s *site) call(ctx context.Context, x Service, method, path, body string, out any) (int, error) {
	req, err := http.NewRequestWithContext(ctx, method, x.URL()+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	s.keys++
	req.Header.Set("Authorization", "Bearer "+x.Token())
	req.Header.Set("Idempotency-Key", "drill-"+strconv.Itoa(s.keys))
	req.Header.Set("Content-Type", "application/json")
	res, err := s.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	data, err := io.ReadAll(res.Body)
	if err == nil && out != nil {
		err = json.Unmarshal(data, out)
	}
	if err != nil {
		return res.StatusCode, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return res.StatusCode, nil
}

// ready asks a service whether it is.
func (s *site) ready(ctx context.Context, x Service) (status int, said string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, x.URL()+"/readyz", nil)
	if err != nil {
		return 0, "", fmt.Errorf("ask whether the service is ready: %w", err)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("ask whether the service is ready: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, strings.TrimSpace(string(data)), err
}

// lease records a signed lease and returns its id.
func (s *site) lease(ctx context.Context, x Service, from, to time.Time) (string, error) {
	var l struct {
		ID string `json:"id"`
	}
	body := fmt.Sprintf(`{"tenantId":"te_1","unitId":"un_1","startDate":%q,"endDate":%q}`, from.Format(time.DateOnly), to.Format(time.DateOnly))
	status, err := s.call(ctx, x, http.MethodPost, "/v1/leases?signed=true", body, &l)
	if err == nil && status != http.StatusCreated {
		err = fmt.Errorf("record a lease: the service answered %d", status)
	}
	return l.ID, err
}

// tamper does a statement to the database behind the back of its service.
func (s *site) tamper(ctx context.Context, statement string) error {
	return s.around(func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, statement)
		return err
	})
}

// number is what the database answers to a query of one number, asked around its service.
func (s *site) number(ctx context.Context, query string) (n int, err error) {
	err = s.around(func(db *sql.DB) error { return db.QueryRowContext(ctx, query).Scan(&n) })
	return n, err
}

// around opens the database of the site beside its service.
func (s *site) around(do func(*sql.DB) error) error {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "fettle.db")+"?_pragma=busy_timeout(2000)")
	if err != nil {
		return fmt.Errorf("go around the service to its database: %w", err)
	}
	if err = do(db); err != nil {
		err = fmt.Errorf("go around the service to its database: %w", err)
	}
	return errors.Join(err, db.Close())
}

// until asks every 20 ms whether something is so, for as long as that is waited for.
func until(ctx context.Context, wait time.Duration, so func() (bool, error)) (bool, error) {
	timer := machine.NewTimer(0)
	defer timer.Stop()
	for end := machine.Now().Add(wait); ; timer.Reset(20 * time.Millisecond) {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-timer.C():
		}
		if ok, err := so(); ok || err != nil {
			return ok, err
		}
		if machine.Now().After(end) {
			return false, nil
		}
	}
}

// told is what the sink was sent: a message or an alarm.
type told struct {
	ID    string `json:"message_id"`
	Lease string `json:"lease_id"`
	Stage string `json:"stage"`
	Late  bool   `json:"late"`
	Alarm string `json:"alarm"`
	State string `json:"state"`
}

// sink keeps what it is sent.
type sink struct {
	server *server
	mu     sync.Mutex
	got    []told
}

// ServeHTTP implements http.Handler.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m told
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&m); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, m)
}

// count is how much of what came is as wanted, by message id.
func (s *sink) count(as func(m told) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := map[string]bool{}
	for _, m := range s.got {
		if as(m) {
			ids[m.ID] = true
		}
	}
	return len(ids)
}

// doubled is how many messages came more than once.
func (s *sink) doubled() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := map[string]bool{}
	for _, m := range s.got {
		if ids[m.ID] {
			n++
		}
		ids[m.ID] = true
	}
	return n
}
