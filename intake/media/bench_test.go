package media_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"testing"

	"fettle/intake/media"
)

// BenchmarkPhoto makes photos anew: one of a phone, and the largest that are taken.
func BenchmarkPhoto(b *testing.B) {
	noise := func(w, h int) *image.RGBA {
		m := image.NewRGBA(image.Rect(0, 0, w, h))
		n := uint32(1)
		for i := range m.Pix {
			n = n*1664525 + 1013904223
			m.Pix[i] = byte(n>>24)/4 + byte(i/w)
		}
		return m
	}
	var phone, largest, deep bytes.Buffer
	_ = jpeg.Encode(&phone, noise(4000, 3000), &jpeg.Options{Quality: 60})
	_ = jpeg.Encode(&largest, noise(4096, 4096), &jpeg.Options{Quality: 40})
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	_ = e.Encode(&deep, corner(4000, 3000))
	for name, data := range map[string][]byte{"JPEG-12MP": phone.Bytes(), "JPEG-16MP": largest.Bytes(), "PNG-12MP": deep.Bytes()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := media.Photo(data); err != nil {
					b.Fatal(err, len(data))
				}
			}
		})
	}
}
