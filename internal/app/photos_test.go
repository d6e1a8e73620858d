package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"fettle/internal/app"
)

// picture is a photo of w by h pixels with a text where cameras write where it was taken.
func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, color.RGBA{R: uint8(r.IntN(256)), G: uint8(x), B: uint8(y), A: 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	note := []byte("\xff\xe1\x00\x18Exif\x00\x00GPS 30.27 120.15")
	return append(append(append([]byte{}, data[:2]...), note...), data[2:]...)
}

func fields(t *testing.T, data []byte) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return out
}

func TestPhotos(t *testing.T) {
	t.Run("file", func(t *testing.T) { photoStory(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { photoStory(t, server.Database(t, "")) })
}

func photoStory(t *testing.T, database string) {
	t.Helper()
	c := app.Config{Data: t.TempDir(), Database: database}
	a := start(t, c)
	defer func() { stop(t, a) }()
	_, order := call(t, a, "POST", "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2},"unitId":"A-1"}`)
	at := fmt.Sprint("/v1/workOrders/", order["id"])

	small := picture(t, 300, 200)
	code, _, body := upload(t, a, "POST "+at+"/photos?stage=BEFORE&caption=under%20the%20sink", "image/jpeg", small)
	first := fields(t, body)
	if code != http.StatusCreated || first["contentType"] != "image/jpeg" || first["stage"] != "BEFORE" || first["width"] != 300.0 {
		t.Fatalf("a photo: %d %v", code, first)
	}
	if _, _, again := upload(t, a, "POST "+at+"/photos?stage=BEFORE&caption=under%20the%20sink", "image/jpeg", small); fields(t, again)["id"] != first["id"] {
		t.Errorf("the same key made another photo: %s", again)
	}
	code, head, content := upload(t, a, fmt.Sprint("GET ", at, "/photos/", first["id"], "/content"), "", nil)
	sum := sha256.Sum256(content)
	if code != 200 || head.Get("Content-Type") != "image/jpeg" || head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Cache-Control") != "private, no-store" ||
		bytes.Contains(content, []byte("GPS")) || first["sha256"] != hex.EncodeToString(sum[:]) {
		t.Errorf("content: %d %v, %d bytes", code, head, len(content))
	}
	if _, events := call(t, a, "GET", fmt.Sprint("/v1/auditEvents?objectKind=workOrders&objectId=", order["id"]), ""); !strings.Contains(fmt.Sprint(events), "GetPhotoContent") {
		t.Errorf("the audit does not say who looked: %v", events)
	}

	// Chunk by chunk, over an end of the service, with a chunk that comes twice and one that comes too early.
	large := picture(t, 1500, 1200)
	whole := sha256.Sum256(large)
	_, up := call(t, a, "POST", at+"/uploads", fmt.Sprintf(`{"sizeBytes":%d,"sha256":"%x","stage":"AFTER"}`, len(large), whole))
	to := func(offset int) string { return fmt.Sprint("PUT ", at, "/uploads/", up["id"], "?offset=", offset) }
	const chunk, octets = 700_000, "application/octet-stream"
	if code, _, body := upload(t, a, to(0), octets, large[:chunk]); code != 200 || fields(t, body)["offset"] != fmt.Sprint(chunk) {
		t.Fatalf("the first chunk: %d %s", code, body)
	}
	stop(t, a)
	a = start(t, c)
	if _, got := call(t, a, "GET", fmt.Sprint(at, "/uploads/", up["id"]), ""); got["offset"] != fmt.Sprint(chunk) {
		t.Fatalf("after a restart: %v", got)
	}
	if code, _, body := upload(t, a, to(0), octets, large[:chunk]); code != 200 || fields(t, body)["offset"] != fmt.Sprint(chunk) {
		t.Errorf("the same chunk again: %d %s", code, body)
	}
	if code, _, body := upload(t, a, to(chunk+5), octets, large[chunk+5:chunk+10]); code != http.StatusConflict || !strings.Contains(string(body), "OFFSET_MISMATCH") {
		t.Errorf("a gap: %d %s", code, body)
	}
	var done map[string]any
	for offset := chunk - 1000; offset < len(large); offset += chunk { // overlaps
		_, _, body := upload(t, a, to(offset), octets, large[offset:min(offset+chunk, len(large))])
		done = fields(t, body)
	}
	if done["photoId"] == nil {
		t.Fatalf("the last chunk: %v", done)
	}
	_, list := call(t, a, "GET", at+"/photos", "")
	if photos, _ := list["photos"].([]any); len(photos) != 2 || !strings.Contains(fmt.Sprint(photos[1]), "AFTER") {
		t.Errorf("photos: %v", list)
	}
	if code, _, body := upload(t, a, "DELETE "+fmt.Sprint(at, "/photos/", first["id"]), "", nil); code != 200 {
		t.Errorf("delete: %d %s", code, body)
	}
	if code, _, _ := upload(t, a, fmt.Sprint("GET ", at, "/photos/", first["id"], "/content"), "", nil); code != 404 {
		t.Errorf("a photo that was destroyed: %d", code)
	}
	for name, bad := range map[string][]string{
		"SVG": {"image/jpeg", `<svg onload="alert(1)"/>`, "415"}, "too large": {"image/jpeg", strings.Repeat("x", 13<<20), "413"},
		"a bomb":   {"image/png", bomb(), "413"},
		"a half":   {"image/jpeg", string(small[:500]), "400"},
		"a folder": {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=f; filename=\"../../etc/passwd\"\r\n\r\nroot\r\n--x--\r\n", "415"},
	} {
		if code, _, body := upload(t, a, "POST "+at+"/photos", bad[0], []byte(bad[1])); fmt.Sprint(code) != bad[2] {
			t.Errorf("%s: %d %s, want %s", name, code, body, bad[2])
		}
	}
	if code, _, _ := upload(t, a, "POST /v1/workOrders/wo_none/photos", "image/jpeg", small); code != 404 {
		t.Errorf("no such order: %d", code)
	}
	visitStory(t, a, at)
}

// bomb is a PNG of 33 bytes that says it has 4 billion pixels.
func bomb() string {
	head := "IHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x06\x00\x00\x00"
	return "\x89PNG\r\n\x1a\n\x00\x00\x00\r" + string(binary.BigEndian.AppendUint32([]byte(head), crc32.ChecksumIEEE([]byte(head))))
}

// visitStory looks at the visits of an order that nobody can take.
func visitStory(t *testing.T, a *app.App, at string) {
	t.Helper()
	code, got := call(t, a, "GET", at+"/visits", "")
	if visits, _ := got["visits"].([]any); code != 200 || len(visits) != 1 || !strings.Contains(fmt.Sprint(visits[0]), "state:PLANNED") {
		t.Errorf("visits: %d %v", code, got)
	}
}
