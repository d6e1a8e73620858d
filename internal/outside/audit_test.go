package outside

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// audit compares what a service has with what the ledger knows: all orders, or only those touched since the last audit.
// Nobody may write meanwhile.
func (l *ledger) audit(s *service, all bool) {
	l.t.Helper()
	var rows map[string][]order
	if all {
		rows = map[string][]order{}
		for _, o := range s.orders("") {
			rows[o.UnitID] = append(rows[o.UnitID], o)
		}
	}
	for _, w := range l.writers {
		for _, e := range w.mine {
			if all {
				l.judgeRows(e, rows[e.unit])
				delete(rows, e.unit)
			} else if e.dirty {
				l.judgeRows(e, s.orders("unitId="+e.unit))
			}
			if e.dirty && e.want.ID != "" {
				timeline(s, e.want.ID)
			}
			e.dirty = e.unsure != nil
		}
	}
	for unit, extra := range rows {
		l.t.Errorf("INVENTED: %d orders of unit %q that nobody has sent", len(extra), unit)
	}
	consistent(s, l.technicians)
	l.check()
}

// judgeRows compares the rows of one report with what is known of it.
func (l *ledger) judgeRows(e *entry, rows []order) {
	l.t.Helper()
	switch {
	case len(rows) > 1:
		l.t.Errorf("DOUBLED: unit %s has %d orders: %s and %s", e.unit, len(rows), rows[0].ID, rows[1].ID)
	case len(rows) == 0 && e.want.ID != "":
		l.t.Errorf("LOST: order %s of unit %s was acknowledged and is not there", e.want.ID, e.unit)
	case len(rows) == 1 && e.want.ID != "" && rows[0].ID != e.want.ID:
		l.t.Errorf("CHANGED: unit %s was acknowledged as order %s and is order %s", e.unit, e.want.ID, rows[0].ID)
	case len(rows) == 1 && e.want.ID != "":
		for _, text := range judge(e, &rows[0]) {
			l.t.Errorf("LOST: order %s: %s", e.want.ID, text)
		}
	}
}

// judge says in what an order is not as it was acknowledged, or later.
func judge(e *entry, row *order) (bad []string) {
	add := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	want := &e.want
	switch {
	case e.past[row.Etag]:
		add("etag %s is older than the acknowledged %s", row.Etag, want.Etag)
	case row.Etag == want.Etag && (row.State != want.State || row.Priority != want.Priority || row.technician() != want.technician()):
		add("same etag %s, but acknowledged as %+v it is %+v", row.Etag, *want, *row)
	case row.UpdateTime.Before(want.UpdateTime):
		add("updated at %v, acknowledged at %v", row.UpdateTime, want.UpdateTime)
	}
	if states := possible(e); !slices.Contains(states, row.State) {
		add("state is %s, want one of %v", row.State, states)
	}
	if row.Priority != want.Priority && (e.unsure == nil || e.unsure.priority != row.Priority) {
		add("priority is %d, acknowledged as %d", row.Priority, want.Priority)
	}
	if row.Description != want.Description || row.UnitID != e.unit {
		add("text is %.50q of %q", row.Description, row.UnitID)
	}
	return bad
}

// possible are the states that an order may be in: as acknowledged, as an unanswered request makes it, and as the planner
// moves what nobody has begun.
func possible(e *entry) []string {
	states := []string{e.want.State}
	if e.unsure != nil {
		states = append(states, e.unsure.states...)
	}
	if slices.ContainsFunc(states, func(s string) bool { return s == "NEW" || s == "ASSIGNED" || s == "ACCEPTED" }) {
		states = append(states, "NEW", "ASSIGNED")
	}
	return states
}

// timeline checks that the log of an order tells its state: row and events come from one transaction.
func timeline(s *service, id string) {
	s.t.Helper()
	var told string
	within(s.t, 30*time.Second, func() string {
		var log struct {
			Entries []struct {
				Sequence float64
				State    string
			}
		}
		var row order
		s.read("/v1/workOrders/"+id+"/timeline?pageSize=1000", &log)
		s.read("/v1/workOrders/"+id, &row)
		told = ""
		for i, e := range log.Entries {
			if i > 0 && e.Sequence <= log.Entries[i-1].Sequence {
				return fmt.Sprintf("HALF APPLIED: timeline of %s is out of order at %g", id, e.Sequence)
			}
			if e.State != "" && e.State != "STATE_UNSPECIFIED" {
				told = e.State
			}
		}
		if told != row.State {
			return fmt.Sprintf("HALF APPLIED: order %s is %s, its timeline ends with %q", id, row.State, told)
		}
		return ""
	})
}

