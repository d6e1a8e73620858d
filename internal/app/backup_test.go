package app_test

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
	"fettle/storage/archive"
)

// TestBackupsMoveBetweenStores takes a backup of a running service, restores it into the other kind of store and back, and
// finds the same orders each time.
func TestBackupsMoveBetweenStores(t *testing.T) {
	file, database := t.TempDir(), server.Database(t, "")
	keys := app.Keys{File: filepath.Join(t.TempDir(), "keys")} // no backup holds them
	at := time.Date(2026, 7, 6, 9, 0, 0, 0, time.UTC)
	c := app.Config{Data: file, Clock: clock.NewFake(at), Keys: keys}
	a := start(t, c)
	for i := range 12 {
		body := fmt.Sprintf(`{"location":{"latitude":30.2,"longitude":120.%d},"description":"\u6c34 \u0000 \uFFFE %d","unitId":"a\u0000%d"}`, i, i, i)
		if code, got := call(t, a, "POST", "/v1/workOrders", body); code != http.StatusCreated {
			t.Fatalf("%d %v", code, got)
		}
	}
	want := orders(t, a)
	first := filepath.Join(t.TempDir(), "first.zip")
	m, err := app.Backup(t.Context(), file, "", first, at) // the service goes on
	if err != nil {
		t.Fatal(err)
	}
	if m.Find("work_orders").Rows != 12 || m.Find("events").Rows < 12 || m.Rows() < 24 {
		t.Errorf("got %+v, want 12 orders and their events", m)
	}
	stop(t, a)

	moved := app.Config{Data: t.TempDir(), Database: database, Clock: c.Clock, Keys: keys}
	if _, err := app.Restore(t.Context(), first, "", database); err != nil {
		t.Fatal(err)
	}
	a = start(t, moved)
	same(t, want, orders(t, a))
	if code, _ := call(t, a, "POST", "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2}}`); code != http.StatusCreated {
		t.Errorf("an order after the move: %d", code)
	}
	want = orders(t, a)
	second := filepath.Join(t.TempDir(), "second.zip")
	if _, err := app.Backup(t.Context(), "", database, second, at); err != nil {
		t.Fatal(err)
	}
	stop(t, a)

	back := app.Config{Data: t.TempDir(), Clock: c.Clock, Keys: keys}
	if _, err := app.Restore(t.Context(), second, back.Data, ""); err != nil {
		t.Fatal(err)
	}
	a = start(t, back)
	defer stop(t, a)
	same(t, want, orders(t, a))
	if _, err := app.Restore(t.Context(), second, "", database); err == nil {
		t.Error("a database that holds rows was filled")
	}
	if _, err := app.Restore(t.Context(), second, file, ""); err == nil {
		t.Error("a directory that holds rows was filled")
	}
}

func orders(t *testing.T, a *app.App) []any {
	t.Helper()
	code, got := call(t, a, "GET", "/v1/workOrders?pageSize=100", "")
	list, ok := got["workOrders"].([]any)
	if code != http.StatusOK || !ok || len(list) < 12 {
		t.Fatalf("%d %v", code, got)
	}
	return list
}

func same(t *testing.T, want, got []any) {
	t.Helper()
	if w, g := fmt.Sprint(want), fmt.Sprint(got); w != g {
		t.Errorf("want %s\n got %s", w, g)
	}
}

// TestDamagedBackups are refused before anything is written.
func TestDamagedBackups(t *testing.T) {
	dir := t.TempDir()
	stop(t, start(t, app.Config{Data: dir}))
	file := filepath.Join(t.TempDir(), "b.zip")
	if _, err := app.Backup(t.Context(), dir, "", file, time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{"cut short": whole[:len(whole)/2], "no backup": []byte("hello"), "a row too many": withRow(t, file)} {
		broken := filepath.Join(t.TempDir(), "broken.zip")
		if err := os.WriteFile(broken, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(t.TempDir(), "target")
		if _, err := app.Restore(t.Context(), broken, target, ""); !errors.Is(err, archive.ErrCorrupt) {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := os.Stat(target); err == nil {
			t.Errorf("%s: a directory was made", name)
		}
	}
	if _, err := app.Backup(t.Context(), t.TempDir(), "", file, time.Unix(0, 0)); err == nil {
		t.Error("a folder without data was backed up")
	}
}

// withRow copies an archive with one line added to a table.
func withRow(t *testing.T, file string) []byte {
	t.Helper()
	from, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close() //nolint:errcheck // only read
	out, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(out)
	for _, f := range from.File {
		w, err := z.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, r); err != nil {
			t.Fatal(err)
		}
		if f.Name == "technicians.jsonl" {
			if _, err := io.WriteString(w, `["default","x",1,0,0,"{}"]`+"\n"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(z.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return data
}
