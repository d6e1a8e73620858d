package pdf

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the font
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font/sfnt"
)

//go:embed font/microhei.ttf.gz
var packed []byte

const (
	family  = "microhei"
	missing = '□' // stands for what the font lacks
)

// face is the font and what it has.
type face struct {
	data  []byte
	shape *sfnt.Font
}

// loaded unpacks the font, once.
var loaded = sync.OnceValues(func() (*face, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	shape, err := sfnt.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	return &face{data, shape}, nil
})

// readable replaces what cannot be drawn: control characters by spaces, what the font lacks by a box.
func (c *face) readable(text string) string {
	var buffer sfnt.Buffer
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
			return -1 // marks without a width
		}
		if i, err := c.shape.GlyphIndex(&buffer, r); err != nil || i == 0 || r > 0xffff {
			return missing
		}
		return r
	}, text)
}
