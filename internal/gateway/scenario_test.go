package gateway_test

import (
	"fmt"
	"strings"
	"testing"
)

const (
	plumber = `{"displayName":"Li Wei","skills":[{"skill":"plumbing","level":3}],"home":{"latitude":30.21,"longitude":120.21},
		"shifts":[{"startTime":"2026-03-09T00:00:00Z","endTime":"2026-03-09T12:00:00Z"}],"timeZone":"Asia/Shanghai"}`
	leak = `{"location":{"latitude":30.22,"longitude":120.2},"requiredSkills":[{"skill":"plumbing","level":2}],
		"urgency":"NORMAL","onSiteDuration":"2700s","description":"leak","channel":"APP","unitId":"u-1"}`
)

func TestLifeOfAnOrder(t *testing.T) {
	e := newEdge(t)
	verb := func(verb, body, state string) call {
		return call{
			method: "POST", path: "/v1/workOrders/{order}:" + verb, body: body, status: 200,
			want: map[string]any{"state": state}, save: map[string]string{"etag": "etag"},
		}
	}
	e.run([]call{
		{
			name: "a technician", method: "POST", path: "/v1/technicians", body: plumber, status: 201,
			want: map[string]any{"displayName": "Li Wei", "state": "AVAILABLE", "skills.0.level": 3, "shifts.0.endTime": "2026-03-09T12:00:00Z"},
			save: map[string]string{"te": "id", "teTag": "etag"}, head: map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
		},
		{
			name: "an order", method: "POST", path: "/v1/workOrders", body: leak, status: 201,
			want: map[string]any{
				"state": "ASSIGNED", "assignment.technicianId": "{te}", "assignment.technicianName": "Li Wei", "urgency": "NORMAL",
				"onSiteDuration": "2700s", "unassigned": nil, "visit": 1,
			},
			save: map[string]string{"order": "id", "etag": "etag"},
		},
		{name: "read", method: "GET", path: "/v1/workOrders/{order}", status: 200, want: map[string]any{"id": "{order}", "name": "workOrders/{order}"}, head: map[string]string{"ETag": `"{etag}"`}},
		{name: "not changed", method: "GET", path: "/v1/workOrders/{order}", header: map[string]string{"If-None-Match": `W/"{etag}"`}, status: 304},
		{name: "assignments", method: "GET", path: "/v1/technicians/{te}/assignments", status: 200, want: map[string]any{"assignments.0.workOrderId": "{order}", "assignments.0.state": "ASSIGNED"}, save: map[string]string{"list": "etag"}},
		{name: "route", method: "GET", path: "/v1/technicians/{te}/route", status: 200, want: map[string]any{"technicianId": "{te}", "stops.0.workOrderId": "{order}"}},
		{name: "explain", method: "GET", path: "/v1/workOrders/{order}:explain", status: 200, want: map[string]any{"chosen.technicianId": "{te}"}},
		{name: "plan", method: "GET", path: "/v1/plans/current", status: 200, want: map[string]any{"routes.0.technicianId": "{te}"}},
		{
			name: "a call", method: "POST", path: "/v1/workOrders/{order}:logCall", body: `{"outcome":"NO_ANSWER","comment":"rang twice"}`, status: 200,
			want: map[string]any{"state": "ASSIGNED", "clocks.acknowledged": "2026-03-09T04:00:00Z"},
		},
		{name: "no outcome", method: "POST", path: "/v1/workOrders/{order}:logCall", body: `{"outcome":"MAYBE"}`, status: 400, want: map[string]any{"errors.0.field": "outcome"}},
		verb("accept", "", "ACCEPTED"), verb("depart", "{}", "EN_ROUTE"),
		{name: "on the way", method: "GET", path: "/v1/technicians/{te}", status: 200, want: map[string]any{"state": "EN_ROUTE", "workOrderId": "{order}"}},
		verb("arrive", "", "ON_SITE"), verb("start", "", "WORKING"),
		verb("pause", `{"reason":"a part is missing"}`, "PAUSED"), verb("resume", "", "WORKING"),
		verb("complete", "", "COMPLETED"), verb("rate", `{"rating":5,"comment":"fast"}`, "VERIFIED"),
		{
			name: "timeline", method: "GET", path: "/v1/workOrders/{order}/timeline?pageSize=2", status: 200,
			want: map[string]any{"entries.0.type": "work_order.created", "entries.0.text": "Reported.", "entries.0.actor": "admin", "entries.#": 2},
			save: map[string]string{"next": "nextPageToken"},
		},
		{name: "timeline goes on", method: "GET", path: "/v1/workOrders/{order}/timeline?pageSize=2&pageToken={next}", status: 200, want: map[string]any{"entries.#": 2}},
		{
			name: "timeline as a document", method: "GET", path: "/v1/workOrders/{order}/timeline:export", status: 200,
			want: map[string]any{
				"workOrderId": "{order}", "state": "VERIFIED", "madeBy": "admin", "entries.0.entry.type": "work_order.created",
				"entries.0.localTime": "2026-03-09 04:00:00", "entries.0.promisedOnSite": "2026-03-09 12:00:00", "entries.0.technicianName": nil,
			},
		},
		{
			name: "waterfall", method: "GET", path: "/v1/workOrders/{order}/waterfall", status: 200,
			want: map[string]any{"workOrderId": "{order}", "spans": nil},
		},
		{
			name: "figures", method: "GET", path: "/v1/kpis?groupBy=TRADE&period=DAY&endTime=2026-03-20T00:00:00Z", status: 200,
			want: map[string]any{
				"rows.#": 1, "rows.0.group": "plumbing", "rows.0.values.0.kpi": "REPORTED", "rows.0.values.0.value": 1,
				"rows.0.values.14.kpi": "FIRST_TIME_FIX", "rows.0.values.14.value": 1, "rows.0.values.16.value": 5, "definitions.0.unit": "COUNT",
			},
		},
		{
			name: "orders behind a figure", method: "GET", status: 200,
			path: "/v1/kpis:orders?kpi=SLA_ACCEPT&groupBy=TRADE&group=plumbing&endTime=2026-03-20T00:00:00Z",
			want: map[string]any{"orders.#": 1, "orders.0.workOrderId": "{order}", "orders.0.value": 1},
		},
		{
			name: "where the hours go", method: "GET", path: "/v1/kpis:hops?groupBy=TRADE&period=WEEK&endTime=2026-03-20T00:00:00Z", status: 200,
			want: map[string]any{"rows.#": 1, "rows.0.group": "plumbing", "rows.0.orders": 1, "rows.0.accepted": 1, "rows.0.inTargetShare": 1, "targetMinutes": 120},
		},
		{name: "of another group", method: "GET", path: "/v1/kpis:orders?kpi=RATING&groupBy=TRADE&group=keys", status: 200, want: map[string]any{"orders": nil}},
		{
			name: "sheet", method: "GET", path: "/v1/technicians/{te}/sheet?endTime=2026-03-20T00:00:00Z", status: 200,
			want: map[string]any{"technicianName": "Li Wei", "own.completed": 1, "own.rating": 5, "team": 1, "teamMean.ratings": 1},
		},
		{name: "nobody's sheet", method: "GET", path: "/v1/technicians/te_none/sheet", status: 404},
		{name: "none silent", method: "GET", path: "/v1/workOrders:silent?hours=0.001", status: 200, want: map[string]any{"orders": nil, "total": nil}},
		{name: "negative hours", method: "GET", path: "/v1/workOrders:silent?hours=-1", status: 400, want: map[string]any{"errors.0.field": "hours"}},
		{name: "no such figure", method: "GET", path: "/v1/kpis:orders?kpi=LUCK", status: 400, want: map[string]any{"errors.0.field": "kpi"}},
		{name: "no interval", method: "GET", path: "/v1/kpis?startTime=2026-03-20T00:00:00Z&endTime=2026-03-19T00:00:00Z", status: 400, want: map[string]any{"errors.0.field": "startTime"}},
		{name: "late", method: "POST", path: "/v1/workOrders/{order}:depart", status: 409, want: map[string]any{"reason": "ILLEGAL_STATE", "type": "urn:fettle:problem:illegal-state"}},
	})
}