// consistent checks that orders and the lists of technicians say the same, and that nobody does two things at once. The
// planner may move an order between two reads, so what is wrong must stay wrong.
func consistent(s *service, technicians []string) {
	s.t.Helper()
	within(s.t, 30*time.Second, func() string {
		lists := map[string]map[string]string{} // technician -> order -> state
		for _, id := range technicians {
			lists[id] = map[string]string{}
			for _, a := range s.assignments(id) {
				lists[id][a.WorkOrderID] = a.State
			}
		}
		return strings.Join(disagreements(s.orders("open=true"), lists), "\n")
	})
}

// disagreements compares open orders with the lists of technicians.
func disagreements(open []order, lists map[string]map[string]string) (bad []string) {
	add := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	busy := map[string]string{}
	for i := range open {
		o := &open[i]
		who := o.technician()
		switch {
		case o.State == "NEW" && (who != "" || o.Unassigned == nil):
			add("HALF APPLIED: order %s is NEW with technician %q and unassigned %v", o.ID, who, o.Unassigned)
		case o.State != "NEW" && o.State != "PAUSED" && who == "":
			add("HALF APPLIED: order %s is %s with no assignment", o.ID, o.State)
		case o.State != "NEW" && o.State != "PAUSED" && lists[who][o.ID] != o.State:
			add("HALF APPLIED: order %s is %s with %s, whose list says %q", o.ID, o.State, who, lists[who][o.ID])
		}
		if started(o.State) {
			if other := busy[who]; other != "" {
				add("DOUBLE ASSIGNMENT: %s is at %s and at %s", who, other, o.ID)
			}
			busy[who] = o.ID
		}
		for technician, list := range lists {
			if _, ok := list[o.ID]; ok && technician != who {
				add("DOUBLE ASSIGNMENT: order %s of %s is on the list of %s too", o.ID, who, technician)
			}
			delete(list, o.ID)
		}
	}
	for technician, list := range lists {
		for id, state := range list {
			add("HALF APPLIED: %s has order %s (%s), which is not open", technician, id, state)
		}
	}
	return bad
}

// within repeats a check until it finds nothing, and fails the test with what it found last. A test that has failed does not
// wait any more.
func within(t testing.TB, limit time.Duration, check func() string) {
	t.Helper()
	if t.Failed() {
		limit = 0
	}
	deadline := time.Now().Add(limit)
	for {
		bad := check()
		if bad == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Error(bad)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// sequences reads the log of all events from its beginning and checks that none is missing.
func sequences(s *service) int {
	s.t.Helper()
	marker := request{method: http.MethodPost, path: "/v1/workOrders", key: "marker-" + time.Now().String(), body: encode(map[string]any{
		"location": map[string]any{"latitude": 30.2, "longitude": 120.2}, "unitId": "marker", "requiredSkills": []any{},
	})}
	var o order
	s.must(marker, &o)
	last := 1
	stream := s.watch(request{method: http.MethodGet, path: "/v1/events:stream", header: map[string]string{"Last-Event-ID": "1"}})
	defer stream.close()
	for e := range stream.events(30 * time.Second) {
		if e.id != last+1 {
			s.t.Errorf("LOST: event %d follows %d", e.id, last)
			break
		}
		last = e.id
		var body struct{ WorkOrderID string }
		if err := json.Unmarshal(e.data, &body); err != nil {
			s.t.Errorf("event %d: %v", e.id, err)
		}
		if body.WorkOrderID == o.ID {
			return last
		}
	}
	s.t.Errorf("the log of events does not reach the newest: last is %d", last)
	return last
}

// unanswered wants that what a service left without an answer when it was told to stop was not carried out: it finishes what
// it begins.
func (l *ledger) unanswered(s *service) {
	l.t.Helper()
	for _, w := range l.writers {
		for _, e := range w.open {
			if e.unsure == nil {
				continue
			}
			rows := s.orders("unitId=" + e.unit)
			done := len(rows) == 1 && (e.want.ID == "" || rows[0].Etag != e.want.Etag && rows[0].State == strings.Join(e.unsure.states, "")) ||
				len(rows) == 1 && e.unsure.priority != 0 && rows[0].Priority == e.unsure.priority && e.want.Priority != e.unsure.priority
			if done {
				l.t.Errorf("%s %s was carried out and not answered", e.unsure.method, e.unsure.path)
			}
		}
	}
}
