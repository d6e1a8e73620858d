package risk

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"fettle/rental/fault"
)

// Sample is leases that have ended, with what was known of each before. A value that is not known is NaN.
type Sample struct {
	Names   []string // of the values
	Rows    [][]float64
	Renewed []bool
}

// What a sample may be.
const (
	MinRows    = 50
	MaxRows    = 200_000
	MaxColumns = 100
)

// Validate refuses a sample from which nothing can be learned.
func (s *Sample) Validate() error {
	switch {
	case len(s.Names) == 0 || len(s.Names) > MaxColumns:
		return fault.New("features", len(s.Names), fmt.Sprintf("1 to %d names", MaxColumns))
	case len(s.Rows) < MinRows || len(s.Rows) > MaxRows:
		return fault.New("rows", len(s.Rows), fmt.Sprintf("%d to %d leases that have ended", MinRows, MaxRows))
	case len(s.Renewed) != len(s.Rows):
		return fault.New("rows", len(s.Renewed), "an outcome for each lease")
	}
	yes := 0
	for i, row := range s.Rows {
		if len(row) != len(s.Names) {
			return fault.New(fmt.Sprintf("rows[%d]", i), len(row), fmt.Sprintf("%d values", len(s.Names)))
		}
		for j, v := range row {
			if math.IsInf(v, 0) || math.Abs(v) > 1e12 {
				return fault.New(fmt.Sprintf("rows[%d].%s", i, s.Names[j]), v, "a number between -1e12 and 1e12")
			}
		}
		if s.Renewed[i] {
			yes++
		}
	}
	if least := min(yes, len(s.Rows)-yes); least < 10 {
		return fault.New("rows", least, "at least 10 leases that were renewed, and 10 that were not")
	}
	return nil
}

// pick is the part of a sample at some rows.
func (s *Sample) pick(rows []int) *Sample {
	out := &Sample{Names: s.Names, Rows: make([][]float64, len(rows)), Renewed: make([]bool, len(rows))}
	for i, r := range rows {
		out.Rows[i], out.Renewed[i] = s.Rows[r], s.Renewed[r]
	}
	return out
}

// Model is a fitted regression. Its weights are on values less their mean, over their scale; Missing columns are 1 where a
// value is not known and 0 elsewhere.
type Model struct {
	Names   []string  `json:"names"`
	Mean    []float64 `json:"mean"`
	Scale   []float64 `json:"scale"`
	Missing []bool    `json:"missing"` // which values have a column of their own for not being known
	// Weights are the intercept, one for each name, and one for each of Missing.
	Weights []float64 `json:"weights"`
	// Spread is the covariance of the weights, row by row.
	Spread  []float64 `json:"spread"`
	Penalty float64   `json:"penalty"`
	Rows    int       `json:"rows"`
}

// Fit finds the weights that make what has happened most likely, less the penalty on their squares. The intercept is free.
func Fit(s *Sample, penalty float64) (*Model, error) {
	if !(penalty > 0 && penalty <= 1e6) {
		return nil, fault.New("penalty", penalty, "more than 0, at most 1e6")
	}
	m := newModel(s, penalty)
	columns := len(m.Weights)
	x := mat.NewDense(len(s.Rows), columns, nil)
	for i, row := range s.Rows {
		m.encode(row, x.RawRowView(i))
	}
	hessian := mat.NewSymDense(columns, nil)
	step, gradient := mat.NewVecDense(columns, nil), mat.NewVecDense(columns, nil)
	var chol mat.Cholesky
	const rounds, enough = 60, 1e-9
	for range rounds {
		m.slope(x, s.Renewed, gradient, hessian)
		if !chol.Factorize(hessian) {
			return nil, fault.New("rows", len(s.Rows), "values that do not determine each other")
		}
		if err := chol.SolveVecTo(step, gradient); err != nil {
			return nil, fmt.Errorf("solve a step of the regression: %w", err)
		}
		// Newton steps of a penalised logistic likelihood may be too long, never in the wrong direction.
		length := min(1, 4/max(mat.Norm(step, math.Inf(1)), 1e-12))
		for j := range m.Weights {
			m.Weights[j] += length * step.AtVec(j)
		}
		if mat.Norm(step, math.Inf(1)) < enough {
			break
		}
	}
	var inverse mat.SymDense
	if err := chol.InverseTo(&inverse); err != nil {
		return nil, fmt.Errorf("invert the information of the regression: %w", err)
	}
	m.Spread = make([]float64, 0, columns*columns)
	for i := range columns {
		for j := range columns {
			m.Spread = append(m.Spread, inverse.At(i, j))
		}
	}
	return m, nil
}

