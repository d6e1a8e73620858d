package outside

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	bits "encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// maxPerFile is what a file that is refused may cost: memory beside what the service takes anyway in MiB, and time of processors.
const (
	maxFileMB  = 64
	maxFileCPU = 2 * time.Second
)

// scale weighs what single files cost a service.
type scale struct {
	s        *service
	resident float64 // MiB that the service takes anyway
	most     float64
	slowest  time.Duration
}

func newScale(s *service) *scale { return &scale{s: s, resident: s.residentMB()} }

// weigh sends a file and notes what that costs. Memory is the highest that the system has seen meanwhile; under the race detector, which
// takes several times as much of both, nothing is asserted.
func (w *scale) weigh(name string, send func()) {
	w.s.t.Helper()
	pid := w.s.cmd.Process.Pid
	w.s.liveMB()                                                                  // collects what the file before has left
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0o600) // where that cannot be, the peak is that of all files
	before := cpuOf(pid)
	send()
	took, grown := cpuOf(pid)-before, peakMB(pid)-w.resident
	w.most, w.slowest = max(w.most, grown), max(w.slowest, took)
	if raceEnabled {
		return
	}
	if grown > maxFileMB {
		w.s.t.Errorf("%s: TOO HEAVY: %.0f MiB more, want at most %d", name, grown, maxFileMB)
	}
	if took > maxFileCPU {
		w.s.t.Errorf("%s: TOO LONG: %v of processors, want at most %v", name, took, maxFileCPU)
	}
}

// bound lets a service take no more than so many MiB beside what it has taken so far: a bomb that goes off ends it, and not the machine.
// Where that cannot be it goes off; the shadow memory of the race detector fits in no limit.
func bound(s *service, mib uint64) {
	s.t.Helper()
	if raceEnabled {
		return
	}
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	_, rest, _ := strings.Cut(string(data), "VmData:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		s.t.Log("nothing says what the service has taken: its memory is not limited")
		return
	}
	kb, err := strconv.ParseUint(fields[0], 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	limit := kb<<10 + mib<<20
	out, err := exec.Command("prlimit", "--pid", strconv.Itoa(s.cmd.Process.Pid), fmt.Sprintf("--data=%d:%d", limit, limit)).CombinedOutput()
	if err != nil {
		s.t.Logf("the memory of the service is not limited: %v: %s", err, out)
	}
}

// cpuOf is the time of processors that a process has taken; 0 where the system does not tell.
func cpuOf(pid int) time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // in hundredths of a second
}

// peakMB is the most memory that a process has held since that was cleared, in MiB.
func peakMB(pid int) float64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	if fields := strings.Fields(rest); len(fields) > 0 {
		kb, _ := strconv.ParseFloat(fields[0], 64)
		return kb / 1024
	}
	return 0
}

// photo is the request that sends a file as a photo of an order.
func photo(order, name string, body []byte) request {
	return request{
		method: http.MethodPost, path: "/v1/workOrders/" + order + "/photos", key: "photo " + name, body: body,
		header: map[string]string{"Content-Type": "image/jpeg"},
	}
}

// tenantOf makes a tenant and returns the id.
func tenantOf(s *service, name string) string {
	s.t.Helper()
	var made struct{ ID string }
	s.must(request{method: http.MethodPost, path: "/v1/tenants", key: "tenant " + name, body: encode(map[string]any{"displayName": name})}, &made)
	return made.ID
}

// card is the request that sends a file as the picture of an identity card.
func card(tenant, name string, body []byte) request {
	return request{
		method: http.MethodPost, path: "/v1/idImages", key: "card " + name,
		body: fmt.Appendf(nil, `{"tenantId": %q, "side": "FRONT", "content": %q}`, tenant, base64.StdEncoding.EncodeToString(body)),
	}
}

