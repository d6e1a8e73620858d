package app_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

func TestConversations(t *testing.T) {
	t.Run("file", func(t *testing.T) { conversationStory(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { conversationStory(t, server.Database(t, "")) })
}

// conversationStory: a tenant asks by link, the desk and the technician of the order see it and answer, nobody else does; who waits is
// known until there is an answer, and supervisors are told after half an hour. Messages say that there is a note and not what is in it.
func conversationStory(t *testing.T, database string) {
	t.Helper()
	now := clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Database: database, Clock: now, Notify: "http://127.0.0.1:9/"})
	defer stop(t, a)
	admin := &caller{t: t, a: a, token: a.Token()}
	li := fmt.Sprint(admin.want("POST", "/v1/technicians", `{"displayName":"Li Wei","home":{"latitude":30.2,"longitude":120.2},"timeZone":"UTC",
		"weeklyShifts":[{"days":["MON","TUE","WED","THU","FRI","SAT","SUN"],"start":"00:00","end":"23:59"}]}`, 201)["id"])
	order := fmt.Sprint(admin.want("POST", "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2},"unitId":"A-1","description":"drip"}`, 201)["id"])
	other := fmt.Sprint(admin.want("POST", "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2},"unitId":"A-2","description":"drip"}`, 201)["id"])
	link := func(id string) *caller {
		made := admin.want("POST", "/v1/links", fmt.Sprintf(`{"workOrderId":%q}`, id), 201)
		return &caller{t: t, a: a, token: fmt.Sprint(made["token"])}
	}
	tenant, neighbour := link(order), link(other)
	desk, finance, technician, colleague := as(t, a, "FRONT_DESK", ""), as(t, a, "FINANCE", ""), as(t, a, "TECHNICIAN", li), as(t, a, "TECHNICIAN", "te_other")
	at := "/v1/workOrders/" + order + "/notes"

	tenant.want("GET", at, "", 200, "!waitStartTime", "!nt_")
	asked := tenant.want("POST", at, `{"text":"canary: the dog bites"}`, 201, "side:TENANT", "!createdBy")
	tenant.want("POST", at, `{"text":""}`, 400, "text")
	tenant.want("POST", at, `{"text":"`+strings.Repeat("x", 1001)+`"}`, 400, "text")
	for _, c := range []*caller{neighbour, colleague} {
		c.want("GET", at, "", http.StatusNotFound, "!canary")
		c.want("POST", at, `{"text":"x"}`, http.StatusNotFound)
	}
	finance.want("GET", at, "", http.StatusForbidden)
	tenant.want("GET", "/v1/notes:waiting", "", http.StatusForbidden)
	tenant.want("POST", at+":settle", `{}`, http.StatusForbidden)
	desk.want("GET", "/v1/notes:waiting", "", 200, order, "waitStartTime", "!canary", "!"+other)
	desk.want("GET", at, "", 200, "canary: the dog bites", "createdBy:link", "waitStartTime")

	technician.want("POST", at, `{"text":"please shut it away"}`, 201, "TECHNICIAN", "technicianName:Li Wei")
	tenant.want("GET", at, "", 200, "please shut it away", "Li Wei", "!createdBy", "!waitStartTime", "!"+li)
	desk.want("GET", "/v1/notes:waiting", "", 200, "!"+order)
	tenant.want("POST", at, `{"text":"thank you"}`, 201)
	desk.want("POST", at+":settle", `{}`, 200, "!waitStartTime", "thank you")
	desk.want("GET", "/v1/notes:waiting", "", 200, "!"+order)
	desk.want("DELETE", fmt.Sprint(at, "/", asked["id"]), "", http.StatusForbidden)
	admin.want("DELETE", at+"/nt_none", "", http.StatusNotFound)
	admin.want("DELETE", fmt.Sprint(at, "/", asked["id"], "?purpose=names+a+dog"), "", 200, "removed:true", "!canary")
	admin.want("GET", "/v1/auditEvents?objectKind=workOrders&objectId="+order, "", 200, "RemoveNote", "names a dog", "CreateNote")

	heard := make(chan string, 1)
	go longPoll(t, a, neighbour.token, "/v1/workOrders/"+other+"/notes", heard)
	desk.want("POST", "/v1/workOrders/"+other+"/notes", `{"text":"we come at four"}`, 201, "side:DESK")
	if got := <-heard; !strings.Contains(got, "we come at four") {
		t.Errorf("who waits for a note hears %s", got)
	}

	neighbour.want("POST", "/v1/workOrders/"+other+"/notes", `{"text":"canary: when?"}`, 201)
	for n := 1; n < 12; n++ {
		neighbour.want("POST", "/v1/workOrders/"+other+"/notes", fmt.Sprintf(`{"text":"and %d"}`, n), 201)
	}
	neighbour.want("POST", "/v1/workOrders/"+other+"/notes", `{"text":"and more"}`, http.StatusTooManyRequests, "TOO_MANY_ATTEMPTS")
	now.Advance(31 * time.Minute)
	eventually(t, func() bool {
		now.Advance(time.Second)
		_, got := call(t, a, "GET", "/v1/messages?workOrderId="+other, "")
		return strings.Contains(fmt.Sprint(got), "note.waits")
	})
	admin.want("GET", "/v1/messages?workOrderId="+other, "", 200, "note.tenant", "!canary")
	eventually(t, func() bool {
		now.Advance(time.Second)
		_, got := call(t, a, "GET", "/v1/messages?workOrderId="+order, "")
		shown := fmt.Sprint(got)
		return strings.Contains(shown, "note.technician") && strings.Contains(shown, "note.tenant") && !strings.Contains(shown, "note.waits") && !strings.Contains(shown, "canary")
	})
	neighbour.want("POST", "/v1/workOrders/"+other+"/notes", `{"text":"hello?"}`, 201)
}

// longPoll reads notes as they are, and then waits for more.
func longPoll(t *testing.T, a *app.App, token, path string, heard chan<- string) {
	t.Helper()
	for {
		req, err := http.NewRequestWithContext(t.Context(), "GET", a.URL()+path, nil)
		if err != nil {
			heard <- err.Error()
			return
		}
		req.Header = http.Header{"Authorization": {"Bearer " + token}, "If-None-Match": {`"0"`}, "Prefer": {"wait=20"}}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			heard <- err.Error()
			return
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusNotModified || err != nil {
			heard <- fmt.Sprint(string(body), err)
			return
		}
	}
}