func TestRepeatedReports(t *testing.T) {
	e := newEdge(t)
	again := strings.NewReplacer("APP", "WECHAT", `"leak"`, `"水槽漏水"`).Replace(leak)
	e.run([]call{
		{method: "POST", path: "/v1/technicians", body: plumber, status: 201},
		{method: "POST", path: "/v1/workOrders", body: leak, status: 201, save: map[string]string{"order": "id"}},
		{
			name: "over another channel", method: "POST", path: "/v1/workOrders", body: again, status: 201,
			want: map[string]any{"state": "MERGED", "mergedInto": "{order}"}, save: map[string]string{"again": "id"},
		},
		{
			name: "all reports", method: "GET", path: "/v1/workOrders/{order}/reports", status: 200,
			want: map[string]any{"reports.#": 2, "reports.0.channel": "APP", "reports.1.workOrderId": "{again}", "reports.1.channel": "WECHAT"},
		},
		{name: "told on the order", method: "GET", path: "/v1/workOrders/{order}", status: 200, want: map[string]any{"reportIds.0": "{again}"}},
		{name: "undone", method: "POST", path: "/v1/workOrders/{again}:unmerge", status: 200, want: map[string]any{"state": "ASSIGNED", "mergedInto": nil}},
		{
			name: "still a suggestion", method: "GET", path: "/v1/workOrders/{again}:duplicates", status: 200,
			want: map[string]any{"duplicates.#": 1, "duplicates.0.workOrderId": "{order}", "duplicates.0.fault": "LEAK"},
		},
		{name: "one report", method: "GET", path: "/v1/workOrders/{order}/reports", status: 200, want: map[string]any{"reports.#": 1}},
		{
			name: "words", method: "POST", path: "/v1/workOrders:triage", body: `{"description":"水管爆了，家里被淹了"}`, status: 200, header: map[string]string{"Idempotency-Key": ""},
			want: map[string]any{"suggestedSkill": "plumbing", "suggestedUrgency": "EMERGENCY", "findings.0.fault": "LEAK"},
		},
		{
			name: "no repair", method: "POST", path: "/v1/workOrders:triage", body: `{"description":"my parcel is in the wrong locker"}`, status: 200,
			want: map[string]any{"suggestedSkill": nil, "suggestedRole": "FRONT_DESK", "suggestedUrgency": "NORMAL"},
		},
		{name: "no words", method: "POST", path: "/v1/workOrders:triage", body: `{}`, status: 400, want: map[string]any{"errors.0.field": "description"}},
	})
}

