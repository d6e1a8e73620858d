package main

import (
	"strings"
	"testing"
	"time"

	"fettle/dispatch"
)

func TestGroupedAndNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %q, want %q", n, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0", 21.7: "21.7", 1.005e6: "1005000", 2.0 / 3: "0.67"} {
		if got := number(v); got != want {
			t.Errorf("number(%g) = %q, want %q", v, got, want)
		}
	}
}

func TestInstants(t *testing.T) {
	t.Parallel()
	day := &dispatch.Problem{Origin: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Scale: dispatch.Scale{TicksPerUnit: 1, Unit: "s"}}
	minutes := &dispatch.Problem{Scale: dispatch.Scale{TicksPerUnit: 100, Unit: "min"}}
	abstract := &dispatch.Problem{Scale: dispatch.Scale{TicksPerUnit: 10}}
	for _, c := range []struct {
		p             *dispatch.Problem
		t             dispatch.Tick
		instant, span string
	}{
		{day, 8*3600 + 5*60, "08:05", "8:05"},
		{day, 25 * 3600, "03-03 01:00", "25:00"},
		{minutes, 9050, "1:31", "1:31"}, // 90.5 minutes
		{abstract, 215, "21.5", "21.5"},
	} {
		if got := instant(c.p, c.t); got != c.instant {
			t.Errorf("instant %q, want %q", got, c.instant)
		}
		if got := span(c.p, c.t); got != c.span {
			t.Errorf("span %q, want %q", got, c.span)
		}
	}
}

func TestColumnsOfWideText(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	c := columns{indent: "  ", left: 1}
	c.add("name", "n")
	c.add("陈伟", "10")
	if err := c.write(&b); err != nil {
		t.Fatal(err)
	}
	// Two characters of two cells each are as wide as four letters.
	if want := "  name   n\n  陈伟  10\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
