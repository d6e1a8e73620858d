package demo

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
)

// How often phones report where they are.
const (
	movingEvery   = 12 * time.Second       // of simulated time, on the road
	standingEvery = 2 * time.Minute        // of simulated time, elsewhere on shift
	batchEvery    = 500 * time.Millisecond // of machine time, at most: all phones share one call
)

// batch is when positions were sent last.
type batch struct {
	at   time.Time
	tick int64
}

// reportPositions sends where everybody on shift is, when it is time to. A batch that fails is not sent again: the next one
// is newer.
func (o *Operator) reportPositions(ctx context.Context) {
	now := o.now()
	first := o.batch.at.IsZero()
	if !first && (now.Sub(o.batch.at) < movingEvery || o.tick-o.batch.tick < int64(batchEvery/o.cfg.Tick)) {
		return
	}
	o.batch = batch{now, o.tick}
	var req dispatchv1.ReportPositionsRequest
	for _, t := range o.people {
		if _, on := dutyAt(t.who, now); !on && (t.phase == atHome || t.phase == homeward) {
			continue // where people are after work is theirs
		}
		if first || t.speaks(now) {
			t.reported = now
			t.reports++
			req.Positions = append(req.Positions, &dispatchv1.PositionReport{
				TechnicianId: t.id, Location: latLng(t.at(now)), Time: timestamppb.New(now),
				AccuracyMeters: float64(5 + (t.number*7+uint64(t.reports)*3)%14), Sequence: now.UnixMilli(),
			})
		}
	}
	if len(req.GetPositions()) == 0 {
		return
	}
	call, cancel := context.WithTimeout(ctx, o.cfg.Timeout)
	defer cancel()
	resp, err := o.placeCalls.ReportPositions(call, &req)
	if o.judge(ctx, "ReportPositions", err) == later {
		o.holdOff()
	}
	o.count(func(s *Stats) {
		s.Positions += int(resp.GetAccepted())
		s.PositionsRejected += len(resp.GetRejected())
	})
	for _, r := range resp.GetRejected() {
		if kind := "position " + r.GetReason(); !o.seen[kind] {
			o.seen[kind] = true
			o.cfg.Log.Warn("demo: a position was rejected; further ones like it are only counted", "reason", r.GetReason())
		}
	}
}

// speaks says that the technician's phone has something to report.
func (t *technician) speaks(now time.Time) bool {
	switch {
	case t.phase == atHome || now.Before(t.silentUntil):
		return false
	case t.phase == driving || t.phase == homeward:
		return true
	}
	return now.Sub(t.reported) >= standingEvery
}
