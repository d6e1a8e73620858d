package spreadsheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"fettle/rental/sheet"
)

// PackInput is what Pack reads, for one who packs elsewhere: a line of JSON that says the columns, and the table as a CSVWriter has
// written it.
func PackInput(columns []Column, table []byte) (io.Reader, error) {
	head, err := json.Marshal(columns)
	if err != nil {
		return nil, fmt.Errorf("write columns: %w", err)
	}
	return io.MultiReader(bytes.NewReader(append(head, '\n')), bytes.NewReader(table)), nil
}

// Pack makes an XLSX of what PackInput gives.
func Pack(from io.Reader, to io.Writer) error {
	in := bufio.NewReader(from)
	head, err := in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read columns: %w", err)
	}
	var columns []Column
	if err := json.Unmarshal(head, &columns); err != nil || len(columns) == 0 {
		return fmt.Errorf("read columns: %.100q: want a line of JSON with at least one", head)
	}
	w, err := NewWriter(columns)
	if err != nil {
		return err
	}
	if err := w.addAll(in); err != nil {
		return errors.Join(err, w.Finish(io.Discard)) // frees its temporary files
	}
	return w.Finish(to)
}

// addAll adds the rows of a CSV, whose columns are those of the Writer.
func (w *Writer) addAll(from io.Reader) error {
	rows := csv.NewReader(from)
	for line := 0; ; line++ {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read CSV: %w", err)
		}
		if line == 0 {
			continue // the header
		}
		r := make(sheet.Row, len(w.columns))
		for i, c := range w.columns {
			if i < len(cells) {
				r[c.Name] = sheet.Unguard(cells[i])
			}
		}
		if err := w.Add(r); err != nil {
			return err
		}
	}
}
