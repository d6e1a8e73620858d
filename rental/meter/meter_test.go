package meter_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"fettle/rental/meter"
)

var first = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// household is weeks of hourly readings of people who sleep at night, are out by day, and shower morning and evening.
func household(seed uint64, weeks int) []meter.Reading {
	r := rand.New(rand.NewPCG(seed, 5))
	var out []meter.Reading
	for h := range weeks * 7 * 24 {
		at := first.Add(time.Duration(h) * time.Hour)
		used := 0.0
		switch hour := at.Hour(); {
		case hour == 7 || hour == 20:
			used = math.Round(30 + 60*r.Float64())
		case hour > 7 && hour < 23 && r.IntN(3) == 0:
			used = math.Round(20 * r.Float64())
		}
		out = append(out, meter.Reading{Time: at, Used: used})
	}
	return out
}

// watch feeds readings to a new detector.
func watch(t *testing.T, readings []meter.Reading) []meter.Finding {
	t.Helper()
	d := meter.New(meter.Config{}, nil)
	var out []meter.Finding
	for _, r := range readings {
		found, err := d.Add(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, found...)
	}
	return out
}

func TestFindings(t *testing.T) {
	t.Parallel()
	const from = 6 * 7 * 24 // the change begins after six weeks
	for _, c := range []struct {
		name   string
		change func(i int, used float64) float64
		want   []meter.Kind
		within int // hours after the change
	}{
		{"nothing", func(_ int, u float64) float64 { return u }, nil, 0},
		{"dripping cistern", func(_ int, u float64) float64 { return u + 8 }, []meter.Kind{meter.Leak}, 24},
		{"burst hose for one hour", func(i int, u float64) float64 {
			if i == 2 {
				return 700
			}
			return u
		}, []meter.Kind{meter.Spike}, 3},
		{"stands still", func(int, float64) float64 { return 0 }, []meter.Kind{meter.Stuck}, 84},
		{"away over a weekend", func(i int, u float64) float64 {
			if i < 60 {
				return 0
			}
			return u
		}, nil, 0},
		{"runs backwards", func(i int, u float64) float64 {
			if i == 5 {
				return -3
			}
			return u
		}, []meter.Kind{meter.Negative}, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			readings := household(3, 8)
			for i := range readings[from:] {
				readings[from+i].Used = c.change(i, readings[from+i].Used)
			}
			var kinds []meter.Kind
			for _, f := range watch(t, readings) {
				kinds = append(kinds, f.Kind)
				if late := int(f.Time.Sub(readings[from].Time).Hours()) + 1; late > c.within || f.Text == "" || f.From.After(f.Time) {
					t.Errorf("%+v, %d hours after the change", f, late)
				}
			}
			if !slices.Equal(kinds, c.want) {
				t.Errorf("found %v, want %v", kinds, c.want)
			}
		})
	}
}

func TestNormalHouseholdsAreLeftInPeace(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		if found := watch(t, household(seed, 10)); len(found) > 0 {
			t.Errorf("household %d: %+v", seed, found)
		}
	}
}

func TestTheMemoryIsAllThatIsNeeded(t *testing.T) {
	t.Parallel()
	readings := household(1, 8)
	for i := range readings[6*7*24:] {
		readings[6*7*24+i].Used += 9
	}
	whole := watch(t, readings)
	var parts []meter.Finding
	var past []meter.Reading
	for _, r := range readings {
		d := meter.New(meter.Config{}, past)
		found, err := d.Add(r)
		if err != nil {
			t.Fatal(err)
		}
		parts, past = append(parts, found...), d.Past
	}
	if !slices.Equal(whole, parts) || len(whole) != 1 {
		t.Fatalf("%+v, in parts %+v", whole, parts)
	}
}

func TestBadReadings(t *testing.T) {
	t.Parallel()
	d := meter.New(meter.Config{}, nil)
	if _, err := d.Add(meter.Reading{Time: first, Used: 1}); err != nil {
		t.Fatal(err)
	}
	for _, r := range []meter.Reading{
		{Time: first, Used: 1},
		{Time: first.Add(-time.Hour), Used: 1},
		{Time: first.Add(59 * time.Minute), Used: 1},
		{Time: first.Add(time.Hour), Used: math.NaN()},
		{Time: first.Add(time.Hour), Used: math.Inf(1)},
	} {
		if _, err := d.Add(r); err == nil || len(d.Past) != 1 {
			t.Errorf("%+v was taken", r)
		}
	}
	if _, err := d.Add(meter.Reading{Time: first.AddDate(2, 0, 0), Used: 1}); err != nil || len(d.Past) != 1 {
		t.Errorf("after two years the past is %d readings: %v", len(d.Past), err)
	}
}
