package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

func TestTheLastPlaceIsForgotten(t *testing.T) {
	t.Run("file", func(t *testing.T) { lastPlaceStory(t, "", 30) })
	t.Run("PostgreSQL", func(t *testing.T) { lastPlaceStory(t, server.Database(t, ""), 30) })
	t.Run("saboteur", func(t *testing.T) { lastPlaceStory(t, "", 90) })
}

// lastPlaceStory is R-S7 for the last place of a technician: 31 days after it nobody knows it, neither memory nor rows. The saboteur keeps
// whereabouts for 90 days.
func lastPlaceStory(t *testing.T, database string, keep int) {
	t.Helper()
	now := clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))
	config := app.Config{Data: t.TempDir(), Database: database, Clock: now, TraceKeep: time.Duration(keep) * 24 * time.Hour}
	a := start(t, config)
	_, li := call(t, a, "POST", "/v1/technicians", plumberAt("Li", 30.2))
	_, wang := call(t, a, "POST", "/v1/technicians", plumberAt("Wang", 30.2))
	report := func(id any) {
		t.Helper()
		body := fmt.Sprintf(`{"positions":[{"technicianId":%q,"location":{"latitude":30.25,"longitude":120.25}}]}`, id)
		if code, got := call(t, a, "POST", "/v1/positions:report", body); code != 200 || strings.Contains(fmt.Sprint(got), "rejected:map") {
			t.Fatalf("%d %v", code, got)
		}
	}
	seen := func(id any) bool {
		_, got := call(t, a, "GET", fmt.Sprint("/v1/technicians/", id), "")
		return got["position"] != nil
	}
	report(li["id"])
	stop(t, a) // it is in the rows
	a = start(t, config)
	if !seen(li["id"]) {
		t.Fatal("the last place is not kept over a restart")
	}
	now.Advance(31 * 24 * time.Hour)
	report(wang["id"])
	gone := func() bool { return !seen(li["id"]) }
	if keep > 31 {
		passes(t, now, 100, gone) // it must not be
	} else if !comes(now, 100, time.Minute, gone) {
		t.Error("it is never forgotten")
	}
	for _, restarted := range []bool{false, true} {
		if restarted {
			stop(t, a)
			a = start(t, config)
		}
		if kept := seen(li["id"]); kept != (keep > 31) || !seen(wang["id"]) {
			t.Errorf("after 31 days, kept for %d, restarted %t: known %t; of today known %t", keep, restarted, kept, seen(wang["id"]))
		}
	}
	stop(t, a)
}
