package outside

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"
)

// desk is a dispatcher beside a planner that is never at rest.
type desk struct {
	*race
	steady, ill []string // whom orders are pinned to; who falls ill
	open        []string
	pinned      map[string]string // order -> technician
}

// churn gives the planner work: places move, orders come, somebody is ill and comes back.
func (d *desk) churn(n int) []request {
	rng := rand.New(rand.NewPCG(uint64(n), 61))
	var positions []any
	for _, id := range d.technicians {
		positions = append(positions, map[string]any{"technicianId": id, "location": place(rng), "time": time.Now()})
	}
	who := d.ill[n/2%len(d.ill)]
	shift := request{method: http.MethodPost, path: "/v1/technicians/" + who + ":endShift", key: d.key(), body: encode(map[string]any{"reason": "ill"})}
	if n%2 == 1 {
		shift = request{method: http.MethodPost, path: "/v1/technicians/" + who + ":startShift", key: d.key(), body: encode(map[string]any{"endTime": time.Now().Add(8 * time.Hour)})}
	}
	return []request{
		{method: http.MethodPost, path: "/v1/positions:report", body: encode(map[string]any{"positions": positions})},
		shift,
		{method: http.MethodPost, path: "/v1/workOrders", key: d.key(), body: encode(newOrder(rng, d.key()))},
	}
}

// decisions are what the dispatcher does meanwhile: pins one order, gives one back, closes one.
func (d *desk) decisions() (pin order, to string, all []request) {
	pick := func() string { return d.open[d.rng.IntN(len(d.open))] }
	a, b, c := pick(), pick(), pick()
	to = d.steady[d.rng.IntN(len(d.steady))]
	all = append(all, verb(a, "pin", d.key(), map[string]any{"technicianId": to}))
	if b != a && d.pinned[b] == "" {
		all = append(all, verb(b, "decline", d.key(), map[string]any{"reason": "not today"}))
	}
	if c != a && c != b && len(d.open) > 24 {
		all = append(all, verb(c, "cancel", d.key(), map[string]any{"reason": "mended"}))
	}
	return order{ID: a}, to, all
}

// interleave lets the planner and the dispatcher act at the same moment.
func (d *desk) interleave(n int) {
	d.t.Helper()
	pin, to, human := d.decisions()
	all := append(d.churn(n), human...)
	answers := make([]answer, len(all))
	together(len(all), func(i int) { answers[i] = d.s.send(all[i]) })
	for i, a := range answers {
		if a.err != nil || a.status >= 500 || i < 3 && !a.ok() && a.status != http.StatusConflict {
			d.t.Fatalf("%s %s: %v", all[i].method, all[i].path, a)
		}
	}
	if posted := answers[2]; posted.status == http.StatusCreated {
		var o order
		if err := json.Unmarshal(posted.body, &o); err != nil {
			d.t.Fatal(err)
		}
		d.open = append(d.open, o.ID)
	}
	if answers[3].ok() {
		d.pinned[pin.ID] = to
	}
	for i := 4; i < len(all); i++ {
		if !answers[i].ok() {
			continue
		}
		for at, id := range d.open {
			if all[i].path == "/v1/workOrders/"+id+":cancel" {
				d.open = append(d.open[:at], d.open[at+1:]...)
				delete(d.pinned, id)
				break
			}
		}
	}
}

// held wants every pinned order to be where it was pinned, and whole plans.
func (d *desk) held(n int) {
	d.t.Helper()
	for _, o := range d.s.orders("open=true") {
		if want := d.pinned[o.ID]; want != "" && o.technician() != want {
			d.t.Errorf("MOVED: round %d: order %s is pinned to %s and %s of %q", n, o.ID, want, o.State, o.technician())
		}
	}
	consistent(d.s, d.technicians)
}

// history wants the log of a pinned order to say that nobody else had it while it was pinned.
func (d *desk) history(id, last string) {
	d.t.Helper()
	to := ""
	for _, e := range d.s.timeline(id) {
		switch e.Type {
		case "work_order.pinned":
			to = e.TechnicianID
		case "work_order.unpinned":
			to = ""
		case "work_order.assigned", "work_order.eta_changed":
			// A pin to somebody else is told first, then who has it.
			if to != "" && e.TechnicianID != to {
				d.t.Errorf("MOVED: order %s goes to %s while it is pinned to %s", id, e.TechnicianID, to)
			}
		}
	}
	if to != last {
		d.t.Errorf("MOVED: the log pins order %s to %q, the dispatcher to %q", id, to, last)
	}
}

// TestPinsHoldWhileItIsReplanned lets a dispatcher pin, give back and close orders while technicians fall ill, move and get more
// work (R-C6): what is pinned stays where it is, and no plan is carried out by halves.
func TestPinsHoldWhileItIsReplanned(t *testing.T) {
	s := start(t, t.TempDir())
	d := &desk{race: &race{t: t, s: s, technicians: hire(s, 8), rng: rand.New(rand.NewPCG(seed(t), 6))}, pinned: map[string]string{}}
	d.steady, d.ill = d.technicians[:6], d.technicians[6:]
	for range 24 {
		d.open = append(d.open, report(s, d.rng, d.key()).ID)
	}
	rounds := count(120, 1000, "FETTLE_TORTURE_PINS")
	pins := 0
	for n := range rounds {
		d.interleave(n)
		if n%(rounds/3) == rounds/3-1 { // the search beside the writer comes round, too
			until := time.Now().Add(2500 * time.Millisecond)
			eventually(t, time.Minute, "a search", func() bool { return time.Now().After(until) })
		}
		if n%10 == 9 || n == rounds-1 {
			d.held(n)
			pins = max(pins, len(d.pinned))
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	for id, to := range d.pinned {
		d.history(id, to)
	}
	s.alive()
	if pins < 5 {
		t.Errorf("%d orders were pinned at a time: that shows nothing", pins)
	}
	t.Logf("%d interleavings, up to %d orders pinned", rounds, pins)
}

// pinSaboteurs break what TestPinsHoldWhileItIsReplanned holds the service to.
func pinSaboteurs() []saboteur {
	return []saboteur{{
		"plans as if nothing were pinned",
		[]edit{
			{"dispatch/engine/board.go", "p.Technician = cmp.Or(p.Technician, o.Pin.Technician)", "p.Technician = cmp.Or(p.Technician, \"\")"},
			{"dispatch/engine/board.go", "(o.State == StateAssigned && o.Pin != nil)", "(o.State == StatePaused && o.Pin != nil)"},
			{"dispatch/engine/adopt.go", "o.State == StateAccepted || o.Pin != nil || a.d.frozen(o)", "o.State == StateAccepted || a.d.frozen(o)"},
		},
		"TestPinsHoldWhileItIsReplanned", "MOVED",
	}}
}