// newModel learns means, scales and what can be missing.
func newModel(s *Sample, penalty float64) *Model {
	k := len(s.Names)
	m := &Model{
		Names: s.Names, Mean: make([]float64, k), Scale: make([]float64, k), Missing: make([]bool, k), Penalty: penalty, Rows: len(s.Rows),
	}
	columns := 1 + k
	for j := range k {
		n, sum, squares := 0.0, 0.0, 0.0
		for _, row := range s.Rows {
			if v := row[j]; !math.IsNaN(v) {
				n, sum = n+1, sum+v
			}
		}
		m.Mean[j] = sum / max(n, 1)
		for _, row := range s.Rows {
			if v := row[j]; !math.IsNaN(v) {
				squares += (v - m.Mean[j]) * (v - m.Mean[j])
			}
		}
		if m.Scale[j] = math.Sqrt(squares / max(n, 1)); m.Scale[j] < 1e-9 {
			m.Scale[j] = 1
		}
		if m.Missing[j] = int(n) < len(s.Rows); m.Missing[j] {
			columns++
		}
	}
	m.Weights = make([]float64, columns)
	return m
}

// encode writes the columns of a row.
func (m *Model) encode(row, to []float64) {
	to[0] = 1
	at := 1 + len(m.Names)
	for j, v := range row {
		unknown := math.IsNaN(v)
		if to[1+j] = 0; !unknown {
			to[1+j] = (v - m.Mean[j]) / m.Scale[j]
		}
		if m.Missing[j] {
			if to[at] = 0; unknown {
				to[at] = 1
			}
			at++
		}
	}
}

// slope sets gradient and negative Hessian of the penalised likelihood.
func (m *Model) slope(x *mat.Dense, renewed []bool, gradient *mat.VecDense, hessian *mat.SymDense) {
	gradient.Zero()
	hessian.Zero()
	for j := 1; j < len(m.Weights); j++ {
		gradient.SetVec(j, -m.Penalty*m.Weights[j])
		hessian.SetSym(j, j, m.Penalty)
	}
	weigh := mat.NewVecDense(len(m.Weights), nil)
	for i, yes := range renewed {
		row := x.RawRowView(i)
		weigh.SetRawVector(mat.NewVecDense(len(row), row).RawVector())
		p := sigmoid(dot(m.Weights, row))
		miss := -p
		if yes {
			miss = 1 - p
		}
		gradient.AddScaledVec(gradient, miss, weigh)
		hessian.SymRankOne(hessian, max(p*(1-p), 1e-9), weigh)
	}
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// Estimate is how likely a lease is renewed.
type Estimate struct {
	Probability float64
	// Low and High are a 95 % interval that knows of the size of the sample, and of nothing else.
	Low, High float64
	// Terms are what each value adds to the log-odds, against a value that is the mean of the sample.
	Terms []Term
}

// Term is the part of one value.
type Term struct {
	Name    string
	Missing bool // the value was not known
	LogOdds float64
}

// normal95 is where 95 % of a normal distribution lie.
const normal95 = 1.959964

// Estimate says how likely a lease is renewed; the values are in the order of Names, NaN for what is not known.
func (m *Model) Estimate(row []float64) (*Estimate, error) {
	if len(row) != len(m.Names) {
		return nil, fault.New("values", len(row), fmt.Sprintf("%d values", len(m.Names)))
	}
	x := make([]float64, len(m.Weights))
	m.encode(row, x)
	z, variance := dot(m.Weights, x), 0.0
	for i := range x {
		variance += x[i] * dot(m.Spread[i*len(x):(i+1)*len(x)], x)
	}
	wide := normal95 * math.Sqrt(max(variance, 0))
	e := &Estimate{Probability: sigmoid(z), Low: sigmoid(z - wide), High: sigmoid(z + wide)}
	at := 1 + len(m.Names)
	for j, name := range m.Names {
		t := Term{Name: name, Missing: math.IsNaN(row[j]), LogOdds: m.Weights[1+j] * x[1+j]}
		if m.Missing[j] {
			t.LogOdds += m.Weights[at] * x[at]
			at++
		}
		e.Terms = append(e.Terms, t)
	}
	return e, nil
}

// Effect is what one more unit of a value goes with, in log-odds, and its 95 % interval.
type Effect struct {
	Name           string
	Value          float64
	Low, High      float64
	StandardNormal float64 // value over its standard error
}

// Effects lists the weights in units of the values.
func (m *Model) Effects() []Effect {
	out := make([]Effect, len(m.Names))
	columns := len(m.Weights)
	for j, name := range m.Names {
		se := math.Sqrt(max(m.Spread[(1+j)*columns+1+j], 0))
		w := m.Weights[1+j]
		out[j] = Effect{
			Name: name, Value: w / m.Scale[j], Low: (w - normal95*se) / m.Scale[j], High: (w + normal95*se) / m.Scale[j],
			StandardNormal: w / max(se, 1e-12),
		}
	}
	return out
}
