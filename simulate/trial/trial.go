// Package trial compares policies on simulated days: every policy lives the same days, and what differs is the difference
// of each day. It is the evidence that costs nothing; what holds for the people of one operator is shown by a pilot
// (simulate/pilot).
package trial

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"fettle/simulate/day"
)

// Interval is a mean with the limits between which the true mean lies with a confidence of 95 %, by Student's t over
// independent days. The limits are NaN with fewer than two days.
type Interval struct {
	Mean, Low, High float64
	N               int
}

// Mean is the interval of a sample; values that are NaN are left out.
func Mean(x []float64) Interval {
	var kept []float64
	for _, v := range x {
		if !math.IsNaN(v) {
			kept = append(kept, v)
		}
	}
	n := len(kept)
	mean, deviation := stat.MeanStdDev(kept, nil)
	if n < 2 {
		return Interval{mean, math.NaN(), math.NaN(), n}
	}
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile(0.975) * deviation / math.Sqrt(float64(n))
	return Interval{mean, mean - half, mean + half, n}
}

// Paired is the interval of the mean difference y - x of pairs.
func Paired(x, y []float64) Interval {
	d := make([]float64, len(x))
	for i := range x {
		d[i] = y[i] - x[i]
	}
	return Mean(d)
}

// Table is the comparison of policies over days.
type Table struct {
	Days     int
	Policies []day.Policy
	// KPI are the figures by policy and day.
	KPI [][]day.KPI
	// Traces are the hashes of the days by policy: equal tables have equal traces.
	Traces [][]uint64
	// Shifts is how many technician-days were lived in all, warm-up included.
	Shifts int
	Orders int // that were measured on all days under one policy
}

// Compare lives days under policies. world gives the World of a day, always the same for the same number. When ctx ends
// it returns its error.
func Compare(ctx context.Context, days int, policies []day.Policy, world func(number int) *day.World) (*Table, error) {
	t := &Table{Days: days, Policies: policies, KPI: make([][]day.KPI, len(policies)), Traces: make([][]uint64, len(policies))}
	for n := range days {
		w := world(n)
		for i := range policies {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			out, err := day.Run(ctx, w, &policies[i])
			if err != nil {
				return nil, fmt.Errorf("day %d: %w", n+1, err)
			}
			t.KPI[i] = append(t.KPI[i], out.KPI)
			t.Traces[i] = append(t.Traces[i], out.Trace)
			t.Shifts += out.Shifts
			if i == 0 {
				t.Orders += len(out.Orders)
			}
		}
	}
	return t, nil
}

// Mean is the interval of a metric under a policy.
func (t *Table) Mean(policy int, m day.Metric) Interval { return Mean(t.column(policy, m)) }

// Difference is by how much a metric of a policy is above that of the first, day by day.
func (t *Table) Difference(policy int, m day.Metric) Interval {
	return Paired(t.column(0, m), t.column(policy, m))
}

func (t *Table) column(policy int, m day.Metric) []float64 {
	out := make([]float64, len(t.KPI[policy]))
	for i := range out {
		out[i] = t.KPI[policy][i][m]
	}
	return out
}
