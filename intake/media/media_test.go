package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"runtime"
	"strings"
	"testing"
	"time"

	"fettle/intake/media"
)

// corner is a picture of w by h pixels whose left upper corner is red and whose rest is blue.
func corner(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{B: 200, A: 255}
			if x < w/4 && y < h/4 {
				c = color.RGBA{R: 200, A: 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif puts an Exif part with an orientation and a text into a JPEG.
func exif(data []byte, orientation uint16, text string) []byte {
	body := []byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	body = binary.BigEndian.AppendUint16(body, orientation)
	body = append(body, "\x00\x00\x00\x00\x00\x00"+text...)
	out := append([]byte{}, data[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
	return append(append(out, body...), data[2:]...)
}

// What the camera wrote beside the picture is gone, and the picture is upright.
func TestNothingIsLeftBesideThePicture(t *testing.T) {
	t.Parallel()
	const secret = "GPS 30.2741N 120.1551E"
	red := map[uint16][2]int{1: {5, 5}, 2: {94, 5}, 3: {94, 54}, 4: {5, 54}, 5: {5, 5}, 6: {54, 5}, 7: {54, 94}, 8: {5, 94}}
	for o, at := range red {
		in := append(exif(jpegOf(t, corner(100, 60)), o, secret), "<script>alert(1)</script>"+secret...)
		out, info, err := media.Photo(in)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(out, []byte("GPS")) || bytes.Contains(out, []byte("Exif")) || bytes.Contains(out, []byte("script")) {
			t.Errorf("orientation %d: the file still says where", o)
		}
		m, err := jpeg.Decode(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		if r, _, b, _ := m.At(at[0], at[1]).RGBA(); r < b {
			t.Errorf("orientation %d: the corner is not at %v", o, at)
		}
		if turned := o >= 5; (info.Width == 60) != turned || info.Type != media.TypeJPEG {
			t.Errorf("orientation %d: %+v", o, info)
		}
	}
}

func TestPhotosAreMadeSmaller(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := png.Encode(&b, corner(4000, 1000)); err != nil {
		t.Fatal(err)
	}
	out, info, err := media.Photo(b.Bytes())
	if err != nil || info.Width != 2560 || info.Height != 640 || len(out) > 1<<20 {
		t.Errorf("%d bytes, %+v, %v", len(out), info, err)
	}
}

// bomb is a PNG that says it has so many pixels, and is some bytes long.
func bomb(w, h uint32, depth byte) []byte {
	head := binary.BigEndian.AppendUint32(nil, w)
	head = binary.BigEndian.AppendUint32(head, h)
	head = append([]byte("IHDR"), append(head, depth, 6, 0, 0, 0)...)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

// interlaced is a PNG that says that it comes in passes.
func interlaced(w, h uint32) []byte {
	out := bomb(w, h, 8)
	out[28] = 1
	return binary.BigEndian.AppendUint32(out[:29], crc32.ChecksumIEEE(out[12:29]))
}

// progression is the head of a JPEG in progression in three colours, whose numbers are all kept until its end.
func progression(w, h uint16) []byte {
	frame := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xc2, 0, 17, 8}, h), w)
	return append(frame, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 0, 0, 0)
}

// R-X3: bombs are refused by what they say of themselves, before anything is unpacked; what is no picture by its bytes is
// none, whatever it is called.
func TestWhatIsRefused(t *testing.T) { //nolint:paralleltest // it measures what the process takes
	scans := jpegOf(t, corner(50, 50))
	cut := len(scans) / 2
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"a PNG bomb":         {bomb(65535, 65535, 8), media.ErrTooLarge},
		"a deep PNG":         {bomb(3000, 3000, 16), media.ErrTooLarge},
		"overflow":           {bomb(0x7fffffff, 0x7fffffff, 8), media.ErrBroken},
		"in progression":     {progression(4000, 4000), media.ErrTooLarge},
		"interlaced":         {interlaced(3400, 3400), media.ErrTooLarge},
		"a JPEG of scans":    {append(append([]byte{}, scans...), bytes.Repeat([]byte{0xff, 0xda}, 101)...), media.ErrTooLarge},
		"half a JPEG":        {scans[:cut], media.ErrBroken},
		"a PNG without data": {bomb(10, 10, 8), media.ErrBroken},
		"SVG":                {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), media.ErrType},
		"HTML":               {[]byte("<!doctype html><script>"), media.ErrType},
		"GIF":                {[]byte("GIF89a" + strings.Repeat("x", 100)), media.ErrType},
		"HEIC":               {[]byte("\x00\x00\x00\x18ftypheic" + strings.Repeat("x", 100)), media.ErrType},
		"zip":                {[]byte("PK\x03\x04"), media.ErrType},
		"nothing":            {nil, media.ErrType},
		"too many bytes":     {append(jpegOf(t, corner(10, 10)), make([]byte, media.MaxPhotoBytes)...), media.ErrTooLarge},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := media.Photo(c.data)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; errors.Is(c.want, media.ErrTooLarge) && grown > 64<<20 {
			t.Errorf("%s: %d bytes were taken before it was refused", name, grown)
		}
	}
}

// box is a box of a video.
func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8)), kind...), body...)
}

