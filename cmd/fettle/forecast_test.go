package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// events is 90 days of two events a day in one cell and one in another, and a row that cannot be read.
func events() string {
	var b strings.Builder
	b.WriteString("time,lat,lon,kind\nsoon,42.3474,-71.0944,leak\n")
	day := time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)
	for range 90 {
		fmt.Fprintf(&b, "%s,42.3474,-71.0944,leak\n", day.Format(time.DateTime))
		fmt.Fprintf(&b, "%s,42.3474,-71.0944,lift\n", day.Add(time.Hour).Format(time.DateTime))
		fmt.Fprintf(&b, "%s,42.2900,-71.0600,leak\n", day.Format(time.DateTime))
		day = day.AddDate(0, 0, 1)
	}
	return b.String()
}

func TestForecastBacktest(t *testing.T) {
	t.Parallel()
	path, out, charts := write(t, "events.csv", events()), filepath.Join(t.TempDir(), "out.csv"), filepath.Join(t.TempDir(), "charts")
	r := fettle(t, "forecast", "backtest", "--events", path, "--res", "8", "--bucket", "24h", "--lead", "1", "--zone", "America/New_York",
		"--from", "2025-05-11", "--to", "2025-05-21", "-o", out, "--charts", charts).wantStatus(t, exitDone)
	if !strings.Contains(r.stderr, "1 left out: no readable time (first: line 2)") || !strings.Contains(r.stderr, "270 times without zone") {
		t.Errorf("stderr is %s", r.stderr)
	}
	var scores struct {
		Judged   int
		Deviance float64
		Rows     struct{ Rows, Counted, BadTime int }
	}
	if err := json.Unmarshal([]byte(r.stdout), &scores); err != nil {
		t.Fatal(err)
	}
	if scores.Judged != 10 || scores.Deviance > 0.2 || scores.Rows.Counted != 270 || scores.Rows.BadTime != 1 {
		t.Errorf("scores are %+v", scores)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 21 || lines[0] != "cell,time,mean,size,p10,p50,p90" {
		t.Fatalf("%d lines, the first is %s", len(lines), lines[0])
	}
	sum := 0.0
	for _, line := range lines[1:] {
		f := strings.Split(line, ",")
		mean, err := strconv.ParseFloat(f[2], 64)
		if err != nil || len(f[0]) != 15 || !strings.HasPrefix(f[1], "2025-05-") {
			t.Fatalf("row %s: %v", line, err)
		}
		sum += mean
	}
	if math.Abs(sum-30) > 2 {
		t.Errorf("means sum to %g over ten days, want about 30", sum)
	}
	for _, name := range []string{"reliability.svg", "gain.csv", "hitrate.svg", "pit.csv"} {
		if info, err := os.Stat(filepath.Join(charts, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestForecastBacktestHorizonsAndTimes(t *testing.T) {
	t.Parallel()
	path := write(t, "events.csv", events())
	base := []string{"forecast", "backtest", "--events", path, "--res", "7", "--from", "2025-05-11", "--to", "2025-05-25"}
	for _, c := range []struct {
		args  []string
		rows  int
		first string
	}{
		{[]string{"--horizon", "24h"}, 28, "2025-05-11"},
		{[]string{"--bucket", "24h", "--sum", "7"}, 4, "2025-05-11"},
		{[]string{"--bucket", "168h"}, 4, "2025-05-11"},
		{[]string{"--bucket", "6h", "--lead", "28"}, 112, "2025-05-11 00:00"},
		{[]string{"--bucket", "24h", "--kind", "lift"}, 28, "2025-05-11"},
	} {
		r := fettle(t, append(append([]string{}, base...), c.args...)...).wantStatus(t, exitDone)
		lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
		if len(lines) != c.rows+1 || !strings.Contains(lines[1], ","+c.first+",") {
			t.Errorf("%v: %d rows, the first %s", c.args, len(lines)-1, lines[1])
		}
	}
}

func TestForecastRefuses(t *testing.T) {
	t.Parallel()
	path := write(t, "events.csv", events())
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--from", "2025-05-11", "--to", "2025-05-01"}, `to is "2025-05-01"`},
		{[]string{"--from", "May", "--to", "2025-05-11"}, `--from is "May"`},
		{[]string{"--from", "2025-05-11 01:00", "--to", "2025-05-12"}, `want the start of a bucket, such as "2025-05-11"`},
		{[]string{"--from", "2025-05-01", "--to", "2025-05-11", "--bucket", "5h"}, `bucket is "5h0m0s"`},
		{[]string{"--from", "2025-05-01", "--to", "2025-05-11", "--zone", "Moon/Base"}, `--zone is "Moon/Base"`},
		{[]string{"--from", "2025-05-01", "--to", "2025-05-11", "--holidays", "mars"}, `--holidays is "mars"`},
		{[]string{"--from", "2025-05-01", "--to", "2025-05-11", "--lead", "0"}, "--lead is 0"},
		{[]string{"--from", "2025-05-01", "--to", "2025-05-11", "--horizon", "6h", "--bucket", "24h"}, "--horizon stands for"},
		{[]string{"--from", "2025-05-01", "--to", "2025-05-11", "--cells", path}, "line 1"},
	} {
		r := fettle(t, append([]string{"forecast", "backtest", "--events", path}, c.args...)...).wantStatus(t, exitUsage)
		if !strings.Contains(r.stderr, c.want) {
			t.Errorf("%v says %s, want %s in it", c.args, r.stderr, c.want)
		}
	}
}

func TestForecastPredict(t *testing.T) {
	t.Parallel()
	path := write(t, "events.csv", events())
	r := fettle(t, "forecast", "predict", "--events", path, "--next", "3").wantStatus(t, exitDone)
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	if len(lines) != 7 || !strings.Contains(lines[1], ",2025-05-30,") || !strings.Contains(lines[6], ",2025-06-01,") {
		t.Fatalf("rows are %q", lines)
	}
	r = fettle(t, "forecast", "predict", "--events", path, "--at", "2025-05-20", "--format", "geojson").wantStatus(t, exitDone)
	var got struct {
		Features []struct {
			Geometry   struct{ Coordinates [][][]float64 }
			Properties struct {
				Time string
				Mean float64
				P90  int
			}
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Features) != 2 || len(got.Features[0].Geometry.Coordinates[0]) != 7 || got.Features[0].Properties.Time != "2025-05-20" ||
		got.Features[0].Properties.Mean <= 0.5 || got.Features[0].Properties.P90 < 1 {
		t.Errorf("features are %+v", got.Features)
	}
	for _, args := range [][]string{{"--next", "0"}, {"--at", "tomorrow"}, {"--kind", "unheard"}} {
		fettle(t, append([]string{"forecast", "predict", "--events", path}, args...)...).wantStatus(t, exitUsage)
	}
}

func TestForecastStandby(t *testing.T) {
	t.Parallel()
	path := write(t, "events.csv", events())
	crew := write(t, "crew.csv", "name,lat,lon\nAda,42.2900,-71.0600\nBo,42.2901,-71.0601\n")
	r := fettle(t, "forecast", "standby", "--events", path, "--technicians", crew, "--within", "5m", "--busy", "0.2").wantStatus(t, exitDone)
	var got struct {
		Demand, Cover, Bound, Gap float64
		Moved                     int
		Posts                     []struct{ Name, Why string }
	}
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	// Three events a day in two cells ten kilometres apart: one technician for each, 80 % of the time.
	if math.Abs(got.Demand-3) > 0.3 || math.Abs(got.Cover-0.8*got.Demand) > 1e-6 || got.Gap > 1e-3 || got.Moved != 1 || len(got.Posts) != 2 {
		t.Fatalf("answer is %s", r.stdout)
	}
	if !strings.HasPrefix(got.Posts[0].Why, "covers ") || !strings.Contains(got.Posts[0].Why, "would lose") {
		t.Errorf("Ada is told: %s", got.Posts[0].Why)
	}
	r = fettle(t, "forecast", "standby", "--events", path, "--technicians", crew, "--within", "5m", "--max-way", "1m").wantStatus(t, exitDone)
	if !strings.Contains(r.stdout, `"moved": 0`) {
		t.Errorf("somebody is sent farther than a minute: %s", r.stdout)
	}
	for _, args := range [][]string{{"--busy", "1"}, {"--within", "0s"}, {"--speed", "-1"}, {"--moves=-1"}} {
		fettle(t, append([]string{"forecast", "standby", "--events", path, "--technicians", crew}, args...)...).wantStatus(t, exitUsage)
	}
	bad := write(t, "bad.csv", "name,lat,lon\nAda,here,there\n")
	if r := fettle(t, "forecast", "standby", "--events", path, "--technicians", bad).wantStatus(t, exitUsage); !strings.Contains(r.stderr, ":2: lat,lon") {
		t.Errorf("stderr is %s", r.stderr)
	}
}

// Weather is read by both commands, named in the scores beside those without it, and refused by line and field.
func TestForecastWithWeather(t *testing.T) {
	t.Parallel()
	var events, sky strings.Builder
	events.WriteString("time,lat,lon,kind\n")
	sky.WriteString("date,rain\n")
	for day := range 120 {
		at := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, day)
		fmt.Fprintf(&sky, "%s,%d\n", at.Format(time.DateOnly), day%4/3)
		for i := range 3 + 6*(day%4/3) {
			fmt.Fprintf(&events, "%s,30.2,120.2,leak\n", at.Add(time.Duration(i)*time.Minute).Format("2006-01-02 15:04:05"))
		}
	}
	reports, weather := write(t, "events.csv", events.String()), write(t, "weather.csv", sky.String())
	r := fettle(t, "forecast", "backtest", "--events", reports, "--bucket", "24h", "--from", "2026-04-01", "--to", "2026-05-01",
		"--weather", weather, "-o", filepath.Join(t.TempDir(), "f.csv")).wantStatus(t, exitDone)
	var scores struct {
		Deviance float64
		Weather  struct {
			Columns         []string
			DevianceWithout float64
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &scores); err != nil || len(scores.Weather.Columns) != 1 || scores.Deviance >= scores.Weather.DevianceWithout {
		t.Errorf("%v: %s; want rain to help", err, r.stdout)
	}
	r = fettle(t, "forecast", "predict", "--events", reports, "--bucket", "24h", "--weather", weather).wantStatus(t, exitDone)
	if !strings.Contains(r.stdout, "cell,time,mean") {
		t.Errorf("%s", r.stdout)
	}
	bad := write(t, "bad.csv", "date,rain\n2026-01-01,wet\n")
	r = fettle(t, "forecast", "predict", "--events", reports, "--bucket", "24h", "--weather", bad).wantStatus(t, exitUsage)
	if !strings.Contains(r.stderr, "line 2: rain") {
		t.Errorf("%s", r.stderr)
	}
}
