package torture_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/internal/clock"
	"fettle/internal/territory"
	"fettle/org"
	"fettle/simulate/replay"
)

// stepped is a clock that can be set. Its timers run 3 ms late, so that they never come due together with the tickers of
// the writer: of two that do, Go chooses one by chance.
type stepped struct{ by atomic.Int64 } // by nanoseconds

func (c *stepped) Now() time.Time { return clock.System().Now().Add(time.Duration(c.by.Load())) }

func (c *stepped) NewTimer(d time.Duration) clock.Timer {
	return lateTimer{clock.System().NewTimer(d + late)}
}

const late = 3 * time.Millisecond

type lateTimer struct{ clock.Timer }

func (t lateTimer) Reset(d time.Duration) { t.Timer.Reset(d + late) }

// bus keeps nothing.
type bus struct{}

func (bus) Publish(org.ID, []engine.Event)             {}
func (bus) PublishPositions(org.ID, []engine.Position) {}

// script is one run of a seed.
type script struct {
	r      *rand.Rand
	m      *memory
	clock  *stepped
	t      *territory.Territory
	number int
	modes  *rand.Rand          // draws how far the engine acts by itself; nil lets it assign all
	wanted engine.Conduct      // what was asked for last
	late   []territory.Request // sent later, in another order
	sent   []territory.Request // to be sent again
	acked  map[string]int64    // last sequence of what was acknowledged, by key
}

// outcome is what a seed came to.
type outcome struct {
	faults []string
	trace  [32]byte
	events int
	acks   int

	modes     map[engine.Mode]int // how often each was followed
	suggested int
}

// play runs a seed; it must run within a bubble of virtual time.
func play(seed uint64, steps int, h harm, modes bool) (out outcome) {
	s := &script{r: rand.New(rand.NewPCG(seed, 1)), m: newMemory(), clock: &stepped{}, acked: map[string]int64{}}
	if modes {
		s.modes = rand.New(rand.NewPCG(seed, 2))
	}
	s.open()
	s.hire()
	s.m.harm = h
	for range steps {
		if modes && s.modes.IntN(8) == 0 {
			s.steer()
		}
		s.step()
		if len(s.m.faults) > 0 {
			break
		}
	}
	s.settle()
	s.close()
	s.judge()
	out = outcome{faults: s.m.faults, events: len(s.m.events), acks: len(s.acked), modes: s.m.modes}
	for i := range s.m.events {
		if s.m.events[i].Type == engine.OrderSuggested {
			out.suggested++
		}
	}
	s.m.trace.Sum(out.trace[:0])
	return out
}

func (s *script) open() {
	t, err := territory.Open(context.Background(), territory.Config{
		Org: "o", Clock: s.clock, Store: s.m, Bus: bus{}, ImproveEvery: -1, AdvanceEvery: 20 * time.Second, Conduct: s.wanted,
	})
	if err != nil {
		s.m.fault("open: %v", err)
		return
	}
	s.t = t
}

func (s *script) close() {
	if err := s.t.Close(context.Background()); err != nil {
		s.m.fault("close: %v", err)
	}
}

func (s *script) hire() {
	s.m.turn.Add(1)
	defer s.m.turn.Add(1)
	for i := range 4 {
		s.send(s.request(engine.CreateTechnician{
			ID: dispatch.TechnicianID(fmt.Sprintf("t%d", i)),
			Profile: engine.Profile{
				Name: "T", Home: geo.Point{Lat: 30.2 + 0.01*float64(i), Lon: 120.2}, Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: int32(1 + i%2)}},
				Weekly: []engine.WeeklyShift{{Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, Start: 0, End: 23*60 + 59}}, Zone: "UTC",
			},
		}))
	}
}

// request gives a command a key.
func (s *script) request(c engine.Command) territory.Request {
	s.number++
	key := fmt.Sprintf("k%04d", s.number)
	var recall dispatch.WorkOrderID
	if a, ok := c.(engine.Act); ok {
		recall = a.Order
	}
	return territory.Request{
		Actor: "script", Command: c, Recall: recall,
		Key:    &territory.Key{Key: key, Method: fmt.Sprintf("%T", c), Hash: sha256.Sum256(fmt.Appendf(nil, "%v", c))},
		Encode: func(territory.Result) ([]byte, error) { return []byte(key), nil },
	}
}

