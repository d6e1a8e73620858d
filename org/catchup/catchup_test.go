package catchup_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/org/calendar"
	"fettle/org/catchup"
)

const day = 24 * time.Hour

var rule = catchup.Rule{Grace: time.Minute, Keep: day}

// rungs are the reminders of a lease that ends on a day.
func rungs(end calendar.Date) []catchup.Stage {
	nine := calendar.Clock{Hour: 9}
	over := end.Add(1).At(calendar.Clock{}, time.UTC)
	var out []catchup.Stage
	for _, days := range []int{60, 30, 7} {
		out = append(out, catchup.Stage{Due: calendar.DueBefore(end, days, nine, time.UTC), Ends: over})
	}
	return out
}

func fates(vs []catchup.Verdict) (out []string) {
	for _, v := range vs {
		text := string(v.Fate)
		if v.By >= 0 {
			text += " by " + string(rune('0'+v.By))
		}
		out = append(out, text)
	}
	return out
}

func TestJudge(t *testing.T) {
	t.Parallel()
	end := calendar.Date{Year: 2026, Month: 6, Day: 30}
	nine := calendar.Clock{Hour: 9}
	at := func(daysBefore int) time.Time { return calendar.DueBefore(end, daysBefore, nine, time.UTC) }
	settled := func(stages []catchup.Stage, which ...int) []catchup.Stage {
		for _, i := range which {
			stages[i].Settled = true
		}
		return stages
	}
	for _, c := range []struct {
		name   string
		now    time.Time
		series []catchup.Stage
		want   []string
	}{
		{"before", at(61), rungs(end), []string{"WAITING", "WAITING", "WAITING"}},
		{"in time", at(60), rungs(end), []string{"SENT", "WAITING", "WAITING"}},
		{"an hour late", at(60).Add(time.Hour), rungs(end), []string{"LATE", "WAITING", "WAITING"}},
		{"down for 14 days", at(46), rungs(end), []string{"LATE", "WAITING", "WAITING"}},
		{"down for 45 days", at(15), rungs(end), []string{"SUPERSEDED by 1", "LATE", "WAITING"}},
		{"down for 54 days", at(6), rungs(end), []string{"SUPERSEDED by 2", "SUPERSEDED by 2", "LATE"}},
		{"the last is in time", at(7), settled(rungs(end), 0), []string{"SETTLED", "SUPERSEDED by 2", "SENT"}},
		{"the last was sent", at(5), settled(rungs(end), 2), []string{"SUPERSEDED by 2", "SUPERSEDED by 2", "SETTLED"}},
		{"over", at(-2), rungs(end), []string{"SUPERSEDED", "SUPERSEDED", "SUPERSEDED"}},
		{"none", at(0), nil, nil},
	} {
		if d := cmp.Diff(c.want, fates(catchup.Judge(c.now, rule, c.series))); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
	two := []catchup.Stage{{Due: at(1)}, {Due: at(1).Add(time.Hour)}}
	if d := cmp.Diff([]string{"LATE", "LATE"}, fates(catchup.Judge(at(1).Add(2*time.Hour), rule, two))); d != "" {
		t.Errorf("stages that are both fresh: %s", d)
	}
}

// TestNothingUnaccounted sweeps a series with outages of up to 60 days in between: in the end each stage was performed once
// or superseded once, never both, and nobody was told anything after its end (R-T1).
func TestNothingUnaccounted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var series []catchup.Stage
		at := begin
		for range rapid.IntRange(1, 6).Draw(t, "stages") {
			at = at.Add(time.Duration(rapid.Int64Range(0, int64(40*day)).Draw(t, "gap")))
			series = append(series, catchup.Stage{Due: at})
		}
		if rapid.Bool().Draw(t, "ends") {
			for i := range series {
				series[i].Ends = at.Add(day)
			}
		}
		performed, dropped := make([]int, len(series)), make([]int, len(series))
		for now := begin; ; {
			for i, v := range catchup.Judge(now, rule, series) {
				switch v.Fate {
				case catchup.Send, catchup.SendLate:
					performed[i]++
					if late := now.Sub(series[i].Due); (late > rule.Grace) != (v.Fate == catchup.SendLate) || v.Late != late {
						t.Fatalf("stage %d is %v late and %s", i, late, v.Fate)
					}
					if !series[i].Ends.IsZero() && !now.Before(series[i].Ends) {
						t.Fatalf("stage %d is performed after its end", i)
					}
				case catchup.Superseded:
					dropped[i]++
					if v.By >= 0 && (v.By <= i || series[v.By].Due.After(now)) {
						t.Fatalf("stage %d is superseded by %d, which is not later and due", i, v.By)
					}
				case catchup.Settled, catchup.Waiting:
					continue
				}
				series[i].Settled = true
			}
			if now.After(at) {
				break
			}
			now = now.Add(time.Duration(rapid.SampledFrom([]int64{1, 3600, 86400, 14 * 86400, 45 * 86400, 60 * 86400}).Draw(t, "pause")) * time.Second)
		}
		for i := range series {
			if performed[i]+dropped[i] != 1 {
				t.Fatalf("stage %d was performed %d times and superseded %d times", i, performed[i], dropped[i])
			}
		}
	})
}
