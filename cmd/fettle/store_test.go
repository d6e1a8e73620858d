package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStoreCommands go through the life of a data directory that nobody serves.
func TestStoreCommands(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	file := filepath.Join(t.TempDir(), "backup.zip")
	fettle(t, "doctor", "--data", dir).wantStatus(t, exitUsage)
	fettle(t, "backup", "--data", dir, "-o", file).wantStatus(t, exitUsage)
	if _, err := os.Stat(file); err == nil {
		t.Error("a backup of nothing was left")
	}
	fettle(t, "migrate", "--data", dir).wantStatus(t, exitDone)
	if r := fettle(t, "doctor", "--data", dir).wantStatus(t, exitDone); !strings.Contains(r.stdout, "can start") {
		t.Errorf("doctor says %q", r.stdout)
	}
	if r := fettle(t, "backup", "--data", dir, "-o", file).wantStatus(t, exitDone); !strings.Contains(r.stdout, "work_orders") {
		t.Errorf("backup says %q", r.stdout)
	}
	fettle(t, "restore", file, "--data", filepath.Join(t.TempDir(), "other")).wantStatus(t, exitDone)
	if err := os.Truncate(file, 100); err != nil {
		t.Fatal(err)
	}
	if r := fettle(t, "restore", file, "--data", filepath.Join(t.TempDir(), "other")).wantStatus(t, exitUsage); !strings.Contains(r.stderr, "damaged") {
		t.Errorf("restore says %q", r.stderr)
	}
	if r := fettle(t, "doctor", "--db", "mysql://x").wantStatus(t, exitNo); !strings.Contains(r.stderr, "postgres://") {
		t.Errorf("doctor says %q", r.stderr)
	}
}

// TestAuditVerify asks for the chains of a directory in which nothing was done yet.
func TestAuditVerify(t *testing.T) {
	t.Parallel()
	dir, heads := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "heads")
	fettle(t, "audit", "verify", "--data", dir).wantStatus(t, exitUsage)
	fettle(t, "migrate", "--data", dir).wantStatus(t, exitDone)
	fettle(t, "audit", "verify", "--data", dir, "--append").wantStatus(t, exitUsage)
	fettle(t, "audit", "verify", "--data", dir, "--heads", heads).wantStatus(t, exitUsage)
	fettle(t, "audit", "verify", "--data", dir, "--heads", heads, "--append").wantStatus(t, exitDone)
	if err := os.WriteFile(heads, []byte("no head\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := fettle(t, "audit", "verify", "--data", dir, "--heads", heads).wantStatus(t, exitUsage); !strings.Contains(r.stderr, "line 1") {
		t.Errorf("verify says %q", r.stderr)
	}
}
