package count_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/forecast/count"
	"fettle/geo"
	"fettle/geo/h3cell"
)

func axis(t *testing.T, bucket time.Duration, zone string) count.Axis {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	a, err := count.NewAxis(bucket, z)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAxisFollowsTheClock(t *testing.T) {
	t.Parallel()
	a := axis(t, time.Hour, "America/New_York")
	at := func(s string) int {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return a.Of(v)
	}
	for _, c := range []struct {
		instant, label string
		hours          float64
	}{
		{"2015-03-08T06:30:00Z", "2015-03-08 01:00", 1},
		{"2015-03-08T07:30:00Z", "2015-03-08 03:00", 1}, // the clock leaps over 02:00
		{"2015-11-01T05:30:00Z", "2015-11-01 01:00", 2}, // 01:30 the first time
		{"2015-11-01T06:30:00Z", "2015-11-01 01:00", 2}, // and the second
		{"2015-11-01T07:30:00Z", "2015-11-01 02:00", 1},
		{"1969-12-31T23:30:00Z", "1969-12-31 18:00", 1},
	} {
		b := at(c.instant)
		if a.Label(b) != c.label || a.Hours(b) != c.hours {
			t.Errorf("%s is in %s of %g h, want %s of %g h", c.instant, a.Label(b), a.Hours(b), c.label, c.hours)
		}
	}
	leap := at("2015-03-08T06:30:00Z") + 1
	if a.Label(leap) != "2015-03-08 02:00" || a.Hours(leap) != 0 {
		t.Errorf("the hour that is leapt over is %s of %g h", a.Label(leap), a.Hours(leap))
	}
	days := axis(t, 24*time.Hour, "America/New_York")
	for label, hours := range map[string]float64{"2015-03-08": 23, "2015-11-01": 25, "2015-06-01": 24} {
		d, err := time.Parse(time.DateOnly, label)
		if err != nil {
			t.Fatal(err)
		}
		if b := days.Civil(d); days.Label(b) != label || days.Hours(b) != hours || days.Weekday(b) != d.Weekday() {
			t.Errorf("%s is %s, %s, of %g h, want %g h", label, days.Label(b), days.Weekday(b), days.Hours(b), hours)
		}
	}
	if shanghai := axis(t, 24*time.Hour, "Asia/Shanghai"); shanghai.Hours(16000) != 24 {
		t.Errorf("a day without change of clocks has %g h", shanghai.Hours(16000))
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bucket, base time.Duration
		times        int
	}{{time.Hour, time.Hour, 1}, {6 * time.Hour, 6 * time.Hour, 1}, {24 * time.Hour, 24 * time.Hour, 1}, {168 * time.Hour, 24 * time.Hour, 7}} {
		base, times, err := count.Split(c.bucket)
		if err != nil || base != c.base || times != c.times {
			t.Errorf("%s is %d x %s, %v", c.bucket, times, base, err)
		}
	}
	for _, bad := range []time.Duration{0, 30 * time.Minute, 5 * time.Hour, 30 * time.Hour, 192 * time.Hour, -time.Hour} {
		var invalid *count.InvalidError
		if _, _, err := count.Split(bad); !errors.As(err, &invalid) || invalid.Field != "bucket" {
			t.Errorf("%s gives %v", bad, err)
		}
	}
}

// rows has one row of each sort.
const rows = `time,lat,lon,kind
2015-01-02 10:00:00,42.3474,-71.0944,leak
2015-01-02T15:30:00Z,42.3474,-71.0944,leak
2015-01-02T23:30:00-05:00,42.3474,-71.0944,lift
2015-01-02 10:00:00,42.3474,-71.0944,leak
soon,42.3474,-71.0944,leak
2015-01-02 10:00:00,,-71.0944,leak
2015-01-02 10:00:00,142,-71.0944,leak
2015-01-02 10:00:00,31.2,121.4,leak
2015-01-02 10:00:00,42.3474,-71.0944,
2015-01-02 10:00:00,42.3474
2015-02-30 10:00:00,42.3474,-71.0944,leak
`

func TestReadReportsWhatItMeets(t *testing.T) {
	t.Parallel()
	home, err := h3cell.Of(geo.Point{Lat: 42.3474, Lon: -71.0944}, 8)
	if err != nil {
		t.Fatal(err)
	}
	opt := count.Options{Axis: axis(t, 24*time.Hour, "America/New_York"), Resolution: 8, Places: []geo.Cell{home}}
	table, report, err := count.Read(strings.NewReader(rows), opt)
	if err != nil {
		t.Fatal(err)
	}
	want := &count.Report{
		Rows: 11, Counted: 5, WithoutZone: 3, Repeated: 1, UnknownKind: 1, BadTime: 2, BadPlace: 2, OutOfArea: 1, TooShort: 1,
		Examples: map[string]int{
			"withoutZone": 2, "repeated": 5, "unknownKind": 10, "badTime": 6, "badPlace": 7, "outOfArea": 9, "tooShort": 11,
		},
	}
	if d := cmp.Diff(want, report); d != "" {
		t.Errorf("report (-want +got):\n%s", d)
	}
	if got := table.Events(); got != 5 || table.End-table.First != 1 || table.Axis.Label(table.First) != "2015-01-02" {
		t.Errorf("%d events in %d buckets from %s", got, table.End-table.First, table.Axis.Label(table.First))
	}
	if d := cmp.Diff([]string{"", "leak", "lift"}, table.Kinds); d != "" {
		t.Errorf("kinds (-want +got):\n%s", d)
	}
	opt.DropRepeat, opt.Only, opt.Kinds = true, []string{"leak"}, []string{"lift"}
	_, report, err = count.Read(strings.NewReader(rows), opt)
	if err != nil {
		t.Fatal(err)
	}
	if report.Dropped != 1 || report.OtherKind != 2 || report.UnknownKind != 2 || report.Counted != 2 {
		t.Errorf("with one kind and no repeats: %s", report)
	}
	if report.Counted+report.BadTime+report.BadPlace+report.OutOfArea+report.OtherKind+report.Dropped+report.TooShort != report.Rows {
		t.Errorf("rows are lost: %s", report)
	}
}

func TestReadByColumn(t *testing.T) {
	t.Parallel()
	table, _, err := count.Read(strings.NewReader("opened,latitude,lng,trade,building\n2025-01-01,31.2,121.4,lift,B\n2025-01-03 00:00,31.2,121.4,lift,A\n2025-01-03,31.2,121.4,leak,B\n"),
		count.Options{Axis: axis(t, 24*time.Hour, "Asia/Shanghai"), Resolution: 9, KeyColumn: "building"})
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Places) != 2 || table.Places[0].Name != "A" || table.Places[1].Name != "B" || !table.Named {
		t.Fatalf("places are %+v", table.Places)
	}
	want := []count.Count{{Place: 1, Kind: 1, N: 1}, {Place: 0, Kind: 1, N: 1}, {Place: 1, Kind: 0, N: 1}}
	for i := range want {
		want[i].Bucket = int32(table.First)
		if i > 0 {
			want[i].Bucket += 2
		}
	}
	if d := cmp.Diff(want, table.Counts); d != "" {
		t.Errorf("counts (-want +got):\n%s", d)
	}
	if got := len(table.Range(table.First+1, table.End)); got != 2 {
		t.Errorf("%d counts after the first day, want 2", got)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	ok := count.Options{Axis: axis(t, 24*time.Hour, "UTC"), Resolution: 8}
	for _, c := range []struct {
		name, text string
		opt        count.Options
	}{
		{"nothing", "", ok},
		{"no place", "time,kind\n", ok},
		{"no axis", rows, count.Options{Resolution: 8}},
		{"resolution", rows, count.Options{Axis: ok.Axis, Resolution: 16}},
		{"cells of another resolution", rows, count.Options{Axis: ok.Axis, Resolution: 8, Places: []geo.Cell{0x872a30663ffffff}}},
		{"no such column", rows, count.Options{Axis: ok.Axis, Resolution: 8, KeyColumn: "building"}},
	} {
		var invalid *count.InvalidError
		if _, _, err := count.Read(strings.NewReader(c.text), c.opt); !errors.As(err, &invalid) {
			t.Errorf("%s gives %v, want an InvalidError", c.name, err)
		}
	}
}

func TestFreeTextInsteadOfKindsIsBounded(t *testing.T) {
	t.Parallel()
	r, err := count.NewReader(count.Options{Axis: axis(t, 24*time.Hour, "UTC"), Resolution: 8})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40000 {
		r.Add(count.Event{Time: "2025-01-01", Lat: "31.2", Lon: "121.4", Kind: fmt.Sprint("text ", i)})
	}
	if table := r.Table(); len(table.Kinds) > 1000 || table.Events() != 40000 {
		t.Errorf("%d kinds, %d events", len(table.Kinds), table.Events())
	}
}
