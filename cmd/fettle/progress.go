package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/route"
)

// bar shows on a terminal how far a search is. On anything else it is silent.
type bar struct {
	w       *os.File
	elapsed func() time.Duration
	limit   time.Duration
	scale   dispatch.Scale
	latest  atomic.Pointer[route.Progress]
	done    chan struct{}
	drawn   sync.WaitGroup
}

const (
	barWidth = 24
	barEvery = 100 * time.Millisecond
	eraseEnd = "\x1b[K" // to the end of the line
)

// startBar begins to draw; limit 0 means that only iterations count.
func startBar(s *session, limit time.Duration, p *dispatch.Problem) *bar {
	b := &bar{w: s.stderr, elapsed: s.elapsed, limit: limit, scale: p.Scale, done: make(chan struct{})}
	if !isTerminal(s.stderr) {
		return b
	}
	b.drawn.Add(1)
	go func() {
		defer b.drawn.Done()
		tick := time.NewTicker(barEvery)
		defer tick.Stop()
		for {
			fmt.Fprint(b.w, "\r"+b.line()+eraseEnd)
			select {
			case <-tick.C:
			case <-b.done:
				fmt.Fprint(b.w, "\r"+eraseEnd)
				return
			}
		}
	}()
	return b
}

// note keeps the latest state of the search; the drawing takes it when it is time.
func (b *bar) note(p route.Progress) { b.latest.Store(&p) }

// stop wipes the bar away.
func (b *bar) stop() {
	close(b.done)
	b.drawn.Wait()
}

// line is the bar as text.
func (b *bar) line() string {
	share, state := 0.0, "planning"
	if p := b.latest.Load(); p != nil {
		share = p.Share
		state = fmt.Sprintf("cost %s  unassigned %d  iterations %s", number(float64(p.Cost)/float64(b.scale.Cost())), p.Unassigned, grouped(p.Iterations))
	}
	if b.limit > 0 {
		share = max(share, float64(b.elapsed())/float64(b.limit))
	}
	share = min(max(share, 0), 1)
	full := int(share * barWidth)
	return fmt.Sprintf("[%s%s] %3.0f %%  %s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), 100*share, state)
}
