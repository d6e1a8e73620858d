package main

import (
	"strings"
	"testing"
)

// TestReport feeds the events of go test and compares what is shown.
func TestReport(t *testing.T) {
	t.Parallel()
	const ok = `{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}` + "\n"
	tests := map[string]struct {
		events, want string
		failed       bool
		code         int
	}{
		"closing lines stay, passing output goes": {
			events: `{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}` + "\n" +
				`{"Action":"pass","Package":"p","Test":"TestA"}` + "\n" + `{"Action":"output","Package":"p","Output":"PASS\n"}` + "\n" + ok,
			want: "ok  \tp\t0.1s\n1 passed, 0 failed, 0 skipped\n",
		},
		"a skip fails": {
			events: `{"Action":"output","Package":"p","Test":"TestA","Output":"no server\n"}` + "\n" +
				`{"Action":"skip","Package":"p","Test":"TestA"}` + "\n" + ok,
			want: "no server\nok  \tp\t0.1s\nskipped, which counts as a failure: p TestA\n0 passed, 0 failed, 1 skipped\n",
			code: 1,
		},
		"a failure shows its output": {
			events: `{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}` + "\n" +
				`{"Action":"output","Package":"p","Test":"TestA","Output":"1 != 2\n"}` + "\n" + `{"Action":"fail","Package":"p","Test":"TestA"}` + "\n",
			want: "1 != 2\n0 passed, 1 failed, 0 skipped\n", failed: true, code: 1,
		},
		"a panic shows the test that never finished": {
			events: `{"Action":"output","Package":"p","Test":"TestA","Output":"panic: x\n"}` + "\n",
			want:   "unfinished: p TestA\npanic: x\n0 passed, 0 failed, 0 skipped\n", failed: true, code: 1,
		},
		"a build error is shown": {
			events: `{"ImportPath":"p","Action":"build-output","Output":"p.go:1: bad\n"}` + "\nplain\n",
			want:   "p.go:1: bad\nplain\n0 passed, 0 failed, 0 skipped\n", failed: true, code: 1,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			r := &report{out: &out, output: map[string][]string{}}
			if err := r.read(strings.NewReader(tt.events)); err != nil {
				t.Fatal(err)
			}
			if code := r.close(tt.failed); code != tt.code || out.String() != tt.want {
				t.Errorf("code %d, output %q; want %d, %q", code, out.String(), tt.code, tt.want)
			}
		})
	}
}
