package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
)

// upload sends a body of any type and returns status, headers and what came back.
func upload(t *testing.T, a *app.App, what, kind string, body []byte, header ...string) (int, http.Header, []byte) {
	t.Helper()
	method, path, _ := strings.Cut(what, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, a.URL()+path, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(append([]byte(what), body...))
	req.Header.Set("Authorization", "Bearer "+a.Token())
	req.Header.Set("Idempotency-Key", hex.EncodeToString(sum[:]))
	req.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, data
}

// ended waits for an operation to end.
func ended(t *testing.T, a *app.App, started []byte) map[string]any {
	t.Helper()
	var op map[string]any
	if err := json.Unmarshal(started, &op); err != nil {
		t.Fatalf("%s: %v", started, err)
	}
	return await(t, func() (map[string]any, bool) {
		_, got := call(t, a, "GET", fmt.Sprint("/v1/operations/", op["id"]), "")
		return got, got["done"] == true
	})
}

// await asks until the answer is there.
func await[T any](t *testing.T, ask func() (T, bool)) T {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 600 {
		if v, ok := ask(); ok {
			return v
		}
		<-tick.C
	}
	t.Fatal("waited in vain")
	var none T
	return none
}

func TestOperations(t *testing.T) {
	t.Run("file", func(t *testing.T) { operationStory(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { operationStory(t, server.Database(t, "")) })
}

func operationStory(t *testing.T, database string) {
	t.Helper()
	a := start(t, app.Config{Data: t.TempDir(), Database: database})
	defer stop(t, a)
	const people = "displayName,skills,latitude,longitude,days,start,end\nLi Wei,plumbing:3; lock,30.21,120.21,MON TUE,08:00,17:00\nFar,plumbing,130.2,120.2,,,\n"
	code, _, body := upload(t, a, "POST /v1/technicians:import", "text/csv", []byte(people))
	if op := ended(t, a, body); code != 200 || op["state"] != "SUCCEEDED" || op["itemsDone"] != "1" || op["itemsFailed"] != "1" {
		t.Errorf("technicians: %d %v", code, op)
	}
	_, list := call(t, a, "GET", "/v1/operations?type=importTechnicians", "")
	rows, _ := list["operations"].([]any)
	first, _ := rows[0].(map[string]any)
	_, failed := call(t, a, "GET", fmt.Sprint("/v1/operations/", first["id"], "/results?failed=true"), "")
	if text := fmt.Sprint(failed); !strings.Contains(text, "technician.home.latitude") || strings.Contains(text, "te_") {
		t.Errorf("results: %v", failed)
	}
	orders := "description,unitId,skills,urgency,minutes,latitude,longitude\n" + strings.Repeat("drip,A-1,plumbing:2,NORMAL,30,30.21,120.22\n", 3)
	form := "--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"o.csv\"\r\nContent-Type: text/csv\r\n\r\n" + orders + "\r\n--x--\r\n"
	_, _, body = upload(t, a, "POST /v1/workOrders:import", "multipart/form-data; boundary=x", []byte(form))
	if op := ended(t, a, body); op["itemsDone"] != "3" {
		t.Errorf("orders: %v", op)
	}
	_, _, body = upload(t, a, "POST /v1/workOrders:export", "application/json", []byte(`{"format":"CSV"}`))
	op := ended(t, a, body)
	code, head, file := upload(t, a, fmt.Sprint("GET /v1/operations/", op["id"], "/file"), "", nil)
	if code != 200 || strings.Count(string(file), "drip") != 3 || head.Get("Cache-Control") != "private, no-store" || head.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("export: %d %v %s", code, head, file)
	}
	for name, bad := range map[string][]string{
		"no header":   {"/v1/technicians:import", "text/csv", "a,b\n1,2\n", "400"},
		"no file":     {"/v1/technicians:import", "multipart/form-data; boundary=x", "--x--\r\n", "400"},
		"a bad day":   {"/v1/leases:export", "application/json", `{"endingFrom":"tomorrow"}`, "400"},
		"compressed":  {"/v1/technicians:import", "text/csv", people, "415", "Content-Encoding", "gzip"},
		"too large":   {"/v1/technicians:import", "text/csv", strings.Repeat("x", 8<<20+1), "413"},
		"nobody's id": {"/v1/operations/op_none:cancel", "application/json", `{}`, "404"},
	} {
		code, _, body := upload(t, a, "POST "+bad[0], bad[1], []byte(bad[2]), bad[4:]...)
		if fmt.Sprint(code) != bad[3] {
			t.Errorf("%s: %d %s, want %s", name, code, body, bad[3])
		}
	}
}
