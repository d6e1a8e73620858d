package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

const (
	// room is what a picture may take while it is made, in bytes: as it is decoded and as it is drawn.
	room = 64 << 20
	// maxScans is in how many passes a JPEG may be told: cameras need ten, and each costs as much as the picture is large.
	maxScans = 100
	// maxPasses is how many pixels all passes may tell.
	maxPasses = 96_000_000
	quality   = 82
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
	switch kind {
	case "jpeg":
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
	if c.Width <= 0 || c.Height <= 0 || c.Width > room/c.Height {
		return fmt.Errorf("%w: %d by %d pixels", ErrTooLarge, c.Width, c.Height)
	}
	w, h := drawn(c.Width, c.Height)
	pixels := c.Width * c.Height
	if takes := int(float64(pixels)*perPixel(kind, data, c.ColorModel)) + 4*w*h; takes > room {
		return fmt.Errorf("%w: %d by %d pixels take %d bytes while they are read, at most %d", ErrTooLarge, c.Width, c.Height, takes, room)
	}
	if n := bytes.Count(data, []byte{0xff, 0xda}); kind == "jpeg" && (n > maxScans || n > 3 && n*pixels > maxPasses) {
		return fmt.Errorf("%w: %d pixels told in %d scans, at most %d, and %d pixels in all", ErrTooLarge, pixels, n, maxScans, maxPasses)
	}
	return nil
}

// perPixel is how many bytes a pixel takes when it is decoded.
func perPixel(kind string, data []byte, m color.Model) float64 {
	switch kind {
	case "jpeg":
		return perJPEGPixel(data)
	case "webp":
		if m == color.NRGBAModel { // without loss: the pixels and their places in a palette
			return 8
		}
		return 2.5
	}
	size := 4.0
	switch m {
	case color.NRGBA64Model, color.RGBA64Model:
		size = 8
	case color.Gray16Model:
		size = 2
	}
	if len(data) > 28 && data[28] != 0 { // told in seven passes: each is a picture of its own
		size *= 1.5
	}
	return size
}

// perJPEGPixel adds up the parts of a pixel by the frame header (T.81, B.2.2). What comes in progression is kept as numbers of four bytes
// until the last pass, beside the picture.
func perJPEGPixel(data []byte) float64 {
	for at := 2; at+10 <= len(data) && data[at] == 0xff; {
		marker, size := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker < 0xc0 || marker > 0xc2 {
			at += 2 + size
			continue
		}
		var parts, widest, highest float64
		for i := at + 10; i+2 < len(data) && i < at+2+size; i += 3 {
			across, down := float64(data[i+1]>>4), float64(data[i+1]&15)
			parts += across * down
			widest, highest = max(widest, across), max(highest, down)
		}
		if parts == 0 {
			break
		}
		if parts /= widest * highest; marker == 0xc2 {
			parts *= 5
		}
		return parts
	}
	return 4 * 5 // it does not say: the most that there is
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

// drawn is the size of a picture as it is kept.
func drawn(w, h int) (width, height int) {
	if longer := max(w, h); longer > MaxSide {
		return max(1, w*MaxSide/longer), max(1, h*MaxSide/longer)
	}
	return w, h
}

// fit draws a picture on white, made smaller until its longer side is MaxSide.
func fit(src image.Image) *image.RGBA {
	w, h := drawn(src.Bounds().Dx(), src.Bounds().Dy())
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
