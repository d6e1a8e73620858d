package pilot_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"fettle/dispatch"
	"fettle/simulate/pilot"
)

func TestFloor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		design pilot.Design
		want   float64
	}{
		// Of 8 buildings there are 8*7/2 = 28 ways to treat two, of 6 there are 15.
		{pilot.Design{Kind: pilot.Buildings, Units: 8, Treated: 2, OneSided: true}, 1. / 28},
		{pilot.Design{Kind: pilot.Buildings, Units: 6, Treated: 2, OneSided: true}, 1. / 15},
		{pilot.Design{Kind: pilot.Buildings, Units: 8, Treated: 2}, 1. / 28},
		// Halves have mirror images: of 70 ways two show the same difference.
		{pilot.Design{Kind: pilot.Buildings, Units: 8, Treated: 4}, 2. / 70},
		{pilot.Design{Kind: pilot.Blocks, Units: 12}, 2. / 64},
		{pilot.Design{Kind: pilot.Blocks, Units: 12, OneSided: true}, 1. / 64},
	} {
		if err := c.design.Check(); err != nil {
			t.Fatal(err)
		}
		if got := c.design.Floor(); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v: floor %g, want %g", c.design, got, c.want)
		}
	}
}

func TestDesignsThatCannotBe(t *testing.T) {
	t.Parallel()
	for field, d := range map[string]pilot.Design{
		"design.kind":    {Kind: "people", Units: 8, Treated: 2},
		"design.units":   {Kind: pilot.Blocks, Units: 7},
		"design.treated": {Kind: pilot.Buildings, Units: 8, Treated: 8},
		"design.alpha":   {Kind: pilot.Buildings, Units: 8, Treated: 2, Alpha: 5},
	} {
		var bad *dispatch.InvalidError
		if err := d.Check(); !errors.As(err, &bad) || bad.Field != field {
			t.Errorf("%+v: error %v, want one that names %s", d, err, field)
		}
	}
}