func TestChangesOfATechnician(t *testing.T) {
	e := newEdge(t)
	e.run([]call{
		{method: "POST", path: "/v1/technicians", body: plumber, status: 201, save: map[string]string{"te": "id", "etag": "etag"}},
		{name: "no If-Match", method: "PATCH", path: "/v1/technicians/{te}", body: `{"displayName":"Li"}`, status: 428, want: map[string]any{"reason": "IF_MATCH_REQUIRED"}},
		{name: "an etag of nothing", method: "PATCH", path: "/v1/technicians/{te}", body: `{"displayName":"Li"}`, header: map[string]string{"If-Match": `"zzz"`}, status: 412, want: map[string]any{"reason": "STALE_ETAG"}},
		{
			name: "one field", method: "PATCH", path: "/v1/technicians/{te}", body: `{"displayName":"Li"}`,
			header: map[string]string{"If-Match": `"{etag}"`}, status: 200,
			want: map[string]any{"displayName": "Li", "skills.0.skill": "plumbing"}, save: map[string]string{"etag2": "etag"},
		},
		{name: "the same again", method: "PATCH", path: "/v1/technicians/{te}", body: `{"displayName":"Wu"}`, header: map[string]string{"If-Match": `"{etag}"`}, status: 412},
		{
			name: "not a name", method: "PATCH", path: "/v1/technicians/{te}", body: `{"displayName":""}`,
			header: map[string]string{"If-Match": `"{etag2}"`}, status: 400, want: map[string]any{"errors.0.field": "displayName", "errors.0.pointer": "/displayName"},
		},
		{name: "what only the service writes", method: "PATCH", path: "/v1/technicians/{te}", body: `{"state":"WORKING"}`, header: map[string]string{"If-Match": `"{etag2}"`}, status: 400, want: map[string]any{"errors.0.field": "state"}},
		{name: "names of itself", method: "PATCH", path: "/v1/technicians/{te}", body: `{"id":"{te}","etag":"9"}`, header: map[string]string{"If-Match": `"{etag2}"`}, status: 200, want: map[string]any{"state": "AVAILABLE"}},
		{name: "weekly", method: "PATCH", path: "/v1/technicians/{te}", body: `{"weeklyShifts":[{"days":["MON","SUN"],"start":"08:00","end":"17:00"}]}`, header: map[string]string{"If-Match": "*"}, status: 200, want: map[string]any{"weeklyShifts.0.days.1": "SUN", "weeklyShifts.0.end": "17:00"}},
		{name: "position", method: "POST", path: "/v1/positions:report", header: map[string]string{"Idempotency-Key": ""}, body: `{"positions":[{"technicianId":"{te}","location":{"latitude":30.2,"longitude":120.2}},{"technicianId":"nobody","location":{"latitude":30.2,"longitude":120.2}},{"technicianId":"{te}"}]}`, status: 200, want: map[string]any{"accepted": 1, "rejected.0.index": 1, "rejected.0.reason": "UNKNOWN_TECHNICIAN", "rejected.1.reason": "NULL_ISLAND"}},
		{name: "nearby", method: "GET", path: "/v1/technicians:nearby?latitude=30.2&longitude=120.2&limit=3", status: 200, want: map[string]any{"technicians.0.technicianId": "{te}", "technicians.0.displayName": "Li"}},
		{name: "where", method: "GET", path: "/v1/technicians/{te}", status: 200, want: map[string]any{"position.location.latitude": 30.2, "position.age": "0s"}},
		{name: "end", method: "POST", path: "/v1/technicians/{te}:endShift", body: `{"reason":"sick"}`, status: 200, want: map[string]any{"state": "OFF_SHIFT"}},
		{name: "begin", method: "POST", path: "/v1/technicians/{te}:startShift", status: 200, want: map[string]any{"state": "AVAILABLE"}},
		{name: "gone", method: "DELETE", path: "/v1/technicians/{te}", status: 200},
		{name: "no more", method: "GET", path: "/v1/technicians/{te}", status: 404, want: map[string]any{"reason": "NOT_FOUND", "status": 404}},
		{name: "nor its work", method: "GET", path: "/v1/technicians/{te}/assignments", status: 404},
	})
}

