package app_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

func TestCampaigns(t *testing.T) {
	t.Run("file", func(t *testing.T) { campaignStory(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { campaignStory(t, server.Database(t, "")) })
}

// campaignStory issues, claims and redeems coupons; each is redeemed once, whoever asks at the same time.
func campaignStory(t *testing.T, database string) {
	t.Helper()
	a := start(t, app.Config{Data: t.TempDir(), Database: database, Clock: clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))})
	defer stop(t, a)
	admin, finance := &caller{t: t, a: a, token: a.Token()}, as(t, a, "FINANCE", "")
	const summer = `"displayName":"Summer","benefit":"a free cleaning","valueCents":8000,"startDate":"2026-07-01","couponLimit":8`
	admin.want("POST", "/v1/campaigns", `{`+summer+`,"endDate":"2026-06-01"}`, 422, "field:endDate")
	c := admin.want("POST", "/v1/campaigns", `{`+summer+`,"endDate":"2026-08-31"}`, 201, "couponLimit:8")
	path := fmt.Sprint("/v1/campaigns/", c["id"])
	finance.want("POST", path+":issue", `{"tenantIds":["t-1"]}`, 403)
	got := admin.want("POST", path+":issue", `{"tenantIds":["t-1","t-2","t-3"]}`, 200, "ISSUED")
	admin.want("POST", path+":issue", `{"tenantIds":["t-3","t-4"]}`, 200, "knownCount:1", "t-4")
	admin.want("POST", "/v1/coupons", fmt.Sprintf(`{"campaignId":%q,"tenantId":"t-1"}`, c["id"]), 409, "VALUE_TAKEN")
	admin.want("POST", "/v1/coupons", `{"campaignId":"ca_none","tenantId":"t-1"}`, 400, "campaignId")
	admin.want("POST", "/v1/coupons", fmt.Sprintf(`{"campaignId":%q,"tenantId":"t-5"}`, c["id"]), 201)
	admin.want("POST", path+":issue", `{"tenantIds":["t-6","t-7","t-8","t-9"]}`, 422, "coupons left")
	admin.want("PATCH", path+"?etag=4&updateMask=couponLimit", `{"couponLimit":4}`, 422, "field:couponLimit")
	list, _ := got["coupons"].([]any)
	coupon := func(i int) string {
		m, _ := list[i].(map[string]any)
		return fmt.Sprint("/v1/coupons/", m["id"])
	}
	admin.want("POST", coupon(0)+":claim", `{}`, 200, "CLAIMED")
	admin.want("POST", coupon(0)+":claim", `{}`, 409, "ILLEGAL_STATE")
	admin.want("POST", coupon(1)+":revoke", `{}`, 422, "field:reason")
	admin.want("POST", coupon(1)+":revoke", `{"reason":"moved out"}`, 200, "REVOKED")
	admin.want("POST", coupon(1)+":redeem", `{}`, 409, "ILLEGAL_STATE")

	var once, refused atomic.Int32
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			switch code, body := with(a, a.Token(), fmt.Sprint("redeem-", i)).call(t, "POST", coupon(0)+":redeem", fmt.Sprintf(`{"place":"desk %d"}`, i)); code {
			case http.StatusOK:
				once.Add(1)
			case http.StatusConflict:
				refused.Add(1)
			default:
				t.Errorf("redeem: %d %v", code, body)
			}
		})
	}
	all.Wait()
	if once.Load() != 1 || refused.Load() != 23 {
		t.Errorf("redeemed %d times, refused %d times, want 1 and 23", once.Load(), refused.Load())
	}
	admin.want("GET", path, "", 200, "issuedCount:5", "redeemedCount:1", "claimedCount:1", "revokedCount:1", "costCents:8000")
	admin.want("GET", "/v1/coupons?tenantId=t-1", "", 200, "REDEEMED", "desk")
}
