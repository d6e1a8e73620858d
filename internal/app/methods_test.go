package app_test

import (
	"testing"

	"fettle/internal/app"
)

// TestEveryServiceIsPublished: the policy that is published is that of all services, those beside dispatch too.
func TestEveryServiceIsPublished(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir()})
	defer stop(t, a)
	_, got := call(t, a, "GET", "/v1/meta/methods", "")
	published := map[string]bool{}
	list, _ := got["methods"].([]any)
	for _, m := range list {
		if m, ok := m.(map[string]any); ok {
			path, _ := m["path"].(string)
			published[path] = true
		}
	}
	for _, path := range []string{"/v1/workOrders", "/v1/keys", "/v1/users", "/v1/apiKeys", "/v1/links", "/v1/reconciliation"} {
		if !published[path] {
			t.Errorf("%s is not published", path)
		}
	}
}
