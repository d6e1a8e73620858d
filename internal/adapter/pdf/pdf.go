package pdf

import (
	"bytes"
	"fmt"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// ContentType is the type of what Bytes makes.
const ContentType = "application/pdf"

// Document is what is laid out.
type Document struct {
	Title    string
	Language string    // BCP 47, as "en" or "zh-CN": what programs that read aloud take it for
	Time     time.Time // when it was made, in its metadata
	Footer   string    // at the foot of each page, beside the page's number
	Blocks   []Block
}

// Block is a part of a document: Heading, Paragraph, Small, Facts, Table or Signatures.
type Block interface {
	lay(p *page) error
}

// Heading begins a section.
type Heading string

// Paragraph is text. A newline in it begins a line.
type Paragraph string

// Small is text that must be there and need not be read first.
type Small string

// Facts are names and values, one pair a line.
type Facts []Fact

// Fact is a value and what it is.
type Fact struct{ Name, Value string }

// Table is rows under a head that is repeated on each page.
type Table struct {
	Columns []Column
	Rows    [][]string
}

// Column is the head of a column and its share of the width.
type Column struct {
	Name  string
	Share float64
}

// Signatures are the places where people sign, or have signed, side by side.
type Signatures []Signature

// Signature is one such place.
type Signature struct {
	Role  string // as what somebody signs
	Text  string // below the line: name, date
	Image []byte // PNG or JPEG of what was drawn; nil leaves the place empty
}

// Bytes lays the document out. An error says what of it cannot be drawn: a picture that is none, a table without columns.
func (d *Document) Bytes() ([]byte, error) {
	face, err := loaded()
	if err != nil {
		return nil, err
	}
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCatalogSort(true)
	f.SetCreationDate(d.Time.UTC())
	f.SetModificationDate(d.Time.UTC())
	f.SetTitle(d.Title, true)
	f.SetProducer("fettle", true)
	f.SetLang(d.Language)
	f.SetAutoPageBreak(false, 0)
	f.AddUTF8FontFromBytes(family, "", face.data)
	f.AliasNbPages(pageCount)
	p := &page{f: f, face: face}
	f.SetFooterFunc(func() { p.foot(d.Footer) })
	p.begin()
	p.write(left, width, d.Title, title)
	p.skip(3)
	for i, b := range d.Blocks {
		if err := b.lay(p); err != nil {
			return nil, fmt.Errorf("block %d: %w", i, err)
		}
	}
	var out bytes.Buffer
	if err := f.Output(&out); err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	return out.Bytes(), nil
}
