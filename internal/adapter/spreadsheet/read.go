package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"fettle/internal/csvtable"
	"fettle/invalid"
	"fettle/rental/sheet"
)

// Limits bound what is read. Zero fields have the value in brackets.
type Limits struct {
	Rows     int   // [100,000]
	Unpacked int64 // bytes that a packed file may become [128 MiB]
}

// maxCellBytes is how much text the cells of a sheet hold, all together.
const maxCellBytes = 32 << 20

func (l *Limits) complete() {
	if l.Rows == 0 {
		l.Rows = 100_000
	}
	if l.Unpacked == 0 {
		l.Unpacked = 128 << 20
	}
}

// Read reads an XLSX or a CSV, which it tells apart by the first bytes. The header must name the first column; columns that
// are not known are passed over.
func Read(body []byte, columns []Column, l Limits) ([]sheet.Edited, error) {
	l.complete()
	if bytes.HasPrefix(body, []byte("PK")) {
		return readXLSX(body, columns, l)
	}
	return readCSV(body, columns, l)
}

// reader makes rows of lines of cells.
type reader struct {
	columns []Column
	at      map[int]Column // by place in the line
	limit   int
	lines   int
	bytes   int64 // of all cells so far
	most    int64
}

// add takes the next line. It returns nil for the header and for lines without a text.
func (r *reader) add(cells []string) (sheet.Row, error) {
	r.lines++
	if r.at == nil {
		return nil, r.header(cells)
	}
	if r.lines > r.limit+1 {
		return nil, &invalid.Error{Field: "file", Value: "longer", Want: fmt.Sprintf("at most %d rows", r.limit)}
	}
	for _, text := range cells { // a text of the table may stand in many cells
		r.bytes += int64(len(text))
	}
	if r.bytes > r.most {
		return nil, tooMuch("cells of more than %d bytes", r.most)
	}
	if strings.TrimSpace(strings.Join(cells, "")) == "" {
		return nil, nil
	}
	row := sheet.Row{}
	for _, c := range r.at {
		row[c.Name] = "" // programs leave out empty cells at the end of a line
	}
	for i, text := range cells {
		if c, ok := r.at[i]; ok {
			row[c.Name] = plain(c, text)
		}
	}
	return row, nil
}

// header finds the columns.
func (r *reader) header(cells []string) error {
	r.at = map[int]Column{}
	for i, text := range cells {
		for _, c := range r.columns {
			if strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(text, byteOrder)), c.Name) {
				r.at[i] = c
			}
		}
	}
	for _, c := range r.at {
		if c.Name == r.columns[0].Name {
			return nil
		}
	}
	return &invalid.Error{Field: "file", Value: strings.Join(cells, ", "), Want: "a header in the first line with the column " + r.columns[0].Name}
}

// plain is a cell as text: days that a program has turned into numbers are days again.
func plain(c Column, text string) string {
	text = strings.TrimSpace(text)
	if c.Kind == Date {
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			if t, err := excelize.ExcelDateToTime(n, false); err == nil {
				return t.Format("2006-01-02")
			}
		}
	}
	return text
}

func readXLSX(body []byte, columns []Column, l Limits) (out []sheet.Edited, err error) {
	if err := unpack(body, len(columns), l); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(body), excelize.Options{RawCellValue: true, UnzipSizeLimit: l.Unpacked, UnzipXMLSizeLimit: l.Unpacked})
	if err != nil {
		return nil, &invalid.Error{Field: "file", Value: err.Error(), Want: fmt.Sprintf("an XLSX of at most %d bytes unpacked", l.Unpacked)}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	base := map[string]sheet.Row{}
	first := columns[0].Name
	if i, err := f.GetSheetIndex(hidden); err == nil && i >= 0 {
		err := eachRow(f, hidden, &reader{columns: columns, limit: l.Rows, most: maxCellBytes}, func(_ int, r sheet.Row) { base[r[first]] = r })
		if err != nil {
			return nil, err
		}
	}
	err = eachRow(f, firstShown(f), &reader{columns: columns, limit: l.Rows, most: maxCellBytes}, func(line int, r sheet.Row) {
		out = append(out, sheet.Edited{Line: line, Key: r[first], Base: base[r[first]], Now: r})
	})
	return out, err
}

// firstShown is the name of the first sheet that is not the base.
func firstShown(f *excelize.File) string {
	for _, name := range f.GetSheetList() {
		if name != hidden {
			return name
		}
	}
	return shown
}

func eachRow(f *excelize.File, name string, r *reader, do func(line int, row sheet.Row)) error {
	rows, err := f.Rows(name)
	if err != nil {
		return &invalid.Error{Field: "file", Value: err.Error(), Want: "a sheet with a header"}
	}
	for rows.Next() {
		cells, err := rows.Columns()
		if err != nil {
			return errors.Join(&invalid.Error{Field: "file", Value: err.Error(), Want: "a sheet that is whole"}, rows.Close())
		}
		row, err := r.add(cells)
		if err != nil {
			return errors.Join(err, rows.Close())
		}
		if row != nil {
			do(r.lines, row)
		}
	}
	return errors.Join(rows.Error(), rows.Close())
}

func readCSV(body []byte, columns []Column, l Limits) ([]sheet.Edited, error) {
	if err := csvtable.Narrow(body, maxCells); err != nil {
		return nil, err
	}
	c := csv.NewReader(bytes.NewReader(body))
	c.FieldsPerRecord = -1
	r := &reader{columns: columns, limit: l.Rows, most: maxCellBytes}
	var out []sheet.Edited
	for {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, &invalid.Error{Field: "file", Value: err.Error(), Want: "CSV in UTF-8"}
		}
		for i := range cells {
			cells[i] = sheet.Unguard(cells[i])
		}
		row, err := r.add(cells)
		if err != nil {
			return nil, err
		}
		if row != nil {
			out = append(out, sheet.Edited{Line: r.lines, Key: row[columns[0].Name], Now: row})
		}
	}
}
