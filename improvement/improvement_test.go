package improvement_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"fettle/improvement"
	"fettle/invalid"
	"fettle/kpi"
	"fettle/rental/fault"
	"fettle/simulate/pilot"
)

var now = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func blocks() improvement.Pilot {
	return improvement.Pilot{
		State: improvement.PilotDraft, Policy: "po_1", KPI: kpi.Accept, Effect: -30, Block: 12 * time.Hour,
		Design: pilot.Design{Kind: pilot.Blocks, Units: 16},
	}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	four := []string{"a", "b", "c", "d"}
	buildings := func(change func(*improvement.Pilot)) improvement.Pilot {
		p := improvement.Pilot{KPI: kpi.Accept, Effect: -30, Buildings: four, Design: pilot.Design{Kind: pilot.Buildings}}
		change(&p)
		return p
	}
	for field, p := range map[string]improvement.Pilot{
		"":             buildings(func(*improvement.Pilot) {}),
		"kpi":          buildings(func(p *improvement.Pilot) { p.KPI = kpi.Utilization }),
		"effect":       buildings(func(p *improvement.Pilot) { p.Effect = 0 }),
		"buildingIds":  buildings(func(p *improvement.Pilot) { p.Buildings = four[:2] }),
		"blockLength":  buildings(func(p *improvement.Pilot) { p.Block = time.Hour }),
		"design.units": {KPI: kpi.Accept, Effect: 1, Block: time.Hour, Design: pilot.Design{Kind: pilot.Blocks, Units: 5}},
	} {
		err := p.Check(false)
		var wrong *invalid.Error
		switch {
		case field == "" && (err != nil || p.Days != 28 || p.Design.Treated != 2):
			t.Errorf("a pilot that is whole: %v %+v", err, p)
		case field != "" && (!errors.As(err, &wrong) || wrong.Field != field):
			t.Errorf("%s: %v", field, err)
		}
	}
	p := buildings(func(*improvement.Pilot) {})
	if err := p.Check(true); err == nil {
		t.Error("weights in some buildings: want blocks")
	}
	plan := improvement.Plan{KPI: "HOPE", Deadline: "2026-06-30"}
	if err := plan.Check(); err == nil {
		t.Error("an indicator that is not there")
	}
	plan = improvement.Plan{KPI: kpi.Rating, Deadline: "30.6."}
	if err := plan.Check(); err == nil {
		t.Error("a day that is none")
	}
	good := 4.6
	if plan.Target = 4.5; !plan.Reached(&good) || plan.Reached(nil) {
		t.Error("more stars are better")
	}
	if plan.KPI = kpi.Accept; plan.Reached(&good) {
		t.Error("more minutes are not")
	}
}

// TestBlocks goes through a pilot in blocks whose policy saves half an hour.
func TestBlocks(t *testing.T) {
	t.Parallel()
	p := blocks()
	if err := p.Check(true); err != nil {
		t.Fatal(err)
	}
	if err := p.Foresee(now, func(string, time.Time, time.Time) (float64, bool) { return 0, false }); err != nil {
		t.Fatal(err)
	}
	var refused *fault.StateError
	if err := p.Start(now, 1, "po_0", ""); !errors.As(err, &refused) || refused.State != "CANNOT_SHOW" {
		t.Errorf("without a past: %v", err)
	}
	noise := func(at time.Time) float64 { return float64(at.Unix()/3600*7919%13) - 6 } // minutes, the same for the same hour
	past := func(_ string, from, _ time.Time) (float64, bool) { return 120 + noise(from), true }
	if err := p.Foresee(now, past); err != nil {
		t.Fatal(err)
	}
	if can, why := p.CanShow(); !can {
		t.Fatal(why)
	}
	if err := p.Start(now, 1, "po_0", ""); err != nil {
		t.Fatal(err)
	}
	for i := range 16 {
		at := now.Add(time.Duration(i)*12*time.Hour + time.Minute)
		if p.Rules(at) != p.Treated[i] || !p.Turns(at).Equal(now.Add(time.Duration(i+1)*12*time.Hour)) {
			t.Errorf("block %d: rules %v, turns %s", i+1, p.Rules(at), p.Turns(at))
		}
		if i%2 == 1 && p.Treated[i] == p.Treated[i-1] {
			t.Errorf("blocks %d and %d are treated alike", i, i+1)
		}
	}
	end := now.Add(16 * 12 * time.Hour)
	if p.Rules(end) || !p.Turns(end).IsZero() || p.Rules(now.Add(-time.Second)) {
		t.Error("it goes on after its end, or before its start")
	}
	lived := func(_ string, from, _ time.Time) (float64, bool) {
		if p.Rules(from) {
			return 90 + noise(from), true
		}
		return 120 + noise(from), true
	}
	if _, err := p.Figures(now.Add(time.Hour), lived); err == nil {
		t.Error("it is judged before its blocks have been")
	}
	figures, err := p.Figures(end, lived)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Decide(end, "pi_1", "boss", "REJECT", "", figures); err == nil {
		t.Error("against the figures without a reason")
	}
	if err := p.Decide(end, "pi_1", "boss", "ADOPT", "", figures); err != nil || p.Record.Finding.Suggested != pilot.Adopt || p.Record.Against != "po_0" {
		t.Errorf("%v %+v", err, p.Record)
	}
	if err := p.Decide(end, "pi_1", "boss", "ADOPT", "", figures); err == nil {
		t.Error("decided twice")
	}
}

// TestMoreIsBetter turns the sign of an indicator of which more is better.
func TestMoreIsBetter(t *testing.T) {
	t.Parallel()
	p := blocks()
	p.KPI, p.Effect = kpi.FirstTimeFix, 0.2
	if err := p.Check(false); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(now, 3, "", "it costs nothing"); err != nil {
		t.Fatal(err)
	}
	end := now.Add(16 * 12 * time.Hour)
	figures, err := p.Figures(end, func(_ string, from, _ time.Time) (float64, bool) {
		if p.Rules(from) {
			return 0.9, true
		}
		return 0.7, true
	})
	if err != nil {
		t.Fatal(err)
	}
	found, err := pilot.Judge(&p.Design, figures)
	if err != nil || found.Suggested != pilot.Adopt {
		t.Errorf("more first-time fixes: %+v %v", found, err)
	}
}

func TestIdeas(t *testing.T) {
	t.Parallel()
	i := improvement.Idea{State: improvement.IdeaSubmitted}
	i.Vote("li", false)
	i.Vote("wang", false)
	i.Vote("li", false)
	i.Vote("wang", true)
	if !slices.Equal(i.Voters, []string{"li"}) {
		t.Errorf("voters %v", i.Voters)
	}
	for _, bad := range [][4]string{
		{improvement.IdeaAdopted, "", "", ""}, {improvement.IdeaRejected, "", "", ""}, {improvement.IdeaAccepted, "", "pi_1", ""}, {improvement.IdeaAccepted, "", "", "a bicycle"},
	} {
		if err := i.Decide(bad[0], bad[1], bad[2], bad[3]); err == nil {
			t.Errorf("%v from SUBMITTED", bad)
		}
	}
	for _, step := range [][4]string{{improvement.IdeaAccepted, "", "", ""}, {improvement.IdeaPiloted, "", "pi_1", ""}, {improvement.IdeaAdopted, "", "", "a bicycle"}} {
		if err := i.Decide(step[0], step[1], step[2], step[3]); err != nil {
			t.Errorf("%v: %v", step, err)
		}
	}
	if i.Pilot != "pi_1" || i.Award != "a bicycle" {
		t.Errorf("%+v", i)
	}
}
