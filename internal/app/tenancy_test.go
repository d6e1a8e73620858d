package app_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// caller calls with a credential of its own.
type caller struct {
	t     *testing.T
	a     *app.App
	token string
	sent  int
}

// as makes a credential with one role.
func as(t *testing.T, a *app.App, role, technician string) *caller {
	t.Helper()
	body := fmt.Sprintf(`{"displayName":%q,"roles":[%q]}`, role, role)
	if technician != "" {
		_, user := call(t, a, "POST", "/v1/users", fmt.Sprintf(`{"displayName":%q,"roles":[%q],"technicianId":%q}`, technician, role, technician))
		body = fmt.Sprintf(`{"displayName":%q,"userId":%q}`, role, user["id"])
	}
	code, key := with(a, a.Token(), rand.Text()).call(t, "POST", "/v1/apiKeys", body)
	secret, _ := key["secret"].(string)
	if code != http.StatusCreated || secret == "" {
		t.Fatalf("key for %s: %d %v", role, code, key)
	}
	return &caller{t: t, a: a, token: secret}
}

// want calls and holds the answer to a status and to texts, those behind "!" must not be in it.
func (c *caller) want(method, path, body string, status int, texts ...string) map[string]any {
	c.t.Helper()
	c.sent++
	code, got := with(c.a, c.token, fmt.Sprintf("%s-%d", c.token[len(c.token)-6:], c.sent)).call(c.t, method, path, body)
	shown := fmt.Sprint(got)
	for _, text := range texts {
		absent, negated := strings.CutPrefix(text, "!")
		if strings.Contains(shown, absent) == negated {
			c.t.Errorf("%s %s %s: %s, want %q", method, path, body, shown, text)
		}
	}
	if code != status {
		c.t.Errorf("%s %s %s: %d %s, want %d", method, path, body, code, shown, status)
	}
	return got
}

func TestTenants(t *testing.T) {
	t.Run("file", func(t *testing.T) { tenantStory(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { tenantStory(t, server.Database(t, "")) })
}

const (
	liPhone, liMother = "13731415926", "13827182818"
	liID              = "11010519491231002X"
)

// tenantStory goes through the life of a tenant.
func tenantStory(t *testing.T, database string) {
	t.Helper()
	dir := t.TempDir()
	a := start(t, app.Config{Data: dir, Database: database, Clock: clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))})
	admin := &caller{t: t, a: a, token: a.Token()}
	desk, finance := as(t, a, "FRONT_DESK", ""), as(t, a, "FINANCE", "")

	desk.want("POST", "/v1/tenants", `{"displayName":"Li Na","phone":"1373141592"}`, 400, "field:phone", "11 digits", "!1373141592")
	desk.want("POST", "/v1/tenants", `{"displayName":"Li Na","nationalId":"110105194912310021"}`, 422, "field:nationalId", "CHECK_CHARACTER", "RULE_BROKEN")
	desk.want("POST", "/v1/tenants", `{"displayName":"Li Na","nationalId":"110105194913310021"}`, 422, "BIRTH_DATE")
	li := desk.want("POST", "/v1/tenants", `{"displayName":"Li Na","phone":"+86 137-3141-5926","nationalId":"`+liID+`","tags":["vip"],
		"emergencyContact":{"displayName":"Wang Fang","relation":"mother","phone":"`+liMother+`"},"consents":[{"purpose":"marketing","granted":true}]}`,
		201, "phone:"+liPhone, "phoneHint:137****5926", "nationalIdHint:110105********002X", "!"+liID, "!"+liMother, "Wang Fang", "time:2026")
	id, _ := li["id"].(string)
	admin.want("POST", "/v1/tenants", `{"displayName":"Li Na's double","nationalId":"`+liID+`"}`, 409, "VALUE_TAKEN", "!"+liID)

	admin.want("GET", "/v1/tenants/"+id, "", 200, liPhone, liID, liMother)
	finance.want("GET", "/v1/tenants/"+id, "", 200, "137****5926", "!"+liPhone, "!"+liID, "!"+liMother)
	finance.want("PATCH", "/v1/tenants/"+id+"?etag=1", `{"displayName":"Li Ma"}`, 403, "ROLE_MAY_NOT")
	for _, body := range []string{`{"phone":"137 3141 5926"}`, `{"nationalId":"` + liID + `"}`, `{"displayName":"li na"}`} {
		finance.want("POST", "/v1/tenants:search", body, 200, id, "!"+liPhone)
	}
	finance.want("POST", "/v1/tenants:search", `{"phone":"13900000000"}`, 200, "!tn_")
	finance.want("POST", "/v1/tenants:search", `{"phone":"`+liPhone+`","displayName":"x"}`, 400, "exactly one")
	finance.want("POST", "/v1/tenants/"+id+":reveal", `{}`, 400, "purpose")
	finance.want("POST", "/v1/tenants/"+id+":reveal", `{"purpose":"refund of the deposit"}`, 200, liPhone, liID, liMother)
	admin.want("GET", "/v1/auditEvents?objectKind=tenants&objectId="+id, "", 200, "refund of the deposit", "RevealTenant")
	admin.want("GET", "/v1/tenants?tag=vip", "", 200, id)
	admin.want("GET", "/v1/tenants?contactStale=true", "", 200, "!"+id)

	unitOfLi(t, a, admin, id)
	sealedNumbers(t, dir)
	desk.want("PATCH", "/v1/tenants/"+id+"?etag=3&updateMask=emergencyContact", `{}`, 200, "!Wang Fang", "137****5926")
	admin.want("GET", "/v1/tenants?contactStale=true", "", 200, id)
	desk.want("PATCH", "/v1/tenants/"+id+"?etag=1", `{"note":"late"}`, 412, "STALE_ETAG")
	desk.want("DELETE", "/v1/tenants/"+id, "", 403)
	admin.want("DELETE", "/v1/tenants/"+id, "", 409, "ILLEGAL_STATE", "RENTING")
	stop(t, a)
}

