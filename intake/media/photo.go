package media

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

const (
	// Most pixels of a photo as it comes: what is decoded from them fits into 70 MB.
	maxJPEGPixels  = 1 << 24
	maxOtherPixels = 12_000_000
	// maxScans is in how many passes a JPEG may be told: cameras need ten, and each costs as much as the picture is large.
	maxScans = 100
	quality  = 82
)

// Photo makes a picture anew: at most MaxSide, upright, as JPEG without anything beside the picture.
func Photo(data []byte) ([]byte, Info, error) {
	if len(data) > MaxPhotoBytes {
		return nil, Info{}, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(data), MaxPhotoBytes)
	}
	kind := format(data)
	if err := declared(kind, data); err != nil {
		return nil, Info{}, err
	}
	src, err := decode(kind, data)
	if err != nil {
		return nil, Info{}, fmt.Errorf("%w: %v", ErrBroken, err) //nolint:errorlint // what the decoder says is for people
	}
	out := fit(src)
	if kind == "jpeg" {
		out = upright(out, orientation(data))
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, out, &jpeg.Options{Quality: quality}); err != nil {
		return nil, Info{}, fmt.Errorf("encode picture: %w", err)
	}
	return b.Bytes(), Info{Type: TypeJPEG, Width: out.Bounds().Dx(), Height: out.Bounds().Dy()}, nil
}

// declared refuses a file by what it says of itself, before anything is unpacked.
func declared(kind string, data []byte) error {
	var c image.Config
	var err error
	most := maxOtherPixels
	switch kind {
	case "jpeg":
		most = maxJPEGPixels
		c, err = jpeg.DecodeConfig(bytes.NewReader(data))
	case "png":
		c, err = png.DecodeConfig(bytes.NewReader(data))
	case "webp":
		c, err = webp.DecodeConfig(bytes.NewReader(data))
	default:
		return ErrType
	}
	if err != nil {
		return fmt.Errorf("%w: %v", ErrBroken, err) //nolint:errorlint // what the decoder says is for people
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > most/c.Height {
		return fmt.Errorf("%w: %d by %d pixels, at most %d in all", ErrTooLarge, c.Width, c.Height, most)
	}
	if deep(c.ColorModel) && c.Width > most/2/c.Height {
		return fmt.Errorf("%w: %d by %d pixels of 16 bits, at most %d in all", ErrTooLarge, c.Width, c.Height, most/2)
	}
	if n := bytes.Count(data, []byte{0xff, 0xda}); kind == "jpeg" && n > maxScans {
		return fmt.Errorf("%w: told in %d scans, at most %d", ErrTooLarge, n, maxScans)
	}
	return nil
}

// deep reports whether pixels take twice the room.
func deep(m color.Model) bool {
	return m == color.NRGBA64Model || m == color.RGBA64Model || m == color.Gray16Model
}

func decode(kind string, data []byte) (image.Image, error) {
	r := bytes.NewReader(data)
	switch kind {
	case "jpeg":
		return jpeg.Decode(r)
	case "png":
		return png.Decode(r)
	}
	return webp.Decode(r)
}

// fit draws a picture on white, made smaller until its longer side is MaxSide.
func fit(src image.Image) *image.RGBA {
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	if longer := max(w, h); longer > MaxSide {
		w, h = max(1, w*MaxSide/longer), max(1, h*MaxSide/longer)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(out, out.Bounds(), src, src.Bounds(), draw.Src, nil)
	for i := 0; i < len(out.Pix); i += 4 { // colors are multiplied by their alpha already
		if white := 255 - out.Pix[i+3]; white > 0 {
			out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3] = out.Pix[i]+white, out.Pix[i+1]+white, out.Pix[i+2]+white, 255
		}
	}
	return out
}

// upright turns and mirrors a picture as the camera said it should be shown (Exif 2.3, orientation 1 to 8).
func upright(src *image.RGBA, o int) *image.RGBA {
	if o < 2 || o > 8 {
		return src
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	ow, oh := w, h
	if o >= 5 {
		ow, oh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, ow, oh))
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch o {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			copy(out.Pix[out.PixOffset(tx, ty):][:4], src.Pix[src.PixOffset(x, y):][:4])
		}
	}
	return out
}
