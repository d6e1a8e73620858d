package draw_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/geo"
	"fettle/internal/draw"
)

var update = flag.Bool("update", false, "rewrite the golden pictures")

// newDay is a morning of two technicians and five visits around Berlin, one of them an emergency, one left out. Travel is
// two minutes a hundredth of a degree.
func newDay(t testing.TB) (*dispatch.Problem, *dispatch.Plan) {
	t.Helper()
	points := []geo.Point{
		{Lat: 52.50, Lon: 13.40},
		{Lat: 52.53, Lon: 13.38},
		{Lat: 52.55, Lon: 13.42},
		{Lat: 52.51, Lon: 13.46},
		{Lat: 52.47, Lon: 13.45},
		{Lat: 52.46, Lon: 13.37},
		{Lat: 52.49, Lon: 13.33},
	}
	p := &dispatch.Problem{Name: "Morning <1> & \"more\"", Origin: time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC), Scale: dispatch.Scale{Unit: "s"}}
	values := make([]int32, 0, len(points)*len(points))
	for _, a := range points {
		p.Places = append(p.Places, dispatch.Place{Point: a, OnGlobe: true})
		for _, b := range points {
			values = append(values, int32(math.Round(12000*math.Hypot(a.Lat-b.Lat, a.Lon-b.Lon))))
		}
	}
	m, err := geo.NewDense(len(points), values)
	if err != nil {
		t.Fatal(err)
	}
	p.Travel = []dispatch.Travel{{Time: m}}
	const hour = 3600
	shift := dispatch.Shift{
		Start: 8 * hour, End: 12 * hour, LatestDeparture: dispatch.NoTick,
		Breaks: []dispatch.Break{{Duration: 900, Windows: []dispatch.TimeWindow{{Start: 10 * hour, End: 11 * hour}}}},
	}
	other := shift
	other.StartPlace, other.EndPlace = 6, 6
	p.Technicians = []dispatch.Technician{
		{ID: "ann", Name: "Ann <b>", Shifts: []dispatch.Shift{shift}, Depots: []dispatch.Depot{{Place: 0, Duration: 300}}}, {ID: "bob", Shifts: []dispatch.Shift{other}},
	}
	for i, id := range []dispatch.VisitID{"w1", "w2", "w3", "w4", "w5"} {
		p.Visits = append(p.Visits, dispatch.Visit{ID: id, Place: int32(i + 1), OnSite: 2400, Entry: 300, Due: dispatch.NoTick, Priority: int32(i)})
	}
	p.Visits[0].Windows = []dispatch.TimeWindow{{Start: 9 * hour, End: 10 * hour}}
	p.Visits[1].Urgency, p.Visits[1].Due = dispatch.UrgencyEmergency, 9*hour
	stops := func(visits ...int32) (out []dispatch.Stop) {
		for _, v := range visits {
			out = append(out, dispatch.Stop{Kind: dispatch.StopVisit, Visit: v, Break: -1, Depot: -1})
		}
		return out
	}
	plan := &dispatch.Plan{
		Routes: []dispatch.Route{
			{Stops: append(stops(0, 1), dispatch.Stop{Kind: dispatch.StopDepot, Visit: -1, Break: -1})}, {Technician: 1, Stops: stops(4, 3)},
		},
		Unassigned: []dispatch.Unassigned{{Visit: 2, Reason: dispatch.ReasonSkillMissing, Detail: "nobody has gas & water"}},
	}
	plan.Routes = check.Plan(p, plan).Routes
	return p, plan
}

func svg(t interface{ Fatal(...any) }, p *dispatch.Problem, plan *dispatch.Plan) []byte {
	var b bytes.Buffer
	if err := draw.SVG(&b, p, plan); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSVGGolden(t *testing.T) {
	t.Parallel()
	globe, globePlan := newDay(t)
	matrix, matrixPlan := newDay(t)
	matrix.Places = make([]dispatch.Place, len(matrix.Places))
	matrix.Origin = time.Time{}
	tests := []struct {
		name string
		p    *dispatch.Problem
		plan *dispatch.Plan
	}{{"globe", globe, globePlan}, {"matrix", matrix, matrixPlan}, {"empty", &dispatch.Problem{}, nil}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := svg(t, tt.p, tt.plan)
			name := filepath.Join("testdata", tt.name+".svg")
			if *update {
				if err := os.WriteFile(name, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("picture differs from %s; look at it and run with -update", name)
			}
		})
	}
}

