package app_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/internal/app"
	"fettle/internal/clock"
	"fettle/internal/secret"
	"fettle/org"
	"fettle/storage/archive"
)

// What is planted of somebody who rents: numbers, names, what was written and said.
var liWords = []string{
	"canary-name", "13731415926", "11010519491231002X", "canary-mother", "13827182818", "canary-note", "canary@example.org", "47114711",
	"canary-said",
}

// opened collects all that the keys of an org open in a backup.
type opened struct {
	ring    *secret.Ring
	columns map[string][]string
	text    bytes.Buffer
}

// places are the sealed columns, and by what their rows are named.
var places = map[string][]string{
	"work_orders": {"detail", "id"}, "technicians": {"detail", "id"}, "due_work": {"payload", "kind", "key"},
	"idempotency_keys": {"response", "key"}, "records": {"body", "kind", "id"}, "events": {"reason,detail", "sequence"},
}

// Fill implements archive.Target: rows are read and kept nowhere.
func (c *opened) Fill(_ context.Context, next func() (string, []any, error)) error {
	for {
		table, values, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		at := func(column string) any { return values[slices.Index(c.columns[table], column)] }
		fmt.Fprintln(&c.text, table, values)
		if table == "audit_entries" { // a reason is sealed for the hash that covers it
			hash, _ := at("reason_hash").([]byte)
			if err := c.open(org.ID(fmt.Sprint(at("org"))), [3]string{table, hex.EncodeToString(hash), "reason"}, at("reason_sealed")); err != nil {
				return err
			}
		}
		place := places[table]
		if place == nil {
			continue
		}
		var name []string
		for _, k := range place[1:] {
			name = append(name, fmt.Sprint(at(k)))
		}
		for _, column := range strings.Split(place[0], ",") {
			if err := c.open(org.ID(fmt.Sprint(at("org"))), [3]string{table, strings.Join(name, "/"), column}, at(column)); err != nil {
				return err
			}
		}
	}
}

func (c *opened) open(o org.ID, cell [3]string, value any) error {
	var raw []byte
	switch v := value.(type) {
	case string:
		coded, sealed := strings.CutPrefix(v, "s1.")
		if !sealed {
			return nil
		}
		var err error
		if raw, err = base64.RawStdEncoding.DecodeString(coded); err != nil {
			return err
		}
	case []byte:
		var sealed bool
		if raw, sealed = bytes.CutPrefix(v, []byte("s1.")); !sealed {
			return nil
		}
	default:
		return nil
	}
	plain, err := c.ring.Open(o, cell, raw)
	c.text.Write(plain)
	return err
}

// copyOf is all that whoever has a backup and the keys can read.
func copyOf(t *testing.T, file, keys string) string {
	t.Helper()
	ring, err := secret.Load(keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	m, err := archive.Read(t.Context(), f, info.Size(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &opened{ring: ring, columns: map[string][]string{}}
	for _, table := range m.Tables {
		c.columns[table.Name] = table.Columns
	}
	if _, err := archive.Read(t.Context(), f, info.Size(), c); err != nil {
		t.Fatal(err)
	}
	return c.text.String()
}

// wordsIn lists which of the words a text holds, also as base64 of them.
func wordsIn(text string) (out []string) {
	for _, w := range liWords {
		if strings.Contains(text, w) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(w))) {
			out = append(out, w)
		}
	}
	return out
}

// Where users and recipients are reached is shown in full to who gives a reason, which the audit keeps.
func TestNumbersAreRevealedForAReason(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir()})
	defer stop(t, a)
	admin := &caller{t: t, a: a, token: a.Token()}
	finance, desk := as(t, a, "FINANCE", ""), as(t, a, "FRONT_DESK", "")
	user := admin.want("POST", "/v1/users", `{"displayName":"Li","roles":["TECHNICIAN"],"technicianId":"te_1","phone":"13800138000"}`, 201, "!13800138000")
	at := fmt.Sprint("/v1/users/", user["id"])
	admin.want("POST", "/v1/recipients", `{"id":"unit.u-1","addresses":{"mail":"canary@example.org"}}`, 201, "!canary@")
	for path, word := range map[string]string{at: "13800138000", "/v1/recipients/unit.u-1": "canary@example.org"} {
		finance.want("POST", path+":reveal", `{"purpose":"to call back"}`, 403, "!"+word)
		admin.want("POST", path+":reveal", `{}`, 400, "purpose", "!"+word)
		admin.want("POST", path+":reveal", `{"purpose":"to call back"}`, 200, word)
		admin.want("GET", path, "", 200, "!"+word)
	}
	desk.want("POST", at+":reveal", `{"purpose":"to call back"}`, 403)
	desk.want("POST", "/v1/recipients/unit.u-1:reveal", `{"purpose":"to call back"}`, 200)
	admin.want("POST", "/v1/recipients/unit.u-2:reveal", `{"purpose":"to call back"}`, 404)
	admin.want("GET", "/v1/auditEvents?objectKind=recipients&objectId=unit.u-1", "", 200, "RevealRecipient", "to call back", "actor:key:ak_")
	admin.want("GET", fmt.Sprint("/v1/auditEvents?objectKind=users&objectId=", user["id"]), "", 200, "RevealUser", "to call back")
}

