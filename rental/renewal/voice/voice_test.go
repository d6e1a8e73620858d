package voice_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"fettle/org/calendar"
	"fettle/rental/fault"
	"fettle/rental/renewal/voice"
)

var now = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

func TestQuarters(t *testing.T) {
	t.Parallel()
	for d, want := range map[calendar.Date]string{
		{Year: 2026, Month: 1, Day: 1}: "2026-Q1", {Year: 2026, Month: 3, Day: 31}: "2026-Q1", {Year: 2026, Month: 4, Day: 1}: "2026-Q2",
		{Year: 2026, Month: 12, Day: 31}: "2026-Q4",
	} {
		got := voice.Quarter(d)
		from, to, err := voice.Bounds(got)
		if got != want || err != nil || d.Before(from) || !d.Before(to) {
			t.Errorf("%s is in %s, %s to %s, %v", d, got, from, to, err)
		}
	}
	for _, bad := range []string{"", "2026", "2026-Q5", "2026-Q0", "2026-Q11", "26-Q1"} {
		if _, _, err := voice.Bounds(bad); err == nil {
			t.Errorf("%q is a quarter", bad)
		}
	}
}

func TestScores(t *testing.T) {
	t.Parallel()
	var answers []voice.Answer
	for i, score := range []int{10, 9, 8, 7, 6, 0, 10, 10, 3, 9} { // 5 promoters, 3 detractors
		answers = append(answers, voice.Answer{Score: score, Building: fmt.Sprint("B", i%2), Late: score < 7})
	}
	all, groups := voice.Scores(answers, voice.ByLate)
	if all.NPS != 20 || all.Answers != 10 || len(groups) != 2 || groups[0].Group != "LATE" || groups[0].NPS != -100 || groups[1].Answers != 7 {
		t.Errorf("%+v %+v", all, groups)
	}
	if all.Low >= 20 || all.High <= 20 || all.Low < -100 {
		t.Errorf("%+v", all)
	}
	if none, _ := voice.Scores(nil, ""); !math.IsNaN(none.NPS) {
		t.Errorf("%+v", none)
	}
}

// The interval holds the true score about as often as it says: 4,000 surveys with a seed for each of four laws.
func TestTheIntervalOfNPSHolds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n    int
		p, d float64
	}{{20, 0.5, 0.2}, {20, 0.05, 0.9}, {100, 0.6, 0.15}, {5, 0.3, 0.3}} {
		r := rand.New(rand.NewPCG(7, uint64(c.n)))
		const runs = 4000
		held := 0
		for range runs {
			answers := make([]voice.Answer, c.n)
			for i := range answers {
				answers[i].Score = 8
				if u := r.Float64(); u < c.p {
					answers[i].Score = 10
				} else if u < c.p+c.d {
					answers[i].Score = 2
				}
			}
			if s, _ := voice.Scores(answers, ""); s.Low <= 100*(c.p-c.d) && 100*(c.p-c.d) <= s.High {
				held++
			}
		}
		if share := float64(held) / runs; share < 0.93 || share > 0.99 {
			t.Errorf("n %d, %v %v: held in %v", c.n, c.p, c.d, share)
		}
	}
}

func TestSurveysOpenAndClose(t *testing.T) {
	t.Parallel()
	s := voice.Survey{Name: "spring", Quarter: "2026-Q1", Opens: now, Closes: now.Add(time.Hour)}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	var state *fault.StateError
	if err := s.Take("sv_1", &voice.Answer{Score: 10}, now.Add(-time.Second)); !errors.As(err, &state) || state.State != "NOT_YET" {
		t.Error(err)
	}
	if err := s.Take("sv_1", &voice.Answer{Score: 10}, now.Add(time.Hour)); !errors.As(err, &state) || state.State != "CLOSED" {
		t.Error(err)
	}
	if err := s.Take("sv_1", &voice.Answer{Score: 11}, now); err == nil {
		t.Error("11 of 10")
	}
	if err := s.Take("sv_1", &voice.Answer{}, now); err != nil {
		t.Error(err)
	}
}

func taps(moods ...voice.Mood) (out []voice.Tap) {
	for i, m := range moods {
		if m != "" {
			out = append(out, voice.Tap{Month: fmt.Sprintf("2026-%02d", i+1), Mood: m})
		}
	}
	return out
}

func TestWhenSomebodyCalls(t *testing.T) {
	t.Parallel()
	const g, n, b = voice.Good, voice.Neutral, voice.Bad
	for name, c := range map[string]struct {
		taps  []voice.Tap
		month string
		calls bool
	}{
		"the third neutral":            {taps(n, n, n), "2026-03", true},
		"the second":                   {taps(n, n), "2026-02", false},
		"a good one between":           {taps(n, g, n, n), "2026-04", false},
		"a bill without a tap between": {taps(n, "", n, n), "2026-04", false},
		"bad at once":                  {taps(b), "2026-01", true},
		"bad, then two neutral":        {taps(b, n, n), "2026-03", true},
		"good after two":               {taps(n, n, g), "2026-03", false},
		"the third, told late":         {taps(n, n, n, g), "2026-03", true},
	} {
		if got := voice.Follow(c.taps, c.month); (got != "") != c.calls {
			t.Errorf("%s: %q", name, got)
		}
	}
	for want, c := range map[voice.Pattern][]voice.Tap{
		voice.PatternNone: nil, voice.PatternBad: taps(g, b), voice.PatternNeutral: taps(g, n, n, n), voice.PatternOther: taps(n, n, "", n),
	} {
		if got := voice.PatternOf(c, "2026-12"); got != want {
			t.Errorf("%v: %s, want %s", c, got, want)
		}
	}
}

func TestATapIsChangedForAWhile(t *testing.T) {
	t.Parallel()
	tap := voice.Tap{Month: "2026-03", Mood: voice.Bad, At: now}
	for i := range voice.MaxChanges {
		if err := tap.Change(voice.Good, now.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tap.Change(voice.Bad, now.Add(4*time.Minute)); err == nil || tap.Mood != voice.Good {
		t.Error("changed too often")
	}
	tap = voice.Tap{Month: "2026-03", Mood: voice.Bad, At: now}
	if err := tap.Change(voice.Good, now.Add(voice.MindFor+time.Second)); err == nil {
		t.Error("changed too late")
	}
	if voice.CheckMonth("2026-13", now) == nil || voice.CheckMonth("2026-04", now) == nil || voice.CheckMonth("2026-03", now) != nil {
		t.Error("months")
	}
	c := voice.Care{State: voice.CareOpen}
	if err := c.Close("ct_1", " ", "anna", now); err == nil {
		t.Error("closed without saying what came of it")
	}
	if err := c.Close("ct_1", "called, fine", "anna", now); err != nil || c.State != voice.CareDone {
		t.Error(err)
	}
	if err := c.Close("ct_1", "again", "anna", now); err == nil {
		t.Error("closed twice")
	}
}
