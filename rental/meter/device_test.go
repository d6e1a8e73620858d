package meter_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/rental/fault"
	"fettle/rental/meter"
)

// TestSeriesComeBack stores the memory of a meter after each reading: it finds the same as one that is kept in memory.
func TestSeriesComeBack(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	brief := meter.Config{Learn: 168, Keep: 336}
	whole := &meter.Series{}
	stored := &meter.Series{}
	told := 0
	for hour := range 460 {
		used := 0.0
		switch h := hour % 24; {
		case hour >= 400:
			used = 12 + chance.Float64() // it never stops running
		case h >= 6 && h < 22 && chance.IntN(3) > 0:
			used = 10 + 20*chance.Float64()
		}
		r := meter.Reading{Time: at.Add(time.Duration(hour) * time.Hour), Used: used}
		a, err := whole.Take(brief, r)
		if err != nil {
			t.Fatal(err)
		}
		var again meter.Series
		if err := again.Decode(stored.Encode()); err != nil {
			t.Fatal(err)
		}
		b, err := again.Take(brief, r)
		if err != nil {
			t.Fatal(err)
		}
		stored = &again
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("hour %d finds something else when it was stored:\n%s", hour, diff)
		}
		for _, f := range a {
			if f.Kind == meter.Leak {
				told++
				if late := hour - 400; late > 24 {
					t.Errorf("a leak is found after %d hours", late)
				}
			}
		}
	}
	if told != 1 {
		t.Errorf("a leak is told %d times, want once", told)
	}
	if err := stored.Decode([]byte("short")); err == nil {
		t.Error("reads what is no series")
	}
}

// TestEachKindOnceADay: a meter that runs backwards every hour is told once a day.
func TestEachKindOnceADay(t *testing.T) {
	t.Parallel()
	s := &meter.Series{}
	told := 0
	for hour := range 72 {
		found, err := s.Take(meter.Config{}, meter.Reading{Time: time.Unix(int64(hour)*3600, 0), Used: -1})
		if err != nil {
			t.Fatal(err)
		}
		told += len(found)
	}
	if told != 3 {
		t.Errorf("told %d times in 3 days, want 3", told)
	}
}

func TestDismiss(t *testing.T) {
	t.Parallel()
	a := meter.Alarm{}
	var state *fault.StateError
	if err := a.Dismiss("a party"); err != nil || !a.Dismissed {
		t.Error(err)
	}
	if err := a.Dismiss("again"); !errors.As(err, &state) {
		t.Error(err)
	}
}
