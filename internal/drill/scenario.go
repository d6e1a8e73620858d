package drill

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"fettle/internal/clock"
)

// patience is how long a drill waits for what should come: many times as long as it takes.
const patience = 20 * time.Second

// begin is when drills with a clock of their own begin: in the zone of the org it is six in the afternoon.
func begin() time.Time { return time.Date(2026, time.January, 5, 10, 0, 0, 0, time.UTC) }

const day = 24 * time.Hour

// leases is how many leases a drill records for each rung.
const leases = 10

// export kills the process of an export in its midst, as the kernel kills what takes all memory, and wants reminders to go on.
func export(ctx context.Context, s *site, r *Result, off bool) error {
	x, err := s.start(ctx, nil, "")
	if err != nil {
		return err
	}
	now := machine.Now()
	if _, err := s.lease(ctx, x, now.Add(-300*day), now.Add(200*day)); err != nil {
		return err
	}
	front, asked, err := stalling(ctx, x.URL())
	if err != nil {
		return err
	}
	defer front.close() //nolint:errcheck // nobody waits for it any more
	working, kill := context.WithCancel(ctx)
	defer kill()
	dead, err := s.Export(working, front.url, x.Token(), filepath.Join(s.dir, "leases.xlsx"))
	if err != nil {
		return err
	}
	if ok, err := until(ctx, patience, func() (bool, error) { return asked.Load(), nil }); err != nil || !ok {
		return fmt.Errorf("the export did not begin: %w", err)
	}
	kill()
	if err := <-dead; err == nil {
		return fmt.Errorf("the export ended before it was killed")
	}
	if off { // the export is part of the service, and takes it along
		if err := s.stop(ctx, x); err != nil {
			return err
		}
	}
	killed := machine.Now()
	for range leases {
		if _, err := s.lease(ctx, x, now.Add(-300*day), now.Add(50*day)); err != nil {
			return miss("after the export was killed the service did not answer: its reminders ended with it")
		}
	}
	reminded := func(m told) bool { return m.Stage == "60" }
	ok, err := until(ctx, patience, func() (bool, error) { return s.sink.count(reminded) == leases, nil })
	if err == nil && !ok {
		err = miss("%d of %d reminders came after the export was killed", s.sink.count(reminded), leases)
	}
	if err != nil {
		return err
	}
	r.caught(machine.Now().Sub(killed), "exports run in a process of their own (fettle work --role export)",
		"the export was killed in its midst; %d reminders that were due then were sent all the same", leases)
	return nil
}

