package outside

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"
)

// with is a valid order with some fields changed; a nil value takes the field away.
func with(changes map[string]any) []byte {
	o := newOrder(rand.New(rand.NewPCG(1, 1)), "input")
	maps.Copy(o, changes)
	maps.DeleteFunc(o, func(_ string, v any) bool { return v == nil })
	return encode(o)
}

// raw is a valid order with its description replaced by JSON text that need not be valid.
func raw(field, text string) []byte {
	return []byte(`{"location":{"latitude":30.2,"longitude":120.2},"` + field + `":` + text + `}`)
}

// badBody is a body that POST /v1/workOrders must refuse with 400.
type badBody struct {
	name    string
	body    []byte
	pointer string // "" where the fault has no place
}

func badBodies() []badBody {
	at := func(lat, lon string) []byte {
		return []byte(`{"location":{"latitude":` + lat + `,"longitude":` + lon + `}}`)
	}
	window := func(start, end any) []byte {
		return with(map[string]any{"timeWindows": []any{map[string]any{"startTime": start, "endTime": end}}})
	}
	return []badBody{
		{"nothing", []byte(""), ""},
		{"empty object", []byte("{}"), "/location"},
		{"not JSON", []byte("hello"), ""},
		{"cut off", with(nil)[:40], ""},
		{"two values", append(with(nil), []byte(" {}")...), ""},
		{"an array", []byte("[]"), ""},
		{"null", []byte("null"), ""},
		{"a number", []byte("42"), ""},
		{"trailing comma", []byte(`{"location":{"latitude":30,"longitude":120},}`), ""},
		{"NaN", at("NaN", "120.2"), ""},
		{"NaN as text", at(`"NaN"`, "120.2"), "/location/latitude"},
		{"infinite", at(`"Infinity"`, "120.2"), "/location/latitude"},
		{"1e400", at("1e400", "120.2"), "/location/latitude"},
		{"latitude 120", at("120.2", "30.2"), "/location/latitude"},
		{"latitude 91", at("91", "0"), "/location/latitude"},
		{"latitude -90.0001", at("-90.0001", "0"), "/location/latitude"},
		{"longitude 180.5", at("30", "180.5"), "/location/longitude"},
		{"latitude is text", at(`"north"`, "120.2"), "/location/latitude"},
		{"location is an array", raw("location", "[120.2,30.2]"), "/location"},
		{"location is null", with(map[string]any{"location": nil}), "/location"},
		{"unknown datum", with(map[string]any{"location": map[string]any{"latitude": 30, "longitude": 120, "datum": "MARS"}}), "/location/datum"},
		{"nested 10,000 deep", raw("requiredSkills", strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000)), "/requiredSkills/0"},
		{"nested 10,000 objects deep", []byte(strings.Repeat(`{"location":`, 10_000) + "1" + strings.Repeat("}", 10_000)), "*"},
		{"bad UTF-8", raw("description", "\"a\xff\xfeb\""), ""},
		{"half a surrogate", raw("description", `"\ud800"`), ""},
		{"a field twice", []byte(`{"location":{"latitude":30,"longitude":120},"priority":1,"priority":2}`), "/priority"},
		{"a field by both names", []byte(`{"location":{"latitude":30,"longitude":120},"unitId":"a","unit_id":"b"}`), "*"},
		{"unknown field", raw("colour", `"red"`), "/colour"},
		{"unknown enum", with(map[string]any{"urgency": "PURPLE"}), "/urgency"},
		{"enum by a number that is none", with(map[string]any{"urgency": 99}), "/urgency"},
		{"unknown channel", with(map[string]any{"channel": "FAX"}), "/channel"},
		{"negative duration", with(map[string]any{"onSiteDuration": "-900s"}), "/onSiteDuration"},
		{"duration of a century", with(map[string]any{"onSiteDuration": "3153600000s"}), "/onSiteDuration"},
		{"duration that is none", with(map[string]any{"onSiteDuration": "soon"}), "/onSiteDuration"},
		{"priority 101", with(map[string]any{"priority": 101}), "/priority"},
		{"priority 1.5", with(map[string]any{"priority": 1.5}), "/priority"},
		{"priority beyond 64 bits", raw("priority", "99999999999999999999"), "/priority"},
		{"window that ends before it starts", window(hours(50), hours(49)), "/timeWindows/0/endTime"},
		{"window of no length", window(hours(50), hours(50)), "/timeWindows/0/endTime"},
		{"window of next year's next year", window(hours(50), hours(2*365*24)), "/timeWindows/0/endTime"},
		{"window that has passed", window("2020-01-01T08:00:00Z", "2020-01-01T09:00:00Z"), "/timeWindows"},
		{"window without end", window(hours(50), nil), "/timeWindows/0/endTime"},
		{"window in the year 1", window("0001-01-01T00:00:00Z", hours(50)), "/timeWindows/0/startTime"},
		{"window in the year 9999", window(hours(50), "9999-01-01T12:00:00Z"), "/timeWindows/0/endTime"},
		{"time that is none", window("tomorrow", "2030-01-01T12:00:00Z"), "/timeWindows/0/startTime"},
		{"time without zone", window("2030-01-01T10:00:00", "2030-01-01T12:00:00Z"), "/timeWindows/0/startTime"},
		{"30 February", window("2030-02-30T10:00:00Z", "2030-03-01T12:00:00Z"), "/timeWindows/0/startTime"},
		{"too many windows", with(map[string]any{"timeWindows": manyWindows(21)}), "/timeWindows"},
		{"skill without name", with(map[string]any{"requiredSkills": []any{map[string]any{"skill": ""}}}), "/requiredSkills/0/skill"},
		{"skill level -1", with(map[string]any{"requiredSkills": []any{map[string]any{"skill": "a", "level": -1}}}), "/requiredSkills/0/level"},
		{"a skill twice", with(map[string]any{"requiredSkills": []any{map[string]any{"skill": "a"}, map[string]any{"skill": "a"}}}), "/requiredSkills/1/skill"},
		{"description too long", with(map[string]any{"description": strings.Repeat("x", 4001)}), "/description"},
		{"unit id too long", with(map[string]any{"unitId": strings.Repeat("x", 101)}), "/unitId"},
	}
}

