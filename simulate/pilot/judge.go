package pilot

import (
	"fmt"
	"math"

	"fettle/dispatch"
)

// Figure is what one unit showed.
type Figure struct {
	Unit    string `json:"unit"`
	Treated bool   `json:"treated"`
	// Before is the metric of a building before the change; blocks have none.
	Before float64 `json:"before,omitempty"`
	// After is the metric with the change, or without it in a unit that is not treated.
	After float64 `json:"after"`
}

// Finding is what a pilot showed.
type Finding struct {
	// Effect is by how much the metric of the treated units differs, less is negative.
	Effect float64 `json:"effect"`
	// Low and High are the limits of the effects that the figures do not speak against at Design.Alpha, two-sided; nil where
	// the design has too few drawings to have limits.
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	// P is the share of drawings that would have shown at least as much.
	P     float64 `json:"p"`
	Floor float64 `json:"floor"`
	// Shown says that P is at most Design.Alpha.
	Shown bool `json:"shown"`
	// Suggested is a decision that the figures support.
	Suggested Decision `json:"suggested"`
	Verdict   string   `json:"verdict"`
}

// Judge says what the figures of a pilot show. For blocks they come in the order of time, pair after pair.
func Judge(d *Design, figures []Figure) (*Finding, error) {
	values, treated, err := read(d, figures)
	if err != nil {
		return nil, err
	}
	f := &Finding{Effect: effect(values, treated), P: d.pValue(values, treated), Floor: d.Floor()}
	f.Shown = f.P <= d.Alpha
	if low, ok := d.limit(values, treated, -1); ok {
		f.Low = &low
	}
	if high, ok := d.limit(values, treated, 1); ok {
		f.High = &high
	}
	f.Suggested, f.Verdict = suggest(d, f)
	return f, nil
}

// read checks figures against their design.
func read(d *Design, figures []Figure) (values []float64, treated []bool, err error) {
	if err := d.Check(); err != nil {
		return nil, nil, err
	}
	if len(figures) != d.Units {
		return nil, nil, &dispatch.InvalidError{Field: "figures", Value: fmt.Sprint(len(figures)), Want: fmt.Sprintf("%d, one for each unit of the design", d.Units)}
	}
	n := 0
	for i, f := range figures {
		values, treated = append(values, f.After-f.Before), append(treated, f.Treated)
		if f.Treated {
			n++
		}
		if d.Kind == Blocks && i%2 == 1 && f.Treated == figures[i-1].Treated {
			return nil, nil, &dispatch.InvalidError{Field: fmt.Sprintf("figures[%d].treated", i), Value: fmt.Sprint(f.Treated), Want: "one treated block in each pair"}
		}
	}
	if n != d.Treated {
		return nil, nil, &dispatch.InvalidError{Field: "figures", Value: fmt.Sprintf("%d treated", n), Want: fmt.Sprintf("%d treated, as the design says", d.Treated)}
	}
	return values, treated, finite("figures", values)
}

// limit finds how far the effect may be on one side before the figures speak against it: the test is turned round
// (Garthwaite 1996, doi:10.2307/2532852, by halving). false when no distance is far enough for the design.
func (d *Design) limit(values []float64, treated []bool, side float64) (float64, bool) {
	two := *d
	two.OneSided = false
	if two.Floor() > two.Alpha {
		return 0, false
	}
	seen := effect(values, treated)
	shifted := make([]float64, len(values))
	against := func(by float64) bool {
		for i, v := range values {
			shifted[i] = v
			if treated[i] {
				shifted[i] -= seen + side*by
			}
		}
		return two.pValue(shifted, treated) <= two.Alpha
	}
	width := spread(values)
	if width == 0 {
		return seen, true
	}
	low, high := 0.0, width
	for range 40 {
		if against(high) {
			break
		}
		low, high = high, 2*high
	}
	for range 24 {
		if middle := (low + high) / 2; against(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return seen + side*high, true
}

// suggest is the decision that a finding supports; less of the metric is better.
func suggest(d *Design, f *Finding) (Decision, string) {
	switch {
	case f.Floor > d.Alpha:
		return Iterate, fmt.Sprintf("Nothing can be shown: the least p-value of the design is %.3f, and %.3g is wanted.", f.Floor, d.Alpha)
	case !f.Shown:
		return Iterate, fmt.Sprintf("Not enough evidence: a difference of %.4g or more comes about by chance in %.1f %% of drawings.", math.Abs(f.Effect), 100*f.P)
	case f.Effect < 0:
		return Adopt, fmt.Sprintf("The new policy has less: by %.4g (p = %.4f).", -f.Effect, f.P)
	}
	return Reject, fmt.Sprintf("The new policy has more: by %.4g (p = %.4f).", f.Effect, f.P)
}
