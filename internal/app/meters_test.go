package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

func TestMeters(t *testing.T) {
	t.Run("file", func(t *testing.T) { meterStory(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { meterStory(t, server.Database(t, "")) })
}

// readings are hours of normal life of a meter, then of a tap that is never closed.
func readings(from time.Time, normal, leak int) string {
	var b strings.Builder
	for h := range normal + leak {
		used := 0
		switch hour := h % 24; {
		case h >= normal:
			used = 11
		case hour == 7 || hour == 19 || hour == 20:
			used = 20 + h%5
		}
		if h > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"time":%q,"used":%d}`, from.Add(time.Duration(h)*time.Hour).Format(time.RFC3339), used)
	}
	return `{"readings":[` + b.String() + `]}`
}

func meterStory(t *testing.T, database string) {
	t.Helper()
	now := time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC)
	a := start(t, app.Config{Data: t.TempDir(), Database: database, Clock: clock.NewFake(now)})
	defer stop(t, a)
	admin := &caller{t: t, a: a, token: a.Token()}
	building := admin.want("POST", "/v1/properties", `{"displayName":"Lakeside 3","location":{"latitude":30.2,"longitude":120.2}}`, 201)
	unit := admin.want("POST", "/v1/units", fmt.Sprintf(`{"propertyId":%q,"number":"1203"}`, building["id"]), 201)
	body := fmt.Sprintf(`{"unitId":%q,"utility":"WATER","serial":"W-1","measure":"l"}`, unit["id"])
	admin.want("POST", "/v1/meters", `{"unitId":"un_none","utility":"WATER","serial":"W-1"}`, 400, "field:unitId")
	m := admin.want("POST", "/v1/meters", body, 201, "orderKinds:[LEAK]")
	admin.want("POST", "/v1/meters", body, 409, "VALUE_TAKEN", "serial")
	path := fmt.Sprint("/v1/meters/", m["id"])
	heard := listen(t, admin, "meterFindings")
	begin := now.Add(-40 * 24 * time.Hour)
	admin.want("POST", path+"/readings", readings(begin, 39*24, 0), 200, "acceptedCount:936", "!findings")
	admin.want("POST", path+"/readings", readings(begin.Add(38*24*time.Hour), 24, 24), 200, "acceptedCount:24", "rejectedCount:24", "LEAK", "without a pause")
	admin.want("GET", fmt.Sprint("/v1/meters?unitId=", unit["id"]), "", 200, "W-1")
	admin.want("GET", path+"/readings", "", 200, "date:2026-07-05 readings:24")

	order := ""
	for order == "" { // the sweep follows at once, and tells
		found := admin.want("GET", fmt.Sprint("/v1/meterFindings?meterId=", m["id"]), "", 200, "LEAK")
		list, _ := found["findings"].([]any)
		first, _ := list[0].(map[string]any)
		if order, _ = first["workOrderId"].(string); order != "" {
			break
		}
		select {
		case <-heard:
		case <-time.After(patience):
			t.Fatalf("no order: %v", found)
		}
	}
	admin.want("GET", "/v1/workOrders/"+order, "", 200, "IOT", "water meter, leak", fmt.Sprint(unit["id"]), "plumbing")
	csv := "serial,time,used\\nW-1,2026-07-06 12:00:00,-3\\nW-9,2026-07-06 12:00:00,1\\n"
	admin.want("POST", "/v1/meters:importReadings", `{"csv":"serial,time,used\nW-1,noon,1\n"}`, 400, "line 2", "column time")
	got := admin.want("POST", "/v1/meters:importReadings", `{"csv":"`+csv+`"}`, 200, "acceptedCount:1", "NEGATIVE", "unknownSerials:[W-9]")
	list, _ := got["findings"].([]any)
	first, _ := list[0].(map[string]any)
	id := fmt.Sprint("/v1/meterFindings/", first["id"])
	admin.want("POST", id+":dismiss", `{"reason":"the feed"}`, 200, "dismissed:true")
	admin.want("POST", id+":dismiss", `{"reason":"the feed"}`, 409, "ILLEGAL_STATE")
	admin.want("GET", "/v1/meterFindings:report", "", 200, "meterCount:1", "dismissedCount:1", "orderCount:1")
}
