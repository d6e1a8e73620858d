package travel

import "testing"

// Whatever a service sends is a table of the right size with values in range, or an error. In this package, since the
// decoder is not exported.
func FuzzDecodeOSRM(f *testing.F) {
	for _, body := range []string{
		`{"code":"Ok","durations":[[0,1.5],[null,0]],"distances":[[0,12.3],[7,0]]}`,
		`{"code":"Ok","durations":[[0,1e300],[1,0]],"distances":[[0,1],[1,0]]}`,
		`{"code":"Ok","durations":[[0]],"distances":null}`,
		`{"code":"InvalidQuery","message":"x"}`,
		`[]`, ``, `null`,
	} {
		f.Add(200, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		table, err := decodeOSRM(status, body, 2, 2)
		if err != nil {
			if err.Error() == "" || table.seconds != nil {
				t.Fatalf("a table with the error %q", err)
			}
			return
		}
		if len(table.seconds) != 4 || len(table.meters) != 4 || table.columns != 2 {
			t.Fatalf("table %+v", table)
		}
		for i, s := range table.seconds {
			m := table.meters[i]
			if s < 0 || m < 0 || s > Unreachable || m > Unreachable || (s == Unreachable) != (m == Unreachable) {
				t.Fatalf("value %d: %d s, %d m", i, s, m)
			}
		}
	})
}
