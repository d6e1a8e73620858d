package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"time"
)

// burst is what was found of ten times the rate. Failed counts what was neither accepted nor refused with 429.
type burst struct {
	PerSecond      float64 `json:"postsPerSecond"`
	Posts          int     `json:"posts"`
	Accepted       int     `json:"accepted"`
	AcceptedMillis summary `json:"acceptedMillis"`
	Refused        int     `json:"refused429"`
	RefusedMillis  summary `json:"refusedMillis"`
	Failed         int     `json:"failed"`
	LastFailure    string  `json:"lastFailure,omitempty"`
}

// measureBurst posts at ten times the rate, whatever the answers.
func measureBurst(ctx context.Context, s *server, o options, r *result) {
	rate := 10 * o.rate
	n := int(rate * o.burst)
	r.Burst = burst{PerSecond: rate, Posts: n}
	rng := rand.New(rand.NewPCG(6, 6))
	var accepted, refused []time.Duration
	var mu sync.Mutex
	var wg sync.WaitGroup
	began := time.Now()
	for i := range n {
		due := began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait) // an open loop: the next one is sent when it is due
		}
		body := order(rng, o.open+r.Posts+i)
		wg.Go(func() {
			sent := time.Now()
			err := s.send(ctx, "/v1/workOrders", fmt.Sprintf("burst-%d", i), body, nil)
			took := time.Since(sent)
			mu.Lock()
			defer mu.Unlock()
			var no *refusal
			switch {
			case err == nil:
				accepted = append(accepted, took)
			case errors.As(err, &no) && no.status == http.StatusTooManyRequests:
				refused = append(refused, took)
			default:
				r.Burst.Failed, r.Burst.LastFailure = r.Burst.Failed+1, err.Error()
			}
		})
	}
	wg.Wait()
	r.Burst.Accepted, r.Burst.AcceptedMillis = len(accepted), summarise(accepted)
	r.Burst.Refused, r.Burst.RefusedMillis = len(refused), summarise(refused)
}

// sick is how long it takes until the work of who falls sick is with others, on disk and answered.
type sick struct {
	Technicians int `json:"technicians"`
	Orders      int `json:"orders"`
	Calls       int `json:"calls"`
	Moved       int `json:"moved"` // orders that had been theirs
	Left        int `json:"left"`  // of these, with nobody after ten seconds

	AnswerMillis summary `json:"answerMillis"` // until the call is answered
	Millis       summary `json:"millis"`       // until all are with others
}

// measureSick starts another service with 40 technicians and 400 orders and ends the shifts of some, one after the other.
func measureSick(ctx context.Context, o options) (sick, error) {
	out := sick{Technicians: 40, Orders: 400}
	if o.sick == 0 || o.db != "" { // one database serves one service
		return out, nil
	}
	dir, err := os.MkdirTemp("", "fettle-sick-")
	if err != nil {
		return out, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of the system's for what is temporary
	s, err := startServer(ctx, o.binary, dir, "")
	if err != nil {
		return out, err
	}
	defer s.kill()
	if err := fill(ctx, s, out.Technicians, out.Orders); err != nil {
		return out, err
	}
	var list struct{ Technicians []struct{ ID string } }
	if err := s.get(ctx, "/v1/technicians?pageSize=100", &list); err != nil {
		return out, err
	}
	var answered, settled []time.Duration
	for _, t := range list.Technicians[:min(o.sick, len(list.Technicians))] {
		var theirs struct {
			Assignments []struct{ WorkOrderID string }
		}
		if err := s.get(ctx, "/v1/technicians/"+t.ID+"/assignments", &theirs); err != nil {
			return out, err
		}
		began := time.Now()
		if err := s.send(ctx, "/v1/technicians/"+t.ID+":endShift", "sick-"+t.ID, map[string]any{"reason": "sick"}, nil); err != nil {
			return out, err
		}
		answered = append(answered, time.Since(began))
		left := len(theirs.Assignments)
		out.Moved += left
		for _, a := range theirs.Assignments {
			ok, err := s.elsewhere(ctx, a.WorkOrderID, t.ID, began.Add(10*time.Second))
			if err != nil {
				return out, err
			}
			if ok {
				left--
			}
		}
		out.Left += left
		settled = append(settled, time.Since(began))
	}
	out.Calls, out.AnswerMillis, out.Millis = len(answered), summarise(answered), summarise(settled)
	return out, nil
}

// elsewhere waits until an order is with another technician.
func (s *server) elsewhere(ctx context.Context, order, technician string, limit time.Time) (bool, error) {
	for {
		var now struct {
			State      string
			Assignment struct{ TechnicianID string }
		}
		if err := s.get(ctx, "/v1/workOrders/"+order, &now); err != nil {
			return false, err
		}
		if id := now.Assignment.TechnicianID; id != "" && id != technician {
			return true, nil
		}
		if time.Now().After(limit) {
			return false, nil
		}
		time.Sleep(2 * time.Millisecond) // between two looks
	}
}
