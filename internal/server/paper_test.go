package server

import (
	"bytes"
	"strings"
	"testing"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// TestTimelineOnPaper: each language says each event and each label, and a page of it can be made.
func TestTimelineOnPaper(t *testing.T) {
	t.Parallel()
	s := &Server{cfg: Config{Zone: time.UTC}}
	nobody := func(dispatch.TechnicianID) string { return "" }
	for _, l := range []*language{english(), chinese()} {
		export := &dispatchv1.TimelineExport{WorkOrderId: "wo_1", State: dispatchv1.WorkOrder_PAUSED, Channel: dispatchv1.WorkOrder_WECHAT, Sha256: strings.Repeat("0f", 32)}
		for kind := range sentences {
			e := &engine.Event{Type: kind, Reason: "rain", Clock: engine.ClockOnSite, Into: "wo_2", State: engine.StatePaused}
			text := s.say(e, nobody, l)
			if strings.Contains(text, "{") || !strings.HasSuffix(text, l.colon+"rain") || strings.HasPrefix(text, l.colon) {
				t.Errorf("%s: %s: %q", l.code, kind, text)
			}
			entry := s.exported(e, nobody, "88309959adfffff")
			entry.Entry.Text = text
			export.Entries = append(export.Entries, entry)
		}
		for i, label := range l.labels {
			if label == "" {
				t.Errorf("%s: no label %d", l.code, i)
			}
		}
		for state := range dispatchv1.WorkOrder_State_value {
			if l.values != nil && l.value(state) == state && !strings.HasSuffix(state, "UNSPECIFIED") {
				t.Errorf("%s: no word for %s", l.code, state)
			}
		}
		data, err := s.paper(export, l).Bytes()
		if err != nil || !bytes.HasPrefix(data, []byte("%PDF-")) || bytes.Count(data, []byte("/Type /Page\n")) < 1 {
			t.Errorf("%s: %d bytes, %v", l.code, len(data), err)
		}
	}
}
