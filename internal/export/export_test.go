package export_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"fettle/internal/adapter/spreadsheet"
	"fettle/internal/export"
)

// service answers with two pages of leases, and is busy once.
func service(t *testing.T) string {
	t.Helper()
	busy := true
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		switch {
		case r.Header.Get("Authorization") != "Bearer secret":
			w.WriteHeader(http.StatusUnauthorized)
		case q.Get("endingBefore") != "2027-01-01" || q.Get("pageSize") != "1000":
			w.WriteHeader(http.StatusBadRequest)
		case busy:
			busy = false
			w.WriteHeader(http.StatusTooManyRequests)
		case q.Get("pageToken") == "":
			_, _ = fmt.Fprint(w, `{"leases":[{"id":"ls_1","note":"=1+1","endDate":"2026-02-28","rentCents":"350005"}],"nextPageToken":"two"}`)
		case q.Get("pageToken") == "two":
			_, _ = fmt.Fprint(w, `{"leases":[{"id":"ls_2","state":"ACTIVE"}]}`)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestLeases(t *testing.T) {
	t.Parallel()
	for _, csv := range []bool{false, true} {
		var b bytes.Buffer
		n, err := export.Leases(t.Context(), export.Config{
			Server: service(t), Token: "secret", CSV: csv, Filter: url.Values{"endingBefore": {"2027-01-01"}},
		}, &b)
		if err != nil || n != 2 {
			t.Fatalf("%d leases: %v", n, err)
		}
		columns := []spreadsheet.Column{{Name: "id"}, {Name: "endDate", Kind: spreadsheet.Date}, {Name: "rent", Kind: spreadsheet.Number}, {Name: "state"}, {Name: "note"}}
		got, err := spreadsheet.Read(b.Bytes(), columns, spreadsheet.Limits{})
		if err != nil || len(got) != 2 {
			t.Fatalf("%+v: %v", got, err)
		}
		first, second := got[0].Now, got[1].Now
		if first["id"] != "ls_1" || first["note"] != "=1+1" || first["endDate"] != "2026-02-28" || !strings.HasPrefix(first["rent"], "3500.05") || second["state"] != "ACTIVE" {
			t.Errorf("CSV %v: %+v", csv, got)
		}
	}
}

func TestAWrongTokenIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if n, err := export.Leases(t.Context(), export.Config{Server: service(t), Token: "wrong"}, &b); err == nil || n != 0 || !strings.Contains(err.Error(), "401") {
		t.Errorf("%d, %v", n, err)
	}
}
