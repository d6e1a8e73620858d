package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// codes is where a service shows codes.
type codes struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (c *codes) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.b.Write(p)
}

func (c *codes) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.b.String()
}

func (c *codes) last() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := regexp.MustCompile(`: (\d{6})\n`).FindAllStringSubmatch(c.b.String(), -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1][1]
}

// pen is a service with tenants who have leases to sign.
type pen struct {
	t     *testing.T
	a     *app.App
	now   *clock.Fake
	codes *codes
	units int
}

func newPen(t *testing.T, c app.Config) *pen {
	p := &pen{t: t, now: clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)), codes: &codes{}}
	c.Data, c.Clock, c.ShowCodes = t.TempDir(), p.now, p.codes
	p.a = start(t, c)
	t.Cleanup(func() { stop(t, p.a) })
	return p
}

// lease drafts a lease of a new tenant for a new dwelling; more are fields of the tenant.
func (p *pen) lease(more string) (id, body string) {
	p.t.Helper()
	p.units++
	building := made(p.t, p.a, "/v1/properties", `{"displayName":"北苑","address":"文一路 1 号","location":{"latitude":30.2,"longitude":120.2}}`)
	unit := made(p.t, p.a, "/v1/units", fmt.Sprintf(`{"propertyId":%q,"number":"%d"}`, building, p.units))
	tenant := made(p.t, p.a, "/v1/tenants", `{"displayName":"李娜",`+more+`}`)
	body = fmt.Sprintf(`{"tenantId":%q,"unitId":%q,"startDate":"2026-04-01","endDate":"2027-03-31","rentCents":"300000","depositCents":"600000","paymentCycle":"MONTHLY"}`, tenant, unit)
	return made(p.t, p.a, "/v1/leases", body), body
}

// envelope makes one, and whoever has its link.
func (p *pen) envelope(body string) (path string, tenant func(method, path, body string) (int, map[string]any)) {
	p.t.Helper()
	path = "/v1/signatures/" + made(p.t, p.a, "/v1/signatures", body)
	code, link := call(p.t, p.a, "POST", path+":link", "{}")
	if code != http.StatusOK {
		p.t.Fatalf("%d %v", code, link)
	}
	return path, func(method, at, body string) (int, map[string]any) {
		return callAs(p.t, p.a, fmt.Sprint(link["token"]), method, at, body)
	}
}

// file reads what is no JSON.
func (p *pen) file(path string) []byte {
	p.t.Helper()
	return fileOf(p.t, p.a, path)
}

// fileOf reads what is no JSON.
func fileOf(t *testing.T, a *app.App, path string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.Token())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", path, res.StatusCode, data, err)
	}
	return data
}

func (p *pen) state(lease string) any {
	_, l := call(p.t, p.a, "GET", "/v1/leases/"+lease, "")
	return l["state"]
}

const withID = `"nationalId":"11010519491231002X"`