// hours is an instant so many hours from now.
func hours(n int) string {
	return time.Now().UTC().Add(time.Duration(n) * time.Hour).Format(time.RFC3339)
}

func manyWindows(n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = map[string]any{"startTime": hours(50 + 24*i), "endTime": hours(51 + 24*i)}
	}
	return out
}

// TestBadBodies sends what a careless or hostile client sends: each is refused with 400 and the field that is wrong (R-G3).
func TestBadBodies(t *testing.T) {
	s := start(t, t.TempDir())
	for i, c := range badBodies() {
		t.Run(c.name, func(t *testing.T) {
			a := s.send(request{method: http.MethodPost, path: "/v1/workOrders", key: fmt.Sprintf("bad-%d", i), body: c.body})
			p, err := asProblem(a)
			if err != nil || a.status != http.StatusBadRequest || p.Reason != "INVALID_ARGUMENT" {
				t.Fatalf("%.300v, %v; want 400 INVALID_ARGUMENT", a, err)
			}
			if c.pointer != "" && c.pointer != "*" && (len(p.Errors) == 0 || p.Errors[0].Pointer != c.pointer || p.Errors[0].Detail == "") {
				t.Errorf("errors are %+v, want %s", p.Errors, c.pointer)
			}
			if len(a.body) > 4<<10 {
				t.Errorf("the problem is %d bytes long", len(a.body))
			}
		})
	}
	if rows := s.orders(""); len(rows) != 0 {
		t.Errorf("%d refused orders are there", len(rows))
	}
	s.alive()
}