func TestSubjects(t *testing.T) {
	t.Run("file", func(t *testing.T) { subjectStory(t, "", "") })
	t.Run("PostgreSQL", func(t *testing.T) { subjectStory(t, server.Database(t, ""), server.Database(t, "")) })
}

// moved is a tenant with all that can be held about one, whose lease is over.
func moved(t *testing.T, admin *caller, unit string, word func(string) string) (tenant, lease string) {
	t.Helper()
	li := admin.want("POST", "/v1/tenants", word(`{"displayName":"canary-name","phone":"13731415926","nationalId":"11010519491231002X","note":"canary-note",
		"emergencyContact":{"displayName":"canary-mother","relation":"mother","phone":"13827182818"}}`), 201)
	tenant = fmt.Sprint(li["id"])
	l := admin.want("POST", "/v1/leases?signed=true", fmt.Sprintf(
		`{"tenantId":%q,"unitId":%q,"startDate":"2026-01-01","endDate":"2026-12-31","rentCents":"300000","depositCents":"700000","paymentCycle":"MONTHLY"}`, tenant, unit), 201)
	lease = fmt.Sprint(l["id"])
	admin.want("POST", "/v1/recipients", word(`{"id":"unit.`+unit+`","language":"en","addresses":{"mail":"canary@example.org"}}`), 201)
	admin.want("POST", "/v1/recipients", word(`{"id":"tenant.`+tenant+`","language":"en","addresses":{"mail":"canary@example.org"}}`), 201)
	admin.want("POST", "/v1/profiles:import", word(fmt.Sprintf(
		`{"source":"APP","content":"lease_id,date,consent_date,gym_visits\n%s,2026-06-28,2026-01-01,47114711\n"}`, lease)), 200)
	admin.want("POST", "/v1/renewals", word(fmt.Sprintf(`{"leaseId":%q,"greeting":"canary-in-greeting-x"}`, lease)), 201)
	admin.want("POST", "/v1/surveys:mood", fmt.Sprintf(`{"leaseId":%q,"mood":"BAD","month":"2026-07"}`, lease), 200)
	admin.want("POST", "/v1/payments", fmt.Sprintf(`{"leaseId":%q,"amountMinor":300000,"paidDate":"2026-02-01","reference":"bank-%s"}`, lease, unit), 201)
	order := admin.want("POST", "/v1/workOrders", fmt.Sprintf(`{"location":{"latitude":30.2,"longitude":120.2},"unitId":%q,"description":"drip in %s"}`, unit, unit), 201)
	admin.want("POST", fmt.Sprint("/v1/workOrders/", order["id"], "/notes"), word(`{"text":"canary-said"}`), 201)
	return tenant, lease
}

