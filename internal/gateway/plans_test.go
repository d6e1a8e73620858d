package gateway_test

import "testing"

func TestPlansAreSolved(t *testing.T) {
	e := newEdge(t)
	e.run([]call{
		{
			name: "fettle", method: "POST", path: "/v1/plans:solve", status: 200, header: map[string]string{"Idempotency-Key": ""},
			body: `{"iterations":"50","problem":{"technicians":[{"id":"a","home":{"latitude":30.2,"longitude":120.2},
				"shifts":[{"start":0,"end":36000}]}],"visits":[{"id":"v","place":{"latitude":30.21,"longitude":120.21},"onSite":600}],
				"travel":[{"name":"van","straightLine":{"speedKPH":30}}]}}`,
			want: map[string]any{"routes.0.technicianId": "a"},
		},
		{
			name: "with expressions", method: "POST", path: "/v1/plans:solve", status: 200, header: map[string]string{"Idempotency-Key": ""},
			body: `{"iterations":"50","problem":{"technicians":[{"id":"a","shifts":[{"start":0,"end":36000}]},{"id":"b","shifts":[{"start":0,"end":36000}]}],
				"places":[{"latitude":30.2,"longitude":120.2}],"visits":[{"id":"v","place":{"index":0},"priority":3}],
				"policy":{"terms":[{"name":"important","expression":"visit.priority * 2","weight":5}],"eligibility":[{"name":"notA","expression":"technician.id != 'a'"}]}}}`,
			want: map[string]any{"routes.0.technicianId": "b", "cost.terms.important": 30},
		},
		{
			name: "with a wrong expression", method: "POST", path: "/v1/plans:solve", status: 400, header: map[string]string{"Idempotency-Key": ""},
			body: `{"iterations":"50","problem":{"technicians":[{"id":"a","shifts":[{"start":0,"end":36000}]}],
				"places":[{"latitude":30.2,"longitude":120.2}],"visits":[{"id":"v","place":{"index":0}}],
				"policy":{"terms":[{"name":"important","expression":"visit.urgent * 2"}]}}}`,
			want: map[string]any{"errors.0.pointer": "/problem/policy/terms/0/expression"},
		},
		{
			name: "with an expression that fails", method: "POST", path: "/v1/plans:solve", status: 400, header: map[string]string{"Idempotency-Key": ""},
			body: `{"iterations":"50","problem":{"technicians":[{"id":"a","shifts":[{"start":0,"end":36000}]}],
				"places":[{"latitude":30.2,"longitude":120.2}],"visits":[{"id":"v","place":{"index":0}}],
				"policy":{"eligibility":[{"name":"keys","expression":"technician.attributes['keys'] == 'yes'"}]}}}`,
			want: map[string]any{"errors.0.pointer": "/problem/policy/eligibility/0/expression"},
		},
		{
			name: "VROOM", method: "POST", path: "/v1/compat/vroom", status: 200, header: map[string]string{"Idempotency-Key": ""},
			body: `{"vehicles":[{"id":1,"start_index":0,"end_index":0}],"jobs":[{"id":7,"location_index":1,"service":60}],
				"matrices":{"car":{"durations":[[0,100],[100,0]]}}}`,
			want: map[string]any{"code": 0, "routes.0.vehicle": 1, "routes.0.steps.1.id": 7, "summary.duration": 200},
		},
	})
}

func TestSlotsAreSuggested(t *testing.T) {
	e := newEdge(t)
	noKey := map[string]string{"Idempotency-Key": ""}
	ask := func(name, body string, status int, want map[string]any) call {
		return call{name: name, method: "POST", path: "/v1/workOrders:suggestSlots", body: body, header: noKey, status: status, want: want}
	}
	const place = `"location":{"latitude":30.22,"longitude":120.2},"timeZone":"Asia/Shanghai"`
	e.run([]call{
		ask("nobody works here", "{"+place+"}", 200, map[string]any{"slots": nil, "closed.0.unassigned.reason": "NO_TECHNICIAN"}),
		{name: "a technician", method: "POST", path: "/v1/technicians", body: plumber, status: 201, save: map[string]string{"te": "id"}},
		ask("one slot", "{"+place+`,"requiredSkills":[{"skill":"plumbing"}],"maxSlots":1}`, 200, map[string]any{
			"slots.#": 1, "slots.0.technicianId": "{te}", "slots.0.technicianName": "Li Wei", "slots.0.technicianCount": 1,
			"slots.0.onShiftCount": 1, "ableCount": 1, "onSiteVariability.basis": "ASSUMED", "travelVariability.mean": 1,
		}),
		ask("nobody can", "{"+place+`,"requiredSkills":[{"skill":"gas"}]}`, 200, map[string]any{
			"slots": nil, "closed.#": 1, "closed.0.unassigned.reason": "SKILL_MISSING", "closed.0.unassigned.technicianId": "{te}",
		}),
		ask("no place", `{}`, 400, map[string]any{"errors.0.field": "location", "errors.0.pointer": "/location"}),
		ask("no such zone", "{"+place[:len(place)-len(`"timeZone":"Asia/Shanghai"`)]+`"timeZone":"Mars/Olympus"}`, 400, map[string]any{"errors.0.pointer": "/timeZone"}),
		ask("a slot of a minute", "{"+place+`,"slotDuration":"60s"}`, 400, map[string]any{"errors.0.pointer": "/slotDuration"}),
		ask("a range that is over", "{"+place+`,"endTime":"2020-01-01T00:00:00Z"}`, 400, map[string]any{"errors.0.pointer": "/endTime"}),
		ask("a window without end", "{"+place+`,"timeWindows":[{"startTime":"2026-03-09T00:00:00Z"}]}`, 400, map[string]any{"errors.0.pointer": "/timeWindows/0/endTime"}),
		ask("somebody unknown", "{"+place+`,"onlyTechnicianIds":["te_0"]}`, 400, map[string]any{"errors.0.pointer": "/onlyTechnicianIds/0"}),
		ask("a field that is none", "{"+place+`,"colour":"red"}`, 400, map[string]any{"errors.0.pointer": "/colour"}),
		{name: "nothing was ordered", method: "GET", path: "/v1/workOrders", status: 200, want: map[string]any{"workOrders": nil}},
	})
}
