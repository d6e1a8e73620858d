package pilot

import (
	"fmt"
	"math"
	"math/rand/v2"

	"fettle/dispatch"
)

// Question is what somebody wants to show, and what is known from before.
type Question struct {
	Design Design `json:"design"`
	// Effect is by how much the new policy changes the metric; less is negative.
	Effect float64 `json:"effect"`
	// History is the metric in the past, when nothing was changed. Of buildings a row each, with equal periods such as weeks;
	// of blocks one row, block after block.
	History [][]float64 `json:"history"`
	// Before and After are how many periods of a building are compared: those before the change, and those with it. 1 unless
	// given; blocks have none.
	Before int `json:"before,omitempty"`
	After  int `json:"after,omitempty"`
}

// Forecast is what a design can show.
type Forecast struct {
	Design Design `json:"design"`
	// Floor is the least p-value that can come out. Above Design.Alpha nothing can be shown, whatever happens.
	Floor float64 `json:"floor"`
	// Power is the probability that the effect is found when it is there.
	Power float64 `json:"power"`
	// Least is the smallest effect that is found with a probability of 0.8; 0 when there is none.
	Least float64 `json:"leastEffect"`
	// Enough is how many units it takes to find the effect with a probability of 0.8; 0 when maxUnits are too few.
	Enough int `json:"enoughUnits"`
	// CanShow says that the power is 0.8 at least.
	CanShow bool   `json:"canShow"`
	Verdict string `json:"verdict"`
}

// What a forecast asks for, and how many pilots it plays for an answer. Two thousand give power within two points.
const (
	wantedPower  = 0.8
	plays        = 2_000
	searchPlays  = 500
	mostSearched = 200 // units
)

// Plan says what a design can show, by playing it with figures of the past: pieces of history are drawn, the effect is put
// upon the treated units, and the test is made. O(plays * drawings * units).
func Plan(q *Question) (*Forecast, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	f := &Forecast{Design: q.Design, Floor: q.Design.Floor()}
	f.Power = q.power(&q.Design, q.Effect, plays)
	f.CanShow = f.Power >= wantedPower
	f.Least = q.least()
	f.Enough = q.Design.Units
	if !f.CanShow {
		f.Enough = q.enough()
	}
	f.Verdict = q.verdict(f)
	return f, nil
}

func (q *Question) check() error {
	if err := q.Design.Check(); err != nil {
		return err
	}
	if math.IsNaN(q.Effect) || q.Effect == 0 || math.IsInf(q.Effect, 0) {
		return &dispatch.InvalidError{Field: "effect", Value: fmt.Sprint(q.Effect), Want: "by how much the metric changes, less is negative"}
	}
	if q.Design.OneSided && q.Effect > 0 {
		return &dispatch.InvalidError{Field: "effect", Value: fmt.Sprint(q.Effect), Want: "a negative number: a one-sided test looks for less"}
	}
	q.Before, q.After = max(q.Before, 1), max(q.After, 1)
	return q.checkHistory()
}

// checkHistory refuses history that is too short for the design.
func (q *Question) checkHistory() error {
	least, want := 20, "one row of at least 20 blocks"
	if q.Design.Kind == Buildings {
		least, want = q.Before+q.After, "at least as many periods as are compared"
	}
	if rows := len(q.History); q.Design.Kind == Blocks && rows != 1 || q.Design.Kind == Buildings && rows < 4 {
		return &dispatch.InvalidError{Field: "history", Value: fmt.Sprintf("%d rows", rows), Want: "one row of blocks, or at least 4 of buildings"}
	}
	for i, row := range q.History {
		field := fmt.Sprintf("history[%d]", i)
		if len(row) < least || len(row) != len(q.History[0]) {
			return &dispatch.InvalidError{Field: field, Value: fmt.Sprintf("%d figures", len(row)), Want: want + ", the same in each row"}
		}
		if err := finite(field, row); err != nil {
			return err
		}
	}
	return nil
}