// subjectStory is rows R-S7 and R-S8: a copy of all that is held about a tenant and nothing of others, refusals while the law or a contract
// asks for the person, and then nobody reads the person any more: not in rows, not in answers that were kept, not with the keys of the
// org, not from an older backup. The saboteurs are the copy from before, and a restore without the memory of who was erased.
func subjectStory(t *testing.T, database, second string) {
	t.Helper()
	now := clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))
	keys := app.Keys{File: filepath.Join(t.TempDir(), "keys")}
	dir := t.TempDir()
	sink := httptest.NewServer(&letters{})
	defer sink.Close()
	config := app.Config{Data: dir, Database: database, Clock: now, Keys: keys, Notify: sink.URL}
	a := start(t, config)
	admin := &caller{t: t, a: a, token: a.Token()}
	tenant, lease := moved(t, admin, "u-7", func(s string) string { return s })
	other, _ := moved(t, admin, "u-8", func(s string) string {
		return strings.NewReplacer("canary-", "other-", "13731415926", "13900000001", "11010519491231002X", "", "13827182818", "13900000002", "canary@", "other@", "47114711", "11").Replace(s)
	})
	at := "/v1/tenants/" + tenant
	words := append(written(t, a, lease, "u-7"), besides(t, a, tenant, lease)...)

	desk := as(t, a, "FRONT_DESK", "")
	desk.want("POST", at+":exportData", `{"purpose":"asked by letter"}`, 403)
	desk.want("POST", at+":erase", `{"reason":"asked by letter"}`, 403)
	admin.want("POST", at+":exportData", `{}`, 400, "purpose")
	copied := admin.want("POST", at+":exportData", `{"purpose":"asked by letter"}`, 200,
		"canary-name", "13731415926", "11010519491231002X", "canary-mother", "13827182818", "canary-note", "canary@example.org", "4.7114711e+07", "BAD", "bank-u-7", "drip in u-7",
		lease, "obligations", "canary-said", "canary-in-order", "canary-in-chat", "canary-in-survey", "canary-in-field", "canary-in-orderfield", "canary-in-caption", "!other-", "!13900000001", "!u-8", "!"+other, "!blind")
	t.Logf("%d bytes in the copy", len(fmt.Sprint(copied)))
	admin.want("GET", "/v1/auditEvents?objectKind=tenants&objectId="+tenant, "", 200, "asked by letter", "ExportSubject")

	admin.want("POST", at+":erase", `{"reason":"asked by letter"}`, 409, "LEASE_STANDING", lease)
	admin.want("POST", "/v1/leases/"+lease+":terminate", `{"reason":"moved"}`, 200)
	admin.want("POST", at+":hold", `{"reason":"lawsuit 17","untilDate":"2026-13-01"}`, 400, "untilDate")
	admin.want("POST", at+":hold", `{"reason":"lawsuit 17","untilDate":"2026-09-01"}`, 200, "held:true")
	admin.want("GET", at, "", 200, "lawsuit 17")
	admin.want("POST", at+":erase", `{"reason":"asked by letter"}`, 409, "RETENTION_HOLD", "lawsuit 17", "2026-09-01")
	admin.want("POST", at+":release", `{"reason":"settled"}`, 200)
	admin.want("POST", at+":release", `{"reason":"settled"}`, 409)

	before := filepath.Join(t.TempDir(), "before.zip")
	if _, err := app.Backup(t.Context(), dir, database, before, now.Now()); err != nil {
		t.Fatal(err)
	}
	was, err := os.ReadFile(keys.File)
	if err != nil {
		t.Fatal(err)
	}
	admin.want("POST", at+":erase", `{"reason":"asked by letter"}`, 200, "facts:1", "moods:1", "recipients:2", "conversations:1")
	gone(t, admin, tenant, lease)
	afterwards(t, admin, "u-7")
	remembered := func() bool {
		b, err := os.ReadFile(keys.File)
		return err == nil && strings.Contains(string(b), tenant)
	}
	eventually(t, remembered)
	nowhere(t, now, func() string { return backedUp(t, &config, now) })
	admin.want("GET", "/v1/obligations?leaseId="+lease, "", 200, "reason:erased", "!"+inAudit)
	for _, duty := range rows(admin.want("GET", "/v1/obligations?state=WAIVED", "", 200), "obligations") {
		admin.want("GET", fmt.Sprint("/v1/auditEvents?objectKind=obligations&objectId=", duty["id"]), "", 200, "purpose:erased", "!"+inAudit)
	}
	admin.want("GET", "/v1/auditEvents?objectKind=tenants&objectId="+tenant, "", 200, "EraseSubject", "asked by letter", "!lawsuit 17")
	chainHolds(t, &config)
	now.Advance(25 * time.Hour) // answers under idempotency keys are kept for a day, and removed by the hour
	after := filepath.Join(t.TempDir(), "after.zip")
	eventually(t, func() bool {
		now.Advance(time.Hour)
		if _, err := app.Backup(t.Context(), dir, database, after, now.Now()); err != nil {
			t.Fatal(err)
		}
		return len(wordsIn(copyOf(t, after, keys.File))) == 0
	})
	admin.want("GET", "/v1/tenants/"+other, "", 200, "other-name")
	stop(t, a)
	if got := wordsIn(copyOf(t, before, keys.File)); len(got) < 2 { // in answers that were kept: the copy is one that finds what there is
		t.Errorf("of the copy from before only %q is read: the test would not see what is left", got)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(words)), wordsOf(copyOf(t, before, keys.File))); diff != "" {
		t.Errorf("of what was written, the copy from before tells (-want +got):\n%s", diff)
	}
	restoredStory(t, before, second, keys, was, tenant)
}