// A lease is signed by link, by who knows the end of the identity number, over the document that was shown, and is active then. The
// saboteurs are what must not sign.
func TestALeaseIsSignedByLink(t *testing.T) {
	t.Parallel()
	p := newPen(t, app.Config{})
	lease, _ := p.lease(withID)
	path, tenant := p.envelope(`{"leaseId":"` + lease + `"}`)
	if p.state(lease) != "SIGNING" {
		t.Fatal(p.state(lease))
	}
	if code, e := call(t, p.a, "POST", "/v1/signatures", `{"leaseId":"`+lease+`" }`); code != http.StatusConflict {
		t.Errorf("a second envelope of a lease: %d %v", code, e)
	}
	code, s := tenant("GET", "/v1/session", "")
	if code != http.StatusOK || "/v1/signatures/"+fmt.Sprint(s["signatureId"]) != path {
		t.Errorf("%d %v", code, s)
	}
	code, e := tenant("GET", path, "")
	hash := fmt.Sprint(e["documentSha256"])
	if code != http.StatusOK || e["state"] != "OPEN" || e["check"] != "ID_LAST_FOUR" || !strings.Contains(fmt.Sprint(e["lines"]), "¥3000.00") {
		t.Fatalf("%d %v", code, e)
	}
	if strings.Contains(fmt.Sprint(e), "002X") {
		t.Error("what is asked for is shown")
	}
	paper := p.file(path + "/document")
	if sum := sha256.Sum256(paper); hex.EncodeToString(sum[:]) != hash || !bytes.HasPrefix(paper, []byte("%PDF-")) {
		t.Error("the document has another hash")
	}
	sign := fmt.Sprintf(`{"name":"李 娜","documentSha256":%q,"agreed":true}`, hash)
	for name, try := range map[string]struct {
		body string
		want int
	}{
		"without a check": {sign, http.StatusConflict},
		"without consent": {strings.Replace(sign, "true", "false", 1), http.StatusBadRequest},
	} {
		if code, e := tenant("POST", path+":sign", try.body); code != try.want {
			t.Errorf("%s: %d %v", name, code, e)
		}
	}
	if code, e := call(t, p.a, "POST", path+":identify", `{"answer":"002X"}`); code != http.StatusNotFound {
		t.Errorf("staff say who they are: %d %v", code, e)
	}
	if code, e := tenant("POST", path+":identify", `{"answer":"1234"}`); code != http.StatusUnprocessableEntity || !strings.Contains(fmt.Sprint(e), "attempts left: 4") {
		t.Errorf("%d %v", code, e)
	}
	if code, e := tenant("POST", path+":identify", `{"answer":"002x"}`); code != http.StatusOK || e["state"] != "IDENTIFIED" {
		t.Fatalf("%d %v", code, e)
	}
	if code, e := tenant("POST", path+":sign", strings.Replace(sign, hash[:4], "0000", 1)); code != http.StatusUnprocessableEntity {
		t.Errorf("another document: %d %v", code, e)
	}
	if code, e := tenant("POST", path+":sign", strings.Replace(sign, "李 娜", "王芳", 1)); code != http.StatusUnprocessableEntity {
		t.Errorf("another name: %d %v", code, e)
	}
	code, e = tenant("POST", path+":sign", sign)
	if code != http.StatusOK || e["state"] != "SIGNED" || e["demo"] != true || !strings.Contains(fmt.Sprint(e["certificateSubject"]), "DEMO") {
		t.Fatalf("%d %v", code, e)
	}
	if p.state(lease) != "ACTIVE" {
		t.Error(p.state(lease))
	}
	if code, v := tenant("GET", path+":verify", ""); code != http.StatusOK || v["valid"] != true || v["demo"] != true {
		t.Errorf("%d %v", code, v)
	}
	if got := p.file(path + "/signature"); len(got) < 200 || got[0] != 0x30 {
		t.Errorf("%d bytes of signature", len(got))
	}
	if !bytes.HasPrefix(p.file(path+"/evidence"), []byte("%PDF-")) {
		t.Error("no page of evidence")
	}
	if code, e := tenant("POST", path+":decline", `{"reason":"late"}`); code != http.StatusConflict {
		t.Errorf("declined after it was signed: %d %v", code, e)
	}
}

// Guesses end an envelope; codes go to a telephone, work once and for minutes; what nobody signs makes the lease a draft again.
func TestSignersAreKnown(t *testing.T) {
	t.Parallel()
	p := newPen(t, app.Config{})
	lease, _ := p.lease(withID)
	path, tenant := p.envelope(`{"leaseId":"` + lease + `"}`)
	for i := range 5 {
		if code, e := tenant("POST", path+":identify", fmt.Sprintf(`{"answer":"100%d"}`, i)); code != http.StatusUnprocessableEntity {
			t.Errorf("%d %v", code, e)
		}
	}
	if code, e := tenant("POST", path+":identify", `{"answer":"002X"}`); code != http.StatusConflict {
		t.Errorf("the right answer after five wrong ones: %d %v", code, e)
	}
	if code, e := call(t, p.a, "POST", path+":withdraw", `{"reason":"locked"}`); code != http.StatusOK || p.state(lease) != "DRAFT" {
		t.Errorf("%d %v: %v", code, e, p.state(lease))
	}

	lease, _ = p.lease(`"phone":"13800138000"`)
	path, tenant = p.envelope(`{"leaseId":"` + lease + `"}`)
	if _, e := tenant("GET", path, ""); e["check"] != "PHONE_CODE" || e["phoneHint"] != "138****8000" {
		t.Errorf("%v", e)
	}
	if code, e := tenant("POST", path+":identify", `{"answer":"000000"}`); code != http.StatusConflict {
		t.Errorf("before a code was sent: %d %v", code, e)
	}
	if code, e := tenant("POST", path+":sendCode", `{}`); code != http.StatusOK {
		t.Fatalf("%d %v", code, e)
	}
	if code, e := tenant("POST", path+":sendCode", `{ }`); code != http.StatusConflict {
		t.Errorf("two codes in a minute: %d %v", code, e)
	}
	first := p.codes.last()
	p.now.Advance(2 * time.Minute)
	if code, e := tenant("POST", path+":sendCode", `{  }`); code != http.StatusOK {
		t.Fatalf("%d %v", code, e)
	}
	if code, _ := tenant("POST", path+":identify", `{"answer":"`+first+`"}`); first != p.codes.last() && code != http.StatusUnprocessableEntity {
		t.Error("the code before the last works")
	}
	if code, e := tenant("POST", path+":identify", `{"answer":"`+p.codes.last()+`"}`); code != http.StatusOK || e["state"] != "IDENTIFIED" {
		t.Errorf("%d %v", code, e)
	}
	p.now.Advance(16 * time.Minute)
	if _, e := tenant("GET", path, ""); e["state"] != "OPEN" {
		t.Errorf("a check lasts: %v", e)
	}
	p.now.Advance(15 * 24 * time.Hour)
	eventually(t, func() bool { return p.state(lease) == "DRAFT" })
	if _, e := call(t, p.a, "GET", path, ""); e["state"] != "EXPIRED" {
		t.Errorf("%v", e)
	}
}

