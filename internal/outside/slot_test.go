package outside

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"
)

// slot is a window with the technician for whom it costs least.
type slot struct {
	Window          struct{ StartTime, EndTime time.Time }
	Cost            struct{ Total float64 }
	TechnicianID    string
	TechnicianCount int
	Reliability     float64
	PlannedStart    time.Time
}

// slots is what is read of an answer of POST /v1/workOrders:suggestSlots.
type slots struct {
	Slots  []slot
	Closed []struct {
		Unassigned struct{ Reason, Detail string }
	}
	AbleCount int
}

// TestSlotsAreWhatOrdersGet asks when a fault could be visited, while others report theirs; asking changes nothing, and who
// takes a slot gets a visit within it.
func TestSlotsAreWhatOrdersGet(t *testing.T) {
	s := start(t, t.TempDir())
	hire(s, 5)
	rng := rand.New(rand.NewPCG(14, 14))
	for i := range 30 {
		report(s, rng, fmt.Sprintf("others-%d", i))
	}
	at := place(rng)
	ask := func(more map[string]any) (found slots) {
		t.Helper()
		body := map[string]any{"location": at, "requiredSkills": []any{map[string]any{"skill": "plumbing"}}, "onSiteDuration": "1800s"}
		maps.Copy(body, more)
		s.must(request{method: http.MethodPost, path: "/v1/workOrders:suggestSlots", body: encode(body)}, &found)
		return found
	}
	before := len(s.orders(""))
	found := ask(nil)
	if len(found.Slots) < 10 || found.AbleCount != 5 {
		t.Fatalf("%d slots of %d technicians who may, want two days of slots of 2 hours", len(found.Slots), found.AbleCount)
	}
	if !slices.IsSortedFunc(found.Slots, func(a, b slot) int { return cmp.Compare(a.Cost.Total, b.Cost.Total) }) {
		t.Error("slots are not ranked by cost")
	}
	for _, x := range found.Slots {
		if x.TechnicianCount < 1 || x.TechnicianCount > 5 || x.Reliability > 1 || x.PlannedStart.Before(x.Window.StartTime) || !x.PlannedStart.Before(x.Window.EndTime) {
			t.Errorf("slot %+v", x)
		}
	}
	if n := len(s.orders("")); n != before {
		t.Fatalf("%d orders after a question, %d before", n, before)
	}
	best := found.Slots[0]
	var o struct {
		State      string
		Assignment struct {
			TechnicianID string
			PlannedStart time.Time
			Cost         struct{ Total float64 }
		}
	}
	s.must(request{method: http.MethodPost, path: "/v1/workOrders", key: "take", body: encode(map[string]any{
		"location": at, "requiredSkills": []any{map[string]any{"skill": "plumbing"}}, "onSiteDuration": "1800s",
		"timeWindows": []any{map[string]any{"startTime": best.Window.StartTime, "endTime": best.Window.EndTime}},
	})}, &o)
	if o.State != "ASSIGNED" || o.Assignment.PlannedStart.Before(best.Window.StartTime) || !o.Assignment.PlannedStart.Before(best.Window.EndTime) {
		t.Errorf("who took the slot %+v got %+v", best, o)
	}
	none := ask(map[string]any{"requiredSkills": []any{map[string]any{"skill": "gas"}}})
	if len(none.Slots) != 0 || len(none.Closed) != 1 || none.Closed[0].Unassigned.Reason != "SKILL_MISSING" {
		t.Errorf("nobody fits gas: %+v", none)
	}
	s.alive()
}