// nowhere waits until nothing that was written is read any more by who has a copy and the keys.
func nowhere(t *testing.T, now *clock.Fake, all func() string) {
	t.Helper()
	var left []string
	for range 100 {
		if left = wordsOf(all()); len(left) == 0 {
			return
		}
		now.Advance(time.Minute)
	}
	t.Errorf("of what was written about somebody who was erased, %q is still read", left)
}

// chainHolds verifies the audit, which tells of reasons that are erased.
func chainHolds(t *testing.T, c *app.Config) {
	t.Helper()
	found, err := app.VerifyAudit(t.Context(), c.Data, c.Database, nil, c.Clock.Now())
	if err != nil || len(found) != 1 || found[0].Broken != nil || found[0].Erased == 0 {
		t.Errorf("the audit after an erasure: %+v, %v", found, err)
	}
}

// backedUp is all that whoever has a backup of a service and the keys can read.
func backedUp(t *testing.T, c *app.Config, now *clock.Fake) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "words.zip")
	if _, err := app.Backup(t.Context(), c.Data, c.Database, file, now.Now()); err != nil {
		t.Fatal(err)
	}
	return copyOf(t, file, c.Keys.File)
}

// gone looks for somebody who was erased.
func gone(t *testing.T, admin *caller, tenant, lease string) {
	t.Helper()
	at := "/v1/tenants/" + tenant
	nothing := []string{"eraseTime"}
	for _, w := range liWords {
		nothing = append(nothing, "!"+w)
	}
	admin.want("GET", at, "", 200, nothing...)
	admin.want("POST", at+":reveal", `{"purpose":"to look"}`, 200, nothing[1:]...)
	admin.want("POST", at+":exportData", `{"purpose":"to look"}`, 200, append(nothing[1:], "bank-u-7", "erased")...)
	admin.want("POST", "/v1/tenants:search", `{"phone":"13731415926"}`, 200, "!"+tenant)
	admin.want("GET", "/v1/tenants?contactStale=true", "", 200, "!"+tenant)
	admin.want("PATCH", at+"?etag=*", `{"displayName":"Li Na"}`, 409, "ERASED")
	admin.want("POST", at+":erase", `{"reason":"again"}`, 409, "ERASED")
	admin.want("GET", "/v1/leases/"+lease, "", 200, tenant, "TERMINATED")
	admin.want("GET", "/v1/obligations?leaseId="+lease, "", 200, "rung:")
	admin.want("GET", "/v1/payments?leaseId="+lease, "", 200, "bank-u-7")
	admin.want("GET", "/v1/recipients/unit.u-7", "", http.StatusNotFound)
	admin.want("GET", "/v1/auditEvents?objectKind=tenants&objectId="+tenant, "", 200, "EraseSubject", "asked by letter")
}

// restoredStory starts on a backup from before somebody was erased: with the keys as they are the person is erased again before anybody is
// served. The saboteur has keys from before, which remember nobody.
func restoredStory(t *testing.T, backup, database string, keys app.Keys, was []byte, tenant string) {
	t.Helper()
	for _, forgets := range []bool{false, true} {
		now := clock.NewFake(time.Date(2026, 8, 1, 2, 0, 0, 0, time.UTC))
		config := app.Config{Data: t.TempDir(), Clock: now, Keys: keys}
		if !forgets {
			config.Database = database
		} else if err := os.WriteFile(keys.File, was, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := app.Restore(t.Context(), backup, config.Data, config.Database); err != nil {
			t.Fatal(err)
		}
		a := start(t, config)
		_, got := call(t, a, "GET", "/v1/tenants/"+tenant, "")
		if there := strings.Contains(fmt.Sprint(got), "canary-name"); there != forgets {
			t.Errorf("memory of who was erased lost: %t; the person is back: %t", forgets, there)
		}
		if forgets {
			if left := wordsOf(backedUp(t, &config, now)); len(left) < 2 {
				t.Errorf("memory of who was erased lost, and of what was written %q is back: the test would not see it", left)
			}
		} else {
			nowhere(t, now, func() string { return backedUp(t, &config, now) })
		}
		stop(t, a)
	}
}