// leaves is the request that imports a sheet.
func leaves(name string, body []byte) request {
	return request{
		method: http.MethodPost, path: "/v1/leases:import", key: "sheet " + name, body: encode(map[string]any{"content": body, "fileName": "leases.xlsx"}),
	}
}

// TestBombs is row R-X3: files that are small and become large, or take long, are refused before they have: as photos, as pictures of
// identity cards, as sheets, as bodies.
func TestBombs(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	order := report(s, rand.New(rand.NewPCG(3, 3)), "bomb").ID
	tenant := tenantOf(s, "bomb")
	s.must(photo(order, "warm", plainJPEG(t, 640, 480)), nil) // what a photo costs anyway
	bound(s, 12*maxFileMB)
	w := newScale(s)
	refused := func(name string, r request, want ...int) {
		t.Helper()
		var a answer
		w.weigh(name, func() { a = s.send(r) })
		select {
		case <-s.ended:
			t.Fatalf("%s: TOO HEAVY: it has ended the service: %v", name, s.exit)
		default:
		}
		if a.err != nil || !slices.Contains(want, a.status) {
			t.Errorf("%s: %.300s, want %d", name, a, want)
		}
		if _, err := asProblem(a); err != nil {
			t.Errorf("%s: %.300v", name, err)
		}
	}
	for name, body := range pictureBombs(t) {
		refused(name+" as a photo", photo(order, name, body), http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
		refused(name+" as a card", card(tenant, name, body), http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	for name, make := range sheetBombs(t) {
		if !full() && !quick[name] {
			continue
		}
		body := make()
		if name == "a line far away" {
			w.weigh(name, func() { s.send(leaves(name, body)) }) // odd, and no bomb
			continue
		}
		refused(name, leaves(name, body), http.StatusBadRequest, http.StatusRequestEntityTooLarge)
	}
	for _, r := range textBombs(t) {
		refused(r.path, r, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	s.alive()
	var list struct{ Photos []struct{ ID string } }
	s.read("/v1/workOrders/"+order+"/photos", &list)
	if len(list.Photos) != 1 {
		t.Errorf("%d photos were kept, want the one that is a photo", len(list.Photos))
	}
	t.Logf("at most %.0f MiB more and %v of processors for a file", w.most, w.slowest)
}

// textBombs are bodies of text that grow.
func textBombs(t *testing.T) []request {
	t.Helper()
	packed := map[string]string{"Content-Encoding": "gzip"}
	return []request{
		{method: http.MethodPost, path: "/v1/workOrders", key: "gzip", body: gzipped(t, 1000), header: packed},
		{method: http.MethodPost, path: "/v1/leases:import", key: "gzip", body: gzipped(t, 1000), header: packed},
		{method: http.MethodPost, path: "/v1/workOrders/wo_1/photos", key: "gzip", body: gzipped(t, 1000), header: map[string]string{"Content-Encoding": "gzip", "Content-Type": "image/png"}},
		{method: http.MethodPost, path: "/v1/deposits:importBooks", key: "commas", body: encode(map[string]any{"csv": strings.Repeat(",", 1_900_000)})},
		{method: http.MethodPost, path: "/v1/comparables:import", key: "commas", body: encode(map[string]any{"csv": strings.Repeat(",", 3_900_000)})},
	}
}

// exif puts what cameras write beside the picture into a JPEG: where it was taken, and what somebody has hidden in it.
func exif(data []byte, secret string) []byte {
	tiff := "MM\x00\x2a\x00\x00\x00\x08\x00\x01\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x1a\x00\x00\x00\x00" // GPS IFD at 26
	body := "Exif\x00\x00" + tiff + "\x00\x01\x00\x02\x00\x05\x00\x00\x00\x03\x00\x00\x00\x2c\x00\x00\x00\x00" + secret
	note := append(bits.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2)), body...)
	comment := append(bits.BigEndian.AppendUint16([]byte{0xff, 0xfe}, uint16(len(secret)+2)), secret...)
	return bytes.Join([][]byte{data[:2], note, comment, data[2:], []byte(secret)}, nil)
}

// box is a box of a video.
func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(bits.BigEndian.AppendUint32(nil, uint32(len(body)+8)), kind...), body...)
}

// film is a video of three seconds that says where it was taken, and hides a secret in many places.
func film(secret string) []byte {
	header := make([]byte, 100)
	bits.BigEndian.PutUint32(header[12:], 1000)
	bits.BigEndian.PutUint32(header[16:], 3000)
	hidden := []byte(secret)
	track := func(kind string) []byte {
		return box("trak", box("mdia", box("hdlr", make([]byte, 8), []byte(kind), make([]byte, 12))), box("udta", hidden))
	}
	return bytes.Join([][]byte{
		box("ftyp", []byte("mp42\x00\x00\x00\x00")), box("free", hidden), box("uuid", hidden), box("html", hidden), box("mdat", []byte("PICTURES")),
		box("moov", box("mvhd", header), box("udta", box("\xa9xyz", hidden)), box("meta", hidden), track("vide"), track("meta")), box("skip", hidden),
	}, nil)
}

// TestNothingIsServedButThePicture is the other half of row R-X3: pictures that are something else too, or say where they were taken, come
// back as the picture alone, as a type that runs nothing, on each way in and out.
func TestNothingIsServedButThePicture(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	order, tenant := report(s, rand.New(rand.NewPCG(4, 4)), "poly").ID, tenantOf(s, "poly")
	const secret = "<script>alert(1)</script>GPS 30.2741N 120.1551E \x1b]0;x\x07"
	small := exif(plainJPEG(t, 320, 200), secret)
	plain := pngOf(t, 40, 40, 8, 0, 40*(1+40*4))
	text := bytes.Join([][]byte{plain[:33], chunk("tEXt", []byte("Comment\x00"+secret)), chunk("eXIf", []byte(secret)), plain[33:], []byte(secret)}, nil)
	check := func(name, kind string, a answer) {
		t.Helper()
		if !a.ok() {
			t.Errorf("%s: %.300s", name, a)
			return
		}
		for _, word := range []string{"script", "30.2741", "GPS", "Exif", "alert"} {
			if bytes.Contains(a.body, []byte(word)) {
				t.Errorf("%s: NOT CLEAN: %q is in what is served", name, word)
			}
		}
		for header, want := range map[string]string{
			"Content-Type": kind, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		} {
			if got := a.header.Get(header); got != want {
				t.Errorf("%s: NOT CLEAN: %s is %q, want %q", name, header, got, want)
			}
		}
	}
	content := func(id string) answer {
		return s.send(request{method: http.MethodGet, path: "/v1/workOrders/" + order + "/photos/" + id + "/content"})
	}
	for name, file := range map[string]struct {
		body []byte
		kind string
	}{"a JPEG": {small, "image/jpeg"}, "a PNG": {text, "image/jpeg"}, "a video": {film(secret), "video/mp4"}} {
		var made struct{ ID string }
		s.must(photo(order, name, file.body), &made)
		check(name, file.kind, content(made.ID))
		check(name+" in chunks", file.kind, content(inChunks(s, order, name, file.body)))
	}
	var made struct{ ID string }
	s.must(card(tenant, "a JPEG", small), &made)
	check("a card", "image/jpeg", s.send(request{
		method: http.MethodPost, path: "/v1/idImages/" + made.ID + ":reveal", key: "reveal", body: encode(map[string]any{"purpose": "check"}),
	}))
}

// inChunks sends a file in two parts, and returns the photo that it becomes.
func inChunks(s *service, order, name string, body []byte) string {
	s.t.Helper()
	at := "/v1/workOrders/" + order + "/uploads"
	var up struct{ ID, PhotoID string }
	s.must(request{method: http.MethodPost, path: at, key: "upload " + name, body: encode(map[string]any{
		"sizeBytes": strconv.Itoa(len(body)), "sha256": fmt.Sprintf("%x", sha256.Sum256(body)),
	})}, &up)
	half := len(body) / 2
	for _, part := range []struct{ from, to int }{{0, half}, {half, len(body)}} {
		s.must(request{
			method: http.MethodPut, path: fmt.Sprintf("%s/%s?offset=%d", at, up.ID, part.from), body: body[part.from:part.to],
			header: map[string]string{"Content-Type": "application/octet-stream"},
		}, &up)
	}
	return up.PhotoID
}

// TestBombsInAFolder puts such files, and links that lead out of it, into the folder whose sheet is kept in step (R-X3, R-X2).
func TestBombsInAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	watched, outside := filepath.Join(dir, "watched"), filepath.Join(dir, "secret.csv")
	s := start(t, filepath.Join(dir, "data"), "--watch", watched)
	sheet, result := filepath.Join(watched, "leases.xlsx"), filepath.Join(watched, "leases.result.json")
	eventually(t, time.Minute, "the sheet is there", func() bool { _, err := os.Stat(sheet); return err == nil })
	honest, err := os.ReadFile(sheet)
	if err != nil {
		t.Fatal(err)
	}
	put := func(body []byte) {
		t.Helper()
		if err := os.WriteFile(sheet+".mine", body, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(sheet+".mine", sheet); err != nil {
			t.Fatal(err)
		}
	}
	w := newScale(s)
	w.weigh("a bomb in the folder", func() {
		put(book(t, named, strings.Repeat(`<si><t/></si>`, 4_000_000)))
		eventually(t, time.Minute, "the bomb is refused", func() bool {
			said, _ := os.ReadFile(result)
			return bytes.Contains(said, []byte("INVALID_ARGUMENT"))
		})
	})
	if full() { // each look takes five seconds
		w.weigh("100 GiB in the folder", func() {
			put(nil)
			if err := os.Truncate(sheet, 100<<30); err != nil {
				t.Fatal(err)
			}
			eventually(t, time.Minute, "it is not taken", func() bool { return strings.Contains(s.output.String(), "107374182400 bytes") })
		})
	}
	if err := os.WriteFile(outside, []byte("id,note\n,SECRET OUTSIDE\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	said, _ := os.ReadFile(result)
	linked(t, s, outside, sheet)
	if now, _ := os.ReadFile(result); !bytes.Equal(now, said) {
		t.Errorf("OUTSIDE: what is behind a link was sent: %s", now)
	}
	put(append(honest, 0)) // another file, and the same sheet
	if full() {
		linked(t, s, outside, result+".new", sheet+".new")
	}
	if kept, err := os.ReadFile(outside); err != nil || string(kept) != "id,note\n,SECRET OUTSIDE\n" {
		t.Errorf("OUTSIDE: what is behind a link was written: %s, %v", kept, err)
	}
	eventually(t, time.Minute, "an honest sheet is merged again", func() bool {
		said, _ := os.ReadFile(result)
		return bytes.Contains(said, []byte("lineCount")) || bytes.Contains(said, []byte("{}"))
	})
	s.alive()
	t.Logf("at most %.0f MiB more and %v of processors for a file", w.most, w.slowest)
}

// linked puts links to a file into the folder until it is said that they lead out of it, or the sheet behind them is taken.
func linked(t *testing.T, s *service, to string, links ...string) {
	t.Helper()
	before := strings.Count(s.output.String(), "escapes")
	for _, link := range links {
		_ = os.Remove(link)
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	result := filepath.Join(filepath.Dir(links[0]), "leases.result.json")
	eventually(t, time.Minute, "OUTSIDE: a link that leads out of the folder is refused", func() bool {
		said, _ := os.ReadFile(result)
		return strings.Count(s.output.String(), "escapes") > before || bytes.Contains(said, []byte("lineCount"))
	})
	for _, link := range links {
		if err := os.Remove(link); err != nil {
			t.Error(err)
		}
	}
}