// power plays a design.
func (q *Question) power(d *Design, effect float64, n int) float64 {
	if d.Floor() > d.Alpha {
		return 0
	}
	r := rand.New(rand.NewPCG(1, uint64(d.Units)))
	found := 0
	for range n {
		values := q.piece(d, r)
		treated := d.draw(r)
		for i := range values {
			if treated[i] {
				values[i] += effect
			}
		}
		if d.pValue(values, treated) <= d.Alpha {
			found++
		}
	}
	return float64(found) / float64(n)
}

// piece draws what the units of a pilot would show without effect.
func (q *Question) piece(d *Design, r *rand.Rand) []float64 {
	out := make([]float64, d.Units)
	if d.Kind == Blocks { // neighbours stay together: they are alike
		row := q.History[0]
		for i := 0; i < d.Units; i += 2 {
			k := r.IntN(len(row) - 1)
			out[i], out[i+1] = row[k], row[k+1]
		}
		return out
	}
	start := r.IntN(len(q.History[0]) - q.Before - q.After + 1)
	order := r.Perm(len(q.History))
	for i := range out {
		row := q.History[order[i%len(order)]]
		if i >= len(order) { // more buildings than there is history of
			row = q.History[r.IntN(len(q.History))]
		}
		middle := start + q.Before
		out[i] = average(row[middle:middle+q.After]) - average(row[start:middle])
	}
	return out
}

// least finds the smallest effect with enough power, by halving.
func (q *Question) least() float64 {
	if q.Design.Floor() > q.Design.Alpha {
		return 0
	}
	sign := math.Copysign(1, q.Effect)
	low, high := 0.0, math.Abs(q.Effect)
	for range 12 {
		if q.power(&q.Design, sign*high, searchPlays) >= wantedPower {
			break
		}
		low, high = high, 2*high
	}
	for range 7 {
		middle := (low + high) / 2
		if q.power(&q.Design, sign*middle, searchPlays) >= wantedPower {
			high = middle
		} else {
			low = middle
		}
	}
	return sign * high
}

// enough finds how many units it takes, the same part of them treated; 0 when that is more than mostSearched.
func (q *Question) enough() int {
	at := func(units int) Design {
		d := q.Design
		d.Units = units
		d.Treated = min(max(int(math.Round(float64(units)*float64(q.Design.Treated)/float64(q.Design.Units))), 1), units-1)
		return d
	}
	good := func(units int) bool { d := at(units); return q.power(&d, q.Effect, searchPlays) >= wantedPower }
	low, high := q.Design.Units, 2*q.Design.Units
	for ; high < mostSearched && !good(high); low, high = high, 2*high {
	}
	if high = min(high, mostSearched); !good(high) {
		return 0
	}
	for high-low > 2 {
		middle := (low + high) / 4 * 2
		if middle <= low {
			break
		}
		if good(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// verdict says it in words.
func (q *Question) verdict(f *Forecast) string {
	d := &f.Design
	name := string(d.Kind)
	more := fmt.Sprintf("it would take more than %d %s", mostSearched, name)
	if f.Enough > 0 {
		more = fmt.Sprintf("it needs %d more, %d in all", f.Enough-d.Units, f.Enough)
	}
	switch {
	case f.Floor > d.Alpha:
		return fmt.Sprintf("This design cannot show it: %d of %d %s can be drawn in %.0f ways, so no p-value below %.3f can come out, and %.3g is wanted; %s.",
			d.Treated, d.Units, name, d.Drawings(), f.Floor, d.Alpha, more)
	case !f.CanShow:
		return fmt.Sprintf("This design cannot show it reliably: an effect of %.4g would be found with a probability of %.2f; %s, or an effect of %.4g.",
			q.Effect, f.Power, more, f.Least)
	}
	return fmt.Sprintf("This design can show it: an effect of %.4g would be found with a probability of %.2f.", q.Effect, f.Power)
}
