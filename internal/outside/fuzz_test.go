package outside

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// target is a call that mutations begin from.
type target struct {
	method, path, body string
}

func targets(id, technician string) []target {
	return []target{
		{"POST", "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2,"datum":"GCJ02"},"requiredSkills":[{"skill":"plumbing","level":2}],"urgency":"EMERGENCY","onSiteDuration":"2700s","timeWindows":[{"startTime":"2030-01-01T08:00:00+08:00","endTime":"2030-01-01T10:00:00+08:00"}],"unitId":"u","description":"d","channel":"PHONE","priority":5,"requiredTools":["ladder"],"territory":"t","buildingId":"b","onlyTechnicianIds":["a"],"excludedTechnicianIds":["b"],"preferredTechnicianIds":["c"]}`},
		{"POST", "/v1/technicians", `{"displayName":"Wang","skills":[{"skill":"plumbing","level":3}],"home":{"latitude":30.2,"longitude":120.2},"shifts":[{"startTime":"2030-01-01T08:00:00Z","endTime":"2030-01-01T16:00:00Z","breaks":[{"startTime":"2030-01-01T11:00:00Z","endTime":"2030-01-01T13:00:00Z","duration":"1800s"}]}],"weeklyShifts":[{"days":["MON","TUE"],"start":"08:00","end":"17:00","breaks":[{"start":"12:00","end":"13:00","duration":"1800s"}]}],"timeZone":"Asia/Shanghai","tools":["ladder"],"territories":["t"],"maxVisits":8}`},
		{"PATCH", "/v1/workOrders/" + id, `{"priority":3,"description":"x","timeWindows":[]}`},
		{"PATCH", "/v1/technicians/" + technician, `{"displayName":"Li","maxVisits":5,"weeklyShifts":[{"days":["SUN"],"start":"22:00","end":"06:00"}]}`},
		{"POST", "/v1/workOrders/" + id + ":pin", `{"technicianId":"` + technician + `","startTime":"2030-01-01T08:00:00Z"}`},
		{"POST", "/v1/workOrders/" + id + ":reassign", `{"technicianId":"` + technician + `","reason":"r"}`},
		{"POST", "/v1/workOrders/" + id + ":merge", `{"into":"` + id + `","reason":"r"}`},
		{"POST", "/v1/workOrders/" + id + ":rate", `{"rating":5,"comment":"c"}`},
		{"POST", "/v1/workOrders/" + id + ":escalate", `{"reason":"r","etag":"1"}`},
		{"POST", "/v1/technicians/" + technician + ":startShift", `{"endTime":"2030-01-01T08:00:00Z"}`},
		{"POST", "/v1/technicians/" + technician + ":endShift", `{"reason":"sick"}`},
		{"POST", "/v1/positions:report", `{"positions":[{"technicianId":"` + technician + `","location":{"latitude":30.2,"longitude":120.2},"time":"2026-01-01T08:00:00Z","accuracyMeters":10,"sequence":"7"}]}`},
		{"POST", "/v1/compat/vroom", `{"vehicles":[{"id":1,"start":[120.1,30.2],"time_window":[0,36000],"skills":[1]}],"jobs":[{"id":1,"location":[120.2,30.2],"service":300,"skills":[1],"time_windows":[[0,3600]]}]}`},
		{"GET", "/v1/workOrders?pageSize=10&open=true&states=NEW&technicianId=" + technician + "&unitId=u&pageToken=", ""},
		{"GET", "/v1/technicians?pageSize=10", ""},
		{"GET", "/v1/technicians:nearby?latitude=30.2&longitude=120.2&skill=plumbing&level=1&limit=5&radiusMeters=500", ""},
		{"GET", "/v1/workOrders/" + id + ":explain", ""},
		{"GET", "/v1/workOrders/" + id + "/timeline?pageSize=5", ""},
		{"GET", "/v1/technicians/" + technician + "/assignments", ""},
		{"GET", "/v1/technicians/" + technician + "/route", ""},
		{"GET", "/v1/plans/current", ""},
	}
}

// tokens are what mutations put in: values at the edges of types, and pieces of other languages.
var tokens = []string{
	"null", "true", "[]", "{}", `""`, "0", "-1", "-0", "1e400", "-1e308", "1e-400", "9223372036854775807", "9223372036854775808", "18446744073709551616",
	"NaN", "Infinity", `"NaN"`, `"-Infinity"`, `"1e9"`, `"0001-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999999Z"`, `"2030-06-31T00:00:00Z"`,
	`"-1s"`, `"315576000000s"`, `"0.000000001s"`, `"1s1s"`, `"\u0000"`, `"\ud800"`, "\"\xff\"", `"' OR '1'='1"`, `"../../etc/passwd"`, `"%s%n"`,
	`"` + strings.Repeat("A", 5000) + `"`, strings.Repeat("[", 300), `{"a":{"a":{"a":1}}}`, ",", ":", "\x00", "\ufeff", `"漏水"`, "91", "-181", "120.2",
	`"MARS"`, `"GCJ02"`, "[[]]", `[null]`, `{"latitude":120,"longitude":30}`, `"Asia/Nowhere"`, `"../../../etc/localtime"`, `"24:00"`,
}

// mutate changes a text: four times in ten one or two of its values, else one to four places of any kind.
func mutate(rng *rand.Rand, text string) []byte {
	b := []byte(text)
	if rng.IntN(10) < 4 && len(b) > 0 {
		for range 1 + rng.IntN(2) {
			b = replaceValue(rng, b)
		}
		return b
	}
	for range 1 + rng.IntN(4) {
		if len(b) == 0 {
			return b
		}
		i := rng.IntN(len(b))
		switch rng.IntN(7) {
		case 0:
			b[i] ^= 1 << rng.IntN(8)
		case 1:
			b = b[:i]
		case 2:
			j := min(len(b), i+1+rng.IntN(20))
			b = append(b[:i:i], b[j:]...)
		case 3:
			j := min(len(b), i+1+rng.IntN(40))
			b = append(b[:j:j], b[i:]...) // a piece twice
		case 4:
			b = append(b[:i:i], append([]byte(tokens[rng.IntN(len(tokens))]), b[i:]...)...)
		default:
			b = replaceValue(rng, b)
		}
	}
	return b
}

// replaceValue puts a token in the place of a value, so that the JSON often stays well formed.
func replaceValue(rng *rand.Rand, b []byte) []byte {
	from := bytes.IndexByte(b[rng.IntN(len(b)):], ':')
	if from < 0 {
		return b
	}
	from = bytes.IndexByte(b, ':') + 1
	for range rng.IntN(12) { // the n-th value
		next := bytes.IndexByte(b[from:], ':')
		if next < 0 {
			break
		}
		from += next + 1
	}
	to := from
	for to < len(b) && b[to] != ',' && b[to] != '}' && b[to] != ']' {
		to++
	}
	return append(b[:from:from], append([]byte(tokens[rng.IntN(len(tokens))]), b[to:]...)...)
}

// TestMutatedRequests sends requests that differ from valid ones in a few places (R-G3): whatever comes, the answer is one,
// it is no 5xx, refusals are problems, and the service lives.
func TestMutatedRequests(t *testing.T) {
	s := start(t, t.TempDir())
	technicians := hire(s, 3)
	first := report(s, rand.New(rand.NewPCG(1, 1)), "fuzz")
	all := targets(first.ID, technicians[0])
	var sent, kept atomic.Int64
	n := count(10_000, 100_000, "FETTLE_TORTURE_MUTATIONS")
	fail, check := failures(t)
	from := seed(t)
	together(writers, func(w int) {
		rng := rand.New(rand.NewPCG(from, uint64(1000+w)))
		for i := w; i < n; i += writers {
			r := mutated(rng, all[rng.IntN(len(all))], i)
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			a := s.sendCtx(ctx, r)
			cancel()
			sent.Add(1)
			if a.ok() {
				kept.Add(1)
			}
			if text := wrong(a); text != "" {
				fail("%s %q If-Match %q body %.600q: %s", r.method, r.path, r.ifMatch, r.body, text)
			}
		}
	})
	check()
	s.alive()
	consistent(s, technicians)
	t.Logf("%d requests, %d of them acknowledged", sent.Load(), kept.Load())
	if kept.Load() == 0 || kept.Load() == sent.Load() {
		t.Error("the mutations are all alike")
	}
}

func mutated(rng *rand.Rand, c target, i int) request {
	r := request{method: c.method, path: c.path, ifMatch: "1", header: map[string]string{}}
	if c.method != http.MethodPatch {
		r.ifMatch = ""
	}
	if c.method == http.MethodPost {
		r.key = fmt.Sprintf("fuzz-%d", i)
	}
	if c.body != "" {
		r.body = mutate(rng, c.body)
	}
	if c.body == "" || rng.IntN(20) == 0 {
		r.path = mutatePath(rng, c.path)
	}
	switch rng.IntN(40) {
	case 0:
		r.ifMatch = strings.Map(printable, string(mutate(rng, `"abc"`)))
	case 1:
		r.key = strings.Map(printable, string(mutate(rng, "key-with-some-length")))
	case 2:
		r.header["Prefer"] = "wait=-1"
	case 3:
		r.header["If-None-Match"] = strings.Map(printable, string(mutate(rng, `W/"abc", "*"`)))
	case 4:
		r.method = []string{"PUT", "DELETE", "OPTIONS", "HEAD", "TRACE"}[rng.IntN(5)]
	}
	return r
}

// printable keeps what may stand in a header.
func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

// mutatePath changes a path and keeps it one that a client can send.
func mutatePath(rng *rand.Rand, path string) string {
	out := strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == '#' {
			return 'x'
		}
		return r
	}, string(mutate(rng, path)))
	// What is outside of /v1 is the console's: a path is not to climb.
	out = strings.NewReplacer("%", "%25", "/..", "/xx").Replace(out)
	if !strings.HasPrefix(out, "/v1/") {
		return "/v1/" + out
	}
	return out
}

// wrong says what is wrong with an answer to a mutated request, "" when nothing is.
func wrong(a answer) string {
	switch {
	case a.err != nil:
		return a.String()
	case a.status >= 500:
		return a.String()
	case a.status >= 400 && len(a.body) > 0:
		if _, err := asProblem(a); err != nil {
			return fmt.Sprintf("not a problem: %v", err)
		}
	}
	return ""
}
