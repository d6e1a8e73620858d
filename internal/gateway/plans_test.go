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
			name: "VROOM", method: "POST", path: "/v1/compat/vroom", status: 200, header: map[string]string{"Idempotency-Key": ""},
			body: `{"vehicles":[{"id":1,"start_index":0,"end_index":0}],"jobs":[{"id":7,"location_index":1,"service":60}],
				"matrices":{"car":{"durations":[[0,100],[100,0]]}}}`,
			want: map[string]any{"code": 0, "routes.0.vehicle": 1, "routes.0.steps.1.id": 7, "summary.duration": 200},
		},
	})
}
