package segment_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/rental/renewal/segment"
)

// town makes tenants of whom so many are of each kind, and says of which.
func town(seed uint64, social, price, service, other int) (tenants []segment.Tenant, truth []segment.Name) {
	r := rand.New(rand.NewPCG(seed, 1))
	count := func(mean float64) float64 { return math.Floor(mean * (0.5 + r.ExpFloat64()*0.5)) }
	for i, n := range []int{social, price, service, other} {
		for range n {
			t := segment.Tenant{ID: fmt.Sprint(len(tenants)), Social: count(2), Price: count(2), Service: count(2)}
			switch segment.Names()[i] {
			case segment.Social:
				t.Social = 10 + count(20)
			case segment.Price:
				t.Price = 10 + count(20)
			case segment.Service:
				t.Service = 10 + count(20)
			case segment.Other:
			}
			tenants, truth = append(tenants, t), append(truth, segment.Names()[i])
		}
	}
	return tenants, truth
}

func TestSegmentsOfATownAreFound(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		tenants, truth := town(seed, 370, 290, 180, 160)
		m, err := segment.Fit(tenants, seed)
		if err != nil {
			t.Fatal(err)
		}
		var got []segment.Name
		right := 0
		for i := range tenants {
			p := m.Place(&tenants[i])
			got = append(got, p.Segment)
			if p.Segment == truth[i] {
				right++
			}
			if len(p.Reasons) < 3 {
				t.Fatalf("%+v", p)
			}
		}
		sum := 0.0
		for i, s := range segment.Shares(got) {
			sum += s.Share
			if want := []float64{0.37, 0.29, 0.18, 0.16}[i]; math.Abs(s.Share-want) > 0.03 {
				t.Errorf("seed %d: %s is %.3f, want about %.2f", seed, s.Segment, s.Share, want)
			}
		}
		if math.Abs(sum-1) > 1e-9 || right < 950 || m.Stability < 0.9 {
			t.Errorf("seed %d: %d of 1000 right, stability %.2f, explained %.2f", seed, right, m.Stability, m.Explained)
		}
		if again, err := segment.Fit(tenants, seed); err != nil || cmp.Diff(m, again) != "" {
			t.Errorf("another model of the same tenants: %v", err)
		}
	}
}

// In noise there are no groups, and the stability says so.
func TestNoiseIsUnstable(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 3))
		tenants := make([]segment.Tenant, 300)
		count := func() float64 { return 10 * math.Exp(r.NormFloat64()) }
		for i := range tenants {
			tenants[i] = segment.Tenant{ID: fmt.Sprint(i), Social: count(), Price: count(), Service: count()}
		}
		m, err := segment.Fit(tenants, 1)
		if err != nil || m.Stability >= segment.UnstableBelow {
			t.Errorf("seed %d: %.2f, %v", seed, m.Stability, err)
		}
	}
	if _, err := segment.Fit(make([]segment.Tenant, 5), 1); err == nil {
		t.Error("five tenants make segments")
	}
}

func TestNobodyStandsOut(t *testing.T) {
	t.Parallel()
	same := make([]segment.Tenant, 30)
	m, err := segment.Fit(same, 1)
	if err != nil {
		t.Fatal(err)
	}
	if p := m.Place(&same[0]); p.Segment != segment.Other {
		t.Errorf("%+v", p)
	}
}

func TestRandIndex(t *testing.T) {
	t.Parallel()
	if r := segment.Rand([]int{0, 0, 1, 1}, []int{5, 5, 3, 3}); r != 1 {
		t.Errorf("the same with other names: %v", r)
	}
	if r := segment.Rand([]int{0, 0, 1, 1}, []int{0, 1, 0, 1}); r > 0 {
		t.Errorf("crossed: %v", r)
	}
}
