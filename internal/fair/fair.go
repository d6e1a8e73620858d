// Package fair keeps one org from taking what others need: so many calls a second for each, and so many changes at once for
// all, of which an org gets more than its share only while nobody else wants it. Emergencies and what technicians report
// about their work have a lane of their own, of the same size, so that they are shed last.
//
// It decides and counts; the edge refuses. It knows no time but that it is given.
package fair

import (
	"math"
	"sync"
	"time"

	"fettle/org"
)

// Config are the bounds. The zero value of each field means its default.
type Config struct {
	// Rate is how many calls a second an org may make in each lane, in the long run; 2,000 unless given.
	Rate float64
	// Burst is how many it may make at once after a pause; twice the rate unless given.
	Burst int
	// Changes is how many changes are worked on at once in each lane, of all orgs; 96 unless given. What is beyond that would
	// only wait: 96 are 0.16 s of work at 600 changes a second.
	Changes int
}

// Lane is where a call queues.
type Lane int

// The lanes.
const (
	Normal Lane = iota
	Urgent      // emergencies, and reports of technicians about their work
	lanes
)

// Limiter bounds the calls of orgs. It is safe for concurrent use.
type Limiter struct {
	cfg  Config
	mu   sync.Mutex
	orgs map[org.ID]*share
	busy [lanes]int // changes at work
	some [lanes]int // orgs that have any
}

// share is what an org has used.
type share struct {
	tokens [lanes]float64
	filled time.Time
	busy   [lanes]int
}

// New makes a limiter.
func New(c Config) *Limiter {
	if c.Rate <= 0 {
		c.Rate = 2000
	}
	if c.Burst <= 0 {
		c.Burst = max(1, int(min(2*c.Rate, math.MaxInt32)))
	}
	if c.Changes <= 0 {
		c.Changes = 96
	}
	return &Limiter{cfg: c, orgs: map[org.ID]*share{}}
}

// Room is what is left to an org, for the headers of an answer.
type Room struct {
	Limit     int           // calls at once after a pause
	Remaining int           // calls that may be made now
	Reset     time.Duration // until a call may be made, or until all may when one may be made now
}

// Take counts a call. It is false when the org has made too many; Room.Reset says when it may try again. Orgs come from
// credentials, so that there are as many as there are customers.
func (l *Limiter) Take(o org.ID, lane Lane, now time.Time) (Room, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.of(o, now)
	if passed := now.Sub(s.filled).Seconds(); passed > 0 {
		for i := range s.tokens {
			s.tokens[i] = min(s.tokens[i]+passed*l.cfg.Rate, float64(l.cfg.Burst))
		}
		s.filled = now
	}
	if s.tokens[lane] < 1 {
		return Room{Limit: l.cfg.Burst, Reset: l.after(1 - s.tokens[lane])}, false
	}
	s.tokens[lane]--
	return Room{
		Limit: l.cfg.Burst, Remaining: int(s.tokens[lane]), Reset: l.after(float64(l.cfg.Burst) - s.tokens[lane]),
	}, true
}

// after is how long it takes until so many calls more may be made.
func (l *Limiter) after(calls float64) time.Duration {
	return time.Duration(calls / l.cfg.Rate * float64(time.Second))
}

func (l *Limiter) of(o org.ID, now time.Time) *share {
	s := l.orgs[o]
	if s == nil {
		s = &share{filled: now}
		for i := range s.tokens {
			s.tokens[i] = float64(l.cfg.Burst)
		}
		l.orgs[o] = s
	}
	return s
}

// Enter begins a change; Leave ends it. It is false when all places of the lane are taken and the org has its share of them,
// or more: a place that becomes free goes to those who have less.
func (l *Limiter) Enter(o org.ID, lane Lane, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.of(o, now)
	if l.full(s, lane) {
		return false
	}
	if s.busy[lane] == 0 {
		l.some[lane]++
	}
	s.busy[lane]++
	l.busy[lane]++
	return true
}

// Full reports whether Enter would be false now, for callers who would rather know before they do any work.
func (l *Limiter) Full(o org.ID, lane Lane, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.full(l.of(o, now), lane)
}

func (l *Limiter) full(s *share, lane Lane) bool {
	active := l.some[lane]
	if s.busy[lane] == 0 {
		active++
	}
	return l.busy[lane] >= l.cfg.Changes && s.busy[lane] >= max(1, l.cfg.Changes/active)
}

// Leave ends a change that Enter has let begin.
func (l *Limiter) Leave(o org.ID, lane Lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.orgs[o]
	s.busy[lane]--
	l.busy[lane]--
	if s.busy[lane] == 0 {
		l.some[lane]--
	}
}
