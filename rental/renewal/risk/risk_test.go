package risk_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"fettle/rental/renewal/risk"
)

// planted is leases whose renewal is drawn from a law that is known: an hour more until a repair is accepted costs planted
// log-odds. Good buildings are repaired sooner and kept for other reasons too, which the sample knows.
const (
	perHour    = -0.12
	perPoint   = 0.9
	perPercent = -0.08
)

func planted(seed uint64, n int) *risk.Sample {
	r := rand.New(rand.NewPCG(seed, 12))
	s := &risk.Sample{Names: []string{"serviceHours", "mood", "rentRisePercent", "tenureMonths"}}
	for range n {
		age := r.NormFloat64()
		hours := max(0.2, 4+1.5*age+2*r.NormFloat64())
		mood := 0.3*r.NormFloat64() - 0.1*age
		rise := 5 * r.Float64()
		tenure := 36 * r.Float64()
		z := 0.8 + perHour*(hours-4) + perPoint*mood + perPercent*rise + 0.02*(tenure-18)
		row := []float64{hours, mood, rise, tenure}
		if r.IntN(4) == 0 {
			row[1] = math.NaN() // has never touched the button
		}
		s.Rows, s.Renewed = append(s.Rows, row), append(s.Renewed, r.Float64() < 1/(1+math.Exp(-z)))
	}
	return s
}

func TestAPlantedEffectIsRecovered(t *testing.T) {
	t.Parallel()
	const runs, leases = 200, 927
	covered, sum, found := 0, 0.0, 0
	for seed := range uint64(runs) {
		m, err := risk.Fit(planted(seed, leases), 0.3)
		if err != nil {
			t.Fatal(err)
		}
		e := m.Effects()[0]
		if e.Low <= perHour && perHour <= e.High {
			covered++
		}
		if e.High < 0 {
			found++
		}
		sum += e.Value
	}
	t.Logf("planted %.2f log-odds an hour: mean estimate %.3f, the 95%% interval holds it in %d of %d samples of %d leases, and is below 0 in %d",
		perHour, sum/runs, covered, runs, leases, found)
	if covered < runs*90/100 || math.Abs(sum/runs-perHour) > 0.01 {
		t.Errorf("covered %d of %d, mean %v", covered, runs, sum/runs)
	}
	m, err := risk.Fit(scrambled(planted(1, leases)), 0.3) // the saboteur: without the effect it is not found
	if err != nil {
		t.Fatal(err)
	}
	if e := m.Effects()[0]; e.Low <= perHour && perHour <= e.High {
		t.Errorf("an effect was found where there is none: %+v", e)
	}
}

// scrambled takes the hours away from the leases to which they belong.
func scrambled(s *risk.Sample) *risk.Sample {
	hours := make([]float64, len(s.Rows))
	for i := range s.Rows {
		hours[i] = s.Rows[i][0]
	}
	rand.New(rand.NewPCG(9, 9)).Shuffle(len(hours), func(i, j int) { hours[i], hours[j] = hours[j], hours[i] })
	for i := range s.Rows {
		s.Rows[i][0] = hours[i]
	}
	return s
}

func TestProbabilitiesMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	s := planted(7, 6000)
	m, rep, err := risk.Choose(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("AUC %.3f, log loss %.3f (%.3f for the share alone), Brier %.3f, calibration error %.3f", rep.AUC, rep.LogLoss, rep.Base, rep.Brier, rep.CalibrationError)
	if rep.CalibrationError > 0.03 || rep.LogLoss >= rep.Base || rep.AUC < 0.6 {
		t.Errorf("%+v", rep)
	}
	said := 0.0
	for _, row := range s.Rows {
		e, err := m.Estimate(row)
		if err != nil {
			t.Fatal(err)
		}
		if !(e.Low <= e.Probability && e.Probability <= e.High) {
			t.Fatalf("%+v", e)
		}
		said += e.Probability
	}
	if came := float64(rep.Renewed); math.Abs(said-came) > 0.001*came {
		t.Errorf("%v were expected, %v came", said, came)
	}
	e, err := m.Estimate([]float64{4, math.NaN(), 2, 18})
	if err != nil || !e.Terms[1].Missing || e.Terms[0].Missing {
		t.Errorf("%+v, %v", e, err)
	}
	again, _, err := risk.Choose(planted(7, 6000), 1)
	if err != nil || !slices.Equal(again.Weights, m.Weights) {
		t.Errorf("the same sample gave other weights: %v", err)
	}
}

func TestSamplesThatSayNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(s *risk.Sample){
		"few":     func(s *risk.Sample) { s.Rows, s.Renewed = s.Rows[:20], s.Renewed[:20] },
		"ragged":  func(s *risk.Sample) { s.Rows[3] = s.Rows[3][:2] },
		"endless": func(s *risk.Sample) { s.Rows[3][0] = math.Inf(1) },
		"no name": func(s *risk.Sample) { s.Names = nil },
		"one outcome": func(s *risk.Sample) {
			for i := range s.Renewed {
				s.Renewed[i] = true
			}
		},
		"no outcome": func(s *risk.Sample) { s.Renewed = s.Renewed[1:] },
	} {
		s := planted(1, 200)
		change(s)
		if _, _, err := risk.Choose(s, 1); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// visit is one of a day that is played.
type visit struct {
	come, takes, atMost time.Duration
	risk                float64
}

// play serves the visits of a day by one technician and returns how long each waits.
func play(day []visit, q *risk.Queue) []time.Duration {
	wait := make([]time.Duration, len(day))
	var waiting []risk.Waiting
	var which []int
	now, next := time.Duration(0), 0
	for next < len(day) || len(which) > 0 {
		if len(which) == 0 {
			now = max(now, day[next].come)
		}
		for next < len(day) && day[next].come <= now {
			waiting, which = append(waiting, risk.Waiting{AtMost: day[next].atMost, Risk: day[next].risk}), append(which, next)
			next++
		}
		i := 0
		if q != nil {
			i = q.Next(waiting)
		}
		v := which[i]
		wait[v] = now - day[v].come
		now += day[v].takes
		waiting, which = slices.Delete(waiting, i, i+1), slices.Delete(which, i, i+1)
	}
	return wait
}

func TestNobodyWaitsLongerThanTheLimitForTheRiskOfOthers(t *testing.T) {
	t.Parallel()
	const days, limit = 2000, 90 * time.Minute
	q := &risk.Queue{Limit: limit, Margin: 0.05}
	open := &risk.Queue{Limit: 1000 * time.Hour} // the saboteur: the guard is off
	var worst, sabotaged, won time.Duration
	for seed := range uint64(days) {
		r := rand.New(rand.NewPCG(seed, 15))
		var day []visit
		come := time.Duration(0)
		for range 25 {
			come += time.Duration(r.ExpFloat64() * float64(35*time.Minute))
			atMost := time.Duration(20+r.IntN(60)) * time.Minute
			day = append(day, visit{come: come, atMost: atMost, takes: time.Duration((0.3 + 0.7*r.Float64()) * float64(atMost)), risk: r.Float64()})
		}
		plain, guarded, free := play(day, nil), play(day, q), play(day, open)
		for i := range day {
			worst, sabotaged = max(worst, guarded[i]-plain[i]), max(sabotaged, free[i]-plain[i])
			if day[i].risk > 0.8 {
				won += plain[i] - guarded[i]
			}
		}
	}
	t.Logf("%d days: the longest that anybody waited longer was %v of %v; %v without the guard; those at risk won %v a day", days, worst, limit, sabotaged, won/days)
	if worst > limit || won <= 0 {
		t.Errorf("%v longer than without regard to risk, limit %v, won %v", worst, limit, won)
	}
	if sabotaged <= limit {
		t.Errorf("without the guard nobody waited longer either: %v", sabotaged)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	waiting := []risk.Waiting{
		{ID: "a", AtMost: time.Hour, Risk: 0.1},
		{ID: "b", AtMost: 30 * time.Minute, Risk: 0.5},
		{ID: "c", AtMost: time.Hour, Risk: 0.9},
		{ID: "d", AtMost: 20 * time.Minute, Risk: 0.7},
	}
	q := risk.Queue{Limit: time.Hour}
	if err := q.Validate(waiting); err != nil {
		t.Fatal(err)
	}
	if got, want := q.Order(waiting), []int{2, 0, 1, 3}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if waiting[0].Lent != time.Hour || waiting[3].Lent != 0 {
		t.Errorf("%+v", waiting)
	}
	if (risk.Queue{}).Next(waiting) != 0 || q.Next(nil) != -1 {
		t.Error("somebody was passed without a limit")
	}
	for _, bad := range []risk.Waiting{{AtMost: 0}, {AtMost: 1, Risk: 2}, {AtMost: 1, Lent: -1}} {
		if err := q.Validate([]risk.Waiting{bad}); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
	if err := (risk.Queue{Limit: 3 * time.Hour}).Validate(nil); err == nil {
		t.Error("a limit of three hours was accepted")
	}
}

func TestHowPeopleLiveDecidesOnNoPrice(t *testing.T) {
	t.Parallel()
	for source, ok := range map[risk.Source]bool{
		risk.Lease: true, risk.Payments: true, risk.WorkOrders: true, risk.Mood: true,
		risk.LocksMeters: false, risk.App: false, risk.Community: false,
	} {
		if err := risk.ForPrice([]risk.Feature{{Name: "rent", Source: risk.Lease}, {Name: "x", Source: source}}); (err == nil) != ok {
			t.Errorf("%s: %v", source, err)
		}
	}
}
