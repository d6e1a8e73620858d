package app_test

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/secret"
	"fettle/org"
)

// canaries are planted where people write.
var canaries = []string{"13800138000", "11010519491231002X", "canary-name"}

// plant writes orders and a technician that hold the canaries.
func plant(t *testing.T, a *app.App, orders int) {
	t.Helper()
	for i := range orders {
		body := fmt.Sprintf(`{"location":{"latitude":30.2,"longitude":120.2},"description":"call 13800138000, id 11010519491231002X, %d"}`, i)
		code, got := call(t, a, "POST", "/v1/workOrders", body)
		if code != http.StatusCreated {
			t.Fatalf("%d %v", code, got)
		}
		id, _ := got["id"].(string)
		if code, got := call(t, a, "POST", "/v1/workOrders/"+id+":cancel", `{"reason":"13800138000 called it off"}`); code != http.StatusOK {
			t.Fatalf("%d %v", code, got)
		}
	}
	admin := &caller{t: t, a: a, token: a.Token()}
	admin.want("POST", "/v1/recipients", `{"id":"unit.u-1","addresses":{"mail":"li@example.org"}}`, 201)
	admin.want("POST", "/v1/recipients/unit.u-1:reveal", `{"purpose":"13800138000 asked canary-name"}`, 200)
	code, got := call(t, a, "POST", "/v1/technicians", `{"displayName":"canary-name","home":{"latitude":30.2,"longitude":120.2},"skills":[{"skill":"plumbing","level":1}]}`)
	if code != http.StatusCreated {
		t.Fatalf("%d %v", code, got)
	}
}

// found counts the canaries in the files of a folder, and in what a backup of it unpacks to.
func found(t *testing.T, dir string) (n int) {
	t.Helper()
	look := func(data []byte) {
		for _, c := range canaries {
			n += strings.Count(string(data), c)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 4 { // the file, its WAL, the token, the keys
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		look(data)
	}
	backup := filepath.Join(t.TempDir(), "b.zip")
	if _, err := app.Backup(t.Context(), dir, "", backup, time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(backup)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close() //nolint:errcheck // only read
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		look(data)
	}
	return n
}

// TestNothingAtRestIsInClear is row R-S2. Its saboteur, a store without keys, is in storage/storagetest.
func TestNothingAtRestIsInClear(t *testing.T) {
	dir := t.TempDir()
	a := start(t, app.Config{Data: dir})
	plant(t, a, 5)
	if n := found(t, dir); n != 0 {
		t.Errorf("%d canaries are in the data directory or its backup", n)
	}
	stop(t, a)
	if n := found(t, dir); n != 0 {
		t.Errorf("%d canaries are left after the stop", n)
	}
}

// TestKeysAreRotatedWhileServed is row R-S4: ten rotations under load, a restart in the middle, and starts without the keys.
func TestKeysAreRotatedWhileServed(t *testing.T) {
	dir := t.TempDir()
	c := app.Config{Data: dir, KeysSettle: 500 * time.Millisecond}
	a := start(t, c)
	plant(t, a, 20)
	_, before := call(t, a, "GET", "/v1/keys", "")
	for i := range 10 {
		if code, got := call(t, a, "POST", "/v1/keys:rotate?purpose=test", ""); code != http.StatusOK || got["primary"] == before["primary"] {
			t.Fatalf("rotation %d: %d %v", i, code, got)
		}
		if code, got := call(t, a, "GET", "/v1/workOrders?pageSize=100", ""); code != http.StatusOK || len(orders(t, a)) != 20 {
			t.Fatalf("read after rotation %d: %d %v", i, code, got)
		}
		if i == 5 {
			stop(t, a)
			a = start(t, c)
		}
	}
	eventually(t, func() bool {
		_, now := call(t, a, "GET", "/v1/keys", "")
		return now["resealing"] == nil || now["resealing"] == false
	})
	stop(t, a)

	file := filepath.Join(dir, "keys.json")
	if err := os.Rename(file, file+".aside"); err != nil {
		t.Fatal(err)
	}
	refused := func(name string, c app.Config) {
		t.Helper()
		c.Listen = "127.0.0.1:0"
		if a, err := app.Start(t.Context(), c); !errors.Is(err, secret.ErrKey) {
			t.Errorf("%s: start says %v", name, err)
			if err == nil {
				stop(t, a)
			}
		}
		if _, err := app.Check(t.Context(), dir, "", c.Keys); !errors.Is(err, secret.ErrKey) {
			t.Errorf("%s: doctor says %v", name, err)
		}
	}
	refused("no keys", c)
	if _, err := os.Stat(file); err == nil {
		t.Error("a start that was refused has made keys")
	}
	other := t.TempDir()
	stop(t, start(t, app.Config{Data: other}))
	refused("keys of another service", app.Config{Data: dir, Keys: app.Keys{File: filepath.Join(other, "keys.json")}})
	if err := os.Rename(file+".aside", file); err != nil {
		t.Fatal(err)
	}
	a = start(t, c)
	if code, got := call(t, a, "GET", "/v1/workOrders?pageSize=100", ""); code != http.StatusOK || len(orders(t, a)) != 20 {
		t.Errorf("with its keys again: %d %v", code, got)
	}
	if err := app.EraseKeys(t.Context(), dir, "", app.Keys{}, org.Default); err == nil {
		t.Error("keys were destroyed under a service that runs")
	}
	stop(t, a)
	if err := app.EraseKeys(t.Context(), dir, "", app.Keys{}, org.Default); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Start(t.Context(), app.Config{Data: dir, Listen: "127.0.0.1:0"}); !errors.Is(err, secret.ErrErased) {
		t.Errorf("a start after erasure says %v", err)
	}
}

// eventually waits until something holds.
func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	for start := time.Now(); time.Since(start) < patience; {
		if holds() {
			return
		}
		<-time.After(25 * time.Millisecond)
	}
	t.Fatal("it does not come to hold")
}

// TestUnguardedSecretsAreFound lets others read what they must not, one after the other.
func TestUnguardedSecretsAreFound(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	stop(t, start(t, app.Config{Data: dir}))
	if _, err := app.Check(t.Context(), dir, "", app.Keys{}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "admin.token"), filepath.Join(dir, "keys.json")} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, info.Mode().Perm()|0o044); err != nil {
			t.Fatal(err)
		}
		if _, err := app.Check(t.Context(), dir, "", app.Keys{}); err == nil || !strings.Contains(err.Error(), path+" can be read by others") {
			t.Errorf("%s: doctor says %v", path, err)
		}
		if err := os.Chmod(path, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
}
