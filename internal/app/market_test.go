package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// TestMarket compares a dwelling with offers nearby, says where there are none, and counts what empty dwellings cost.
func TestMarket(t *testing.T) {
	dir := t.TempDir()
	now := clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: dir, Clock: now})
	admin, technician := &caller{t: t, a: a, token: a.Token()}, as(t, a, "TECHNICIAN", "te_1")
	building := admin.want("POST", "/v1/properties", `{"displayName":"Lakeside 3","location":{"latitude":30.2,"longitude":120.2}}`, 201)
	unit := admin.want("POST", "/v1/units", fmt.Sprintf(`{"propertyId":%q,"number":"1203","areaSquareMeters":40}`, building["id"]), 201)
	bare := admin.want("POST", "/v1/units", fmt.Sprintf(`{"propertyId":%q,"number":"1204"}`, building["id"]), 201)
	path := fmt.Sprint("/v1/units/", unit["id"], ":comparables")
	admin.want("GET", path, "", 200, "noData:0 offers", "!suggestedCents")
	var csv strings.Builder
	csv.WriteString(`id,latitude,longitude,areaSquareMeters,rentCents,date,source\n`)
	for i := range 40 {
		fmt.Fprintf(&csv, `o%d,%.4f,120.2,%d,%d,2026-06-%02d,portal\n`, i, 30.2+0.0005*float64(i), 38+i%5, (38+i%5)*9000, 1+i%28)
	}
	admin.want("POST", "/v1/comparables:import", `{"csv":"id,latitude,longitude,areaSquareMeters,rentCents,date,source\no1,30,120,x,1,2026-06-01,p\n"}`, 400, "line 2", "areaSquareMeters")
	admin.want("POST", "/v1/comparables:import", `{"offers":[{"id":"o","location":{"latitude":30,"longitude":120},"areaSquareMeters":1,"rentCents":1,"date":"2026-06-01","source":"p"}]}`, 422, "offers[0].areaSquareMeters")
	admin.want("POST", "/v1/comparables:import", `{"csv":"`+csv.String()+`"}`, 200, "addedCount:40")
	admin.want("POST", "/v1/comparables:import", `{"csv":"`+strings.Replace(csv.String(), "342000", "350000", 1)+`"}`, 200, "knownCount:39", "replacedCount:1")
	technician.want("GET", path, "", 403)
	got := admin.want("GET", path, "", 200, "suggestedCents:361000", "source:portal", "date:2026-06", "distanceMeters", "!noData")
	if list, _ := got["comparables"].([]any); len(list) != 10 || !strings.Contains(fmt.Sprint(list[0]), "rentCents:350000") || !strings.Contains(fmt.Sprint(list[9]), "o9") {
		t.Errorf("not the ten nearest: %v", list)
	}
	admin.want("GET", path+"?count=3&maxMeters=100", "", 200, "noData:2 offers")
	admin.want("GET", fmt.Sprint("/v1/units/", bare["id"], ":comparables"), "", 200, "areaSquareMeters to compare by")
	admin.want("GET", "/v1/comparables:nearby?location.latitude=30.2&location.longitude=120.2&areaSquareMeters=40", "", 200, "suggestedCents:361000")
	admin.want("GET", "/v1/comparables:nearby?location.latitude=40&location.longitude=120.2&areaSquareMeters=40", "", 200, "noData")

	admin.want("POST", "/v1/leases?signed=true", fmt.Sprintf(`{"tenantId":"t-1","unitId":%q,"startDate":"2025-07-01","endDate":"2026-05-31","rentCents":365000}`, unit["id"]), 201)
	// June: 30 empty days of 3,650 yuan a month of 365/12 days
	admin.want("GET", "/v1/units:vacancyCost?from=2026-05-01&to=2026-07-01", "", 200, "costCents:360000", "emptyDays:30", "Lakeside 3", "from:2026-06-01")
	admin.want("GET", "/v1/units:vacancyCost?from=2026-05-01&to=2026-05-01", "", 400, "field:to")
	stop(t, a)

	a = start(t, app.Config{Data: dir, Clock: now}) // the offers are read again
	defer stop(t, a)
	admin = &caller{t: t, a: a, token: a.Token()}
	admin.want("GET", path, "", 200, "suggestedCents:361000", "rentCents:350000")
}
