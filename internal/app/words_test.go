package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"testing"

	"fettle/internal/app"
	"fettle/internal/export"
)

// planted are the words that written has written about somebody, each in a field of its own.
var planted = regexp.MustCompile(`canary-in-[a-z]+-x`)

// inAudit is the reason that was given for an action, which the audit has too.
const inAudit = "canary-in-waiver-x"

// wordsOf lists which of them a text holds.
func wordsOf(text string) []string {
	found := planted.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// written writes words into every field that people write into about somebody who rents, each by its endpoint. It returns them.
func written(t *testing.T, a *app.App, lease, unit string) []string {
	t.Helper()
	admin := &caller{t: t, a: a, token: a.Token() /* keys of its own */, sent: 1000}
	var words []string
	word := func(where string) string {
		words = append(words, "canary-in-"+where+"-x")
		return words[len(words)-1]
	}
	got := admin.want("GET", "/v1/leases/"+lease, "", 200)
	admin.want("PATCH", fmt.Sprint("/v1/leases/", lease, "?etag=", url.QueryEscape(fmt.Sprint(got["etag"]))), `{"note":"`+word("lease")+`"}`, 200)
	admin.want("POST", "/v1/payments", fmt.Sprintf(`{"leaseId":%q,"amountMinor":1,"paidDate":"2026-03-01","reference":"r-%s","note":%q}`, lease, unit, word("payment")), 201)
	list := admin.want("GET", "/v1/obligations?leaseId="+lease, "", 200)
	duty := rows(list, "obligations")[0]
	admin.want("POST", fmt.Sprint("/v1/obligations/", duty["id"], ":waive"), fmt.Sprintf(`{"reason":%q}`, word("waiver")), 200)
	word("greeting") // by moved
	offer := rows(admin.want("GET", "/v1/renewals?leaseId="+lease, "", 200, "canary-in-greeting-x"), "renewals")[0]
	admin.want("POST", fmt.Sprint("/v1/renewals/", offer["id"], ":withdraw"), fmt.Sprintf(`{"reason":%q}`, word("withdrawal")), 200)
	admin.want("POST", "/v1/customFields", `{"kind":"LEASES","name":"remark","displayName":"Remark","type":"TEXT"}`, 201)
	admin.want("POST", "/v1/customValues:set", fmt.Sprintf(`{"kind":"LEASES","recordId":%q,"values":{"remark":%q}}`, lease, word("field")), 200)
	survey := admin.want("POST", "/v1/surveys", `{"displayName":"How is it","quarter":"2026-Q3"}`, 201)
	link := admin.want("POST", "/v1/surveys:link", fmt.Sprintf(`{"leaseId":%q}`, lease), 200)
	tenant := &caller{t: t, a: a, token: fmt.Sprint(link["token"])}
	tenant.want("POST", fmt.Sprint("/v1/surveys/", survey["id"], ":respond"), fmt.Sprintf(`{"score":3,"comment":%q}`, word("survey")), 200)
	task := admin.want("POST", "/v1/tasks", fmt.Sprintf(`{"kind":"PARCEL","unitId":%q,"description":%q,"channel":"WECHAT"}`, unit, word("chat")), 201)
	at := fmt.Sprint("/v1/tasks/", task["id"])
	admin.want("POST", at+":claim", `{}`, 200)
	admin.want("POST", at+":complete", fmt.Sprintf(`{"outcome":%q}`, word("outcome")), 200)
	repaired(t, admin, unit, word)
	broken(t, admin, unit, word)
	for _, export := range []string{"/v1/workOrders:export", "/v1/leases:export"} {
		op, err := json.Marshal(admin.want("POST", export, `{"format":"CSV"}`, 200))
		if err != nil {
			t.Fatal(err)
		}
		ended(t, a, op)
	}
	return words
}

// repaired is an order with all that people write into it until it is rated.
func repaired(t *testing.T, admin *caller, unit string, word func(string) string) {
	t.Helper()
	who := admin.want("POST", "/v1/technicians", `{"displayName":"Wu","home":{"latitude":30.2,"longitude":120.2}}`, 201)
	admin.want("POST", fmt.Sprint("/v1/technicians/", who["id"], ":startShift"), `{"endTime":"2026-07-06T12:00:00Z"}`, 200)
	order := admin.want("POST", "/v1/workOrders", fmt.Sprintf(`{"location":{"latitude":30.2,"longitude":120.2},"unitId":%q,"description":%q}`, unit, word("order")), 201)
	at := fmt.Sprint("/v1/workOrders/", order["id"])
	admin.want("PATCH", at+"?etag=*", fmt.Sprintf(`{"description":%q}`, word("correction")), 200)
	say := func(verb, field, where string, more string) {
		t.Helper()
		admin.want("POST", at+verb, fmt.Sprintf(`{%q:%q%s}`, field, word(where), more), 200)
	}
	say(":logCall", "comment", "call", `,"outcome":"REACHED"`)
	say(":escalate", "reason", "escalation", "")
	for _, verb := range []string{":accept", ":depart", ":arrive", ":start"} {
		admin.want("POST", at+verb, `{}`, 200)
	}
	say(":pause", "reason", "pause", "")
	admin.want("POST", at+":resume", `{}`, 200)
	code, _, body := upload(t, admin.a, "POST "+at+"/photos?caption="+word("caption"), "image/jpeg", picture(t, 40, 30))
	if code != 201 {
		t.Errorf("a photo: %d %s", code, body)
	}
	say(":complete", "reason", "completion", "")
	say(":rate", "comment", "rating", `,"rating":2`)
	admin.want("POST", "/v1/customFields", `{"kind":"WORK_ORDERS","name":"remark","displayName":"Remark","type":"TEXT"}`, 201)
	admin.want("POST", "/v1/customValues:set", fmt.Sprintf(`{"kind":"WORK_ORDERS","recordId":%q,"values":{"remark":%q}}`, order["id"], word("orderfield")), 200)
}

// broken is an order that was the cause of an incident, and canceled.
func broken(t *testing.T, admin *caller, unit string, word func(string) string) {
	t.Helper()
	order := admin.want("POST", "/v1/workOrders", fmt.Sprintf(`{"location":{"latitude":30.2,"longitude":120.2},"unitId":%q,"description":%q}`, unit, word("report")), 201)
	incident := admin.want("POST", "/v1/incidents", fmt.Sprintf(`{"displayName":"burst main","workOrderId":%q}`, order["id"]), 201)
	at := fmt.Sprint("/v1/incidents/", incident["id"])
	admin.want("POST", at+":notify", fmt.Sprintf(`{"text":%q}`, word("notice")), 200)
	admin.want("POST", fmt.Sprint("/v1/workOrders/", order["id"], ":cancel"), fmt.Sprintf(`{"reason":%q}`, word("cancellation")), 200)
	admin.want("POST", at+":close", fmt.Sprintf(`{"outcome":%q,"release":true}`, word("closing")), 200)
}

// besides writes words into what goes on beside a lease: its deposit, coupons, a signature, findings of the cleaning and a sheet that does not
// agree with the service.
func besides(t *testing.T, a *app.App, tenant, lease string) (words []string) {
	t.Helper()
	admin := &caller{t: t, a: a, token: a.Token(), sent: 2000}
	word := func(where string) string {
		words = append(words, "canary-in-"+where+"-x")
		return words[len(words)-1]
	}
	path := func(kind string, of map[string]any) string { return fmt.Sprint("/v1/", kind, "/", of["id"]) }

	admin.want("POST", "/v1/deposits", fmt.Sprintf(
		`{"leaseId":%q,"moveOutDate":"2026-07-05","deductions":[{"id":"door","what":%q,"amountCents":30000,"evidence":[%q]}]}`, lease, word("deduction"), word("evidence")), 201)
	books := fmt.Sprintf(`id,leaseId,kind,amountCents,date,reference\nb1,%[1]s,RECEIVED,700000,2026-01-01,\nb2,%[1]s,WITHHELD,30000,2026-07-05,door\n`, lease)
	admin.want("POST", "/v1/deposits:importBooks", `{"csv":"`+books+`"}`, 200)
	admin.want("POST", "/v1/deposits:importBooks", `{"entries":[{"id":"b3","leaseId":"`+lease+`","kind":"REFUNDED","amountCents":670000}]}`, 200, "REFUNDED")

	campaign := admin.want("POST", "/v1/campaigns", `{"displayName":"Summer","benefit":"one free cleaning","valueCents":"12000","couponLimit":100,"startDate":"2026-07-01","endDate":"2026-08-31"}`, 201)
	coupon := func() string {
		return path("coupons", admin.want("POST", "/v1/coupons", fmt.Sprintf(`{"campaignId":%q,"tenantId":%q}`, campaign["id"], tenant), 201))
	}
	at := coupon()
	admin.want("POST", at+":claim", `{}`, 200)
	admin.want("POST", at+":redeem", fmt.Sprintf(`{"place":%q}`, word("place")), 200)
	campaign = admin.want("POST", "/v1/campaigns", `{"displayName":"Autumn","benefit":"tea","valueCents":"100","couponLimit":100,"startDate":"2026-07-01","endDate":"2026-08-31"}`, 201)
	admin.want("POST", coupon()+":revoke", fmt.Sprintf(`{"reason":%q}`, word("revocation")), 200)

	draft := admin.want("POST", "/v1/leases", fmt.Sprintf(`{"tenantId":%q,"unitId":"u-9","startDate":"2026-08-01","endDate":"2027-07-31","rentCents":"300000","paymentCycle":"MONTHLY"}`, tenant), 201)
	signature := admin.want("POST", "/v1/signatures", fmt.Sprintf(`{"leaseId":%q}`, draft["id"]), 201)
	admin.want("POST", path("signatures", signature)+":decline", fmt.Sprintf(`{"reason":%q}`, word("refusal")), 200)
	admin.want("POST", path("leases", draft)+":terminate", fmt.Sprintf(`{"reason":%q}`, word("termination")), 200)

	admin.want("PATCH", "/v1/tenants/"+tenant+"?etag=*", `{"idExpireDate":"2026-05-01"}`, 200)
	admin.want("POST", "/v1/cleaningFindings:run", `{}`, 200, "ID_EXPIRED:1")
	found := rows(admin.want("GET", "/v1/cleaningFindings?filter=kind+%3D+ID_EXPIRED", "", 200), "findings")[0]
	admin.want("POST", path("cleaningFindings", found)+":resolve", fmt.Sprintf(`{"outcome":"ACCEPTED","note":%q}`, word("cleaning")), 200)

	disagreed(t, a, lease, word)
	return words
}

// disagreed changes the note of a lease in a sheet and in the service: the conflict has both.
func disagreed(t *testing.T, a *app.App, lease string, word func(string) string) {
	t.Helper()
	admin := &caller{t: t, a: a, token: a.Token(), sent: 3000}
	var out bytes.Buffer
	if _, err := export.Leases(t.Context(), export.Config{Server: a.URL(), Token: a.Token()}, &out); err != nil {
		t.Fatal(err)
	}
	admin.want("PATCH", "/v1/leases/"+lease+"?etag=*", fmt.Sprintf(`{"note":%q}`, word("service")), 200)
	file := edited(t, out.Bytes(), func(set func(id, column, value string), _ func(map[string]string)) { set(lease, "note", word("sheet")) })
	if code, r := imported(t, a, file, ""); code != 200 || r["conflictCount"] != 1.0 {
		t.Fatalf("%d %v", code, r)
	}
}

// afterwards writes to an order that is still open after its tenant was erased: whoever repairs needs it, and it goes when the order is
// closed.
func afterwards(t *testing.T, admin *caller, unit string) {
	t.Helper()
	order := rows(admin.want("GET", "/v1/workOrders?states=NEW&states=ASSIGNED&unitId="+unit, "", 200), "workOrders")[0]
	at := fmt.Sprint("/v1/workOrders/", order["id"])
	admin.want("POST", at+"/notes", `{"text":"canary-in-afterwards-x"}`, 201)
	admin.want("GET", at+"/notes", "", 200, "canary-in-afterwards-x")
	admin.want("POST", at+":cancel", `{"reason":"canary-in-late-x"}`, 200)
}
