package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// browse asks a page without following where it leads.
func browse(t *testing.T, a *app.App, address string, form url.Values) (int, http.Header, string) {
	t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	req, err := http.NewRequestWithContext(t.Context(), method, a.URL()+strings.TrimPrefix(address, "https://rent.example.org"), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(data)
}

// letters is a sink of messages.
type letters struct {
	mu  sync.Mutex
	all []string
}

func (l *letters) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, _ := io.ReadAll(r.Body)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(data))
	_, _ = io.WriteString(w, `{"id":"p1"}`)
}

// address is the last address that was sent.
func (l *letters) address() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := regexp.MustCompile(`https://rent\.example\.org/w/[^ "\\]+`).FindAllString(strings.Join(l.all, "\n"), -1)
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// A proposal is met on a page after a payment and on a lift screen: the one opens it with one click, the other shows a code and tells a
// telephone. Nothing that is shown in public is about anybody, and what came of each is counted.
func TestTouchPoints(t *testing.T) {
	t.Parallel()
	sink := &letters{}
	post := httptest.NewServer(sink)
	defer post.Close()
	now := clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: t.TempDir(), Clock: now, PublicURL: "https://rent.example.org", Notify: post.URL})
	defer stop(t, a)
	building := made(t, a, "/v1/properties", `{"displayName":"North","location":{"latitude":30.2,"longitude":120.2}}`)
	unit := made(t, a, "/v1/units", `{"propertyId":"`+building+`","number":"1204"}`)
	tenant := made(t, a, "/v1/tenants", `{"displayName":"李娜","phone":"13800138000"}`)
	lease := made(t, a, "/v1/leases?signed=true", `{"tenantId":"`+tenant+`","unitId":"`+unit+`","startDate":"2025-05-01","endDate":"2026-04-30","rentCents":"300000","paymentCycle":"MONTHLY"}`)
	renewal := made(t, a, "/v1/renewals", `{"leaseId":"`+lease+`","prices":[{"months":12,"rentCents":"310000"}]}`)

	if code, e := call(t, a, "POST", "/v1/touchPoints", `{"displayName":"x","kind":"OTHER","text":"x","origins":["https://a.org; script-src *"]}`); code != http.StatusUnprocessableEntity {
		t.Errorf("a site that is none: %d %v", code, e)
	}
	pay := made(t, a, "/v1/touchPoints", `{"displayName":"after paying","kind":"PAYMENT_PAGE","text":"Stay another year","button":"See","origins":["https://pay.example.org"]}`)
	lift := made(t, a, "/v1/touchPoints", `{"displayName":"lift","kind":"LIFT_SCREEN","text":"Your neighbours stay"}`)
	embed := func(id, body string) (int, map[string]any) {
		return call(t, a, "POST", "/v1/touchPoints/"+id+":embed", body)
	}
	if code, e := embed(lift, `{"renewalId":"`+renewal+`"}`); code != http.StatusUnprocessableEntity {
		t.Errorf("a proposal on a screen that others see: %d %v", code, e)
	}
	code, w := embed(pay, `{"renewalId":"`+renewal+`"}`)
	if code != http.StatusOK || !strings.Contains(fmt.Sprint(w["html"]), `src="https://rent.example.org/w/widget.js" data-token="tp_`) {
		t.Fatalf("%d %v", code, w)
	}
	status, head, page := browse(t, a, fmt.Sprint(w["url"]), nil)
	if csp := head.Get("Content-Security-Policy"); status != http.StatusOK || !strings.HasSuffix(csp, "frame-ancestors 'self' https://pay.example.org") || head.Get("X-Frame-Options") != "" {
		t.Errorf("%d %v", status, head)
	}
	for _, word := range []string{"李娜", "1204", "3100", "13800138000", lease, tenant} {
		if strings.Contains(page, word) {
			t.Errorf("the widget tells %q", word)
		}
	}
	if status, _, js := browse(t, a, "/w/widget.js", nil); status != http.StatusOK || !strings.Contains(js, "data-token") {
		t.Errorf("%d", status)
	}
	forged := strings.Replace(fmt.Sprint(w["url"]), "/w/tp_ey", "/w/tp_eY", 1)
	if status, _, _ := browse(t, a, forged, nil); status != http.StatusNotFound {
		t.Errorf("a forged context: %d", status)
	}

	code, w = embed(lift, `{}`)
	if code != http.StatusOK || w["expireTime"] != nil {
		t.Fatalf("%d %v", code, w)
	}
	if _, _, page := browse(t, a, fmt.Sprint(w["url"]), nil); !strings.Contains(page, "data:image/png") || strings.Contains(page, "/go") {
		t.Error(page)
	}
	status, head, _ = browse(t, a, fmt.Sprint(w["targetUrl"]), nil)
	if status != http.StatusSeeOther {
		t.Fatal(status)
	}
	begin := head.Get("Location")
	_, _, nobody := browse(t, a, begin, url.Values{"phone": {"13900139000"}})
	_, _, known := browse(t, a, begin, url.Values{"phone": {"138 0013 8000"}})
	if nobody != known {
		t.Error("the screen tells whose number is known")
	}
	eventually(t, func() bool { return sink.address() != "" })
	status, head, _ = browse(t, a, sink.address(), nil)
	if status, _, _ := browse(t, a, strings.TrimSuffix(sink.address(), "/go"), nil); status != http.StatusNotFound {
		t.Errorf("the proposal of one tenant on a screen that others see: %d", status)
	}
	token, point, _ := strings.Cut(strings.TrimPrefix(head.Get("Location"), "/r/"), "?tp=")
	if status != http.StatusSeeOther || point != lift {
		t.Fatalf("%d %v", status, head)
	}
	if code, v := callAs(t, a, token, "POST", "/v1/renewals/"+renewal+":view", `{"touchPointId":"`+point+`"}`); code != http.StatusOK {
		t.Fatalf("%d %v", code, v)
	}
	if code, v := callAs(t, a, token, "POST", "/v1/renewals/"+renewal+":accept", `{"choice":{"months":12}}`); code != http.StatusOK {
		t.Fatalf("%d %v", code, v)
	}
	code, c := call(t, a, "GET", "/v1/touchPoints:conversions", "")
	rows, _ := c["touchPoints"].([]any)
	if code != http.StatusOK || len(rows) != 2 {
		t.Fatalf("%d %v", code, c)
	}
	first, _ := rows[0].(map[string]any)
	second, _ := rows[1].(map[string]any)
	if first["shown"] != "1" || first["followed"] != nil || second["shown"] != "1" || second["followed"] != "2" || second["accepted"] != float64(1) || second["share"] != float64(1) {
		t.Errorf("%v", c)
	}
}
