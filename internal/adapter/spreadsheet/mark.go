package spreadsheet

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/xuri/excelize/v2"

	"fettle/rental/sheet"
)

// Marked is a row that comes back to be mended.
type Marked struct {
	Row     sheet.Row
	Column  string // whose cell is marked; none of the columns marks the text alone
	Problem string // what is wrong, in a column of its own
}

// ProblemColumn says what is wrong with a row. Read passes it over, so that the file can be mended and sent again.
const ProblemColumn = "problem"

// Mark makes an XLSX of rows whose wrong cells are red.
func Mark(columns []Column, rows []Marked) (data []byte, err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	red, err := f.NewStyle(&excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F8B4A6"}}, Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, fmt.Errorf("mark rows: %w", err)
	}
	w, err := f.NewStreamWriter(shown)
	if err != nil {
		return nil, fmt.Errorf("mark rows: %w", err)
	}
	header := make([]any, 0, len(columns)+1)
	for _, c := range columns {
		header = append(header, c.Name)
	}
	err = w.SetRow("A1", append(header, ProblemColumn))
	for i := 0; i < len(rows) && err == nil; i++ {
		cells := make([]any, 0, len(columns)+1)
		for _, c := range columns {
			one := excelize.Cell{Value: cell(c, rows[i].Row[c.Name])}
			if c.Name == rows[i].Column {
				one.StyleID = red
			}
			cells = append(cells, one)
		}
		what := excelize.Cell{Value: rows[i].Problem}
		if !slices.ContainsFunc(columns, func(c Column) bool { return c.Name == rows[i].Column }) {
			what.StyleID = red
		}
		err = w.SetRow("A"+strconv.Itoa(i+2), append(cells, what))
	}
	var out bytes.Buffer
	if err = errors.Join(err, w.Flush()); err == nil {
		_, err = f.WriteTo(&out)
	}
	if err != nil {
		return nil, fmt.Errorf("mark rows: %w", err)
	}
	return out.Bytes(), nil
}
