// Package spreadsheet writes tables as XLSX or CSV and reads them back as people have edited them. An XLSX carries, in a sheet
// that programs do not show, a copy of what each cell said when it went out: that is the base of the merge (rental/sheet).
//
// Every cell is a text or a number. In XLSX the type of a cell says so; in CSV, which has no types, a text that a program would
// take for a formula has a guard before it. Rows go out one by one and are kept in a temporary file: memory does not grow with
// their number. What comes in is bounded before it is unpacked.
package spreadsheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"

	"fettle/rental/sheet"
)

// Kind is what a column holds.
type Kind int

// The kinds.
const (
	Text Kind = iota
	Number
	Date // as YYYY-MM-DD
)

// Column is a column of a table; its name is the first cell.
type Column struct {
	Name string
	Kind Kind
	// Chart counts the rows by the column, in a chart of the XLSX.
	Chart Chart
}

// The sheets of a workbook.
const (
	shown  = "Sheet1"
	hidden = "base" // the same cells as they went out
)

// MaxRows is how many rows an XLSX holds beside its header.
const MaxRows = 1_048_575

// ErrFull says that an XLSX has no room for another row.
var ErrFull = errors.New("an XLSX holds 1,048,575 rows: export as CSV")

// Writer writes a table row by row.
type Writer struct {
	columns []Column
	file    *excelize.File
	streams [2]*excelize.StreamWriter
	rows    int
	counts  tally
}

// NewWriter begins an XLSX. The first column names the record of a row.
func NewWriter(columns []Column) (*Writer, error) {
	w := &Writer{columns: columns, file: excelize.NewFile(), counts: tally{}}
	if _, err := w.file.NewSheet(hidden); err != nil {
		return nil, fmt.Errorf("write spreadsheet: %w", err)
	}
	for i, name := range []string{shown, hidden} {
		var err error
		if w.streams[i], err = w.file.NewStreamWriter(name); err != nil {
			return nil, fmt.Errorf("write spreadsheet: %w", err)
		}
	}
	if err := w.file.SetSheetVisible(hidden, false, true); err != nil {
		return nil, fmt.Errorf("write spreadsheet: %w", err)
	}
	header := make([]any, len(columns))
	for i, c := range columns {
		header[i] = c.Name
	}
	return w, w.write(header)
}

// Add writes a row.
func (w *Writer) Add(r sheet.Row) error {
	if w.rows > MaxRows {
		return ErrFull
	}
	cells := make([]any, len(w.columns))
	for i, c := range w.columns {
		cells[i] = cell(c, r[c.Name])
	}
	w.counts.add(w.columns, r)
	return w.write(cells)
}

// cell is the value of a cell: a number where the column holds numbers and the text is one.
func cell(c Column, text string) any {
	if c.Kind == Number {
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	}
	return text
}

func (w *Writer) write(cells []any) error {
	w.rows++
	at := "A" + strconv.Itoa(w.rows)
	for _, s := range w.streams {
		if err := s.SetRow(at, cells); err != nil {
			return fmt.Errorf("write spreadsheet, row %d: %w", w.rows, err)
		}
	}
	return nil
}

// Finish writes the whole file and frees what the Writer holds.
func (w *Writer) Finish(to io.Writer) error {
	var errs []error
	for _, s := range w.streams {
		errs = append(errs, s.Flush())
	}
	errs = append(errs, w.counts.draw(w.file, w.columns))
	if err := errors.Join(errs...); err == nil {
		_, err = w.file.WriteTo(to)
		errs = append(errs, err)
	}
	if err := errors.Join(append(errs, w.file.Close())...); err != nil {
		return fmt.Errorf("write spreadsheet: %w", err)
	}
	return nil
}

// CSVWriter writes a table as CSV in UTF-8 with the mark that spreadsheet programs look for.
type CSVWriter struct {
	columns []Column
	csv     *csv.Writer
}

// byteOrder marks UTF-8.
const byteOrder = "\ufeff"

// NewCSVWriter begins a CSV.
func NewCSVWriter(to io.Writer, columns []Column) (*CSVWriter, error) {
	if _, err := io.WriteString(to, byteOrder); err != nil {
		return nil, fmt.Errorf("write CSV: %w", err)
	}
	w := &CSVWriter{columns: columns, csv: csv.NewWriter(to)}
	header := make(sheet.Row, len(columns))
	for _, c := range columns {
		header[c.Name] = c.Name
	}
	return w, w.Add(header)
}

// Add writes a row.
func (w *CSVWriter) Add(r sheet.Row) error {
	cells := make([]string, len(w.columns))
	for i, c := range w.columns {
		cells[i] = sheet.Guard(r[c.Name])
	}
	if err := w.csv.Write(cells); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// Finish writes what is still held back. More rows may follow.
func (w *CSVWriter) Finish() error {
	w.csv.Flush()
	if err := w.csv.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}