// unitOfLi gives the tenant a lease and its dwelling an open order: the technician sees whom to call, hears of a new number, and
// loses both with the order.
func unitOfLi(t *testing.T, a *app.App, admin *caller, id string) {
	t.Helper()
	admin.want("POST", "/v1/leases?signed=true", `{"tenantId":"tn_nobody","unitId":"u-7","startDate":"2026-01-01","endDate":"2026-12-31"}`, 400, "tenantId")
	admin.want("POST", "/v1/leases?signed=true", `{"tenantId":"`+id+`","unitId":"u-7","startDate":"2026-01-01","endDate":"2026-12-31"}`, 201, id)
	admin.want("GET", "/v1/tenants?unitId=u-7", "", 200, id, liPhone)
	admin.want("GET", "/v1/tenants?unitId=u-8", "", 200, "!"+id)
	wang := admin.want("POST", "/v1/technicians", `{"displayName":"Wang","skills":[{"skill":"plumbing","level":3}],"home":{"latitude":30.2,"longitude":120.2},
		"weeklyShifts":[{"days":["MON"],"start":"08:00","end":"20:00"}],"timeZone":"Asia/Shanghai"}`, 201)
	who, _ := wang["id"].(string)
	order := admin.want("POST", "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2},"requiredSkills":[{"skill":"plumbing","level":1}],"unitId":"u-7"}`, 201, "ASSIGNED")
	contacts := fmt.Sprint("/v1/workOrders/", order["id"], ":revealContacts")
	technician, other := as(t, a, "TECHNICIAN", who), as(t, a, "FINANCE", "")
	other.want("POST", contacts, `{"purpose":"to open the door"}`, 403)
	technician.want("POST", contacts, `{"purpose":"to open the door"}`, 200, "Li Na", liPhone, "Wang Fang", liMother, "!"+liID)
	technician.want("GET", "/v1/tenants/"+id, "", 403)

	heard := []<-chan string{listen(t, technician, "tenants"), listen(t, other, "tenants")}
	admin.want("PATCH", "/v1/tenants/"+id+"?etag=1", `{"tags":["vip","quiet"]}`, 200)
	for i, h := range heard {
		select {
		case line := <-h:
			if !strings.Contains(line, id) || strings.Contains(line, liPhone) {
				t.Errorf("watcher %d hears %s", i, line)
			}
		case <-time.After(patience):
			t.Errorf("watcher %d hears nothing", i)
		}
	}
	admin.want("PATCH", "/v1/tenants/"+id+"?etag=2&updateMask=tags", `{"tags":["vip"]}`, 200)
	admin.want("POST", fmt.Sprint("/v1/workOrders/", order["id"], ":cancel"), `{"reason":"mended"}`, 200)
	technician.want("POST", contacts, `{"purpose":"to open the door"}`, 404, "!"+liPhone)
}

// listen hears of changed records of a kind.
func listen(t *testing.T, c *caller, kind string) <-chan string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", c.a.URL()+"/v1/events:stream?types="+kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req) //nolint:bodyclose // by the cleanup
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("stream: %s", res.Status)
	}
	heard := make(chan string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				heard <- data
			}
		}
	}()
	t.Cleanup(func() {
		_ = res.Body.Close()
		<-done
	})
	return heard
}

// sealedNumbers looks for numbers in the files of the service.
func sealedNumbers(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, number := range []string{liPhone, liMother, liID, "Wang Fang"} {
			if bytes.Contains(data, []byte(number)) {
				t.Errorf("%s is in clear in %s", number, filepath.Base(path))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTenantsAndTheirLeases deletes tenants while leases are made for them: one of both is refused.
func TestTenantsAndTheirLeases(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir()})
	defer stop(t, a)
	admin := &caller{t: t, a: a, token: a.Token()}
	for n := range 20 {
		made := admin.want("POST", "/v1/tenants", fmt.Sprintf(`{"displayName":"Tenant %d"}`, n), 201)
		id, _ := made["id"].(string)
		both := make(chan int, 2)
		for _, f := range []func() int{
			func() int {
				code, _ := with(a, a.Token(), "l"+id).call(t, "POST", "/v1/leases", `{"tenantId":"`+id+`","unitId":"u","startDate":"2026-01-01","endDate":"2036-12-31"}`)
				return code
			},
			func() int {
				code, _ := with(a, a.Token(), "d"+id).call(t, "DELETE", "/v1/tenants/"+id, "")
				return code
			},
		} {
			go func() { both <- f() }()
		}
		if got := []int{<-both, <-both}; slices.Contains(got, http.StatusCreated) == slices.Contains(got, http.StatusOK) {
			t.Errorf("tenant %s: %v, want either the lease or the end", id, got)
		}
	}
}
