package media_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"fettle/intake/media"
)

// plainPicture is a picture of one color.
func plainPicture(t *testing.T, w, h int, c color.Color) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.Set(i%w, i/w, c)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// changed is the share of pixels in each quarter of a picture that are clearly others.
func changed(t *testing.T, before, after []byte) (out [4]float64) {
	t.Helper()
	a, err := jpeg.Decode(bytes.NewReader(before))
	if err != nil {
		t.Fatal(err)
	}
	b, err := jpeg.Decode(bytes.NewReader(after))
	if err != nil || a.Bounds() != b.Bounds() {
		t.Fatal(err, a.Bounds(), b.Bounds())
	}
	w, h := a.Bounds().Dx(), a.Bounds().Dy()
	for i := range w * h {
		x, y := i%w, i/w
		p, _, _, _ := a.At(x, y).RGBA()
		q, _, _, _ := b.At(x, y).RGBA()
		if max(p, q)-min(p, q) > 0x2000 {
			out[x*2/w+2*(y*2/h)] += 4 / float64(w*h)
		}
	}
	return out
}

// A watermark is in every quarter of a picture, on light and on dark ground, and another for another viewer. The saboteur is no text.
func TestWatermark(t *testing.T) {
	t.Parallel()
	for name, ground := range map[string]color.Color{"white": color.White, "black": color.Black, "grey": color.Gray{128}} {
		for _, size := range [][2]int{{1600, 1000}, {640, 400}, {120, 80}} {
			plain := plainPicture(t, size[0], size[1], ground)
			one, err := media.Watermark(plain, "li.wei 2026-07-06T02:00Z")
			if err != nil {
				t.Fatal(err)
			}
			for i, share := range changed(t, plain, one) {
				if share < 0.02 {
					t.Errorf("%s, %v: %.3f of quarter %d are changed", name, size, share, i)
				}
			}
			other, err := media.Watermark(plain, "wang 2026-07-06T02:00Z")
			if err != nil || bytes.Equal(one, other) {
				t.Errorf("%s: the watermark of another viewer is the same: %v", name, err)
			}
			none, err := media.Watermark(plain, "")
			if err != nil || changed(t, plain, none) != [4]float64{} {
				t.Errorf("%s: without a text something was changed: %v", name, err)
			}
		}
	}
	if _, err := media.Watermark([]byte("no picture"), "x"); err == nil {
		t.Error("no picture was marked")
	}
}
