package outlook

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fettle/org"
)

// wet is 150 days with twice as many reports on each that rains, and their weather, tomorrow's too.
func wet(tomorrow int) ([]Report, string) {
	r := rand.New(rand.NewPCG(5, 6))
	var out []Report
	var sky strings.Builder
	sky.WriteString("date,rain\n")
	for day := 150; day > 0; day-- {
		rain := 0
		if r.IntN(4) == 0 {
			rain = 1
		}
		at := now.AddDate(0, 0, -day)
		fmt.Fprintf(&sky, "%s,%d\n", at.Format(time.DateOnly), rain)
		for range (10 + r.IntN(5)) * (1 + rain) {
			out = append(out, Report{Time: at.Truncate(24 * time.Hour).Add(time.Duration(r.IntN(1440)) * time.Minute), Point: busy, Trade: "plumbing"})
		}
	}
	fmt.Fprintf(&sky, "%s,0\n%s,%d\n", now.Format(time.DateOnly), now.AddDate(0, 0, 1).Format(time.DateOnly), tomorrow)
	return out, sky.String()
}

func TestTheWeatherOfTomorrowCounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weather.csv")
	past, text := wet(0)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	var failed []error
	sky, err := OpenSky(path, func(err error) { failed = append(failed, err) })
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{at: now}
	o, err := New(Config{Store: &logOf{}, Clock: c, Zone: time.UTC, History: map[org.ID][]Report{org.Default: past}, Sky: sky})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	tomorrow := func() (float64, *View) {
		t.Helper()
		o.mu.Lock()
		clear(o.kept) // as after a bucket
		o.mu.Unlock()
		v := view(t, o, Key{Resolution: 8})
		day := now.AddDate(0, 0, 1).Truncate(24 * time.Hour)
		return v.Ahead(v.Buckets(day, day.Add(24*time.Hour))).Total.Mean, v
	}
	dry, v := tomorrow()
	if s := v.Sky(); s == nil || s.Columns[0] != "rain" || s.Without.Deviance <= v.Scores()[0].Deviance {
		t.Errorf("weather %+v did not help: deviance %v", s, v.Scores()[0].Deviance)
	}
	_, text = wet(1)
	write(text + "\n") // another size: two writes may fall on one instant of the file system
	if rain, _ := tomorrow(); rain < 1.5*dry {
		t.Errorf("%.1f reports when it rains tomorrow, %.1f when it does not", rain, dry)
	}
	write("date,rain\nsoon,1\n")
	if rain, _ := tomorrow(); rain < 1.5*dry || len(failed) != 1 || !strings.Contains(failed[0].Error(), "line 2: date") {
		t.Errorf("%.1f after a file that cannot be read, told %v; want what was known, and one error that names the line", rain, failed)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if tomorrow(); len(failed) != 2 {
		t.Errorf("told %v of a file that is gone", failed)
	}
}

func TestNoWeatherFile(t *testing.T) {
	if _, err := OpenSky(filepath.Join(t.TempDir(), "none.csv"), nil); err == nil {
		t.Error("no error for a file that is not there")
	}
}
