package gateway_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"fettle/internal/auditserver"
	"fettle/internal/auth"
	"fettle/internal/identity"
	"fettle/internal/keyserver"
	"fettle/internal/policy"
	"fettle/internal/server"
	"fettle/internal/signin"
	"fettle/internal/tenantserver"
)

var update = flag.Bool("update", false, "write the table of docs/authority.md")

// table writes the policy for people.
func table(t *testing.T) string {
	t.Helper()
	methods, err := policy.Read(append(server.Services(), identity.Service, signin.Service, tenantserver.Service, keyserver.Service, auditserver.Service)...)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("\n| method |")
	for _, r := range auth.AllRoles() {
		fmt.Fprintf(&b, " %s |", strings.ToLower(strings.ReplaceAll(string(r), "_", " ")))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(auth.AllRoles())) + "\n")
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		p := methods[name]
		fmt.Fprintf(&b, "| %s |", name[strings.LastIndexByte(name, '/')+1:])
		for _, r := range auth.AllRoles() {
			cell := ""
			if slices.Contains(p.Roles(), r) {
				cell = "yes"
			}
			if slices.Contains(p.OwnRoles(), r) {
				cell = "own"
			}
			if p.Open {
				cell = "open"
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.String()
}

// TestTheTableOfTheDocs holds docs/authority.md to the policy. Run it with -update to write the table anew.
func TestTheTableOfTheDocs(t *testing.T) {
	const page, begin, end = "../../docs/authority.md", "<!-- table -->", "<!-- end of table -->"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	old, after, found := strings.Cut(rest, end)
	if !ok || !found {
		t.Fatalf("%s has no table between %s and %s", page, begin, end)
	}
	want := table(t)
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if old != want {
		t.Errorf("%s is not what the policy says: run go test ./internal/gateway -run TestTheTableOfTheDocs -update", page)
	}
}