// stalling stands before a service and lets nothing more through once leases were asked for: an export that has begun stays so.
func stalling(ctx context.Context, to string) (front *server, asked *atomic.Bool, err error) {
	asked = &atomic.Bool{}
	target, err := url.Parse(to)
	if err != nil {
		return nil, nil, fmt.Errorf("stand before the service: %w", err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	front, err = serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/leases") {
			asked.Store(true)
			<-r.Context().Done()
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	return front, asked, err
}

// index takes the index away by which due work is found, and wants the service to say that it is gone.
func index(ctx context.Context, s *site, r *Result, off bool) error {
	const name = "due_work_by_wake"
	x, err := s.start(ctx, nil, "")
	if err != nil {
		return err
	}
	if status, said, err := s.ready(ctx, x); err != nil || status != http.StatusOK {
		return fmt.Errorf("the service is not ready: %d %s: %w", status, said, err)
	}
	if err := s.tamper(ctx, "DROP INDEX "+name); err != nil {
		return err
	}
	dropped := machine.Now()
	if off {
		return miss("nobody compares the indexes with the schema: sweeps read whole tables and nothing says why")
	}
	var said string
	ok, err := until(ctx, patience, func() (bool, error) {
		status, text, err := s.ready(ctx, x)
		said = text
		return status == http.StatusServiceUnavailable, err
	})
	if err == nil && (!ok || !strings.Contains(said, "INDEX_MISSING")) {
		err = miss("the service goes on as if nothing had happened: %s", said)
	}
	if err != nil {
		return err
	}
	r.caught(machine.Now().Sub(dropped), "/readyz and fettle doctor compare the indexes with the schema", "/readyz answers 503 (%s) since %s is gone", said, name)
	return nil
}

// timer keeps a service from running for two weeks in which reminders become due, and wants each of them sent or accounted for.
func timer(ctx context.Context, s *site, r *Result, off bool) error {
	const outage = 14 * day
	now := clock.NewFake(begin())
	if err := s.before(ctx, now); err != nil {
		return err
	}
	if !off { // else time passes for everybody but the timers of the service
		now.Advance(outage)
	}
	began := machine.Now()
	x, err := s.start(ctx, now, "")
	if err != nil {
		return err
	}
	late := func(m told) bool { return m.Late }
	ok, err := s.passing(ctx, now, func() (bool, error) { return s.sink.count(late) == 3*leases, nil })
	if err == nil && !ok {
		err = miss("%d of %d reminders of the two weeks came after them", s.sink.count(late), 3*leases)
	}
	if err != nil {
		return err
	}
	caught := machine.Now().Sub(began)
	var c certificate
	ok, err = s.passing(ctx, now, func() (bool, error) {
		c = certificate{} // zeros are left out of answers
		_, err := s.call(ctx, x, http.MethodGet, "/v1/obligations:reconcile?from=2026-01-06&to=2026-01-20", "", &c)
		return c.Missing == 0 && c.Late == 3*leases, err
	})
	if err == nil && (!ok || s.sink.doubled() > 0) {
		err = miss("of %d reminders %d are late and sent, %d are unaccounted for, %d were sent twice", c.Expected, c.Late, c.Missing, s.sink.doubled())
	}
	if err == nil {
		r.caught(caught, "deadlines are rows that are compared with the wall clock", "%d reminders of two weeks went out, late and once; 0 are unaccounted for", c.Late)
	}
	return err
}

// before records leases with a rung on each of the ten days to come, and ends the service when their first reminders are out.
func (s *site) before(ctx context.Context, now *clock.Fake) error {
	x, err := s.start(ctx, now, "")
	if err != nil {
		return err
	}
	for _, rung := range []int{60, 30, 7} {
		for i := range leases {
			if _, err := s.lease(ctx, x, begin().Add(-300*day), begin().Add(time.Duration(rung+1+i)*day)); err != nil {
				return err
			}
		}
	}
	all := func(told) bool { return true }
	if ok, err := s.passing(ctx, now, func() (bool, error) { return s.sink.count(all) == 2*leases, nil }); err != nil || !ok {
		return fmt.Errorf("%d of %d first reminders came: %w", s.sink.count(all), 2*leases, err)
	}
	return s.stop(ctx, x)
}

// certificate is what the service says of the reminders of some days.
type certificate struct {
	Missing  int `json:"missingCount"`
	Late     int `json:"lateCount"`
	Expected int `json:"expectedCount"`
}

// passing lets seconds pass by the clock of a service until something is so.
func (s *site) passing(ctx context.Context, now *clock.Fake, so func() (bool, error)) (bool, error) {
	return until(ctx, patience/2, func() (bool, error) {
		now.Advance(time.Second)
		return so()
	})
}

// alarm ends a service and wants somebody to hear of it from another process.
func alarm(ctx context.Context, s *site, r *Result, off bool) error {
	const silence = 3 * time.Second
	watching, end := context.WithCancel(ctx)
	defer end()
	heartbeat := ""
	if !off {
		var err error
		if heartbeat, err = s.Watchdog(watching, s.sink.server.url, silence); err != nil {
			return err
		}
	}
	x, err := s.start(ctx, nil, heartbeat)
	if err != nil {
		return err
	}
	if _, err := until(ctx, 2*time.Second, func() (bool, error) { return false, nil }); err != nil { // it lives for a while
		return err
	}
	died := machine.Now()
	if err := s.stop(ctx, x); err != nil {
		return err
	}
	raised := func(m told) bool { return m.Alarm == "HEARTBEAT_MISSING" && m.State == "FIRING" }
	ok, err := until(ctx, patience/2, func() (bool, error) { return s.sink.count(raised) > 0, nil })
	if err == nil && !ok {
		err = miss("nobody heard that the service is gone")
	}
	if err != nil {
		return err
	}
	r.caught(machine.Now().Sub(died), "a watchdog in another process misses its heartbeats",
		"HEARTBEAT_MISSING came by a channel of its own; silence is set to %s here, 60 s by default", silence)
	return nil
}

// mislabelled tries each way to mark leases as valid without end, and then takes the reminders of one away behind the service's back.
func mislabelled(ctx context.Context, s *site, r *Result, off bool) error {
	x, err := s.start(ctx, clock.NewFake(begin()), "")
	if err != nil {
		return err
	}
	id, err := s.lease(ctx, x, begin().Add(-10*day), begin().Add(200*day))
	if err != nil {
		return err
	}
	const lease = `{"tenantId":"te_1","unitId":"un_1","startDate":"2026-01-05",`
	ways := []struct{ name, path, body string }{
		{"an end date beside open-ended", "/v1/leases", lease + `"endDate":"2026-12-31","openEnded":{"reason":"长期有效","approver":"Li","reviewDate":"2026-06-30"}}`},
		{"open-ended without an approver", "/v1/leases", lease + `"openEnded":{"reason":"长期有效","reviewDate":"2026-06-30"}}`},
		{"no end and no reason", "/v1/leases", lease + `"note":"长期有效"}`},
		{"approved before its end", "/v1/leases/" + id + ":approveOpenEnded", `{"reason":"长期有效","approver":"Li","reviewDate":"2026-06-30"}`},
	}
	if off { // a service without the rules takes what it is told: here somebody always signs for it
		ways = []struct{ name, path, body string }{{"anything", "/v1/leases", lease + `"openEnded":{"reason":"长期有效","approver":"anybody","reviewDate":"2026-12-31"}}`}}
	}
	began := machine.Now()
	for _, w := range ways {
		status, err := s.call(ctx, x, http.MethodPost, w.path, w.body, nil)
		if err != nil {
			return err
		}
		if status != http.StatusUnprocessableEntity {
			return miss("%s: the service answered %d, and no rule reminds of the lease", w.name, status)
		}
	}
	refused := machine.Now().Sub(began)
	rungs := fmt.Sprintf("FROM due_work WHERE kind = 'obligation' AND key LIKE '%s.%%'", id)
	if err := s.tamper(ctx, "DELETE "+rungs); err != nil {
		return err
	}
	n := 0
	ok, err := until(ctx, patience, func() (bool, error) { // whether this repair puts them back or the service's own account before it
		if _, err := s.call(ctx, x, http.MethodPost, "/v1/reconciliation:repair", `{}`, nil); err != nil {
			return false, err
		}
		n, err = s.number(ctx, "SELECT count(*) "+rungs)
		return n == 3, err
	})
	if err == nil && !ok {
		err = miss("of 3 reminders whose work was deleted by SQL %d came back", n)
	}
	if err != nil {
		return err
	}
	r.caught(refused, "the state machine of leases, and the account that counts from the leases",
		"%d ways in are refused with 422; 3 reminders that SQL took away were missed by GET /v1/reconciliation and put back", len(ways))
	return nil
}
