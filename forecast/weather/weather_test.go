package weather_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/forecast/weather"
)

func TestRead(t *testing.T) {
	t.Parallel()
	table, err := weather.Read(strings.NewReader("date,rain, wind\n2026-03-10,1.5,\n2026-03-09,0,-3\n2026-03-10,2,7\n"))
	if err != nil {
		t.Fatal(err)
	}
	day := int(time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	if diff := cmp.Diff([][]float64{{0, -3}, {2, 7}, nil}, [][]float64{table.On(day), table.On(day + 1), table.On(day + 2)}); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"rain", "wind"}, table.Columns()); diff != "" {
		t.Error(diff)
	}
	var none *weather.Table
	if none.On(day) != nil || none.Columns() != nil {
		t.Error("no table knows something")
	}
	if table, err = weather.Read(strings.NewReader("date,rain\n2026-03-09,\n")); err != nil || !math.IsNaN(table.On(day)[0]) {
		t.Errorf("%v %v, want a value that is not known", table.On(day), err)
	}
}

func TestWhatIsNoWeather(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "heading",
		"day,rain\n":                  "want date",
		"date\n":                      "1 to 8 columns",
		"date,a,b,c,d,e,f,g,h,i\n":    "1 to 8 columns",
		"date,rain\n9 March,1\n":      "line 2: date",
		"date,rain\n2026-03-09,wet\n": "rain is \"wet\"",
		"date,rain\n2026-03-09,Inf\n": "rain is \"Inf\"",
		"date,rain\n2026-03-09,1,2\n": "wrong number of fields",
	} {
		if _, err := weather.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
