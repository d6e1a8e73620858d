package gateway

import (
	"testing"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/internal/wire"
)

// FuzzWorkOrder reads bodies as a call does: whatever comes in is an order or an error that can be shown.
func FuzzWorkOrder(f *testing.F) {
	for _, seed := range []string{
		`{"location":{"latitude":30.2,"longitude":120.2,"datum":"GCJ02"},"requiredSkills":[{"skill":"gas","level":2}],"onSiteDuration":"60s"}`,
		`{"timeWindows":[{"startTime":"2026-03-09T10:00:00Z","endTime":"2026-03-09T11:00:00+08:00"}],"location":{"latitude":1,"longitude":1}}`,
		`{"location":{"latitude":"NaN"}}`, `{"a":{"a":{"a":[[[`, `null`, `{"unitId":"` + "\xff" + `"}`, `{"location":{"latitude":1e400}}`, `{}{}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var order *dispatchv1.WorkOrder
		err := jsonFormat{}.Unmarshal(data, &order)
		if err == nil {
			err = wire.Validate(&dispatchv1.CreateWorkOrderRequest{WorkOrder: order})
		}
		if err == nil {
			_, err = wire.Wish(order)
		}
		if err == nil {
			return
		}
		if fault, ok := faultIn(err.Error()); ok {
			err = fault
		}
		if s, known := statusOf(err); !known || ruleOf(s).http != 400 {
			t.Errorf("%q: %v is shown as %d", data, err, ruleOf(s).http)
		}
	})
}