func TestDrawKeepsToItsDesign(t *testing.T) {
	t.Parallel()
	d := pilot.Design{Kind: pilot.Blocks, Units: 10}
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	a, b := d.Draw(3), d.Draw(3)
	for i := 0; i < 10; i += 2 {
		if a[i] == a[i+1] {
			t.Errorf("pair %d has %v twice", i/2, a[i])
		}
		if a[i] != b[i] {
			t.Error("one seed, two drawings")
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	// Two of eight buildings fall by 30, the others stay: of 28 drawings none shows as much, p = 1/28.
	var figures []pilot.Figure
	for i, v := range []float64{70, 101, 99, 71, 100, 98, 102, 100} {
		figures = append(figures, pilot.Figure{Unit: string(rune('A' + i)), Treated: i == 0 || i == 3, Before: 100, After: v})
	}
	d := pilot.Design{Kind: pilot.Buildings, Units: 8, Treated: 2, OneSided: true}
	f, err := pilot.Judge(&d, figures)
	if err != nil {
		t.Fatal(err)
	}
	// 70.5 with, 100 without.
	if math.Abs(f.P-1./28) > 1e-12 || !f.Shown || f.Suggested != pilot.Adopt || math.Abs(f.Effect+29.5) > 1e-9 {
		t.Errorf("finding %+v", f)
	}
	if f.Low == nil || f.High == nil || *f.Low > f.Effect || *f.High < f.Effect || *f.High > -20 {
		t.Errorf("limits %v %v of %g", f.Low, f.High, f.Effect)
	}
	six := pilot.Design{Kind: pilot.Buildings, Units: 6, Treated: 2, OneSided: true}
	if f, err = pilot.Judge(&six, figures[:6]); err != nil || f.Shown || f.Suggested != pilot.Iterate || f.Low != nil {
		t.Errorf("two of six: %+v, %v: nothing can be shown", f, err)
	}
	if _, err = pilot.Judge(&d, figures[:7]); err == nil {
		t.Error("seven figures of eight units are judged")
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	d := pilot.Design{Kind: pilot.Blocks, Units: 12}
	var figures []pilot.Figure
	for i := range 12 {
		figures = append(figures, pilot.Figure{Unit: string(rune('a' + i)), Treated: i%2 == 0, After: 100 + float64(i) - 40*float64((i+1)%2)})
	}
	r, err := pilot.Decide(pilot.Record{Pilot: "p", Policy: "b@2", Against: "b@1", Decision: pilot.Adopt}, &d, figures)
	if err != nil || !r.Finding.Shown || len(r.Snapshot) != 64 {
		t.Fatalf("record %+v, %v", r, err)
	}
	if _, err := pilot.Decide(pilot.Record{Pilot: "p", Policy: "b@2", Against: "b@1", Decision: pilot.Reject}, &d, figures); err == nil {
		t.Error("a decision against the figures needs no reason")
	}
	figures[3].After++
	if s, err := pilot.Snapshot(&d, figures); err != nil || s == r.Snapshot {
		t.Errorf("other figures have the same hash, %v", err)
	}
}

// history is a process as rough as real ones: levels of buildings, weeks that all share, weeks that remember the one before,
// and now and then a bad one.
func history(r *rand.Rand, rows, periods int) [][]float64 {
	out := make([][]float64, rows)
	shared := make([]float64, periods)
	for i := range shared {
		shared[i] = 10 * r.NormFloat64()
	}
	for i := range out {
		level, last := 200+30*r.NormFloat64(), 0.0
		for p := range periods {
			last = 0.4*last + 12*r.NormFloat64()
			v := level + shared[p] + last
			if r.Float64() < 0.05 {
				v += 40 * r.ExpFloat64()
			}
			out[i] = append(out[i], v)
		}
	}
	return out
}

// figuresOf plays a pilot on a piece of the process, with an effect.
func figuresOf(r *rand.Rand, d *pilot.Design, effect float64) []pilot.Figure {
	treated := d.Draw(r.Uint64())
	out := make([]pilot.Figure, d.Units)
	if d.Kind == pilot.Blocks {
		row := history(r, 1, d.Units)[0]
		for i := range out {
			out[i] = pilot.Figure{Treated: treated[i], After: row[i]}
		}
	} else {
		for i, row := range history(r, d.Units, 8) {
			out[i] = pilot.Figure{Treated: treated[i], Before: mean(row[:4]), After: mean(row[4:])}
		}
	}
	for i := range out {
		if treated[i] {
			out[i].After += effect
		}
	}
	return out
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// share is in how many of some pilots an effect is found.
func share(t *testing.T, d *pilot.Design, effect float64, pilots int, seed uint64) float64 {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 2))
	found := 0
	for range pilots {
		f, err := pilot.Judge(d, figuresOf(r, d, effect))
		if err != nil {
			t.Fatal(err)
		}
		if f.Shown {
			found++
		}
	}
	return float64(found) / float64(pilots)
}

func designs() []pilot.Design {
	return []pilot.Design{
		{Kind: pilot.Buildings, Units: 8, Treated: 2},
		{Kind: pilot.Buildings, Units: 10, Treated: 5, OneSided: true},
		{Kind: pilot.Blocks, Units: 12},
		{Kind: pilot.Blocks, Units: 16, OneSided: true},
	}
}

// Row N9: where there is no effect, one is found in at most 5 of 100 pilots.
func TestErrorOfPilotsWithoutEffect(t *testing.T) {
	t.Parallel()
	const pilots = 2000
	for i, d := range designs() {
		got := share(t, &d, 0, pilots, uint64(10+i))
		t.Logf("%s %d of %d: an effect is found in %.2f %% of %d pilots without one", d.Kind, d.Treated, d.Units, 100*got, pilots)
		// Three standard errors of 2,000 pilots are 1.5 points.
		if got > 0.05+0.015 {
			t.Errorf("%+v: %.3f of pilots without effect find one, want 0.05 at most", d, got)
		}
	}
}

// Row N9: what Plan says about the power is what pilots show, within 5 points.
func TestPredictedPower(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for i, d := range designs() {
		q := pilot.Question{Design: d, Effect: -22, History: history(r, 30, 52), Before: 4, After: 4}
		if d.Kind == pilot.Blocks {
			q.History, q.Effect = history(r, 1, 730), -30
			q.Before, q.After = 0, 0
		}
		f, err := pilot.Plan(&q)
		if err != nil {
			t.Fatal(err)
		}
		got := share(t, &d, q.Effect, 2000, uint64(20+i))
		t.Logf("%s %d of %d: power %.3f predicted, %.3f found; %s", d.Kind, d.Treated, d.Units, f.Power, got, f.Verdict)
		if math.Abs(got-f.Power) > 0.05 {
			t.Errorf("%+v: power %.3f predicted, %.3f found", d, f.Power, got)
		}
	}
}

func TestPlanSaysWhatCannotBeShown(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	q := pilot.Question{Design: pilot.Design{Kind: pilot.Buildings, Units: 6, Treated: 2, OneSided: true}, Effect: -25, History: history(r, 20, 30), Before: 4, After: 4}
	f, err := pilot.Plan(&q)
	if err != nil {
		t.Fatal(err)
	}
	if f.CanShow || f.Power != 0 || f.Enough <= 6 || !strings.HasPrefix(f.Verdict, "This design cannot show it: 2 of 6 buildings can be drawn in 15 ways") {
		t.Errorf("forecast %+v", f)
	}
	q.Design.Units = f.Enough
	q.Design.Treated = f.Enough / 3
	if again, err := pilot.Plan(&q); err != nil || again.Power < 0.74 {
		t.Errorf("with as many as it takes: %+v, %v", again, err)
	}
	for _, bad := range []pilot.Question{
		{Design: pilot.Design{Kind: pilot.Blocks, Units: 6}, Effect: -1, History: [][]float64{{1, 2, 3}}},
		{Design: pilot.Design{Kind: pilot.Blocks, Units: 6}, Effect: 0, History: history(r, 1, 30)},
		{Design: pilot.Design{Kind: pilot.Blocks, Units: 6, OneSided: true}, Effect: 1, History: history(r, 1, 30)},
	} {
		if _, err := pilot.Plan(&bad); err == nil {
			t.Errorf("%+v is planned", bad.Design)
		}
	}
}
