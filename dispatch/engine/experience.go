package engine

import (
	"time"

	"fettle/dispatch"
	"fettle/dispatch/promise"
)

// Experience learns from the log how work and travel differ from what was planned. The zero value has learned nothing yet.
// It is not safe for concurrent use.
type Experience struct {
	gauge promise.Gauge
	open  map[dispatch.WorkOrderID]undertaking
}

// undertaking is what was planned of a way or of work that has begun.
type undertaking struct {
	began   time.Time
	planned time.Duration
}

// Learn takes in events in the order of the log. What was paused between start and completion is left out: such work took
// longer for another reason.
func (x *Experience) Learn(events []Event) {
	if x.open == nil {
		x.open = map[dispatch.WorkOrderID]undertaking{}
	}
	for i := range events {
		ev := &events[i]
		if ev.Order == "" || !ev.Tapped.IsZero() { // what is told late was measured by nobody
			delete(x.open, ev.Order)
			continue
		}
		was, known := x.open[ev.Order]
		took := ev.Time.Sub(was.began).Seconds()
		switch ev.Type {
		case OrderDeparted:
			x.begin(ev, func(a *Assignment) time.Duration { return a.Arrival.Sub(ev.Time) })
		case OrderArrived:
			if known {
				x.gauge.Travel(was.planned.Seconds(), took)
			}
			delete(x.open, ev.Order)
		case OrderStarted:
			x.begin(ev, func(a *Assignment) time.Duration { return a.End.Sub(ev.Time) })
		case OrderCompleted:
			if known {
				x.gauge.OnSite(was.planned.Seconds(), took)
			}
			delete(x.open, ev.Order)
		case OrderPaused, OrderCanceled, OrderReopened, OrderResumed:
			delete(x.open, ev.Order)
		}
	}
}

func (x *Experience) begin(ev *Event, planned func(*Assignment) time.Duration) {
	if ev.Assignment != nil {
		x.open[ev.Order] = undertaking{began: ev.Time, planned: planned(ev.Assignment)}
	}
}

// Variability is what has been learned; what is assumed where that is too little.
func (x *Experience) Variability() promise.Variability { return x.gauge.Variability() }
