package territory

import (
	"testing"
	"time"

	"fettle/dispatch/engine"
	"fettle/geo"
)

// monday is when a year begins.
var monday = time.Date(2026, 3, 9, 4, 0, 0, 0, time.UTC)

// kept counts the positions of a year that are taken of a technician, a position every 37 minutes, and those among them that
// lie outside of weekday office hours while nobody is at work.
func kept(t *testing.T, te *engine.Technician) (taken, off int) {
	t.Helper()
	d := newDesk(time.UTC)
	d.set(te)
	for at := monday; at.Before(monday.AddDate(1, 0, 0)); at = at.Add(37 * time.Minute) {
		reason := d.take(engine.Position{Technician: te.ID, Point: geo.Point{Lat: 30.2, Lon: 120.2}, At: at}, at)
		if reason != "" && reason != "OFF_SHIFT" {
			t.Fatalf("%v: %s", at, reason)
		}
		office := at.Weekday() >= time.Monday && at.Weekday() <= time.Friday && at.Hour() >= 8 && at.Hour() < 17
		switch {
		case reason == "":
			taken++
			if !office {
				off++
			}
		case office:
			t.Errorf("%v: %s", at, reason)
		}
	}
	return taken, off
}

// TestNobodyIsWatchedAfterWork is row R-S7 for positions: none is taken outside of working hours, unless somebody is on the way
// or at work. The saboteur is a technician whose hours nobody has told: all are taken.
func TestNobodyIsWatchedAfterWork(t *testing.T) {
	t.Parallel()
	week := []engine.WeeklyShift{{Days: []time.Weekday{1, 2, 3, 4, 5}, Start: 8 * 60, End: 17 * 60}}
	if taken, off := kept(t, &engine.Technician{ID: "anna", Profile: engine.Profile{Weekly: week}}); off != 0 || taken < 3000 {
		t.Errorf("%d positions were taken, %d of them after work", taken, off)
	}
	if _, off := kept(t, &engine.Technician{ID: "anna", Current: "wo_1", Profile: engine.Profile{Weekly: week}}); off == 0 {
		t.Error("no position was taken of somebody at work after hours")
	}
	if _, off := kept(t, &engine.Technician{ID: "anna"}); off == 0 {
		t.Error("positions after work were taken, and nobody saw it")
	}
}
