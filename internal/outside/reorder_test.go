package outside

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// steps says what a technician does to an order, by the table of the contract: from which states, and what comes of it.
var steps = map[string]struct {
	from []string
	to   string
}{
	"accept": {[]string{"ASSIGNED"}, "ACCEPTED"}, "depart": {[]string{"ACCEPTED"}, "EN_ROUTE"}, "arrive": {[]string{"EN_ROUTE"}, "ON_SITE"},
	"start": {[]string{"ON_SITE"}, "WORKING"}, "pause": {[]string{"WORKING"}, "PAUSED"}, "resume": {[]string{"PAUSED"}, "WORKING"},
	"complete": {[]string{"ON_SITE", "WORKING"}, "COMPLETED"},
}

// sentStep is one sending of a step; the same key may be sent again.
type sentStep struct{ verb, key string }

// toldStep is what the sender heard: nothing when unknown.
type toldStep struct {
	unknown, done bool
	state         string // after it, or that which forbids it
}

// stepState is an order with the answers that keys were given.
type stepState struct {
	state string
	given string // "key=state " for each key, in their order
}

// orderModel is an order as the contract has it: a step is done once under its key, in a state that allows it, and refused with
// the state otherwise.
func orderModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return stepState{state: "ASSIGNED"} },
		Step: func(s, in, out any) (bool, any) {
			is, sent, told := s.(stepState), in.(sentStep), out.(toldStep) //nolint:errcheck // nothing else is handed in
			var before string
			for rest := is.given; rest != ""; {
				var key, state string
				n, _ := fmt.Sscanf(rest, "%s %s", &key, &state)
				if n != 2 {
					break
				}
				if key == sent.key {
					before = state
				}
				rest = rest[len(key)+len(state)+2:]
			}
			step := steps[sent.verb]
			switch {
			case before != "":
				return told.unknown || told.done && told.state == before, is
			case slices.Contains(step.from, is.state):
				return told.unknown || told.done && told.state == step.to, stepState{step.to, is.given + sent.key + " " + step.to + " "}
			}
			return told.unknown || !told.done && told.state == is.state, is
		},
		Equal: func(a, b any) bool { return a == b },
		DescribeOperation: func(in, out any) string {
			return fmt.Sprintf("%+v -> %+v", in, out)
		},
	}
}

// proxy is a network that sends what a technician does in any order, twice, and loses answers.
type proxy struct {
	s     *service
	rng   *rand.Rand
	order string
	began time.Time
	mu    sync.Mutex
	ops   []porcupine.Operation
}

