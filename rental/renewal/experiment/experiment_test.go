package experiment_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"fettle/rental/fault"
	"fettle/rental/renewal/experiment"
)

func two(t *testing.T) *experiment.Experiment {
	t.Helper()
	x := &experiment.Experiment{Name: "texts", Salt: "s", Variants: []experiment.Variant{{Name: "old", Text: "for old tenants"}, {Name: "new", Text: "your neighbours stay"}}}
	x.Fill()
	if err := x.Validate(); err != nil {
		t.Fatal(err)
	}
	return x
}

func TestHouseholdsStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	x := two(t)
	x.Percent = 10
	if err := x.Start("x", monday); err != nil {
		t.Fatal(err)
	}
	const households = 20000
	before := map[string]int{}
	for i := range households {
		h := fmt.Sprintf("T-%d", i)
		if p := x.Assign(h); p.Drawn {
			before[h] = p.Variant
		}
	}
	if got := float64(len(before)) / households; math.Abs(got-0.1) > 0.01 {
		t.Errorf("%v take part", got)
	}
	if err := x.Release("x", 60); err != nil {
		t.Fatal(err)
	}
	second, drawn := 0, 0
	for i := range households {
		h := fmt.Sprintf("T-%d", i)
		p := x.Assign(h)
		if was, ok := before[h]; ok && (!p.Drawn || p.Variant != was) {
			t.Fatalf("%s was moved when more were let in", h)
		}
		if p.Drawn {
			drawn++
			second += p.Variant
		}
	}
	if got := float64(second) / float64(drawn); math.Abs(got-0.5) > 0.015 {
		t.Errorf("the second variant has %v", got)
	}
	if err := x.Release("x", 20); err == nil {
		t.Error("a release was taken back")
	}
	if err := x.Kill("x", "complaints", monday); err != nil {
		t.Fatal(err)
	}
	for h := range before {
		if p := x.Assign(h); p.Drawn || p.Variant != 0 {
			t.Fatalf("%+v after the kill", p)
		}
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	x := two(t)
	var state *fault.StateError
	if err := x.Kill("x", "", monday); !errors.As(err, &state) {
		t.Errorf("%v", err)
	}
	if x.Assign("T-1").Drawn {
		t.Error("a draft draws")
	}
	if err := x.Start("x", monday); err != nil {
		t.Fatal(err)
	}
	if err := x.Start("x", monday); !errors.As(err, &state) {
		t.Errorf("%v", err)
	}
	a := x.Analyze(nil, monday)
	err := x.Lock("x", a, monday)
	if !errors.As(err, &state) || !strings.Contains(err.Error(), "need about") || a.Needed < 100 || a.Verdict != experiment.NotEnough {
		t.Errorf("%v, %+v", err, a)
	}
}

func TestWhatCannotRun(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(x *experiment.Experiment){
		"name":    func(x *experiment.Experiment) { x.Name = " " },
		"one":     func(x *experiment.Experiment) { x.Variants = x.Variants[:1] },
		"twice":   func(x *experiment.Experiment) { x.Variants[1].Name = "old" },
		"text":    func(x *experiment.Experiment) { x.Variants[1].Text = "" },
		"weight":  func(x *experiment.Experiment) { x.Variants[1].Weight = -1 },
		"alpha":   func(x *experiment.Experiment) { x.Alpha = math.NaN() },
		"effect":  func(x *experiment.Experiment) { x.Effect = 2 },
		"window":  func(x *experiment.Experiment) { x.Window = time.Minute },
		"percent": func(x *experiment.Experiment) { x.Percent = 101 },
	} {
		x := two(t)
		change(x)
		if err := x.Validate(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// crowd is n households of each variant, of which some click and some sign.
func crowd(n int, clicks, signs [2]int) []experiment.Exposure {
	var log []experiment.Exposure
	for k := range n {
		for v := range 2 {
			e := experiment.Exposure{Household: fmt.Sprintf("%d-%d", k, v), Variant: v, At: monday.Add(time.Duration(k) * time.Second)}
			if k*clicks[v]/n != (k+1)*clicks[v]/n {
				_ = e.Record(experiment.Click, e.At.Add(time.Hour))
			}
			if k*signs[v]/n != (k+1)*signs[v]/n {
				_ = e.Record(experiment.Sign, e.At.Add(30*time.Hour))
			}
			log = append(log, e)
		}
	}
	return log
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	later := monday.Add(72 * time.Hour)
	for name, c := range map[string]struct {
		log  []experiment.Exposure
		want experiment.Verdict
	}{
		"nobody":             {nil, experiment.NotEnough},
		"equal":              {crowd(400, [2]int{40, 40}, [2]int{}), experiment.NotEnough},
		"better":             {crowd(400, [2]int{32, 80}, [2]int{60, 62}), experiment.Ready},
		"better, signs less": {crowd(400, [2]int{32, 80}, [2]int{160, 100}), experiment.GuardRail},
		"worse, signs less":  {crowd(400, [2]int{80, 32}, [2]int{160, 100}), experiment.Ready},
	} {
		x := two(t)
		_ = x.Start("x", monday)
		a := x.Analyze(c.log, later)
		if a.Verdict != c.want {
			t.Errorf("%s: %s: %s", name, a.Verdict, a.Advice)
		}
		if err := x.Lock("x", a, later); (err == nil) != (c.want == experiment.Ready) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADrawThatLosesHouseholdsIsNoticed(t *testing.T) {
	t.Parallel()
	x := two(t)
	_ = x.Start("x", monday)
	var log []experiment.Exposure
	lost := 0
	for _, e := range crowd(900, [2]int{50, 150}, [2]int{}) {
		if lost++; e.Variant == 0 || lost%4 > 0 { // the page of the second variant loses a part
			log = append(log, e)
		}
	}
	a := x.Analyze(log, monday.Add(72*time.Hour))
	if a.Verdict != experiment.Ratio || a.RatioP > 0.001 {
		t.Errorf("%s: evidence %v, p %v", a.Verdict, a.RatioEvidence, a.RatioP)
	}
}

// What was said of an instant stays, whatever comes later.
func TestThePastStays(t *testing.T) {
	t.Parallel()
	x := two(t)
	_ = x.Start("x", monday)
	log := crowd(300, [2]int{20, 70}, [2]int{})
	at := monday.Add(20 * time.Hour)
	before := x.Analyze(log[:200], at)
	for i := range log[:200] {
		_ = log[i].Record(experiment.Click, at.Add(50*time.Hour)) // too late to count
	}
	after := x.Analyze(log[:200], at)
	if before.Pairs[0] != after.Pairs[0] {
		t.Errorf("%+v, then %+v", before.Pairs[0], after.Pairs[0])
	}
	e := log[0]
	if err := e.Record("OPEN", at); err == nil {
		t.Error("an unknown metric was taken")
	}
	if err := e.Record(experiment.Sign, monday.Add(-time.Hour)); err == nil {
		t.Error("a signature before the exposure was taken")
	}
}