// wellFormed fails when the picture is no XML or draws a number that is none.
func wellFormed(t interface{ Fatal(...any) }, picture []byte) {
	d := xml.NewDecoder(bytes.NewReader(picture))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			for _, a := range e.Attr {
				if a.Name.Local != "class" && a.Name.Local != "id" && (strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf")) {
					t.Fatal(e.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
}

func TestSVGSaysWhatIsThere(t *testing.T) {
	t.Parallel()
	p, plan := newDay(t)
	picture := svg(t, p, plan)
	wellFormed(t, picture)
	for _, want := range []string{
		"Morning &lt;1&gt; &amp; &#34;more&#34;", "4 of 5 visits", "1 unassigned", "Ann &lt;b&gt;", "SKILL_MISSING · nobody has gas &amp; water",
		"Equirectangular projection", "Tuesday, 3 March 2026, local time (UTC)", ">09:00<", ">2 km<", "waiting", "Depot", "prefers-color-scheme:dark",
	} {
		if !bytes.Contains(picture, []byte(want)) {
			t.Errorf("the picture does not say %q", want)
		}
	}
	p.Places = make([]dispatch.Place, len(p.Places))
	if picture := svg(t, p, plan); !bytes.Contains(picture, []byte("No coordinates")) {
		t.Error("a layout by travel times must say so")
	}
}

func TestSVGMarksDaysOfADaylightSavingChange(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err) // time/tzdata is linked in: the machine needs no zone files
	}
	p, plan := newDay(t)
	// On 29 March 2026 the clock goes from 2:00 to 3:00: tick 8 h after midnight is 9:00 on the wall.
	p.Origin = time.Date(2026, 3, 29, 0, 0, 0, 0, zone)
	picture := string(svg(t, p, plan))
	if !strings.Contains(picture, ">10:00<") || strings.Contains(picture, ">08:00<") {
		t.Error("marks do not follow the wall clock")
	}
}

func TestSVGReturnsTheWriterError(t *testing.T) {
	t.Parallel()
	p, plan := newDay(t)
	if err := draw.SVG(failing{}, p, plan); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestSVGNeverPanics draws odd plans: indices that do not exist, times of any kind, no places, one place, all in one place.
func TestSVGNeverPanics(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := oddProblem(t)
		plan := &dispatch.Plan{}
		index := rapid.Int32Range(-2, 8)
		instant := rapid.OneOf(rapid.Int32Range(0, 90000), rapid.Int32())
		tick := func(name string) dispatch.Tick { return dispatch.Tick(instant.Draw(t, name)) }
		for range rapid.IntRange(0, 60).Draw(t, "routes") {
			r := dispatch.Route{Technician: index.Draw(t, "technician"), Shift: index.Draw(t, "shift"), Departure: tick("departure"), End: tick("end"), EndTravel: tick("last leg")}
			for range rapid.IntRange(0, 4).Draw(t, "stops") {
				r.Stops = append(r.Stops, dispatch.Stop{
					Kind:  rapid.SampledFrom([]dispatch.StopKind{dispatch.StopVisit, dispatch.StopBreak, dispatch.StopDepot, "?"}).Draw(t, "kind"),
					Visit: index.Draw(t, "visit"), Depot: index.Draw(t, "depot"), Travel: tick("travel"),
					Arrival: tick("arrival"), Start: tick("start"), Entry: tick("entry"), End: tick("stop end"), Late: tick("late"),
				})
			}
			plan.Routes = append(plan.Routes, r)
		}
		for range rapid.IntRange(0, 4).Draw(t, "left out") {
			plan.Unassigned = append(plan.Unassigned, dispatch.Unassigned{Visit: index.Draw(t, "unassigned"), Detail: rapid.String().Draw(t, "detail")})
		}
		first := svg(t, p, plan)
		wellFormed(t, first)
		if !bytes.Equal(first, svg(t, p, plan)) {
			t.Fatal("two pictures of one plan differ")
		}
	})
}

func oddProblem(t *rapid.T) *dispatch.Problem {
	n := rapid.IntRange(1, 6).Draw(t, "places")
	travel := rapid.OneOf(rapid.Just(int32(0)), rapid.Int32Range(0, 5000), rapid.Just(dispatch.Unreachable))
	m, err := geo.NewDense(n, rapid.SliceOfN(travel, n*n, n*n).Draw(t, "travel"))
	if err != nil {
		t.Fatal(err)
	}
	p := &dispatch.Problem{
		Name: rapid.String().Draw(t, "name"), Travel: []dispatch.Travel{{Time: m}},
		Scale: dispatch.Scale{Unit: rapid.SampledFrom([]string{"", "s", "min", "m<s>"}).Draw(t, "unit"), TicksPerUnit: rapid.Int32Range(0, 10).Draw(t, "ticks")},
	}
	if rapid.Bool().Draw(t, "wall time") {
		p.Origin = time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
	}
	same, onGlobe, inPlane := rapid.Bool().Draw(t, "all in one place"), rapid.Bool().Draw(t, "globe"), rapid.Bool().Draw(t, "plane")
	for i := range n {
		at := dispatch.Place{OnGlobe: onGlobe, InPlane: inPlane}
		if !same || i == 0 {
			at.Point = geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
			at.X, at.Y = rapid.Float64Range(-1e9, 1e9).Draw(t, "x"), rapid.Float64Range(-1e9, 1e9).Draw(t, "y")
		} else {
			at = p.Places[0]
		}
		p.Places = append(p.Places, at)
	}
	place := rapid.Int32Range(0, int32(n)-1)
	for range rapid.IntRange(0, 4).Draw(t, "technicians") {
		shift := dispatch.Shift{Start: 100, End: 40000, StartPlace: place.Draw(t, "home"), EndPlace: dispatch.NoPlace}
		p.Technicians = append(p.Technicians, dispatch.Technician{
			Name: rapid.String().Draw(t, "technician name"), Shifts: []dispatch.Shift{shift, shift},
			Depots: []dispatch.Depot{{Place: place.Draw(t, "depot place")}},
		})
	}
	for range rapid.IntRange(0, 6).Draw(t, "visits") {
		p.Visits = append(p.Visits, dispatch.Visit{
			ID: dispatch.VisitID(rapid.String().Draw(t, "id")), Place: place.Draw(t, "place"),
			Urgency: rapid.SampledFrom([]dispatch.Urgency{"", dispatch.UrgencyEmergency}).Draw(t, "urgency"), Priority: rapid.Int32().Draw(t, "priority"),
			Windows: []dispatch.TimeWindow{{Start: 5, End: 5000}},
		})
	}
	return p
}
