package outside

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// escapes are names that lead out of a folder, to another file of it, or to something that is no file, on some system.
func escapes() []string {
	return []string{
		"../canary", "../../canary", "..%2fcanary", "%2e%2e%2fcanary", "%2e%2e/canary", "..%252fcanary", "..%c0%afcanary", "..%5ccanary", `..\canary`,
		"....//canary", "..;/canary", "admin.token", "../admin.token", "%2e%2e%2fadmin.token", "/etc/passwd", "%2fetc%2fpasswd", "passwd",
		"..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", "file:%2f%2f%2fetc%2fpasswd", "C:%5cWindows%5cwin.ini", "%5c%5cserver%5cshare", "CON", "NUL.jpg",
		"canary%00.jpg", "%00", ".", "..", "%2e", "~root", "link", "a%0d%0aSet-Cookie:%20x=y", strings.Repeat("a", 4096), strings.Repeat("../", 300) + "canary",
		"%EF%BC%8E%EF%BC%8E%2fcanary", "$HOME", "`id`", "canary::$DATA", "-rf",
	}
}

// parameter is a part of a path that a caller chooses.
var parameter = regexp.MustCompile(`\{[^}]*\}`)

// TestPathTraversal is row R-X2: whatever name is sent where a name may stand, in each path that the service says it has, in those of pages
// and tiles, in names of files and in files that hold files, nothing outside of the data directory is read or written, and nothing of it
// is served.
func TestPathTraversal(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	const secret = "CANARY-5ce0b1"
	if err := os.WriteFile(filepath.Join(root, "canary"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, filepath.Join(root, "data"))
	if err := os.Symlink(filepath.Join(root, "canary"), filepath.Join(s.dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "canary"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	order := report(s, rand.New(rand.NewPCG(6, 6)), "paths").ID
	before := namesIn(t, root)
	w := &wanderer{s: s, secrets: []string{secret, s.token, "root:x:"}, rng: rand.New(rand.NewPCG(seed(t), 7))}
	names := escapes()
	for range count(2, 400, "FETTLE_TORTURE_NAMES") {
		names = append(names, w.mutated(names[w.rng.IntN(len(names))]))
	}
	for _, at := range placesIn(s) {
		for _, name := range names {
			w.ask(at, name)
		}
	}
	for i, name := range names {
		w.send(order, i, name)
	}
	s.alive()
	if now := namesIn(t, root); now != before {
		t.Errorf("OUTSIDE: there are files that were not there:\n%s\nbefore:\n%s", now, before)
	}
	t.Logf("%d requests with names that lead elsewhere", w.sent)
}

// placesIn are the addresses with a parameter that can be read, by what the service says of itself, and those of its pages.
func placesIn(s *service) []string {
	s.t.Helper()
	var meta struct {
		Methods []struct{ HTTPMethod, Path string }
	}
	s.read("/v1/meta/methods", &meta)
	out := []string{"/{name}", "/assets/{name}", "/t/{name}", "/r/{name}", "/touch/{name}", "/tiles/{name}", "/v1/{name}", "/debug/{name}"}
	seen := map[string]bool{}
	for _, m := range meta.Methods {
		if m.HTTPMethod == http.MethodGet && strings.Contains(m.Path, "{") && !seen[m.Path] {
			seen[m.Path] = true
			out = append(out, m.Path)
		}
	}
	if len(out) < 40 {
		s.t.Fatalf("%d paths with a parameter: %v", len(out), out)
	}
	return out
}

// namesIn lists all that is below a folder, but for what a database makes and removes by itself.
func namesIn(t testing.TB, root string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(name string, _ fs.DirEntry, err error) error {
		if err == nil && !strings.HasSuffix(name, "-wal") && !strings.HasSuffix(name, "-shm") && !strings.HasSuffix(name, "-journal") {
			out = append(out, name)
		}
		return nil // what was just removed
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

// wanderer sends names that lead elsewhere.
type wanderer struct {
	s       *service
	secrets []string
	rng     *rand.Rand
	sent    int
}

// mutated is a name with a piece of another in it.
func (w *wanderer) mutated(name string) string {
	all := escapes()
	other := all[w.rng.IntN(len(all))]
	at, to := w.rng.IntN(len(name)+1), w.rng.IntN(len(other)+1)
	return (name[:at] + other[:to] + name[at:])[:min(len(name)+to, 6000)]
}

// ask reads an address with a name in the place of its parameters, as it stands: no client cleans it.
func (w *wanderer) ask(at, name string) {
	w.s.t.Helper()
	w.sent++
	target := parameter.ReplaceAllLiteralString(at, strings.ReplaceAll(name, " ", "%20"))
	conn, head := w.s.dial()
	defer conn.Close() //nolint:errcheck // read to its end
	say(w.s.t, conn, "GET %s HTTP/1.1\r\n%sConnection: close\r\n\r\n", target, head)
	w.judge(target, readAnswer(conn))
}

// judge wants no 5xx, and nothing that is a secret.
func (w *wanderer) judge(what string, a answer) {
	w.s.t.Helper()
	if a.err != nil || a.status >= 500 {
		w.s.t.Errorf("%.200q: %.300s", what, a)
	}
	if a.header.Get("Set-Cookie") != "" {
		w.s.t.Errorf("%.200q: a name has become a header: %v", what, a.header)
	}
	for _, secret := range w.secrets {
		if bytes.Contains(a.body, []byte(secret)) {
			w.s.t.Errorf("OUTSIDE: %.200q: a file was read: %.300s", what, a)
		}
	}
}

// send sends a name as that of a file, and in files that hold files.
func (w *wanderer) send(order string, i int, name string) {
	w.s.t.Helper()
	name = strings.ReplaceAll(name, `"`, "")
	form := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + strings.NewReplacer("\r", "", "\n", "").Replace(name) +
		"\"\r\nContent-Type: image/jpeg\r\n\r\n" + string(plainJPEG(w.s.t, 8, 8)) + "\r\n--x--\r\n"
	slip := book(w.s.t, named, "", packed{name: name, text: "SLIPPED"}, packed{name: "xl/worksheets/../../../" + name, text: "SLIPPED"})
	key := fmt.Sprintf("name-%d", i)
	for _, r := range []request{
		{
			method: http.MethodPost, path: "/v1/workOrders/" + order + "/photos", key: key, body: []byte(form),
			header: map[string]string{"Content-Type": "multipart/form-data; boundary=x"},
		},
		{method: http.MethodPost, path: "/v1/leases:import", key: key + "-2", body: encode(map[string]any{"content": slip, "fileName": clipped(name)})},
		{
			method: http.MethodPost, path: "/v1/workOrders:import", key: key + "-3", body: slip,
			header: map[string]string{"Content-Type": "application/octet-stream"},
		},
	} {
		w.sent++
		w.judge(r.path+" with "+name, w.s.send(r))
	}
}

// clipped is a name as long as names may be.
func clipped(name string) string { return strings.ToValidUTF8(name[:min(len(name), 200)], "?") }
