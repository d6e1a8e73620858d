package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestSBOM is a part of row R-P1: what the binary says is in it is what go.mod asks for and go.sum vouches for.
func TestSBOM(t *testing.T) {
	t.Parallel()
	var got sbomJSON
	r := fettle(t, "version", "--sbom").wantStatus(t, exitDone)
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if again := fettle(t, "version", "--sbom"); again.stdout != r.stdout {
		t.Error("two runs differ")
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^(?:require )?\t?(\S+) (v\S+)`).FindAllStringSubmatch(string(mod), -1) {
		asked[m[1]] = m[2]
	}
	in := map[string]bool{}
	for _, c := range got.Components {
		in[c.Name] = true
		if c.Name == "std" {
			continue
		}
		if asked[c.Name] != c.Version {
			t.Errorf("%s is in the binary at %s, go.mod asks for %q", c.Name, c.Version, asked[c.Name])
		}
		if !strings.Contains(string(sums), c.Name+" "+c.Version+" h1:") || len(c.Hashes) != 1 {
			t.Errorf("%s %s has no sum", c.Name, c.Version)
		}
	}
	for _, want := range []string{"std", "modernc.org/sqlite", "google.golang.org/grpc", "github.com/tink-crypto/tink-go/v2"} {
		if !in[want] {
			t.Errorf("%s is not in the bill", want)
		}
	}
	if got.Metadata.Component.Name != "fettle" || got.Format != "CycloneDX" {
		t.Errorf("the bill is of %+v", got.Metadata)
	}
}
