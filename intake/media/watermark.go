package media

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

const (
	glyphWidth, glyphHeight = 7, 13
	// across is how often a watermark stands beside itself at least.
	across = 2
	// cover is how much of a pixel under a letter is left: 0 would be none.
	cover = 150
)

// Watermark burns a text into a JPEG, over and over, so that no cut of it that shows anything is without. Letters beyond ASCII become
// question marks: the text names who looks and when.
func Watermark(data []byte, text string) ([]byte, error) {
	src, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBroken, err) //nolint:errorlint // what the decoder says is for people
	}
	out := image.NewRGBA(image.Rect(0, 0, src.Bounds().Dx(), src.Bounds().Dy()))
	draw.Draw(out, out.Bounds(), src, src.Bounds().Min, draw.Src)
	if text != "" {
		burn(out, tile(text, out.Bounds().Dx()))
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, out, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode picture: %w", err)
	}
	return b.Bytes(), nil
}

// tile is a text as a mask, as large as it may be to stand several times beside itself.
func tile(text string, width int) *image.Alpha {
	letters := make([]byte, 0, len(text))
	for _, r := range text {
		if r < ' ' || r > '~' {
			r = '?'
		}
		letters = append(letters, byte(r))
	}
	small := image.NewAlpha(image.Rect(0, 0, (len(letters)+2)*glyphWidth, glyphHeight+3))
	d := font.Drawer{Dst: small, Src: image.NewUniform(color.Alpha{A: 255}), Face: basicfont.Face7x13, Dot: fixed.P(glyphWidth, glyphHeight-2)}
	d.DrawString(string(letters))
	by := max(1, width/across/small.Bounds().Dx())
	large := image.NewAlpha(image.Rect(0, 0, small.Bounds().Dx()*by, small.Bounds().Dy()*by))
	draw.NearestNeighbor.Scale(large, large.Bounds(), small, small.Bounds(), draw.Src, nil)
	return large
}

// burn draws a mask over a picture, line under line, each moved by half: dark with a light shadow, so that it is seen on any ground.
func burn(out *image.RGBA, mask *image.Alpha) {
	w, h := mask.Bounds().Dx(), mask.Bounds().Dy()
	shadow := max(1, h/glyphHeight/2)
	for row, y := 0, 0; y < out.Bounds().Dy(); row, y = row+1, y+2*h {
		for x := -w / 2 * (row % 2); x < out.Bounds().Dx(); x += w {
			for _, ink := range []struct {
				by    int
				color color.Color
			}{{shadow, color.NRGBA{R: 255, G: 255, B: 255, A: cover}}, {0, color.NRGBA{A: cover}}} {
				at := image.Rect(x+ink.by, y+ink.by, x+ink.by+w, y+ink.by+h)
				draw.DrawMask(out, at, image.NewUniform(ink.color), image.Point{}, mask, image.Point{}, draw.Over)
			}
		}
	}
}