// send sends one step, hangs up on some, and notes what was heard.
func (p *proxy) send(client int, step sentStep, hangUp time.Duration) toldStep {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if hangUp > 0 {
		defer time.AfterFunc(hangUp, cancel).Stop()
	}
	body := map[string]any{}
	if step.verb == "pause" {
		body["reason"] = "a part is missing"
	}
	called := time.Since(p.began).Nanoseconds()
	a := p.s.sendCtx(ctx, verb(p.order, step.verb, step.key, body))
	op := porcupine.Operation{ClientId: client, Input: step, Call: called, Return: time.Since(p.began).Nanoseconds()}
	told := heard(a)
	if op.Output = told; told.unknown {
		if a.status >= 400 && a.status < 500 {
			return told // refused for another reason, as when the key is in flight: it has done nothing, and tells nothing
		}
		op.Return = 1 << 60 // it may yet be done
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ops = append(p.ops, op)
	return told
}

// heard reads an answer. One that is neither yes nor the state that forbids it says nothing, as when the key is in flight.
func heard(a answer) toldStep {
	var o order
	if a.ok() && json.Unmarshal(a.body, &o) == nil {
		return toldStep{done: true, state: o.State}
	}
	if pr, err := asProblem(a); err == nil && a.status == http.StatusConflict && pr.Reason == "ILLEGAL_STATE" {
		return toldStep{state: pr.State}
	}
	return toldStep{unknown: true}
}

// day lets a technician do a day's steps through the proxy: shuffled, each by one or two senders, answers lost, and everything sent
// again under its key until the order is done.
func (p *proxy) day(n int) (rounds int) {
	verbs := []string{"accept", "depart", "arrive", "start", "pause", "resume", "complete"}
	if p.rng.IntN(2) == 0 {
		verbs = slices.DeleteFunc(verbs, func(v string) bool { return v == "pause" || v == "resume" })
	}
	var waiting []sentStep
	for i, v := range verbs {
		waiting = append(waiting, sentStep{v, fmt.Sprintf("day-%d-%d", n, i)})
	}
	for rounds = 0; len(waiting) > 0 && rounds < 12; rounds++ {
		p.rng.Shuffle(len(waiting), func(i, j int) { waiting[i], waiting[j] = waiting[j], waiting[i] })
		type sending struct {
			step   sentStep
			hangUp time.Duration
		}
		var all []sending
		for _, step := range waiting {
			for range 1 + p.rng.IntN(2) {
				s := sending{step: step}
				if p.rng.IntN(5) == 0 {
					s.hangUp = time.Duration(1+p.rng.IntN(3000)) * time.Microsecond
				}
				all = append(all, s)
			}
		}
		var done sync.Map
		half := len(all) / 2
		together(2, func(client int) { // two senders beside each other
			for _, s := range [][]sending{all[:half], all[half:]}[client] {
				if p.send(client, s.step, s.hangUp).done {
					done.Store(s.step.key, true)
				}
			}
		})
		waiting = slices.DeleteFunc(waiting, func(s sentStep) bool { _, ok := done.Load(s.key); return ok })
	}
	return rounds
}

// legal wants the history of an order to be complete and to go from state to state as the contract has it.
func (p *proxy) legal(fail func(format string, args ...any), list []step) {
	state, last := "ASSIGNED", map[string]int{}
	for _, e := range list {
		for name, s := range steps {
			if e.Type != "work_order."+map[string]string{
				"accept": "accepted", "depart": "departed", "arrive": "arrived", "start": "started", "pause": "paused", "resume": "resumed", "complete": "completed",
			}[name] {
				continue
			}
			if !slices.Contains(s.from, state) || e.State != s.to {
				fail("ILLEGAL: %s of an order that is %s makes it %s", name, state, e.State)
			}
			state = e.State
			last[name]++
		}
	}
	for name, n := range last {
		if n > 1 {
			fail("DOUBLED: %s happened %d times under one key", name, n)
		}
	}
}

// TestReorderedSteps sends what technicians do in any order, twice, and again after lost answers (R-C3): the histories that the
// senders have heard are linearizable, and those that the service has kept are legal.
func TestReorderedSteps(t *testing.T) {
	s := start(t, t.TempDir(), "--org-rate", "100000")
	technicians := hire(s, 8)
	histories := count(160, 5000, "FETTLE_TORTURE_HISTORIES")
	fail, check := failures(t)
	var next, sent, completed, undecided atomic.Int64
	together(len(technicians), func(i int) {
		for n := int(next.Add(1)); n <= histories; n = int(next.Add(1)) {
			p := &proxy{s: s, rng: rand.New(rand.NewPCG(seed(t), uint64(n))), began: time.Now()}
			body := newOrder(p.rng, fmt.Sprintf("step-%d", n))
			body["onlyTechnicianIds"] = []string{technicians[i]}
			var o order
			if err := decode(s.send(request{method: http.MethodPost, path: "/v1/workOrders", key: fmt.Sprintf("step-%d", n), body: encode(body)}), &o); err != nil || o.State != "ASSIGNED" {
				fail("history %d: reported: %+v, %v", n, o, err)
				return
			}
			p.order = o.ID
			p.day(n)
			sent.Add(int64(len(p.ops)))
			switch porcupine.CheckOperationsTimeout(orderModel(), p.ops, 20*time.Second) {
			case porcupine.Illegal:
				fail("NOT LINEARIZABLE: history %d: %+v", n, p.ops)
				return
			case porcupine.Unknown: // so many answers were lost that there are too many orders to try
				undecided.Add(1)
			}
			var list struct{ Entries []step }
			if err := decode(s.send(request{method: http.MethodGet, path: "/v1/workOrders/" + o.ID + "/timeline?pageSize=1000"}), &list); err != nil {
				fail("history %d: %v", n, err)
				return
			}
			p.legal(func(format string, args ...any) { fail("history %d: "+format, append([]any{n}, args...)...) }, list.Entries)
			if list.Entries[len(list.Entries)-1].State == "COMPLETED" {
				completed.Add(1)
			} else if a := s.send(verb(o.ID, "cancel", fmt.Sprintf("clear-%d", n), map[string]any{"reason": "next"})); !a.ok() {
				fail("history %d: cancel: %v", n, a)
				return
			}
		}
	})
	check()
	s.alive()
	if completed.Load() < int64(histories)/2 {
		t.Errorf("%d of %d orders were completed: that shows little", completed.Load(), histories)
	}
	if undecided.Load() > int64(histories)/100 {
		t.Errorf("of %d histories %d could not be judged", histories, undecided.Load())
	}
	t.Logf("%d histories of %d steps sent, %d orders completed, %d not judged", histories, sent.Load(), completed.Load(), undecided.Load())
}

// reorderSaboteurs break what TestReorderedSteps holds the service to.
func reorderSaboteurs() []saboteur {
	return []saboteur{
		{
			"lets a technician complete what is paused",
			[]edit{{"dispatch/engine/transition.go", "Complete: {StateOnSite, StateWorking},", "Complete: {StateOnSite, StateWorking, StatePaused, StateEnRoute},"}},
			"TestReorderedSteps", "NOT LINEARIZABLE",
		},
		{
			"forgets the keys of steps",
			[]edit{{"internal/territory/writer.go", "b.Keys, b.Audit = w.keys,", "b.Keys, b.Audit = w.keys[:0],"}},
			"TestReorderedSteps", "NOT LINEARIZABLE|DOUBLED",
		},
	}
}
