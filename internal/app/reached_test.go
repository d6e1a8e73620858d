package app_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// Where a tenant is reached lies under the key of the tenant: who has a copy and the keys of the org, and not that key, reads no address. The
// saboteur is somebody without a key of its own, whose address is read.
func TestAddressesOfTenantsLieUnderTheirKeys(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))
	c := app.Config{Data: t.TempDir(), Clock: now, Keys: app.Keys{File: filepath.Join(t.TempDir(), "keys")}}
	a := start(t, c)
	defer stop(t, a)
	admin := &caller{t: t, a: a, token: a.Token()}
	li := admin.want("POST", "/v1/tenants", `{"displayName":"Li Na","phone":"13731415926"}`, 201)
	at := fmt.Sprint("/v1/recipients/tenant.", li["id"])
	admin.want("POST", "/v1/recipients", fmt.Sprintf(`{"id":"tenant.%v","language":"en","addresses":{"mail":"li@example.org"}}`, li["id"]), 201)
	admin.want("POST", "/v1/recipients", `{"id":"tenant.elsewhere","language":"en","addresses":{"mail":"wu@example.org"}}`, 201)
	admin.want("PATCH", at+"?etag=*", `{"addresses":{"sms":"13800138000"}}`, 200)
	admin.want("POST", at+":reveal", `{"purpose":"to call back"}`, 200, "li@example.org", "13800138000")
	admin.want("GET", "/v1/recipients", "", 200, "***.org", "***8000")
	text := backedUp(t, &c, now)
	for address, read := range map[string]bool{"li@example.org": false, "13800138000": false, "wu@example.org": true} {
		if got := strings.Contains(text, address); got != read {
			t.Errorf("%s is read with the keys of the org: %t, want %t", address, got, read)
		}
	}
	admin.want("POST", fmt.Sprint("/v1/tenants/", li["id"], ":erase"), `{"reason":"asked by letter"}`, 200, "recipients:1")
	admin.want("GET", at, "", 404)
}
