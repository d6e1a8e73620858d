package problem

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"fettle/dispatch"
)

// readFixture reads a file of testdata.
func readFixture(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// mustRead reads a fixture as a document.
func mustRead(t testing.TB, name string, format Format) *Document {
	t.Helper()
	d, err := Read(name, []byte(readFixture(t, name)), format)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Problem.Validate(); err != nil {
		t.Fatal(err)
	}
	return d
}

// fault is one way to spoil a fixture, and what the reader says to it.
type fault struct{ name, old, new, want string }

// testFaults spoils the fixture in each way and compares the messages; the file is called "f".
func testFaults(t *testing.T, fixture string, format Format, faults []fault) {
	t.Helper()
	text := readFixture(t, fixture)
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(text, tt.old) {
				t.Fatalf("the fixture does not hold %q", tt.old)
			}
			_, err := Read("f", []byte(strings.Replace(text, tt.old, tt.new, 1)), format)
			if got := message(err); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// onRoutes is a plan with visits by technician, all in the first shift.
func onRoutes(routes map[int32][]int32, technicians int32) *dispatch.Plan {
	plan := &dispatch.Plan{Status: dispatch.StatusComplete}
	for k := range technicians {
		if visits := routes[k]; len(visits) > 0 {
			r := dispatch.Route{Technician: k}
			for _, v := range visits {
				r.Stops = append(r.Stops, visitStop(v))
			}
			plan.Routes = append(plan.Routes, r)
		}
	}
	return plan
}

// writeNative writes a plan in the document's format.
func writeNative(t testing.TB, d *Document, plan *dispatch.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := d.WritePlan(&b, plan); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// testRoundTrip reads a plan back and writes it again: the same bytes.
func testRoundTrip(t *testing.T, d *Document, written string) *dispatch.Plan {
	t.Helper()
	plan, err := d.ReadPlan("plan", []byte(written))
	if err != nil {
		t.Fatal(err)
	}
	if again := writeNative(t, d, plan); again != written {
		t.Errorf("read and written again:\n%s\nwant:\n%s", again, written)
	}
	return plan
}

// testPlanFaults compares the messages of a document's plan reader; the file is called "p".
func testPlanFaults(t *testing.T, d *Document, faults []struct{ name, text, want string }) {
	t.Helper()
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := d.ReadPlan("p", []byte(tt.text))
			if got := message(err); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// fuzzReader holds a reader to its promise: no panic, and what is accepted is valid.
func fuzzReader(f *testing.F, format Format, fixtures ...string) {
	for _, name := range fixtures {
		f.Add([]byte(readFixture(f, name)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Read("f", data, format)
		if err != nil {
			return
		}
		if err := d.Problem.Validate(); err != nil {
			t.Errorf("accepted, but %v", err)
		}
		if plan, err := d.ReadPlan("p", data); err == nil {
			writeNative(t, d, plan)
		}
	})
}

// allocated is the number of bytes that f allocates; the caller must not be parallel.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