// send sends one request and waits for its answer.
func (s *script) send(r territory.Request) {
	a, err := s.t.Do(context.Background(), r)
	synctest.Wait() // what the writer does by itself after it has answered
	s.heard(r, a, err)
}

// heard notes an answer.
func (s *script) heard(r territory.Request, a territory.Answer, err error) {
	s.m.turn.Add(1)
	defer s.m.turn.Add(1)
	s.m.note(reason(err))
	if err != nil {
		return
	}
	key := r.Key.Key
	if string(a.Response) != key {
		s.m.fault("key %s is answered with %q", key, a.Response)
	}
	_, before := s.acked[key]
	if before && !a.Replayed {
		s.m.fault("key %s was acknowledged and acted again", key)
	}
	if n := len(a.Result.Events); n > 0 && !a.Replayed {
		s.acked[key] = a.Result.Events[n-1].Sequence
	} else if !before {
		s.acked[key] = 0
	}
}

// reason is the kind of an error: its text may name instants.
func reason(err error) string {
	var conflict *engine.ConflictError
	switch {
	case err == nil:
		return "done"
	case errors.As(err, &conflict):
		return conflict.Reason
	case errors.Is(err, engine.ErrFull):
		return "full"
	case errors.Is(err, engine.ErrUnavailable):
		return "unavailable"
	case errors.Is(err, engine.ErrNotFound):
		return "not found"
	case errors.Is(err, engine.ErrExists):
		return "exists"
	case errors.Is(err, territory.ErrClosed):
		return "closed"
	}
	return "refused"
}

// step does one thing.
func (s *script) step() {
	s.m.turn.Add(1)
	defer s.m.turn.Add(1)
	synctest.Wait()
	switch s.r.IntN(20) {
	case 0:
		s.crash()
	case 1:
		s.m.fail = []fate{full, unreachable, unsaid}[s.r.IntN(3)]
		s.send(s.draw())
	case 2:
		s.m.down.Store(true)
		s.send(s.draw())
		s.pass(time.Duration(s.r.IntN(3)) * time.Second)
		s.m.down.Store(false)
	case 3:
		s.clock.by.Add(int64(time.Duration(s.r.IntN(900)-180) * time.Second))
	case 4, 5:
		s.batch()
	case 6:
		s.again()
	case 7, 8:
		s.sweep()
	case 9, 10:
		s.pass(time.Duration(1+s.r.IntN(600)) * time.Second)
	case 11:
		s.late = append(s.late, s.draw(), s.draw())
	case 12:
		s.r.Shuffle(len(s.late), func(i, j int) { s.late[i], s.late[j] = s.late[j], s.late[i] })
		for _, r := range s.late {
			s.send(r)
		}
		s.late = nil
	default:
		r := s.draw()
		s.sent = append(s.sent, r)
		s.send(r)
	}
}

// steer lets the engine act by itself more or less than before. What the store refuses is tried again by the territory.
func (s *script) steer() {
	s.m.turn.Add(1)
	defer s.m.turn.Add(1)
	mode := []engine.Mode{engine.ModeAuto, engine.ModeVeto, engine.ModeSuggest, engine.ModeShadow}[s.modes.IntN(4)]
	s.m.asked = mode
	s.wanted = engine.Conduct{Policy: "p", Version: s.wanted.Version + 1, Rules: []engine.Rule{{Mode: mode, Veto: 2 * time.Minute}}}
	err := s.t.Steer(context.Background(), s.wanted)
	synctest.Wait()
	s.m.note(reason(err))
}

// pass lets time go by.
func (s *script) pass(d time.Duration) {
	s.m.turn.Add(1)
	defer s.m.turn.Add(1)
	time.Sleep(d + time.Millisecond)
	synctest.Wait()
}

// again sends something that was sent before, under its key.
func (s *script) again() {
	s.m.turn.Add(1)
	defer s.m.turn.Add(1)
	if len(s.sent) == 0 {
		return
	}
	r := s.sent[s.r.IntN(len(s.sent))]
	s.send(r)
}

