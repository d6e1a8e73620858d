package spreadsheet

import (
	"fmt"
	"maps"
	"slices"

	"github.com/xuri/excelize/v2"

	"fettle/rental/sheet"
)

// Chart says by what the rows of a column are counted in a chart.
type Chart int

// The charts.
const (
	NoChart Chart = iota
	ByValue
	ByMonth // of a Date
)

// charted is the sheet of charts, behind the table.
const charted = "Charts"

// maxBars is how many groups a chart has; what comes later is counted together.
const (
	maxBars = 60
	others  = "…"
)

// tally counts the rows of the columns that have charts.
type tally map[string]map[string]int

// add counts a row.
func (t tally) add(columns []Column, r sheet.Row) {
	const month = len("2006-01")
	for _, c := range columns {
		if c.Chart == NoChart {
			continue
		}
		group := r[c.Name]
		if c.Chart == ByMonth && len(group) > month {
			group = group[:month]
		}
		if t[c.Name] == nil {
			t[c.Name] = map[string]int{}
		}
		if _, known := t[c.Name][group]; !known && len(t[c.Name]) >= maxBars {
			group = others
		}
		t[c.Name][group]++
	}
}

// draw adds the sheet of charts: for each column a table of counts and the chart of it.
func (t tally) draw(f *excelize.File, columns []Column) error {
	const wide = 4 // columns that a table and a gap take
	at := 0
	for _, c := range columns {
		counts := t[c.Name]
		if len(counts) == 0 {
			continue
		}
		if at == 0 {
			if _, err := f.NewSheet(charted); err != nil {
				return fmt.Errorf("add charts: %w", err)
			}
		}
		groups := slices.Sorted(maps.Keys(counts))
		left := 1 + at*(wide+8)
		name := func(column, row int) string {
			cell, _ := excelize.CoordinatesToCellName(left+column, row, true) // within bounds: a few columns
			return cell
		}
		if err := f.SetSheetRow(charted, name(0, 1), &[]any{c.Name, "count"}); err != nil {
			return fmt.Errorf("add charts: %w", err)
		}
		for i, g := range groups {
			if err := f.SetSheetRow(charted, name(0, i+2), &[]any{g, counts[g]}); err != nil {
				return fmt.Errorf("add charts: %w", err)
			}
		}
		last := len(groups) + 1
		if err := f.AddChart(charted, name(wide-1, 2), &excelize.Chart{
			Type: excelize.Col, Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: c.Name}}}, Legend: excelize.ChartLegend{Position: "none"},
			Series: []excelize.ChartSeries{{
				Name: charted + "!" + name(0, 1), Categories: charted + "!" + name(0, 2) + ":" + name(0, last), Values: charted + "!" + name(1, 2) + ":" + name(1, last),
			}},
		}); err != nil {
			return fmt.Errorf("add charts: %w", err)
		}
		at++
	}
	return nil
}
