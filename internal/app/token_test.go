package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAdminToken(t *testing.T) {
	t.Parallel()
	t.Run("the first start makes one that survives", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		first, err := adminToken(dir)
		if err != nil {
			t.Fatal(err)
		}
		again, err := adminToken(dir)
		if err != nil || again != first {
			t.Errorf("second start: got %q, %v; want the token of the first", again, err)
		}
		info, err := os.Stat(filepath.Join(dir, tokenFile))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("mode is %o, want 600", got)
		}
		if other, _ := adminToken(t.TempDir()); other == first {
			t.Error("two folders have the same token")
		}
		left, _ := filepath.Glob(filepath.Join(dir, "*"))
		if len(left) != 2 {
			t.Errorf("folder holds %v, want the token and its checksum", left)
		}
	})
	t.Run("a short one is refused with what to do", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, tokenFile), []byte("secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := adminToken(dir)
		if err == nil || !strings.Contains(err.Error(), "delete it") {
			t.Errorf("got %v, want a refusal that says what to do", err)
		}
	})
}
