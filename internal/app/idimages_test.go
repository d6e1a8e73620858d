package app_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// card is a picture of a card, with words beside the picture that must not be kept.
func card(t *testing.T) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 800, 500))
	for i := range 800 * 500 {
		m.Set(i%800, i/800, color.RGBA{uint8(i % 800 / 4), 200, uint8(i / 800 / 2), 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), "canary-behind-the-picture"...)
}

// looks asks for a picture and returns status, type and bytes.
func looks(t *testing.T, a *app.App, token, id, body string) (int, string, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL()+"/v1/idImages/"+id+":reveal", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode == http.StatusOK && !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("a copy may be kept: %v", res.Header)
	}
	return res.StatusCode, res.Header.Get("Content-Type"), data
}

func TestIDImages(t *testing.T) {
	t.Run("file", func(t *testing.T) { idImageStory(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { idImageStory(t, server.Database(t, "")) })
}

// idImageStory is S37 and R-X4: a copy of a card is shown for a purpose alone, marked with who looks and when, every look is listed once, other roles
// see nothing, and it is destroyed after the tenant has moved out, or with the tenant.
func idImageStory(t *testing.T, database string) {
	t.Helper()
	now := clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))
	keys, dir := app.Keys{File: filepath.Join(t.TempDir(), "keys")}, t.TempDir()
	a := start(t, app.Config{Data: dir, Database: database, Clock: now, Keys: keys})
	defer stop(t, a)
	admin := &caller{t: t, a: a, token: a.Token()}
	desk, finance, auditor := as(t, a, "FRONT_DESK", ""), as(t, a, "FINANCE", ""), as(t, a, "AUDITOR", "")
	moving := func(unit string) (tenant, lease string) {
		li := admin.want("POST", "/v1/tenants", `{"displayName":"Li Na","phone":"13731415926"}`, 201)
		l := admin.want("POST", "/v1/leases?signed=true", fmt.Sprintf(`{"tenantId":%q,"unitId":%q,"startDate":"2026-01-01","endDate":"2026-12-31","rentCents":"300000"}`, li["id"], unit), 201)
		return fmt.Sprint(li["id"]), fmt.Sprint(l["id"])
	}
	tenant, lease := moving("u-1")
	body := func(tenant string, content []byte) string {
		return fmt.Sprintf(`{"tenantId":%q,"side":"FRONT","content":%q}`, tenant, base64.StdEncoding.EncodeToString(content))
	}
	desk.want("POST", "/v1/idImages", body("tn_nobody", card(t)), 400, "tenantId")
	desk.want("POST", "/v1/idImages", body(tenant, []byte("<html>")), 400, "content")
	finance.want("POST", "/v1/idImages", body(tenant, card(t)), 403)
	made := desk.want("POST", "/v1/idImages", body(tenant, card(t)), 201, "width:800", "!content")
	id := fmt.Sprint(made["id"])
	desk.want("GET", "/v1/idImages?tenantId="+tenant, "", 200, id, "!content")

	for token, want := range map[string]int{finance.token: 403, auditor.token: 403, desk.token: 400, "nobody": 401} {
		if code, _, data := looks(t, a, token, id, `{}`); code != want || bytes.Contains(data, []byte("JFIF")) {
			t.Errorf("without a purpose or a right: %d, want %d", code, want)
		}
	}
	code, kind, seen := looks(t, a, desk.token, id, `{"purpose":"to check the name"}`)
	if code != http.StatusOK || kind != "image/jpeg" || bytes.Contains(seen, []byte("canary")) {
		t.Fatalf("%d %s, %d bytes", code, kind, len(seen))
	}
	_, _, other := looks(t, a, a.Token(), id, `{"purpose":"to check the name"}`)
	if m, err := jpeg.DecodeConfig(bytes.NewReader(seen)); err != nil || m.Width != 800 || bytes.Equal(seen, other) {
		t.Errorf("%v %v; the picture of another viewer is the same: %t", m, err, bytes.Equal(seen, other))
	}
	views, _ := auditor.want("GET", "/v1/idImages/"+id+"/views", "", 200, "to check the name", "ROLE_MAY_NOT", "INVALID_ARGUMENT")["views"].([]any)
	if len(views) != 5 { // two looks, a look without a purpose, two without a right
		t.Errorf("%d looks: %v", len(views), views)
	}

	backup := filepath.Join(t.TempDir(), "b.zip")
	if _, err := app.Backup(t.Context(), dir, database, backup, now.Now()); err != nil {
		t.Fatal(err)
	}
	if text := copyOf(t, backup, keys.File); strings.Contains(text, "JFIF") || strings.Contains(text, "/9j/") {
		t.Error("the picture is read with the keys of the org alone: it is not under the key of the tenant")
	}

	second, ended := moving("u-2")
	erasable := fmt.Sprint(desk.want("POST", "/v1/idImages", body(second, card(t)), 201)["id"])
	admin.want("POST", "/v1/leases/"+ended+":terminate", `{"reason":"moved"}`, 200)
	admin.want("POST", "/v1/tenants/"+second+":erase", `{"reason":"asked"}`, 200, "idImages:1")
	admin.want("GET", "/v1/idImages/"+erasable, "", 404)

	now.Advance(40 * 24 * time.Hour) // the lease stands: the picture stays
	admin.want("POST", "/v1/leases/"+lease+":terminate", `{"reason":"moved"}`, 200)
	now.Advance(29 * 24 * time.Hour)
	admin.want("GET", "/v1/idImages/"+id, "", 200)
	now.Advance(3 * 24 * time.Hour)
	waitFor(t, now, func() bool {
		code, _ := call(t, a, "GET", "/v1/idImages/"+id, "")
		return code == http.StatusNotFound
	})
	admin.want("GET", "/v1/auditEvents?objectKind=idImages&objectId="+id, "", 200, "idImages.purge")
}

