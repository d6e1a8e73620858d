package problem

import "testing"

func TestDetect(t *testing.T) {
	t.Parallel()
	for fixture, want := range map[string]Format{
		"tiny-solomon.txt": Solomon, "tiny-cvrp.vrp": VRPLIB, "tiny-vrptw.vrp": VRPLIB, "tiny-trsp.txt": TRSP,
		"tiny-day.txt": TRSP, "tiny-dispatch.json": Dispatch, "tiny-fettle.json": Fettle,
	} {
		if got, err := detect(fixture, []byte(readFixture(t, fixture))); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", fixture, got, err, want)
		}
	}
	for text, want := range map[string]Format{
		`{"vehicles":[],"jobs":[]}`: VROOM, `{"shipments":[]}`: VROOM, `{"plan":{},"fleet":{}}`: Pragmatic, `{"visits":[{"jobs":1}]}`: Fettle,
		"NAME : x\nTYPE : CVRP\nDIMENSION : 5\n": VRPLIB,
	} {
		if got, err := detect("f", []byte(text)); err != nil || got != want {
			t.Errorf("%q is %s (%v), want %s", text, got, err, want)
		}
	}
}

func TestReadFaults(t *testing.T) {
	t.Parallel()
	const untold = `f: the format cannot be told by the content; name it: fettle, vroom, solomon, vrplib, pragmatic, trsp, dispatch, mdvrptw, euro, hhcrsp`
	for _, tt := range []struct{ name, text, format, want string }{
		{"empty", " \n", "auto", `f: the file is empty`},
		{"other JSON", `{"a":1}`, "", untold},
		{"array", `[]`, "auto", untold},
		{"prose", "hello\nworld", "auto", untold},
		{"UTF-16", "\xff\xfe{", "auto", `f: the text is UTF-16, want UTF-8`},
		{"unknown format", "x", "excel", `format "excel" is not known; known are auto, fettle, vroom, solomon, vrplib, pragmatic, trsp, dispatch, mdvrptw, euro, hhcrsp`},
		{"cut off", "{\n\"visits\":[", "auto", `f:2: not JSON: unexpected end of JSON input`},
	} {
		_, err := Read("f", []byte(tt.text), Format(tt.format))
		if got := message(err); got != tt.want {
			t.Errorf("%s: got  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	fuzzReader(f, Auto, "tiny-solomon.txt", "tiny-cvrp.vrp", "tiny-trsp.txt", "tiny-dispatch.json", "tiny-fettle.json")
}