func TestIdempotencyKeys(t *testing.T) {
	e := newEdge(t)
	key := map[string]string{"Idempotency-Key": "one"}
	e.run([]call{
		{name: "none", method: "POST", path: "/v1/workOrders", body: leak, header: map[string]string{"Idempotency-Key": ""}, status: 400, want: map[string]any{"reason": "IDEMPOTENCY_KEY_REQUIRED"}},
		{method: "POST", path: "/v1/workOrders", body: leak, header: key, status: 201, save: map[string]string{"id": "id"}},
		{name: "again", method: "POST", path: "/v1/workOrders", body: leak, header: key, status: 201, want: map[string]any{"id": "{id}"}},
		{name: "other body", method: "POST", path: "/v1/workOrders", body: `{"location":{"latitude":30,"longitude":120}}`, header: key, status: 422, want: map[string]any{"reason": "IDEMPOTENCY_KEY_REUSED"}},
		{name: "other method", method: "POST", path: "/v1/workOrders/{id}:escalate", header: key, status: 422},
		{name: "one order", method: "GET", path: "/v1/workOrders", status: 200, want: map[string]any{"workOrders.#": 1}},
	})
}

func TestPages(t *testing.T) {
	e := newEdge(t)
	var calls []call
	for i := range 5 {
		body := strings.Replace(leak, "u-1", fmt.Sprintf("u-1%d", i), 1)
		calls = append(calls, call{method: "POST", path: "/v1/workOrders", body: body, status: 201})
	}
	e.run(append(calls, []call{
		{name: "first", method: "GET", path: "/v1/workOrders?pageSize=2&open=true", status: 200, want: map[string]any{"workOrders.#": 2}, save: map[string]string{"t": "nextPageToken"}, head: map[string]string{"Link": `</v1/workOrders?open=true&pageSize=2&pageToken={t}>; rel="next"`}},
		{name: "second", method: "GET", path: "/v1/workOrders?pageSize=2&open=true&pageToken={t}", status: 200, want: map[string]any{"workOrders.#": 2}, save: map[string]string{"u": "nextPageToken"}},
		{name: "last", method: "GET", path: "/v1/workOrders?pageSize=2&open=true&pageToken={u}", status: 200, want: map[string]any{"workOrders.#": 1, "nextPageToken": nil}, head: map[string]string{"Link": ""}},
		{name: "other filter", method: "GET", path: "/v1/workOrders?pageSize=2&pageToken={t}", status: 400, want: map[string]any{"errors.0.field": "pageToken"}},
		{name: "garbage", method: "GET", path: "/v1/workOrders?pageToken=garbage", status: 400, want: map[string]any{"errors.0.field": "pageToken"}},
		{name: "too many", method: "GET", path: "/v1/workOrders?pageSize=1000000", status: 200, want: map[string]any{"workOrders.#": 5}},
		{name: "negative", method: "GET", path: "/v1/workOrders?pageSize=-1", status: 400, want: map[string]any{"errors.0.field": "pageSize"}},
		{name: "not a number", method: "GET", path: "/v1/workOrders?pageSize=x", status: 400, want: map[string]any{"errors.0.field": "pageSize"}},
		{name: "no such parameter", method: "GET", path: "/v1/workOrders?pagesize=1", status: 400, want: map[string]any{"errors.0.field": "pagesize"}},
		{name: "states", method: "GET", path: "/v1/workOrders?states=NEW&states=COMPLETED", status: 200, want: map[string]any{"workOrders.#": 5}},
		{name: "none open", method: "GET", path: "/v1/workOrders?states=COMPLETED&open=true", status: 200, want: map[string]any{"workOrders": nil}},
		{name: "no such state", method: "GET", path: "/v1/workOrders?states=LOST", status: 400, want: map[string]any{"errors.0.field": "states"}},
		{name: "a unit", method: "GET", path: "/v1/workOrders?unitId=u-2", status: 200, want: map[string]any{"workOrders": nil}},
	}...))
}

func TestOperations(t *testing.T) {
	e := newEdge(t)
	e.run([]call{
		{method: "GET", path: "/livez", status: 200},
		{method: "GET", path: "/readyz", status: 200},
		{method: "GET", path: "/openapi.json", status: 200, want: map[string]any{"openapi": "3.1.0"}},
		{method: "GET", path: "/v1/meta/methods", status: 200, want: map[string]any{"limits.maxPageSize": 1000, "limits.maxRequestBytes": 1 << 20}},
		{method: "GET", path: "/nothing", status: 404, want: map[string]any{"reason": "NO_SUCH_PATH"}},
	})
	e.gate.Drain()
	e.run([]call{{method: "GET", path: "/readyz", status: 503}, {method: "GET", path: "/livez", status: 200}})
}
