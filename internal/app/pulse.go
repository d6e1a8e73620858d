package app

import (
	"sync"
	"time"

	"fettle/internal/watchdog"
	"fettle/org"
)

// pulse is the latest sweep of each org. The service beats for all of them: an org whose sweeps fail or stand still silences
// it, however well the others do.
type pulse struct {
	mu   sync.Mutex
	last map[org.ID]sweep
}

type sweep struct {
	at    time.Time // by the machine
	whole bool
	beat  watchdog.Beat
}

// newPulse makes a pulse of orgs that have not been swept yet.
func newPulse(orgs []org.ID) *pulse {
	p := &pulse{last: map[org.ID]sweep{}}
	for _, o := range orgs {
		p.last[o] = sweep{}
	}
	return p
}

// felt takes a sweep in, and returns the sum over all orgs and whether all were swept wholly and lately.
func (p *pulse) felt(o org.ID, now time.Time, whole bool, b watchdog.Beat) (sum watchdog.Beat, all bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last[o] = sweep{at: now, whole: whole, beat: b}
	sum.Time, all = b.Time, true
	first := true
	for _, s := range p.last {
		all = all && s.whole && now.Sub(s.at) <= stuckAfter
		sum.Due, sum.Sent, sum.Failed = sum.Due+s.beat.Due, sum.Sent+s.beat.Sent, sum.Failed+s.beat.Failed
		sum.OldestOverdue = max(sum.OldestOverdue, s.beat.OldestOverdue)
		sum.Dead, sum.Missing = sum.Dead+s.beat.Dead, sum.Missing+s.beat.Missing
		if first || s.beat.Canary.Before(sum.Canary) { // the org that was forgotten for longest
			sum.Canary = s.beat.Canary
		}
		first = false
	}
	return sum, all
}
