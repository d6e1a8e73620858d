package engine_test

import (
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/cover"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// twoWait are two technicians without work: ann at a hotspot and nearer to a fault than bob, who waits where nothing is expected.
func twoWait(t *testing.T, rate float64) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Config{}, engine.Ledger{}, monday)
	if err != nil {
		t.Fatal(err)
	}
	for id, home := range map[dispatch.TechnicianID]geo.Point{"ann": {Lat: 30.20, Lon: 120.2}, "bob": {Lat: 30.24, Lon: 120.2}} {
		run(t, e, monday, engine.CreateTechnician{ID: id, Profile: engine.Profile{
			Home: home, Shifts: []engine.Shift{{TimeSpan: dispatch.TimeSpan{Start: monday.Add(-time.Hour), End: monday.Add(9 * time.Hour)}}},
		}})
	}
	if err := e.Expect(&cover.Outlook{
		Places: []cover.Place{{Point: geo.Point{Lat: 30.19, Lon: 120.2}, PerHour: rate}}, Radius: 3000, Busy: 0.3,
	}); err != nil {
		t.Fatal(err)
	}
	return e
}

// fault is nearer to ann by some two minutes.
func fault(u dispatch.Urgency) engine.Wish {
	return engine.Wish{Location: geo.Point{Lat: 30.215, Lon: 120.2}, OnSite: time.Hour, Urgency: u}
}

func TestWhoCoversAHotspotStays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rate    float64
		urgency dispatch.Urgency
		want    dispatch.TechnicianID
	}{
		"nothing is expected":        {0, dispatch.UrgencyNormal, "ann"},
		"emergencies are expected":   {0.5, dispatch.UrgencyNormal, "bob"},
		"an emergency asks for none": {0.5, dispatch.UrgencyEmergency, "ann"},
	} {
		e := twoWait(t, c.rate)
		run(t, e, monday, engine.CreateOrder{ID: "o", Wish: fault(c.urgency)})
		o, _ := e.Order("o")
		if o.TechnicianID() != c.want {
			t.Errorf("%s: %s is sent, want %s", name, o.TechnicianID(), c.want)
		}
	}
}

func TestCoverIsInTheCostAndTheExplanation(t *testing.T) {
	t.Parallel()
	e := twoWait(t, 0.5)
	run(t, e, monday, engine.CreateOrder{ID: "o", Wish: fault(dispatch.UrgencyNormal)})
	o, _ := e.Order("o")
	if a := o.Assignment; len(a.Alternatives) != 1 || a.Alternatives[0].Technician != "ann" || a.Alternatives[0].Term != dispatch.TermCover || a.Alternatives[0].Difference <= 0 {
		t.Fatalf("alternatives %+v, want ann, dearer for the cover that she gives", o.Assignment.Alternatives)
	}
	s, err := e.Snapshot(monday)
	if err != nil {
		t.Fatal(err)
	}
	card, err := s.Explain(o)
	if err != nil {
		t.Fatal(err)
	}
	if len(card.Alternatives) != 1 || card.Alternatives[0].Difference <= 0 || card.Alternatives[0].BindingRule != dispatch.TermCover.String() {
		t.Errorf("explained alternatives are %+v, want ann for the term %s", card.Alternatives, dispatch.TermCover)
	}
}

func TestAnOutlookIsChecked(t *testing.T) {
	t.Parallel()
	e := twoWait(t, 0)
	if err := e.Expect(&cover.Outlook{Busy: 1, Radius: 1}); err == nil {
		t.Error("a probability of 1 is taken")
	}
	if err := e.Expect(nil); err != nil {
		t.Error(err)
	}
}
