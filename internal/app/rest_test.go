package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// inClear is what may stand unsealed at rest, as keys by which things are found: ids that people give (tenants of leases and coupons,
// own templates), names of what is set up, serials of meters, references of payments, names of imported files.
var inClear = regexp.MustCompile(`(?s)(leases.*(tenant|holder)|coupons.*[tT]enant(ca_.*)?|messageTemplates.*own\.|tiles.*name|automations.*name|meters.*serial|payments.*reference|import.*)$`)

// What people write into a record of any kind is sealed at rest, or hashed where it must be found: row R-S2 for every kind there is.
func TestNoWordOfARecordIsInClear(t *testing.T) {
	c := newCity(t)
	c.plant(c.here)
	files, err := filepath.Glob(filepath.Join(c.dir, "fettle.db*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	const before = 100 // bytes that say of which kind and key a word is
	allowed := 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		word := []byte(c.here.canary)
		for at := 0; ; at += len(word) {
			i := bytes.Index(data[at:], word)
			if i < 0 {
				break
			}
			at += i
			if !inClear.Match(data[max(0, at-before):at]) {
				t.Errorf("%s: %q is in clear", filepath.Base(f), data[max(0, at-before):at+len(word)])
			}
			allowed++
		}
	}
	if allowed == 0 {
		t.Error("not even the keys were found: nothing was planted, or it is elsewhere")
	}
}