// batch lets several requests wait while a commit is under way, so that they share the next one; one of them may be sent
// twice at once. What becomes of that commit is drawn, too.
func (s *script) batch() {
	s.m.turn.Add(1)
	defer s.m.turn.Add(1)
	s.m.gate = make(chan struct{})
	var all sync.WaitGroup
	type answer struct {
		r   territory.Request
		a   territory.Answer
		err error
	}
	requests := []territory.Request{s.draw()}
	for range 1 + s.r.IntN(4) {
		requests = append(requests, s.draw())
	}
	if s.r.IntN(2) == 0 {
		requests = append(requests, requests[len(requests)-1])
	}
	answers := make([]answer, len(requests))
	for i, r := range requests {
		all.Go(func() {
			a, err := s.t.Do(context.Background(), r)
			answers[i] = answer{r, a, err}
		})
		synctest.Wait() // it waits in the mailbox, behind those before it
	}
	if s.r.IntN(4) == 0 {
		s.m.fail = []fate{full, unreachable, unsaid}[s.r.IntN(3)]
	}
	gate := s.m.gate
	s.m.gate = nil
	close(gate)
	all.Wait()
	synctest.Wait()
	twice := map[string]bool{}
	for _, a := range answers {
		if a.err == nil && !a.a.Replayed {
			if twice[a.r.Key.Key] {
				s.m.fault("key %s acted twice in a batch", a.r.Key.Key)
			}
			twice[a.r.Key.Key] = true
		}
		if a.err == nil && a.a.Replayed { // the other of the two is the one that acted
			s.m.note("replayed")
			continue
		}
		s.heard(a.r, a.a, a.err)
	}
}

// crash ends the process while something is being committed or not, and starts another one on what was kept.
func (s *script) crash() {
	s.m.turn.Add(1)
	defer s.m.turn.Add(1)
	var all sync.WaitGroup
	if s.r.IntN(2) == 0 {
		s.m.gate = make(chan struct{})
		r := s.draw()
		all.Go(func() { _, _ = s.t.Do(context.Background(), r) }) // whoever asked hears nothing
		synctest.Wait()
	}
	if s.m.fail = kept; s.r.IntN(2) == 0 {
		s.m.fail = unsaid
	}
	s.m.down.Store(true)
	if s.m.gate != nil {
		gate := s.m.gate
		s.m.gate = nil
		close(gate)
	}
	s.close()
	all.Wait()
	s.m.fail = kept
	s.m.down.Store(false)
	s.open()
}

// sweep carries out what is due, as the sweeper does.
func (s *script) sweep() {
	s.m.turn.Add(1)
	defer s.m.turn.Add(1)
	for i, w := range s.m.overdue(s.clock.Now()) {
		if i == 5 {
			return
		}
		c, err := engine.DueCommand(w)
		if err != nil {
			s.m.fault("due work %s %s: %v", w.Kind, w.Key, err)
			return
		}
		_, err = s.t.Do(context.Background(), territory.Request{Actor: "service", Command: c})
		s.m.note(reason(err))
	}
}

// draw makes a request that is likely to be possible, and sometimes is not.
func (s *script) draw() territory.Request {
	var open []*engine.Order
	ids := make([]dispatch.WorkOrderID, 0, len(s.m.orders))
	for id := range s.m.orders {
		ids = append(ids, id)
	}
	if s.m.harm != unsorted {
		slices.Sort(ids)
	}
	for _, id := range ids {
		open = append(open, s.m.orders[id])
	}
	if len(open) == 0 || s.r.IntN(4) == 0 {
		return s.request(s.wish())
	}
	o := open[s.r.IntN(len(open))]
	who := dispatch.TechnicianID(fmt.Sprintf("t%d", s.r.IntN(4)))
	if s.r.IntN(15) == 0 {
		if s.r.IntN(2) == 0 {
			return s.request(engine.EndShift{ID: who, Reason: "ill"})
		}
		return s.request(engine.StartShift{ID: who, End: s.clock.Now().Add(6 * time.Hour).Truncate(time.Second)})
	}
	verbs := verbsIn(o.State)
	if len(verbs) == 0 || s.r.IntN(10) == 0 {
		verbs = []engine.Verb{engine.Accept, engine.Depart, engine.Complete, engine.Reopen, engine.Reassign, engine.Unmerge}
	}
	// Nobody can cancel or escalate most of the time, or nothing would ever be finished.
	verb := verbs[0]
	if s.r.IntN(3) == 0 {
		verb = verbs[s.r.IntN(len(verbs))]
	}
	if s.modes != nil && o.Suggestion != nil && s.modes.IntN(2) == 0 {
		verb = []engine.Verb{engine.AcceptSuggestion, engine.AcceptSuggestion, engine.RejectSuggestion}[s.modes.IntN(3)]
	}
	return s.request(s.act(verb, o, who, open))
}

