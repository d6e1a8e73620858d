package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"fettle/internal/app"
)

func TestPropertiesAndUnits(t *testing.T) {
	t.Run("file", func(t *testing.T) { estateStory(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { estateStory(t, server.Database(t, "")) })
}

// estateStory goes through the life of a building with its dwellings.
func estateStory(t *testing.T, database string) {
	t.Helper()
	a := start(t, app.Config{Data: t.TempDir(), Database: database})
	defer stop(t, a)
	want := func(what string, code int, got map[string]any, status int, text string) {
		t.Helper()
		if code != status || !strings.Contains(fmt.Sprint(got), text) {
			t.Errorf("%s: %d %v, want %d with %s", what, code, got, status, text)
		}
	}
	const lake = `{"displayName":"Lakeside 3","address":"Lakeside Road 3","location":{"latitude":30.2741,"longitude":120.1551,"datum":"GCJ02"},"entrySeconds":240}`
	code, p := call(t, a, "POST", "/v1/properties", lake)
	want("create", code, p, http.StatusCreated, "entrySeconds:240")
	id, _ := p["id"].(string)
	if at, _ := p["location"].(map[string]any); at["latitude"] == 30.2741 || at["datum"] != nil {
		t.Errorf("a place of the Chinese datum is kept as it came: %v", at)
	}
	code, again := call(t, a, "POST", "/v1/properties", lake)
	want("the same key", code, again, http.StatusCreated, id)
	code, got := call(t, a, "POST", "/v1/properties", `{"displayName":" ","location":{"latitude":30,"longitude":120}}`)
	want("no name", code, got, http.StatusBadRequest, "property.displayName")
	code, got = call(t, a, "POST", "/v1/properties", `{"displayName":"x","location":{"latitude":0,"longitude":0}}`)
	want("in the sea", code, got, http.StatusBadRequest, "location")
	code, u := call(t, a, "POST", "/v1/units", `{"propertyId":"`+id+`","number":"1203","floor":12,"areaSquareMeters":41.5,"attributes":{"heating":"gas"}}`)
	want("unit", code, u, http.StatusCreated, "heating:gas")
	unit, _ := u["id"].(string)
	code, got = call(t, a, "POST", "/v1/units", `{"propertyId":"`+id+`","number":"1203"}`)
	want("the same door", code, got, http.StatusConflict, "VALUE_TAKEN")
	code, got = call(t, a, "POST", "/v1/units", `{"propertyId":"pr_nothing","number":"1"}`)
	want("nowhere", code, got, http.StatusBadRequest, "unit.propertyId")
	code, got = call(t, a, "POST", "/v1/units", `{"propertyId":"`+id+`","number":"1104"}`)
	want("another door", code, got, http.StatusCreated, "1104")
	_, got = call(t, a, "GET", "/v1/units?propertyId="+id, "")
	if rows, _ := got["units"].([]any); len(rows) != 2 || !strings.Contains(fmt.Sprint(rows[0]), "1104") {
		t.Errorf("units of a building: %v", got)
	}
	_, got = call(t, a, "GET", "/v1/units?pageSize=1", "")
	token, _ := got["nextPageToken"].(string)
	_, rest := call(t, a, "GET", "/v1/units?pageSize=1&pageToken="+token, "")
	if rows, _ := rest["units"].([]any); len(rows) != 1 || rest["nextPageToken"] != nil || fmt.Sprint(rest["units"]) == fmt.Sprint(got["units"]) {
		t.Errorf("pages: %v, then %v", got, rest)
	}
	code, got = call(t, a, "PATCH", "/v1/units/"+unit, `{"floor":13}`)
	want("without If-Match", code, got, http.StatusPreconditionRequired, "IF_MATCH_REQUIRED")
	code, got = call(t, a, "PATCH", "/v1/units/"+unit+"?etag=1&updateMask=floor", `{"floor":13}`)
	want("floor", code, got, http.StatusOK, "heating:gas")
	code, got = call(t, a, "PATCH", "/v1/units/"+unit+"?etag=1", `{"floor":14}`)
	want("a stale change", code, got, http.StatusPreconditionFailed, "STALE_ETAG")
	code, got = call(t, a, "DELETE", "/v1/properties/"+id, "")
	want("a building with units", code, got, http.StatusConflict, "ILLEGAL_STATE")
	for _, row := range []string{"1104", "1203"} {
		_, list := call(t, a, "GET", "/v1/units?propertyId="+id+"&pageSize=1", "")
		rows, _ := list["units"].([]any)
		first, _ := rows[0].(map[string]any)
		code, got = call(t, a, "DELETE", fmt.Sprint("/v1/units/", first["id"]), "")
		want("delete "+row, code, got, http.StatusOK, "")
	}
	code, got = call(t, a, "DELETE", "/v1/properties/"+id, "")
	want("an empty building", code, got, http.StatusOK, "")
	code, got = call(t, a, "GET", "/v1/properties/"+id, "")
	want("gone", code, got, http.StatusNotFound, "NOT_FOUND")
	_, events := call(t, a, "GET", "/v1/auditEvents?objectKind=properties&objectId="+id, "")
	if rows, _ := events["auditEvents"].([]any); len(rows) != 2 { // made and deleted
		t.Errorf("entries: %v", events)
	}
}

// TestUnitsAndTheEndOfTheirBuilding deletes buildings while units are added to them: one of both is refused.
func TestUnitsAndTheEndOfTheirBuilding(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir()})
	defer stop(t, a)
	for n := range 20 {
		_, p := call(t, a, "POST", "/v1/properties", fmt.Sprintf(`{"displayName":"%d","location":{"latitude":30,"longitude":120}}`, n))
		id, _ := p["id"].(string)
		var made, gone int
		var both sync.WaitGroup
		both.Go(func() { made, _ = call(t, a, "POST", "/v1/units", `{"propertyId":"`+id+`","number":"1"}`) })
		both.Go(func() { gone, _ = call(t, a, "DELETE", "/v1/properties/"+id, "") })
		both.Wait()
		if (made == http.StatusCreated) == (gone == http.StatusOK) {
			t.Errorf("unit %d, end of the building %d", made, gone)
		}
	}
}
