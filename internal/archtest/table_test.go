package archtest_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"fettle/internal/archtest"
)

var update = flag.Bool("update", false, "write docs/imports.md instead of comparing with it")

// TestImportTable keeps docs/imports.md equal to the table that is enforced.
func TestImportTable(t *testing.T) {
	t.Parallel()
	name := filepath.Join("..", "..", "docs", "imports.md")
	want := archtest.Table(archtest.House())
	if *update {
		writeFile(t, name, want)
		return
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what internal/archtest/house.go says: run make generate", name)
	}
}
