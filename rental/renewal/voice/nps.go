// Package voice is what tenants say without being asked twice: how likely they would recommend us (NPS, a survey a quarter), and
// the mood that they tap beside a monthly bill. It says what the answers come to, with intervals, and when somebody should call.
// Read nps.go, mood.go.
package voice

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/fault"
)

// Survey asks the tenants of a quarter.
type Survey struct {
	Name     string    `json:"name"`
	Quarter  string    `json:"quarter"` // as 2026-Q1
	Question string    `json:"question"`
	Opens    time.Time `json:"opens"`
	Closes   time.Time `json:"closes"`
	Invited  int       `json:"invited"` // leases that ran when it was made
}

// Quarter is the quarter of a day, as 2026-Q1.
func Quarter(d calendar.Date) string { return fmt.Sprintf("%d-Q%d", d.Year, (int(d.Month)+2)/3) }

// Bounds of a quarter: its first day, and the first of the next.
func Bounds(quarter string) (from, to calendar.Date, err error) {
	var year, n int
	if _, err := fmt.Sscanf(quarter, "%4d-Q%1d", &year, &n); err != nil || n < 1 || n > 4 || year < 1970 || fmt.Sprintf("%d-Q%d", year, n) != quarter {
		return from, to, &invalid.Error{Field: "quarter", Value: quarter, Want: "a quarter as 2026-Q1"}
	}
	from = calendar.Date{Year: year, Month: time.Month(3*n - 2), Day: 1}
	return from, from.AddMonths(3), nil
}

// Check refuses a survey that cannot be.
func (s *Survey) Check() error {
	_, _, err := Bounds(s.Quarter)
	switch {
	case strings.TrimSpace(s.Name) == "":
		return fault.New("displayName", s.Name, "a name")
	case err != nil:
		return err
	case !s.Closes.After(s.Opens):
		return fault.New("closeTime", s.Closes.Format(time.RFC3339), "a time after openTime")
	}
	return nil
}

// Answer is one answer to a survey.
type Answer struct {
	Survey   string    `json:"survey"`
	Lease    string    `json:"lease"`
	Building string    `json:"building,omitempty"`
	Score    int       `json:"score"`          // 0 to 10
	Late     bool      `json:"late,omitempty"` // a promise about a repair was broken in the quarter
	Comment  string    `json:"comment,omitempty"`
	At       time.Time `json:"at"`
}

// Take judges an answer to the survey at an instant.
func (s *Survey) Take(id string, a *Answer, now time.Time) error {
	switch {
	case a.Score < 0 || a.Score > 10:
		return fault.New("score", a.Score, "0 to 10")
	case now.Before(s.Opens):
		return &fault.StateError{Thing: "survey " + id, State: "NOT_YET", Verb: "respond", Legal: "OPEN, from " + s.Opens.Format(time.RFC3339)}
	case !now.Before(s.Closes):
		return &fault.StateError{Thing: "survey " + id, State: "CLOSED", Verb: "respond", Legal: "OPEN, until " + s.Closes.Format(time.RFC3339)}
	}
	return nil
}

// Score is the NPS of a group of answers.
type Score struct {
	Group      string // "" for all
	Answers    int
	Promoters  int     // 9 and 10
	Detractors int     // 0 to 6
	NPS        float64 // -100 to 100; NaN of nothing
	Low, High  float64 // 95 %
}

// Groupings of answers.
const (
	ByBuilding = "BUILDING"
	ByLate     = "LATE_REPAIR" // groups LATE and NONE
)

// Scores makes the score of all answers, and of each group by name; by is "" for none.
func Scores(answers []Answer, by string) (all Score, groups []Score) {
	found := map[string]*Score{}
	for i := range answers {
		a := &answers[i]
		to := []*Score{&all}
		if by != "" {
			name := a.Building
			if by == ByLate {
				name = map[bool]string{true: "LATE", false: "NONE"}[a.Late]
			}
			if found[name] == nil {
				found[name] = &Score{Group: name}
			}
			to = append(to, found[name])
		}
		for _, s := range to {
			s.add(a.Score)
		}
	}
	for _, s := range found {
		s.settle()
		groups = append(groups, *s)
	}
	slices.SortFunc(groups, func(a, b Score) int { return cmp.Compare(a.Group, b.Group) })
	all.settle()
	return all, groups
}

func (s *Score) add(score int) {
	s.Answers++
	switch {
	case score >= 9:
		s.Promoters++
	case score <= 6:
		s.Detractors++
	}
}

// normal95 is the 97.5th percentile of the normal distribution.
const normal95 = 1.959963984540054

// settle computes the score and its interval: Wald's with three answers added, of which a quarter are promoters, a quarter
// detractors and half neither. Rocks, "Interval estimation for the net promoter score", The American Statistician 70 (2016).
func (s *Score) settle() {
	s.NPS, s.Low, s.High = math.NaN(), -100, 100
	if s.Answers == 0 {
		return
	}
	n := float64(s.Answers)
	s.NPS = 100 * float64(s.Promoters-s.Detractors) / n
	p, d, m := float64(s.Promoters)+0.75, float64(s.Detractors)+0.75, n+3
	p, d = p/m, d/m
	half := normal95 * math.Sqrt((p+d-(p-d)*(p-d))/m)
	s.Low, s.High = 100*max(p-d-half, -1), 100*min(p-d+half, 1)
}
