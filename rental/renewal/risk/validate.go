package risk

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Report is what a model is worth on leases that it has not seen.
type Report struct {
	Rows    int
	Renewed int
	AUC     float64 // how often a lease that was renewed has the higher probability of two
	LogLoss float64 // nats a lease; Base is what it is for one that says the share of all
	Base    float64
	Brier   float64
	// CalibrationError is the mean distance between what was said and what came, over ten equal groups of leases.
	CalibrationError float64
	Groups           []Group
}

// Group is a tenth of the leases, by their probability.
type Group struct {
	Rows      int
	Said      float64 // mean probability
	Came      float64 // share that was renewed, with its 95 % interval (Wilson)
	Low, High float64
}

// Folds is how many parts a sample is cut into.
const Folds = 5

// Validate fits on four fifths of a sample and predicts the fifth left out, five times, in parts with equal shares of renewed
// leases. The same seed cuts the same parts.
func Validate(s *Sample, penalty float64, seed uint64) (*Report, error) {
	fold := folds(s, seed)
	said := make([]float64, len(s.Rows))
	for f := range Folds {
		var train, test []int
		for i := range s.Rows {
			if fold[i] == f {
				test = append(test, i)
			} else {
				train = append(train, i)
			}
		}
		m, err := Fit(s.pick(train), penalty)
		if err != nil {
			return nil, err
		}
		x := make([]float64, len(m.Weights))
		for _, i := range test {
			m.encode(s.Rows[i], x)
			said[i] = sigmoid(dot(m.Weights, x))
		}
	}
	return judge(said, s.Renewed), nil
}

// folds gives each row its part.
func folds(s *Sample, seed uint64) []int {
	r := rand.New(rand.NewPCG(seed, Folds))
	out := make([]int, len(s.Rows))
	for _, class := range []bool{true, false} {
		var rows []int
		for i, yes := range s.Renewed {
			if yes == class {
				rows = append(rows, i)
			}
		}
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for n, i := range rows {
			out[i] = n % Folds
		}
	}
	return out
}

// Choose fits with the penalty that predicts best, of some, and says what it is worth.
func Choose(s *Sample, seed uint64) (*Model, *Report, error) {
	if err := s.Validate(); err != nil {
		return nil, nil, err
	}
	var best *Report
	chosen := 0.0
	for _, penalty := range []float64{0.3, 3, 30} {
		rep, err := Validate(s, penalty, seed)
		if err != nil {
			return nil, nil, err
		}
		if best == nil || rep.LogLoss < best.LogLoss {
			best, chosen = rep, penalty
		}
	}
	m, err := Fit(s, chosen)
	return m, best, err
}

// judge compares what was said with what came.
func judge(said []float64, renewed []bool) *Report {
	rep := &Report{Rows: len(said)}
	order := make([]int, len(said))
	for i := range said {
		order[i] = i
		p := min(max(said[i], 1e-12), 1-1e-12)
		y := 0.0
		if renewed[i] {
			rep.Renewed++
			y = 1
		}
		rep.LogLoss -= (y*math.Log(p) + (1-y)*math.Log1p(-p)) / float64(len(said))
		rep.Brier += (p - y) * (p - y) / float64(len(said))
	}
	share := float64(rep.Renewed) / float64(rep.Rows)
	rep.Base = -share*math.Log(share) - (1-share)*math.Log1p(-share)
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(said[a], said[b]) })
	rep.AUC = auc(order, said, renewed)
	const groups = 10
	for g := range groups {
		part := order[g*len(order)/groups : (g+1)*len(order)/groups]
		if len(part) == 0 {
			continue
		}
		out := Group{Rows: len(part)}
		for _, i := range part {
			out.Said += said[i] / float64(len(part))
			if renewed[i] {
				out.Came += 1 / float64(len(part))
			}
		}
		out.Low, out.High = wilson(out.Came, float64(len(part)))
		rep.CalibrationError += math.Abs(out.Said-out.Came) * float64(len(part)) / float64(len(order))
		rep.Groups = append(rep.Groups, out)
	}
	return rep
}

// auc counts by mean ranks, so that equal probabilities count half.
func auc(order []int, said []float64, renewed []bool) float64 {
	ranks, yes := 0.0, 0.0
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && said[order[j]] == said[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			if renewed[k] {
				ranks += float64(i+j+1) / 2
				yes++
			}
		}
		i = j
	}
	no := float64(len(order)) - yes
	return (ranks - yes*(yes+1)/2) / max(yes*no, 1)
}

// wilson is the 95 % interval of a share.
func wilson(p, n float64) (low, high float64) {
	z := normal95
	mid, wide := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max((mid-wide)/(1+z*z/n), 0), min((mid+wide)/(1+z*z/n), 1)
}
