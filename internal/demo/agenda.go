package demo

import (
	"container/heap"
	"context"
	"time"
)

// job is something that somebody does at an instant of simulated time. It makes at most one call that changes something,
// under the key that it was given, so that it can be done again after an error that may pass.
type job struct {
	at       time.Time
	sequence int64 // jobs of one instant are done in the order in which they were planned
	key      string
	tries    int
	do       func(ctx context.Context, key string) error
}

// agenda is a binary heap of jobs, the earliest first.
type agenda []*job

// Len implements heap.Interface.
func (a agenda) Len() int { return len(a) }

// Less implements heap.Interface.
func (a agenda) Less(i, j int) bool {
	if !a[i].at.Equal(a[j].at) {
		return a[i].at.Before(a[j].at)
	}
	return a[i].sequence < a[j].sequence
}

// Swap implements heap.Interface.
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

// Push implements heap.Interface.
func (a *agenda) Push(x any) {
	if j, ok := x.(*job); ok {
		*a = append(*a, j)
	}
}

// Pop implements heap.Interface.
func (a *agenda) Pop() any {
	old := *a
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*a = old[:len(old)-1]
	return last
}

// plan puts something on the agenda.
func (o *Operator) plan(at time.Time, do func(ctx context.Context, key string) error) {
	o.sequence++
	heap.Push(&o.agenda, &job{at: at, sequence: o.sequence, key: o.key(), do: do})
}

// due takes the next job that is due from the agenda; nil when there is none.
func (o *Operator) due(now time.Time) *job {
	if len(o.agenda) == 0 || o.agenda[0].at.After(now) {
		return nil
	}
	j, ok := heap.Pop(&o.agenda).(*job)
	if !ok {
		return nil
	}
	return j
}

// work does what is due, as far as the service takes it: after an error that may pass it stops, and the job stays.
func (o *Operator) work(ctx context.Context, now time.Time) {
	for range maxJobsAStep {
		j := o.due(now)
		if j == nil || ctx.Err() != nil {
			return
		}
		err := j.do(ctx, j.key)
		if err == nil {
			o.backoff = 0
			continue
		}
		if j.tries++; j.tries < maxTries {
			heap.Push(&o.agenda, j)
		} else {
			o.count(func(s *Stats) { s.GivenUp++ })
		}
		o.holdOff()
		return
	}
}

const (
	// maxJobsAStep bounds one step, so that positions are not late after a long stop.
	maxJobsAStep = 200
	// maxTries is how often a job is tried before it is dropped; with the pauses of holdOff that is about a minute.
	maxTries = 16
)

// holdOff makes the next steps do nothing: one tick first, then twice as many each time, 100 at most.
func (o *Operator) holdOff() {
	o.backoff = min(max(2*o.backoff, 1), 100)
	o.holdUntil = o.tick + o.backoff + 1
}
