package app_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

func TestPaymentsAndDeposits(t *testing.T) {
	t.Run("file", func(t *testing.T) { moneyStory(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { moneyStory(t, server.Database(t, "")) })
}

func moneyStory(t *testing.T, database string) {
	t.Helper()
	a := start(t, app.Config{Data: t.TempDir(), Database: database, Clock: clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))})
	defer stop(t, a)
	admin := &caller{t: t, a: a, token: a.Token()}
	finance, desk := as(t, a, "FINANCE", ""), as(t, a, "FRONT_DESK", "")
	made := admin.want("POST", "/v1/leases?signed=true", `{"tenantId":"t-1","unitId":"u-1","startDate":"2026-05-01","endDate":"2027-04-30","rentCents":350000,"depositCents":700000}`, 201)
	lease, _ := made["id"].(string)
	history(t, a, lease, finance, desk)
	refunds(lease, finance, desk)
}

// history pays rent, twice the same, late, wrongly.
func history(t *testing.T, a *app.App, lease string, finance, desk *caller) {
	t.Helper()
	pay := func(rest string) string { return `{"leaseId":"` + lease + `",` + rest + `}` }
	first := pay(`"amountMinor":350000,"dueDate":"2026-05-01","paidDate":"2026-05-04","reference":"bank-1","note":"=1+1"`)
	desk.want("POST", "/v1/payments", first, 403)
	one := finance.want("POST", "/v1/payments", first, 201, "lateDays:3", "currency:CNY", "RENT", "RECEIVED")
	again := finance.want("POST", "/v1/payments", first, 201, fmt.Sprint(one["id"])) // under another key
	if again["etag"] != one["etag"] {
		t.Errorf("the same payment twice: %v, %v", one, again)
	}
	finance.want("POST", "/v1/payments", strings.Replace(first, "350000", "1", 1), 409, "VALUE_TAKEN", "reference")
	finance.want("POST", "/v1/payments", pay(`"amountMinor":0`), 422, "field:amountMinor")
	finance.want("POST", "/v1/payments", pay(`"amountMinor":1,"paidDate":"2026-02-30"`), 400, "field:paidDate")
	finance.want("POST", "/v1/payments", pay(`"amountMinor":1,"currency":"yuan"`), 400, "currency")
	finance.want("POST", "/v1/payments", `{"leaseId":"ls_none","amountMinor":1}`, 400, "field:leaseId")
	finance.want("POST", "/v1/payments", pay(`"amountMinor":200000,"dueDate":"2026-06-01"`), 201, "paidDate:2026-07-06", "lateDays:35")
	finance.want("GET", "/v1/payments?late=true", "", 200, "bank-1", "lateDays:35")
	desk.want("GET", "/v1/payments?leaseId="+lease, "", 200, "bank-1")
	desk.want("GET", fmt.Sprint("/v1/payments/", one["id"]), "", 200, "tenantId:t-1")
	desk.want("GET", "/v1/payments:statement?leaseId="+lease, "", 200, "openMinor:500000", "lateDays:35", "paidDate:2026-05-04", "lateCount:3")
	desk.want("GET", "/v1/payments:export?purpose=books", "", 403)
	finance.want("GET", "/v1/payments:export", "", 400, "purpose")
	finance.want("GET", "/v1/payments:export?purpose=books+of+July", "", 200, "count:2", "'=1+1", "bank-1,RECEIVED")
	finance.want("POST", fmt.Sprint("/v1/payments/", one["id"], ":reverse"), `{"reason":"bounced"}`, 200, "REVERSED")
	finance.want("POST", fmt.Sprint("/v1/payments/", one["id"], ":reverse"), `{"reason":"bounced"}`, 409, "ILLEGAL_STATE")
	desk.want("GET", "/v1/payments:statement?leaseId="+lease, "", 200, "openMinor:850000")

	var all sync.WaitGroup
	ids := make([]any, 8)
	for i := range ids {
		all.Go(func() {
			_, got := with(a, finance.token, fmt.Sprint("same-", i)).call(t, "POST", "/v1/payments", pay(`"amountMinor":7,"paidDate":"2026-07-01","reference":"bank-7"`))
			ids[i] = got["id"]
		})
	}
	all.Wait()
	for _, id := range ids {
		if id == nil || id != ids[0] {
			t.Errorf("one payment, sent at the same time, is %v", ids)
			break
		}
	}
}

// refunds settles the deposit of a lease against the books.
func refunds(lease string, finance, desk *caller) {
	c := desk.want("POST", "/v1/deposits", `{"leaseId":"`+lease+`","moveOutDate":"2026-07-05","deductions":[{"id":"door","what":"broken door","amountCents":30000,"evidence":["door.jpg"]}]}`,
		201, "depositCents:700000", "refundCents:670000", "tenantId:t-1", "OPEN")
	id := fmt.Sprint("/v1/deposits/", c["id"])
	desk.want("POST", "/v1/deposits", `{"leaseId":"`+lease+`","moveOutDate":"2026-07-05"}`, 409, "VALUE_TAKEN")
	desk.want("POST", id+":audit", `{}`, 403)
	finance.want("POST", id+":audit", `{}`, 200, "OPEN", "DEPOSIT_DIFFERS", "DEDUCTION_NOT_BOOKED")
	finance.want("GET", "/v1/deposits:refundList", "", 200, "!dp_")
	books := `id,leaseId,kind,amountCents,date,reference\nb1,` + lease + `,RECEIVED,700000,2026-05-01,\nb2,` + lease + `,WITHHELD,40000,2026-07-05,door\n`
	finance.want("POST", "/v1/deposits:importBooks", `{"csv":"id,leaseId,kind,amountCents\nb1,`+lease+`,STOLEN,1\n"}`, 400, "line 2", "kind")
	finance.want("POST", "/v1/deposits:importBooks", `{"csv":"`+books+`"}`, 200, "addedCount:2", "AMOUNT_DIFFERS", "booksCents:40000", "caseCents:30000")
	desk.want("PATCH", id+"?etag=0", `{"deductions":[]}`, 412)
	got := desk.want("GET", id, "", 200, "AMOUNT_DIFFERS")
	desk.want("PATCH", fmt.Sprint(id, "?etag=", got["etag"]), `{"deductions":[{"id":"door","what":"broken door","amountCents":40000,"evidence":["door.jpg"]}]}`, 200, "refundCents:660000")
	finance.want("POST", "/v1/deposits:importBooks", `{"csv":"`+strings.Replace(books, "40000", "40001", 1)+`"}`, 200, "knownCount:1", "b2", "says something else")
	finance.want("POST", id+":audit", `{}`, 200, "AUDITED", "!mismatches")
	finance.want("GET", "/v1/deposits:refundList", "", 200, "refundCents:660000", lease+",t-1,700000,40000,660000,2026-07-05")
	finance.want("POST", "/v1/deposits:importBooks", `{"entries":[{"id":"b3","leaseId":"`+lease+`","kind":"REFUNDED","amountCents":660000}]}`, 200, "REFUNDED", "refundTime")
	finance.want("GET", "/v1/deposits?state=REFUNDED", "", 200, "dp_")
	finance.want("GET", "/v1/deposits:refundList", "", 200, "!dp_")
	got = desk.want("GET", id, "", 200)
	desk.want("PATCH", fmt.Sprint(id, "?etag=", got["etag"]), `{"deductions":[]}`, 409, "REFUNDED")
}
