package spreadsheet

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"fettle/invalid"
)

// What the parts of an XLSX may be, beside Limits. Whoever works with leases comes near none of them; files that were made to
// take the memory or the time of who reads them go over one, and are refused before anything of them is kept.
const (
	maxParts   = 500
	maxOther   = 4 << 20   // bytes of a part that is neither a sheet nor the table of texts: those are kept whole
	maxText    = 128 << 10 // bytes of a text, with its marks: programs take 32,767 letters
	maxTexts   = 200_000   // texts of the table: each takes some 200 bytes, however short it is
	maxCells   = 256       // cells of a line
	marksACell = 8         // elements of a cell, ends counted too
	maxMark    = 256       // bytes of the mark of a cell
	maxLetters = 2         // of the column of a cell: ZZ is the 702nd. What is left out before a cell is made up by who reads it
)

// unpack walks through an XLSX as it is unpacked, keeps nothing, and refuses what would take more than an honest file does.
func unpack(body []byte, columns int, l Limits) error {
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return &invalid.Error{Field: "file", Value: err.Error(), Want: "an XLSX"}
	}
	if len(z.File) > maxParts {
		return tooMuch("%d parts", len(z.File))
	}
	left := l.Unpacked
	for _, f := range z.File {
		p := part{left: left, marks: 2 * (l.Rows + 1) * (columns + marksACell) * marksACell}
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		switch {
		case strings.HasPrefix(name, "xl/worksheets/sheet"):
			p.unit, p.inUnit, p.most = "row", "c", maxCells
		case name == "xl/sharedstrings.xml":
			p.unit, p.units, p.most, p.span = "si", maxTexts, marksACell*maxCells, maxText
		default:
			p.left = min(p.left, maxOther)
		}
		if err := p.walk(f); err != nil {
			return err
		}
		left -= p.read
	}
	return nil
}

// tooMuch refuses a file that is larger in some way than one that people work with.
func tooMuch(format string, args ...any) error {
	return &invalid.Error{Field: "file", Value: fmt.Sprintf(format, args...), Want: "a workbook of leases and not more; CSV takes less room"}
}

// part is the walk through a part.
type part struct {
	left, read int64  // bytes that may come, and that came
	marks      int    // elements that may come
	unit       string // an element that is counted, "" for none
	units      int    // how many of them may come, 0 for any number
	inUnit     string // elements in a unit that are counted, "" for all
	most       int    // how many of them there may be in one
	span       int64  // bytes of a unit, 0 for any number
	inside     int    // elements in the unit so far
	began      int64  // where the unit began
	seen       int
}

// walk unpacks a part from mark to mark.
func (p *part) walk(f *zip.File) error {
	in, err := f.Open()
	if err != nil {
		return &invalid.Error{Field: "file", Value: err.Error(), Want: "an XLSX that can be unpacked"}
	}
	defer in.Close() //nolint:errcheck // it is read to its end or refused
	r := bufio.NewReaderSize(in, maxText)
	for {
		text, err := r.ReadSlice('<')
		if p.read += int64(len(text)); p.read > p.left {
			return tooMuch("%s: more than %d bytes", clip(f.Name), p.left)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			return tooMuch("%s: a text of more than %d bytes", clip(f.Name), maxText)
		case err != nil:
			return &invalid.Error{Field: "file", Value: err.Error(), Want: "an XLSX that can be unpacked"}
		}
		head, _ := r.Peek(maxMark) // fewer at the end
		if err := p.mark(head); err != nil {
			return fmt.Errorf("%s: %w", clip(f.Name), err)
		}
	}
}

// clip is a name as it is told.
func clip(name string) string {
	return fmt.Sprintf("%.60q", name)
}

// mark counts an element by its first bytes.
func (p *part) mark(head []byte) error {
	if p.marks--; p.marks < 0 {
		return tooMuch("too many elements")
	}
	if p.unit == "" {
		return nil
	}
	name := nameOf(head)
	if name == "c" && p.inUnit == "c" {
		if err := near(head); err != nil {
			return err
		}
	}
	switch {
	case name == p.unit:
		p.seen++
		p.inside, p.began = 0, p.read
	case name != "" && (p.inUnit == "" || name == p.inUnit):
		p.inside++
	}
	return p.judge()
}

// nameOf is the name of an element, without its space; "" for an end.
func nameOf(mark []byte) string {
	if end := bytes.IndexAny(mark, " \t\r\n/>"); end >= 0 {
		mark = mark[:end]
	}
	if _, after, ok := bytes.Cut(mark, []byte(":")); ok {
		mark = after
	}
	return string(mark)
}

// judge refuses what there is too much of so far.
func (p *part) judge() error {
	switch {
	case p.units > 0 && p.seen > p.units:
		return tooMuch("more than %d texts", p.units)
	case p.inside > p.most:
		return tooMuch("more than %d in a %s", p.most, p.unit)
	case p.span > 0 && p.read-p.began > p.span:
		return tooMuch("a text of more than %d bytes", p.span)
	}
	return nil
}

// place finds where a cell is by its mark.
var place = regexp.MustCompile(`\sr\s*=\s*["']\s*([A-Za-z]+)`)

// near refuses a cell that is far to the right.
func near(mark []byte) error {
	end := bytes.IndexByte(mark, '>')
	if end < 0 && len(mark) == maxMark {
		return tooMuch("the mark of a cell has more than %d bytes", maxMark)
	}
	if at := place.FindSubmatch(mark[:max(end, 0)]); at != nil && len(at[1]) > maxLetters {
		return tooMuch("a cell in column %s", at[1])
	}
	return nil
}