// What is read on a copy of a card is suggested to who says what for, is held to GB 11643, and changes nothing. A program that
// stands for Tesseract reads whatever the test wrote down.
func TestSuggestionsAreReadForAPurpose(t *testing.T) {
	dir := t.TempDir()
	program, table := filepath.Join(dir, "reader"), filepath.Join(dir, "table")
	a := start(t, app.Config{Data: t.TempDir(), Clock: clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC)), OCR: program})
	defer stop(t, a)
	admin := &caller{t: t, a: a, token: a.Token()}
	desk, finance, auditor := as(t, a, "FRONT_DESK", ""), as(t, a, "FINANCE", ""), as(t, a, "AUDITOR", "")
	who := admin.want("POST", "/v1/tenants", `{"displayName":"王小明","phone":"13731415926"}`, 201)
	image := desk.want("POST", "/v1/idImages", fmt.Sprintf(`{"tenantId":%q,"side":"FRONT","content":%q}`, who["id"], base64.StdEncoding.EncodeToString(card(t))), 201)
	path := fmt.Sprintf("/v1/idImages/%s:read", image["id"])
	const why = `{"purpose":"to fill in the form"}`
	desk.want("POST", path, why, 409, "NO_READER", "apt-get install")

	reads := func(number string) {
		t.Helper()
		row := "5\t1\t1\t1\t%d\t1\t0\t0\t9\t9\t87\t%s\n"
		if err := os.WriteFile(table, []byte(fmt.Sprintf(row, 1, "姓名王小明")+fmt.Sprintf(row, 2, "公民身份号码"+number)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	becomes := func(script string) { // by another process: what this one has open for writing while it forks cannot be run
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-c", `cat >"$0" && chmod +x "$0"`, program)
		cmd.Stdin = strings.NewReader("#!/bin/sh\n" + script + "\n")
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
	}
	becomes("cat >/dev/null; cat " + table)
	reads(liID)
	desk.want("POST", path, `{}`, 400, "purpose", "!"+liID)
	finance.want("POST", path, why, 403, "!"+liID)
	auditor.want("POST", path, why, 403, "!"+liID)
	got := desk.want("POST", path, why, 200, liID, "王小明", "0.87", "FITS", "!BREAKS", "held:true")
	if list, _ := got["suggestions"].([]any); len(list) != 2 {
		t.Errorf("%v", got)
	}
	reads(liID[:17] + "3")
	desk.want("POST", path, why, 200, "BREAKS", "CHECK_CHARACTER")
	admin.want("GET", fmt.Sprintf("/v1/tenants/%s", who["id"]), "", 200, "!nationalId", "etag:"+fmt.Sprint(who["etag"]))
	auditor.want("GET", fmt.Sprintf("/v1/auditEvents?objectKind=idImages&objectId=%s", image["id"]), "", 200, "ReadIdentityImage", "to fill in the form", "ROLE_MAY_NOT")

	becomes("echo no picture >&2; exit 1")
	desk.want("POST", path, why, 400, "NOT_READABLE")
}
