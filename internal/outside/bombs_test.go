package outside

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	bits "encoding/binary"
	"fmt"
	"hash/crc32"
	pixels "image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"
)

// zeros is a deflate stream of so many MiB of one byte, in a thousandth of them.
func zeros(t testing.TB, mib int, last string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	write := func(p []byte) {
		if _, err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	write(bytes.Repeat([]byte(" "), 1<<20))
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	block := bytes.Clone(b.Bytes()) // it begins anew: the same block may follow itself
	b.Write(bytes.Repeat(block, mib-1))
	write([]byte(last))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed is a file in a zip.
type packed struct {
	name string
	text string
	raw  []byte // deflated, instead of text
	says uint64 // what the zip says that raw becomes
}

// zipOf makes a zip. Sums of raw files are wrong, as nobody is to come so far.
func zipOf(t testing.TB, files ...packed) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		make, data := z.CreateHeader, []byte(f.text)
		if f.raw != nil {
			h.UncompressedSize64, h.CompressedSize64 = f.says, uint64(len(f.raw))
			make, data = z.CreateRaw, f.raw
		}
		w, err := make(h)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// book is an XLSX with a sheet and a table of texts, and more files.
func book(t testing.TB, sheet, texts string, more ...packed) []byte {
	t.Helper()
	const ns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const rel = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	return zipOf(t, append([]packed{
		{name: "[Content_Types].xml", text: `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`},
		{name: "_rels/.rels", text: `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="` + rel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{name: "xl/workbook.xml", text: `<workbook ` + ns + ` xmlns:r="` + rel + `"><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{name: "xl/_rels/workbook.xml.rels", text: `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="r1" Type="` + rel + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="` + rel + `/sharedStrings" Target="sharedStrings.xml"/></Relationships>`},
		{name: "xl/worksheets/sheet1.xml", text: `<worksheet ` + ns + `><sheetData>` + sheet + `</sheetData></worksheet>`},
		{name: "xl/sharedStrings.xml", text: `<sst ` + ns + `>` + texts + `</sst>`},
	}, more...)...)
}

// named is a header line with the column that must be there.
const named = `<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row>`

// sheetBombs are files of a few KB to a few MB that become hundreds of times as much in whoever reads them.
func sheetBombs(t testing.TB) map[string]func() []byte {
	t.Helper()
	long := strings.Repeat("x", 100<<10)
	wide := func(line string) string {
		return `<row r="2">` + strings.Repeat(line, 200_000) + `</row>`
	}
	many := func() (out []packed) {
		for i := range 40_000 {
			out = append(out, packed{name: fmt.Sprintf("xl/x%d", i), text: "<"})
		}
		return out
	}
	return map[string]func() []byte{
		"4 GiB in a zip": func() []byte {
			return book(t, named, "", packed{name: "xl/media/a.png", raw: zeros(t, 4095, ""), says: 4095 << 20})
		},
		"4 GiB that says it is 1 KiB": func() []byte {
			return book(t, named, "", packed{name: "xl/media/a.png", raw: zeros(t, 4095, ""), says: 1024})
		},
		"4 GiB of a sheet": func() []byte {
			return zipOf(t, packed{name: "xl/worksheets/sheet1.xml", raw: zeros(t, 4095, ""), says: 4095 << 20})
		},
		"60 MiB of a theme": func() []byte {
			return book(t, named, "", packed{name: "xl/theme/theme1.xml", raw: zeros(t, 60, "<a/>"), says: 60<<20 + 4})
		},
		"four million texts":             func() []byte { return book(t, named, strings.Repeat(`<si><t/></si>`, 4_000_000)) },
		"one text of four million parts": func() []byte { return book(t, named, `<si>`+strings.Repeat(`<r><t/></r>`, 4_000_000)+`</si>`) },
		"one text of 50 MiB":             func() []byte { return book(t, named, `<si><t>`+strings.Repeat("x", 50<<20)+`</t></si>`) },
		"one text in 200,000 cells":      func() []byte { return book(t, named+wide(`<c t="s"><v>0</v></c>`), `<si><t>`+long+`</t></si>`) },
		"one text in 200,000 lines": func() []byte {
			return book(t, named+strings.Repeat(`<row><c r="A2" t="s"><v>0</v></c></row>`, 200_000), `<si><t>`+long+`</t></si>`)
		},
		"a line of 200,000 cells":       func() []byte { return book(t, named+wide(`<c t="inlineStr"><is><t>x</t></is></c>`), "") },
		"a cell far away, 20,000 times": func() []byte { return book(t, named+strings.Repeat(`<row><c r="XFD2"><v>1</v></c></row>`, 20_000), "") },
		"a line far away":               func() []byte { return book(t, named+`<row r="1048576"><c r="A1048576"><v>1</v></c></row>`, "") },
		"a laugh of a billion": func() []byte {
			return book(t, named, `<!DOCTYPE x [<!ENTITY a "`+strings.Repeat("ha", 1000)+`"><!ENTITY b "`+strings.Repeat("&a;", 10_000)+`">]><si><t>`+strings.Repeat("&b;", 10_000)+`</t></si>`)
		},
		"40,000 files":              func() []byte { return zipOf(t, many()...) },
		"a CSV of a line of commas": func() []byte { return []byte("id" + strings.Repeat(",", 6_000_000)) },
		"a CSV of lines of commas":  func() []byte { return []byte("id\n" + strings.Repeat("\""+"\n"+"\""+strings.Repeat(",", 5000), 1000)) },
		"a CSV of one quote":        func() []byte { return []byte("id\n\"" + strings.Repeat("x\n", 3_000_000)) },
		"a zip in a zip in a zip": func() []byte {
			return zipOf(t, packed{name: "xl/embeddings/1.xlsx", text: string(zipOf(t, packed{name: "xl/a.xml", raw: zeros(t, 4095, ""), says: 4095 << 20}))})
		},
		"an XLSX that is a page of script": func() []byte { return append([]byte("PK\x03\x04<script>alert(1)</script>"), make([]byte, 100)...) },
	}
}

// quick are those of which one of a kind is sent in a normal run.
var quick = map[string]bool{
	"4 GiB that says it is 1 KiB": true, "four million texts": true, "a cell far away, 20,000 times": true, "one text in 200,000 lines": true,
	"a CSV of a line of commas": true, "an XLSX that is a page of script": true,
}

// chunk is a part of a PNG.
func chunk(kind string, data []byte) []byte {
	out := append(bits.BigEndian.AppendUint32(nil, uint32(len(data))), kind...)
	out = append(out, data...)
	return bits.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// pngOf says that it has so many pixels, and has as many bytes of data as given.
func pngOf(t testing.TB, w, h uint32, depth, interlaced byte, n int) []byte {
	t.Helper()
	head := bits.BigEndian.AppendUint32(bits.BigEndian.AppendUint32(nil, w), h)
	var data bytes.Buffer
	z := zlib.NewWriter(&data)
	if _, err := z.Write(make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.Join([][]byte{
		[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, depth, 6, 0, 0, interlaced)), chunk("IDAT", data.Bytes()), chunk("IEND", nil),
	}, nil)
}

// progression is a JPEG in progression of w by h pixels in three colours, and no picture in it: whoever begins to read it makes room for
// all of its numbers.
func progression(w, h uint16) []byte {
	frame := bits.BigEndian.AppendUint16(bits.BigEndian.AppendUint16([]byte{0xff, 0xc2, 0, 17, 8}, h), w)
	frame = append(frame, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)
	table := append([]byte{0xff, 0xc4, 0, 20, 0}, append([]byte{1}, make([]byte, 16)...)...) // one code, for nothing
	scan := []byte{0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 0, 0}
	return bytes.Join([][]byte{{0xff, 0xd8}, frame, table, scan, make([]byte, 64)}, nil)
}

// plainJPEG is a picture of one colour, which takes few bytes however large it is.
func plainJPEG(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	m := pixels.NewGray(pixels.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = color.Gray{Y: 200}.Y
	}
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webpOf is the head of a WebP whose picture says that it has so many pixels.
func webpOf(w, h uint16) []byte {
	frame := bits.LittleEndian.AppendUint16(bits.LittleEndian.AppendUint16([]byte{0x10, 2, 0, 0x9d, 1, 0x2a}, w), h)
	frame = append(frame, make([]byte, 100)...)
	body := append(bits.LittleEndian.AppendUint32([]byte("WEBPVP8 "), uint32(len(frame))), frame...)
	return append(bits.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// pictureBombs are small files that say they are large, or would take long.
func pictureBombs(t testing.TB) map[string][]byte {
	t.Helper()
	small := plainJPEG(t, 64, 64)
	scan := small[bytes.Index(small, []byte{0xff, 0xda}) : len(small)-2]
	return map[string][]byte{
		"a PNG of 65,535 by 65,535":            pngOf(t, 65535, 65535, 8, 0, 1),
		"such a PNG with 64 MiB in it":         pngOf(t, 65535, 65535, 8, 0, 64<<20),
		"a PNG of 16 bits":                     pngOf(t, 3400, 3400, 16, 0, 1),
		"a PNG in seven passes":                pngOf(t, 3400, 3400, 8, 1, 1),
		"a PNG with more data than pixels":     pngOf(t, 16, 16, 8, 0, 64<<20),
		"a JPEG in progression":                progression(4000, 4000),
		"a JPEG of 65,500 by 65,500":           progression(65500, 65500),
		"a JPEG of a hundred scans":            bytes.Join([][]byte{small[:len(small)-2], bytes.Repeat(scan, 101), small[len(small)-2:]}, nil),
		"a WebP of 16,383 by 16,383":           webpOf(16383, 16383),
		"a video whose box is without end":     []byte("\x00\x00\x00\x10ftypmp42\x00\x00\x00\x00\x00\x00\x00\x01moov\x7f\xff\xff\xff\xff\xff\xff\xff"),
		"a video of boxes in boxes":            nested(4000),
		"a page of script":                     []byte("<!doctype html><script>alert(document.cookie)</script>"),
		"an SVG":                               []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		"a PDF":                                []byte("%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj"),
		"a GIF that is a script":               []byte("GIF89a/*" + strings.Repeat(" ", 100) + "*/=1;alert(1)"),
		"a HEIC":                               []byte("\x00\x00\x00\x18ftypheic" + strings.Repeat("\x00", 64)),
		"a zip":                                zipOf(t, packed{name: "a", text: "b"}),
		"the head of a JPEG before a script":   []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00<script>alert(1)</script>"),
		"a program of Windows named photo.jpg": append([]byte("MZ\x90\x00"), make([]byte, 200)...),
	}
}

// nested is a video of so many boxes in one another.
func nested(n int) []byte {
	var body []byte
	for range n {
		body = append(append(bits.BigEndian.AppendUint32(nil, uint32(len(body)+8)), "moov"...), body...)
	}
	return append([]byte("\x00\x00\x00\x10ftypmp42\x00\x00\x00\x00"), body...)
}

// gzipped is a body of so many MiB.
func gzipped(t testing.TB, mib int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for range mib {
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
