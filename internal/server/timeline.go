package server

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/call"
	"fettle/internal/wire"
)

// GetTimeline implements the method of the same name.
func (s *workOrders) GetTimeline(ctx context.Context, r *dispatchv1.GetTimelineRequest) (*dispatchv1.GetTimelineResponse, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	id := dispatch.WorkOrderID(r.GetId())
	if _, err := s.cfg.Store.Order(ctx, c.org, id); err != nil {
		return nil, err
	}
	filter := call.Filter("timeline", c.org, id)
	token, err := call.PageAfter(r.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	after, _ := strconv.ParseInt(token, 10, 64) // its sum holds: we wrote it
	size := call.PageSize(r.GetPageSize())
	rows, err := s.cfg.Store.OrderEvents(ctx, c.org, id, after, size+1)
	if err != nil {
		return nil, err
	}
	out := &dispatchv1.GetTimelineResponse{}
	if len(rows) > size {
		rows = rows[:size]
		out.NextPageToken = call.PageToken(strconv.FormatInt(rows[size-1].Sequence, 10), filter)
	}
	for i := range rows {
		out.Entries = append(out.Entries, s.entry(&rows[i], c.Name))
	}
	return out, nil
}

// entry shows an event of an order.
func (s *Server) entry(e *engine.Event, name wire.Namer) *dispatchv1.TimelineEntry {
	return &dispatchv1.TimelineEntry{
		Sequence: float64(e.Sequence), Time: wire.Timestamp(e.Time), Type: string(e.Type), State: wire.OrderState(e.State),
		Actor: e.Actor, TechnicianId: string(e.Technician), Reason: e.Reason, Text: s.sentence(e, name), TapTime: wire.Timestamp(e.Tapped), Verb: string(e.Verb), Conflict: e.Why,
	}
}

// sentences say what happened. {who} is the technician, {at} the planned arrival, {rating} and {into} as named.
var sentences = map[engine.EventType]string{
	engine.OrderCreated:     "Reported.",
	engine.OrderUpdated:     "Changed.",
	engine.OrderAssigned:    "Assigned to {who}, expected at {at}.",
	engine.OrderUnassigned:  "Nobody can do it at present.",
	engine.OrderRescheduled: "{who} is now expected at {at}.",
	engine.OrderAccepted:    "{who} accepted.",
	engine.OrderDeclined:    "{who} declined.",
	engine.OfferExpired:     "{who} did not answer in time.",
	engine.OrderDeparted:    "{who} is on the way.",
	engine.OrderArrived:     "{who} has arrived.",
	engine.OrderStarted:     "{who} began to work.",
	engine.OrderPaused:      "Paused.",
	engine.OrderResumed:     "Resumed.",
	engine.OrderCompleted:   "{who} finished.",
	engine.OrderRated:       "Rated {rating} of 5.",
	engine.OrderVerified:    "Verified.",
	engine.OrderReopened:    "Reopened: another visit is needed.",
	engine.OrderCanceled:    "Canceled.",
	engine.OrderPinned:      "Pinned by a dispatcher.",
	engine.OrderUnpinned:    "No longer pinned.",
	engine.OrderEscalated:   "Escalated.",
	engine.OrderCalled:      "The tenant was called.",
	engine.OrderMerged:      "Merged into {into}.",
	engine.OrderUnmerged:    "No longer merged.",
	engine.ReportLinked:     "Reported once more: {report}.",
	engine.ReportUnlinked:   "Report {report} is about something else.",
	engine.DueBreached:      "The promise to {clock} was not kept.",

	engine.OrderTappedLate: "{who} told too late of {verb}; the order had moved on ({why}) and stays as it is.",
	engine.TapsReviewed:    "Somebody has looked at what came late.",

	engine.OrderSuggested:     "Somebody is suggested for it.",
	engine.SuggestionRejected: "Another technician is wanted than was suggested.",
	engine.OrderErased:        "What was written was erased: somebody is forgotten.",
}

// promises say what a clock of the service level promises.
var promises = map[engine.Clock]string{
	engine.ClockAcknowledge: "tell the tenant who is in charge in time",
	engine.ClockAccept:      "accept in time", engine.ClockOnSite: "be on site in time", engine.ClockResolve: "finish in time",
}

// sentence says in English what happened.
func (s *Server) sentence(e *engine.Event, name wire.Namer) string { return s.say(e, name, english()) }

// say says what happened.
func (s *Server) say(e *engine.Event, name wire.Namer, l *language) string {
	who := l.somebody
	if e.Technician != "" {
		if who = name(e.Technician); who == "" {
			who = string(e.Technician)
		}
	}
	at := ""
	if e.Assignment != nil {
		at = e.Assignment.Arrival.In(s.cfg.Zone).Format(time.DateTime)
	}
	text := strings.NewReplacer(
		"{who}", who, "{at}", at, "{rating}", strconv.Itoa(int(e.Rating)), "{into}", string(e.Into), "{report}", string(e.Report), "{clock}", l.promises[e.Clock],
		"{verb}", string(e.Verb), "{why}", e.Why,
	).Replace(l.sentences[e.Type])
	if !e.Tapped.IsZero() {
		text = strings.TrimSuffix(text, l.stop) + fmt.Sprintf(l.tapped, e.Tapped.In(s.cfg.Zone).Format(time.DateTime)) + l.stop
	}
	switch {
	case e.Unassigned != nil && e.Unassigned.Detail != "":
		return text + " " + e.Unassigned.Detail
	case e.Reason != "" && text != "":
		return strings.TrimSuffix(text, l.stop) + l.colon + e.Reason
	}
	return text
}