// verbsIn lists the verbs that may be applied in a state, those of technicians first.
func verbsIn(s engine.State) []engine.Verb {
	return slices.DeleteFunc([]engine.Verb{
		engine.Accept, engine.Decline, engine.Depart, engine.Arrive, engine.Start, engine.Pause, engine.Resume, engine.Complete, engine.Rate,
		engine.Verify, engine.Reopen, engine.Cancel, engine.Reassign, engine.PinOrder, engine.Unpin, engine.LogCall, engine.Escalate,
		engine.Merge, engine.Unmerge, engine.AcceptSuggestion, engine.RejectSuggestion,
	}, func(v engine.Verb) bool { return !engine.Legal(v, s) })
}

// act fills the fields that a verb needs.
func (s *script) act(verb engine.Verb, o *engine.Order, who dispatch.TechnicianID, all []*engine.Order) engine.Act {
	a := engine.Act{Verb: verb, Order: o.ID}
	switch verb {
	case engine.Decline, engine.Pause, engine.Cancel, engine.Reopen, engine.Escalate:
		a.Reason = "drawn"
	case engine.Rate:
		a.Rating = int32(1 + s.r.IntN(5))
	case engine.Reassign, engine.PinOrder:
		a.Technician, a.Reason = who, person
	case engine.AcceptSuggestion:
		a.Reason = person
	case engine.Merge:
		a.Into, a.Reason = all[s.r.IntN(len(all))].ID, "drawn"
	case engine.Resume:
		a.SecondVisit = s.r.IntN(2) == 0
	}
	return a
}

func (s *script) wish() engine.CreateOrder {
	s.number++
	w := engine.Wish{
		Location: geo.Point{Lat: 30.2 + 0.05*s.r.Float64(), Lon: 120.2 + 0.05*s.r.Float64()}, OnSite: time.Duration(20+s.r.IntN(60)) * time.Minute,
		Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: int32(1 + s.r.IntN(2))}},
	}
	if s.r.IntN(6) == 0 {
		w.Urgency = dispatch.UrgencyEmergency
	}
	if s.r.IntN(4) == 0 {
		from := s.clock.Now().Add(time.Duration(1+s.r.IntN(8)) * time.Hour).Truncate(time.Second)
		w.Windows = []dispatch.TimeSpan{{Start: from, End: from.Add(2 * time.Hour)}}
	}
	return engine.CreateOrder{ID: dispatch.WorkOrderID(fmt.Sprintf("w%04d", s.number)), Wish: w}
}

// settle lets the store work again and what is due be done.
func (s *script) settle() {
	s.m.turn.Add(1)
	defer s.m.turn.Add(1)
	s.m.fail = kept
	s.m.down.Store(false)
	s.pass(time.Minute)
	s.sweep()
	s.pass(time.Second)
}

// judge holds the whole run: what was acknowledged is there, and the log leads to the rows.
func (s *script) judge() {
	s.m.turn.Add(1)
	defer s.m.turn.Add(1)
	for key, last := range s.acked {
		if _, ok := s.m.keys[key]; !ok {
			s.m.fault("key %s was acknowledged and is not there", key)
		}
		if last > int64(len(s.m.events)) {
			s.m.fault("event %d was acknowledged, the log ends at %d", last, len(s.m.events))
		}
	}
	record, err := replay.Read(func(after int64, limit int) ([]engine.Event, error) {
		return s.m.Events(context.Background(), "o", after, limit)
	}, time.UTC, time.Time{}, time.Time{})
	if err != nil {
		s.m.fault("replay: %v", err)
		return
	}
	if d := record.Fold().First; d != nil {
		s.m.fault("replayed event %d: %s is %s, stored was %s", d.Sequence, d.Field, d.Came, d.Stored)
	}
	var open []*engine.Order
	for _, o := range s.m.orders {
		if o.State.Open() {
			open = append(open, o)
		}
	}
	people, _ := s.m.Technicians(context.Background(), "o", "", 100)
	rows, errRows := replay.StateOf(open, people)
	came, errCame := record.Fold().State()
	if rows != came || errRows != nil || errCame != nil {
		s.m.fault("the log leads to %s, the rows are %s (%v, %v)", came, rows, errRows, errCame)
	}
}
