package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheLatestRowsCount(t *testing.T) {
	t.Parallel()
	// The mean of 1 and 3 is 2; the newer file has 0.5 at 1 s only. A summary, a plan that was refused and a plan that
	// leaves visits out are not counted.
	old := write(t, "old.jsonl", `{"measured":"2026-01-01"}
{"family":"solomon","case":"a","visits":100,"budget":1,"checked":true,"gapPercent":9}
{"family":"solomon","case":"a","visits":100,"budget":10,"checked":true,"gapPercent":1}

{"family":"solomon","case":"b","visits":100,"budget":10,"checked":true,"gapPercent":3}
{"family":"solomon","case":"b","visits":100,"budget":10,"checked":false,"gapPercent":30}
{"family":"solomon","summary":true,"budget":10,"checked":true,"visits":100,"gapPercent":70}
{"family":"dispatch","case":"d","visits":500,"budget":1,"checked":true,"travelHours":50,"unassigned":3}
{"family":"dispatch","case":"d","visits":500,"budget":1,"checked":true,"travelHours":57}
{"family":"dispatch","case":"e","visits":2000,"budget":1,"checked":true,"priority":5567,"unassigned":3}
{"family":"unheard of","case":"e","visits":2000,"budget":1,"checked":true,"gapPercent":5}
`)
	fresh := write(t, "new.jsonl", `{"measured":"2026-02-01"}
{"case":"a","visits":100,"budget":1,"checked":true,"gapPercent":0.5}
{"family":"solomon","summary":true,"budget":1}
`)
	got, err := readRows([]string{fresh, old})
	if err != nil {
		t.Fatal(err)
	}
	want := []series{
		{fettle, "solomon-100", []point{{1, 0.5}, {10, 2}}},
		{fettle, "dispatch-500", []point{{1, 57}}},
		{fettle, "dispatch-2000", []point{{1, 0}}}, // nothing is lost
	}
	if diff := cmp.Diff(want, merge(got, nil), cmp.AllowUnexported(series{}, point{})); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsNameTheLine(t *testing.T) {
	t.Parallel()
	if _, err := readRows([]string{write(t, "bad.jsonl", "{}\n{\n")}); err == nil || !strings.Contains(err.Error(), "bad.jsonl:2") {
		t.Errorf("got %v", err)
	}
	if err := run("none", "none", nil); err == nil {
		t.Error("no files: want what to name")
	}
}

func TestAxes(t *testing.T) {
	t.Parallel()
	of := func(values ...float64) []series {
		s := series{solver: "x", panel: "p"}
		for _, v := range values {
			s.points = append(s.points, point{1, v})
		}
		return []series{s}
	}
	for _, test := range []struct {
		p      panel
		values []float64
		want   []float64
	}{
		{panel{name: "p"}, []float64{0, 3.9}, []float64{0.01, 0.1, 1, 10}},
		{panel{name: "p"}, []float64{1}, []float64{1, 10}},
		{panel{name: "p", measure: travel}, []float64{56, 79}, []float64{50, 60, 70, 80}},
		{panel{name: "p", measure: priority}, []float64{6, 18}, []float64{0, 5, 10, 15, 20}},
	} {
		got := valueAxis(&test.p, of(test.values...))
		if len(got.ticks) != len(test.want) {
			t.Errorf("%v: ticks %v, want %v", test.values, got.ticks, test.want)
			continue
		}
		for i := range got.ticks {
			if d := got.ticks[i] - test.want[i]; d > 1e-9 || d < -1e-9 {
				t.Errorf("%v: ticks %v, want %v", test.values, got.ticks, test.want)
			}
		}
	}
}

// The committed results make a picture that is XML, has every panel, and keeps every point inside.
func TestPictureOfTheResults(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "gaps.svg")
	if err := run("../results/peers.json", out, []string{"../results/plans.jsonl", "../results/plans-annealings.jsonl"}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range panels() {
		if !bytes.Contains(data, []byte(p.title)) {
			t.Errorf("%s is missing", p.title)
		}
	}
	for _, s := range []string{"Fettle", "HGS-VRPTW 2022", "PyVRP 0.14", "VROOM 1.15", "nextroute", "seconds (logarithmic)"} {
		if !bytes.Contains(data, []byte(s)) {
			t.Errorf("%s is missing", s)
		}
	}
}