// An accepted proposal goes on to the signature with the link of the proposal, and the lease before it is renewed then.
func TestAnAcceptedProposalIsSigned(t *testing.T) {
	t.Parallel()
	p := newPen(t, app.Config{})
	old, _ := p.lease(withID)
	for _, verb := range []string{":sign", ":activate"} {
		if code, l := call(t, p.a, "POST", "/v1/leases/"+old+verb, "{}"); code != http.StatusOK {
			t.Fatalf("%d %v", code, l)
		}
	}
	renewal := made(t, p.a, "/v1/renewals", `{"leaseId":"`+old+`","prices":[{"months":12,"rentCents":"310000"}]}`)
	_, link := call(t, p.a, "POST", "/v1/renewals/"+renewal+":link", "{}")
	tenant := func(method, at, body string) (int, map[string]any) {
		return callAs(t, p.a, fmt.Sprint(link["token"]), method, at, body)
	}
	open := `{"renewalId":"` + renewal + `"}`
	if code, e := tenant("POST", "/v1/signatures:open", open); code != http.StatusConflict {
		t.Errorf("before it is accepted: %d %v", code, e)
	}
	code, r := tenant("POST", "/v1/renewals/"+renewal+":accept", `{"choice":{"months":12}}`)
	if code != http.StatusOK {
		t.Fatalf("%d %v", code, r)
	}
	code, first := tenant("POST", "/v1/signatures:open", open+" ")
	if code != http.StatusOK || first["token"] == nil {
		t.Fatalf("%d %v", code, first)
	}
	code, again := tenant("POST", "/v1/signatures:open", open+"  ")
	if code != http.StatusOK || again["signatureId"] != first["signatureId"] {
		t.Errorf("%d %v", code, again)
	}
	signer := func(method, at, body string) (int, map[string]any) {
		return callAs(t, p.a, fmt.Sprint(again["token"]), method, at, body)
	}
	path := fmt.Sprint("/v1/signatures/", first["signatureId"])
	if code, e := tenant("GET", path, ""); code != http.StatusNotFound {
		t.Errorf("the link of the proposal reads the envelope: %d %v", code, e)
	}
	_, e := signer("GET", path, "")
	if code, e := signer("POST", path+":identify", `{"answer":"002X"}`); code != http.StatusOK {
		t.Fatalf("%d %v", code, e)
	}
	code, e = signer("POST", path+":sign", fmt.Sprintf(`{"name":"李娜","documentSha256":%q,"agreed":true}`, e["documentSha256"]))
	if code != http.StatusOK || p.state(old) != "RENEWED" || p.state(fmt.Sprint(r["nextLeaseId"])) != "ACTIVE" {
		t.Errorf("%d %v: %v, %v", code, e, p.state(old), p.state(fmt.Sprint(r["nextLeaseId"])))
	}
}

// A provider that is down, or signs something else, signs nothing: the envelope stays as it was, and so does the lease.
func TestABrokenProviderSignsNothing(t *testing.T) {
	t.Parallel()
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"cms":"eA=="}`) }))
	defer bad.Close()
	p := newPen(t, app.Config{Signing: app.Signing{Provider: bad.URL}})
	lease, _ := p.lease(withID)
	path, tenant := p.envelope(`{"leaseId":"` + lease + `"}`)
	_, e := tenant("GET", path, "")
	if code, e := tenant("POST", path+":identify", `{"answer":"002X"}`); code != http.StatusOK {
		t.Fatalf("%d %v", code, e)
	}
	code, x := tenant("POST", path+":sign", fmt.Sprintf(`{"name":"李娜","documentSha256":%q,"agreed":true}`, e["documentSha256"]))
	if _, e := tenant("GET", path, ""); code < http.StatusInternalServerError || e["state"] != "IDENTIFIED" || p.state(lease) != "SIGNING" {
		t.Errorf("%d %v: %v", code, x, e)
	}
}