// TestGoodBodies sends what looks odd and is right: limits as such, other spellings, times that have passed.
func TestGoodBodies(t *testing.T) {
	s := start(t, t.TempDir())
	hire(s, 1)
	day := time.Now().AddDate(0, 0, 300).Truncate(24 * time.Hour)
	far := []any{map[string]any{
		"startTime": day.UTC().Format(time.RFC3339), "endTime": day.Add(time.Hour).In(time.FixedZone("", 8*3600)).Format(time.RFC3339),
	}}
	for i, c := range []struct {
		name string
		body []byte
	}{
		{"snake case", []byte(`{"location":{"latitude":30.2,"longitude":120.2},"unit_id":"a","on_site_duration":"900s"}`)},
		{"poles and antimeridian", []byte(`{"location":{"latitude":-90,"longitude":180}}`)},
		{"enum by number", with(map[string]any{"urgency": 2})},
		{"numbers as text", []byte(`{"location":{"latitude":"30.2","longitude":"120.2"},"priority":"7"}`)},
		{"a window in 300 days, in two zones", with(map[string]any{"timeWindows": far})},
		{"GCJ-02", with(map[string]any{"location": map[string]any{"latitude": 30.2, "longitude": 120.2, "datum": "GCJ02"}})},
		{"longest description", with(map[string]any{"description": strings.Repeat("漏", 4000)})},
		{"NUL in a text", with(map[string]any{"description": "a\u0000b", "unitId": "a' OR 1=1 --"})},
		{"nothing but a place", []byte(`{"location":{"latitude":30.2,"longitude":120.2}}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.send(request{method: http.MethodPost, path: "/v1/workOrders", key: fmt.Sprintf("good-%d", i), body: c.body})
			var o order
			if err := json.Unmarshal(a.body, &o); err != nil || a.status != http.StatusCreated {
				t.Fatalf("%.300v; want 201", a)
			}
			var row order
			s.read("/v1/workOrders/"+o.ID, &row)
			if row.Description != o.Description || row.UnitID != o.UnitID {
				t.Errorf("read back as %+v, created as %+v", row, o)
			}
		})
	}
}

// TestRefusals asks in wrong ways: each has its status and reason (DESIGN section 6).
func TestRefusals(t *testing.T) {
	s := start(t, t.TempDir())
	hire(s, 1)
	o := report(s, rand.New(rand.NewPCG(1, 1)), "refusals")
	good := with(nil)
	post := func(h map[string]string, body []byte) request {
		return request{method: http.MethodPost, path: "/v1/workOrders", key: "refused", body: body, header: h}
	}
	get := func(path string) request { return request{method: http.MethodGet, path: path} }
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(good)
	_ = z.Close()
	deep := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	patch := func(ifMatch, body string) request {
		return request{method: http.MethodPatch, path: "/v1/workOrders/" + o.ID, ifMatch: ifMatch, body: []byte(body)}
	}
	for _, c := range []struct {
		name   string
		r      request
		status int
		reason string
	}{
		{"no credential", request{method: http.MethodGet, path: "/v1/workOrders", header: map[string]string{"Authorization": ""}}, 401, "CREDENTIAL_MISSING"},
		{"other scheme", request{method: http.MethodGet, path: "/v1/workOrders", header: map[string]string{"Authorization": "Basic YTpi"}}, 401, "CREDENTIAL_MISSING"},
		{"wrong token", request{method: http.MethodGet, path: "/v1/workOrders", header: map[string]string{"Authorization": "Bearer wrong"}}, 401, "CREDENTIAL_UNKNOWN"},
		{"token with more", request{method: http.MethodGet, path: "/v1/workOrders", header: map[string]string{"Authorization": "Bearer " + s.token + "x"}}, 401, "CREDENTIAL_UNKNOWN"},
		{"stream without credential", request{method: http.MethodGet, path: "/v1/events:stream", header: map[string]string{"Authorization": ""}}, 401, "CREDENTIAL_MISSING"},
		{"bad body without credential", post(map[string]string{"Authorization": ""}, []byte("{")), 401, "CREDENTIAL_MISSING"},
		{"plain text", post(map[string]string{"Content-Type": "text/plain"}, good), 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"form", post(map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, []byte("a=b")), 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"no content type", post(map[string]string{"Content-Type": ""}, good), 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"JSON in Latin-1", post(map[string]string{"Content-Type": "application/json; charset=iso-8859-1"}, good), 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"gzip", post(map[string]string{"Content-Encoding": "gzip"}, zipped.Bytes()), 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"unknown path", get("/v1/nothing"), 404, "NO_SUCH_PATH"},
		{"path above", get("/v1/%2e%2e%2fadmin.token"), 404, "NO_SUCH_PATH"},
		{"unknown order", get("/v1/workOrders/nothing"), 404, "NOT_FOUND"},
		{"unknown technician", get("/v1/technicians/nothing"), 404, "NOT_FOUND"},
		{"timeline of an unknown order", get("/v1/workOrders/nothing/timeline"), 404, "NOT_FOUND"},
		{"explain an unknown order", get("/v1/workOrders/nothing:explain"), 404, "NOT_FOUND"},
		{"verb on an unknown order", verb("nothing", "accept", "k1", nil), 404, "NOT_FOUND"},
		{"unknown verb", verb(o.ID, "explode", "k2", nil), 404, "NO_SUCH_PATH"},
		{"wrong verb", request{method: http.MethodPut, path: "/v1/workOrders/" + o.ID, body: good}, 405, "METHOD_NOT_ALLOWED"},
		{"delete all", request{method: http.MethodDelete, path: "/v1/workOrders"}, 405, "METHOD_NOT_ALLOWED"},
		{"verb by GET", get("/v1/workOrders/" + o.ID + ":accept"), 405, "METHOD_NOT_ALLOWED"},
		{"method override", request{method: http.MethodPost, path: "/v1/workOrders/" + o.ID, key: "k3", body: good, header: map[string]string{"X-HTTP-Method-Override": "PATCH"}}, 405, "METHOD_NOT_ALLOWED"},
		{"patch without If-Match", patch("", `{"priority":3}`), 428, "IF_MATCH_REQUIRED"},
		{"patch with an old etag", patch("zzzz", `{"priority":3}`), 412, "STALE_ETAG"},
		{"patch with two etags", patch(`"a", "b"`, `{"priority":3}`), 400, "INVALID_ARGUMENT"},
		{"verb that the state forbids", verb(o.ID, "complete", "k4", nil), 409, "ILLEGAL_STATE"},
		{"verb with a field that it does not read", verb(o.ID, "accept", "k5", map[string]any{"rating": 5}), 400, "INVALID_ARGUMENT"},
		{"page size -1", get("/v1/workOrders?pageSize=-1"), 400, "INVALID_ARGUMENT"},
		{"page size that is no number", get("/v1/workOrders?pageSize=all"), 400, "INVALID_ARGUMENT"},
		{"page token of ours that is none", get("/v1/workOrders?pageToken=xyz"), 400, "INVALID_ARGUMENT"},
		{"unknown parameter", get("/v1/workOrders?colour=red"), 400, "INVALID_ARGUMENT"},
		{"unknown state", get("/v1/workOrders?states=PURPLE"), 400, "INVALID_ARGUMENT"},
		{"nearby at latitude 120", get("/v1/technicians:nearby?latitude=120&longitude=30"), 400, "INVALID_ARGUMENT"},
		{"nearby at NaN", get("/v1/technicians:nearby?latitude=NaN&longitude=30"), 400, "INVALID_ARGUMENT"},
		{"stream from a place that is none", get("/v1/events:stream?lastEventId=abc"), 400, "INVALID_ARGUMENT"},
		{"no positions", request{method: http.MethodPost, path: "/v1/positions:report", body: []byte(`{"positions":[]}`)}, 400, "INVALID_ARGUMENT"},
		{"solve nothing", request{method: http.MethodPost, path: "/v1/plans:solve", body: []byte(`{}`)}, 400, "INVALID_ARGUMENT"},
		{"a problem nested 10,000 deep", request{method: http.MethodPost, path: "/v1/plans:solve", body: []byte(`{"problem":` + deep + `}`)}, 400, "INVALID_ARGUMENT"},
		{"VROOM nested 10,000 deep", request{method: http.MethodPost, path: "/v1/compat/vroom", body: []byte(deep)}, 400, "INVALID_ARGUMENT"},
		{"VROOM that is none", request{method: http.MethodPost, path: "/v1/compat/vroom", body: []byte(`{"vehicles":"two"}`)}, 400, "INVALID_ARGUMENT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.send(c.r)
			if p, err := asProblem(a); err != nil || a.status != c.status || p.Reason != c.reason {
				t.Errorf("%.300v, %v; want %d %s", a, err, c.status, c.reason)
			}
		})
	}
	var row order
	if s.read("/v1/workOrders/"+o.ID, &row); row.Etag != o.Etag {
		t.Errorf("order was %+v, is %+v after requests that were refused", o, row)
	}
	s.alive()
}

// TestPositions reports positions of which some cannot be true: those alone are rejected (R-G6).
func TestPositions(t *testing.T) {
	s := start(t, t.TempDir())
	id := hire(s, 1)[0]
	now := time.Now().UTC()
	at := func(lat, lon float64, when time.Time) map[string]any {
		return map[string]any{"technicianId": id, "location": map[string]any{"latitude": lat, "longitude": lon}, "time": when.Format(time.RFC3339Nano)}
	}
	batch := func(ps ...any) request {
		return request{method: http.MethodPost, path: "/v1/positions:report", body: encode(map[string]any{"positions": ps})}
	}
	stranger := at(30.2, 120.2, now)
	stranger["technicianId"] = "nobody"
	var out struct {
		Accepted int
		Rejected []struct {
			Index  int
			Reason string
		}
	}
	s.must(batch(at(30.2, 120.2, now.Add(-time.Minute)), at(30.2, 120.2, now.Add(time.Hour)), at(30.2, 120.2, now.Add(-time.Hour)),
		at(39.9, 116.4, now), stranger, at(120.2, 30.2, now), at(30, -200, now), at(0, 0, now), at(30.2001, 120.2001, now)), &out)
	want := []string{"", "FUTURE", "STALE", "TELEPORT", "UNKNOWN_TECHNICIAN", "OUT_OF_RANGE", "OUT_OF_RANGE", "NULL_ISLAND", ""}
	got := make([]string, len(want))
	for _, r := range out.Rejected {
		if r.Index < 0 || r.Index >= len(got) {
			t.Fatalf("rejected %+v", r)
		}
		got[r.Index] = r.Reason
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || out.Accepted != 2 {
		t.Errorf("accepted %d, rejected %q; want 2 and %q", out.Accepted, got, want)
	}
	var te struct {
		Position struct{ Location struct{ Latitude float64 } }
	}
	if s.read("/v1/technicians/"+id, &te); te.Position.Location.Latitude != 30.2001 {
		t.Errorf("position is %+v, want the last that can be true", te.Position)
	}
}

// TestOversized sends bodies around the limit that the service publishes: exact at the boundary, and refused before they are
// held in memory (R-G2).
func TestOversized(t *testing.T) {
	s := start(t, t.TempDir())
	hire(s, 1)
	var meta struct {
		Limits struct{ MaxRequestBytes, MaxHeaderBytes int }
	}
	s.read("/v1/meta/methods", &meta)
	limit := meta.Limits.MaxRequestBytes
	if limit < 1<<10 || limit > 64<<20 {
		t.Fatalf("published limit is %d", limit)
	}
	good := with(nil)
	padded := func(size int) []byte { return append(bytes.Repeat([]byte(" "), size-len(good)), good...) }
	before := s.residentMB()
	for _, c := range []struct {
		name    string
		size    int
		chunked bool
		status  int
	}{
		{"limit - 1", limit - 1, false, 201},
		{"limit", limit, false, 201},
		{"limit + 1", limit + 1, false, 413},
		{"limit, chunked", limit, true, 201},
		{"limit + 1, chunked", limit + 1, true, 413},
		{"64 MiB, chunked", 64 << 20, true, 413},
		{"64 MiB", 64 << 20, false, 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.upload(c.name, padded(c.size), c.chunked)
			if a.err != nil && c.status == 413 && c.size > 2*limit {
				return // the service hung up on what nobody should send: the answer may be lost in that
			}
			if a.err != nil || a.status != c.status {
				t.Fatalf("%.300v; want %d", a, c.status)
			}
			if c.status == 413 {
				if p, err := asProblem(a); err != nil || p.Reason != "REQUEST_TOO_LARGE" {
					t.Errorf("%v, %v", a, err)
				}
			}
		})
	}
	t.Run("1 GiB announced", func(t *testing.T) {
		a := s.announce(1 << 30)
		if p, err := asProblem(a); err != nil || a.status != 413 || p.Reason != "REQUEST_TOO_LARGE" {
			t.Errorf("%v, %v; want 413 before anything is sent", a, err)
		}
	})
	t.Run("head too large", func(t *testing.T) {
		r := request{method: http.MethodGet, path: "/v1/workOrders", header: map[string]string{"X-Large": strings.Repeat("x", meta.Limits.MaxHeaderBytes+8<<10)}}
		if a := s.send(r); a.err != nil || a.status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%v; want 431", a)
		}
	})
	room := 64.0
	if raceEnabled {
		room *= 5 // the detector keeps a shadow of all memory, five to ten times as large
	}
	if grown := s.residentMB() - before; grown > room {
		t.Errorf("memory grew by %.0f MiB, want no more than %.0f", grown, room)
	}
	s.alive()
}

// upload posts a body with its length announced or not.
func (s *service) upload(key string, body []byte, chunked bool) answer {
	var r io.Reader = bytes.NewReader(body)
	if chunked {
		r = io.MultiReader(r) // of unknown length
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.url+"/v1/workOrders", r)
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	res, err := s.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	a := answer{status: res.StatusCode, header: res.Header}
	a.body, a.err = io.ReadAll(res.Body)
	return a
}

// announce says how long a body will be and waits for the answer without sending any of it.
func (s *service) announce(size int64) answer {
	conn, head := s.dial()
	defer conn.Close() //nolint:errcheck // nothing is owed
	say(s.t, conn, "POST /v1/workOrders HTTP/1.1\r\n%sContent-Type: application/json\r\nIdempotency-Key: huge\r\nContent-Length: %d\r\n\r\n", head, size)
	return readAnswer(conn)
}