// film is a video of so many seconds, with places where phones write them.
func film(seconds uint32, handlers ...string) []byte {
	header := make([]byte, 100)
	binary.BigEndian.PutUint32(header[4:], 3_900_000_000) // when it was taken
	binary.BigEndian.PutUint32(header[12:], 1000)
	binary.BigEndian.PutUint32(header[16:], seconds*1000)
	moov := [][]byte{box("mvhd", header), box("udta", box("\xa9xyz", []byte("+30.2741+120.1551/"))), box("meta", []byte("com.apple.quicktime.location +30.2741"))}
	for _, h := range handlers {
		moov = append(moov, box("trak", box("mdia", box("hdlr", make([]byte, 8), []byte(h), []byte("place +30.2741"))), box("udta", []byte("+30.2741"))))
	}
	return bytes.Join([][]byte{box("ftyp", []byte("mp42\x00\x00\x00\x00")), box("mdat", []byte("PICTURES")), box("moov", moov...)}, nil)
}

func TestVideosDoNotSayWhere(t *testing.T) {
	t.Parallel()
	data := film(12, "vide", "soun", "meta")
	n, at := len(data), bytes.Index(data, []byte("PICTURES"))
	info, err := media.Video(data)
	if err != nil || info.Duration != 12*time.Second || info.Type != media.TypeMP4 {
		t.Fatalf("%+v, %v", info, err)
	}
	if len(data) != n || bytes.Index(data, []byte("PICTURES")) != at {
		t.Error("pictures have moved: players find them by their place")
	}
	for _, word := range []string{"quicktime.location", "\xa9xyz", "+120"} {
		if bytes.Contains(data, []byte(word)) {
			t.Errorf("%q is still in it", word)
		}
	}
	if n := bytes.Count(data, []byte("30.2741")); n != 2 { // names of the handlers of pictures and sound
		t.Errorf("the place is in it %d times", n)
	}
	if n := bytes.Count(data, []byte("trak")); n != 2 {
		t.Errorf("%d tracks are left, want pictures and sound", n)
	}
}

func TestVideosThatAreRefused(t *testing.T) {
	t.Parallel()
	endless := film(3, "vide")
	binary.BigEndian.PutUint32(endless[16:], 0xfffffff0)
	deep := []byte{}
	for range 50 {
		deep = box("moov", deep)
	}
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"too long":       {film(61, "vide"), media.ErrTooLarge},
		"sound alone":    {film(5, "soun"), media.ErrBroken},
		"a lying box":    {endless, media.ErrBroken},
		"boxes in boxes": {append(box("ftyp", []byte("mp42\x00\x00\x00\x00")), deep...), media.ErrBroken},
		"a picture":      {jpegOf(t, corner(10, 10)), media.ErrType},
	} {
		if _, err := media.Video(c.data); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// Whatever comes in, nothing panics and nothing but a JPEG comes out.
func FuzzMedia(f *testing.F) {
	f.Add(jpegOf(f, corner(20, 20)))
	f.Add(exif(jpegOf(f, corner(20, 20)), 6, "x"))
	f.Add(bomb(10, 10, 8))
	f.Add(film(3, "vide", "meta"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if out, _, err := media.Photo(data); err == nil && !bytes.HasPrefix(out, []byte("\xff\xd8\xff")) {
			t.Error("no JPEG")
		}
		_, _ = media.Video(append([]byte{}, data...))
	})
}
