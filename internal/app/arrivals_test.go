package app_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// TestArrivalIsSuggested: who is on the way and is seen at the place for a minute is suggested to have arrived, whatever the order of
// positions; the order stays as it is.
func TestArrivalIsSuggested(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, a)
	te := made(t, a, "/v1/technicians", `{"displayName":"Li","skills":[{"skill":"plumbing","level":2}],"home":{"latitude":30.19,"longitude":120.2},"timeZone":"UTC",
		"weeklyShifts":[{"days":["MON"],"start":"00:00","end":"23:00"}]}`)
	id := made(t, a, "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2},"requiredSkills":[{"skill":"plumbing","level":1}]}`)
	for _, verb := range []string{"accept", "depart"} {
		if code, e := call(t, a, "POST", "/v1/workOrders/"+id+":"+verb, "{}"); code != http.StatusOK {
			t.Fatalf("%s: %d %v", verb, code, e)
		}
	}
	asked := func() map[string]any {
		_, got := call(t, a, "GET", "/v1/technicians/"+te+"/arrival", "")
		return got
	}
	seen := func(latitude float64, ago time.Duration) {
		t.Helper()
		code, e := call(t, a, "POST", "/v1/positions:report", fmt.Sprintf(
			`{"positions":[{"technicianId":%q,"location":{"latitude":%g,"longitude":120.2},"time":%q}]}`, te, latitude, now.Now().Add(-ago).Format(time.RFC3339)))
		if code != http.StatusOK {
			t.Errorf("%d %v", code, e)
		}
		<-time.After(1100 * time.Millisecond) // the bus passes a position a second on
	}
	seen(30.195, 0)
	if got := asked(); got["workOrderId"] != id || got["suggested"] == true {
		t.Errorf("on the way: %v", got)
	}
	got := asked()
	for range 30 {
		now.Advance(40 * time.Second)
		seen(30.2002, 0)
		if got = asked(); got["suggested"] == true {
			break
		}
	}
	if got["suggested"] != true || got["sinceTime"] == nil {
		t.Errorf("at the door: %v", got)
	}
	if _, o := call(t, a, "GET", "/v1/workOrders/"+id, ""); o["state"] != "EN_ROUTE" {
		t.Errorf("the order is %v", o["state"])
	}
	now.Advance(5 * time.Minute)
	if got := asked(); got["suggested"] == true {
		t.Errorf("not seen for five minutes: %v", got)
	}
	if code, _ := call(t, a, "GET", "/v1/technicians/nobody/arrival", ""); code != http.StatusNotFound {
		t.Errorf("of nobody: %d", code)
	}
}
