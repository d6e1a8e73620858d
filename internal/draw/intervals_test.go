package draw_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"fettle/internal/draw"
)

func TestIntervals(t *testing.T) {
	t.Parallel()
	panels := []draw.Panel{
		{Title: "Hours <to> acceptance", Rows: []draw.Interval{{"manual", 6.7, 6.1, 7.3}, {"greedy", 0.9, 0.7, 1.1}}},
		{Title: "One day", Rows: []draw.Interval{{"manual", 3, math.NaN(), math.NaN()}}},
		{Title: "Nothing", Rows: []draw.Interval{{"manual", math.NaN(), math.NaN(), math.NaN()}, {"zero", 0, 0, 0}}},
	}
	var a, b bytes.Buffer
	if err := errors.Join(draw.Intervals(&a, "Two & more", panels), draw.Intervals(&b, "Two & more", panels)); err != nil {
		t.Fatal(err)
	}
	if a.String() != b.String() {
		t.Error("the same panels give two pictures")
	}
	for _, want := range []string{"Hours &lt;to&gt; acceptance", "Two &amp; more", "nothing to measure", "6.70"} {
		if !strings.Contains(a.String(), want) {
			t.Errorf("the picture does not say %q", want)
		}
	}
	if strings.Contains(a.String(), "NaN") {
		t.Error("the picture says NaN")
	}
	d := xml.NewDecoder(&a)
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
