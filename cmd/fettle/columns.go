package main

import (
	"io"
	"strings"
	"unicode"
)

// columns is a table of text whose columns line up on a terminal, also where characters are two cells wide, which
// text/tabwriter does not know.
type columns struct {
	indent string
	left   int // so many columns, from the first, are aligned to the left, the rest to the right
	rows   [][]string
}

func (c *columns) add(cells ...string) { c.rows = append(c.rows, cells) }

// write prints the table; blanks at the ends of lines are left out.
func (c *columns) write(w io.Writer) error {
	var widths []int
	for _, row := range c.rows {
		for k, cell := range row {
			if k == len(widths) {
				widths = append(widths, 0)
			}
			widths[k] = max(widths[k], displayWidth(cell))
		}
	}
	for _, row := range c.rows {
		var line strings.Builder
		for k, cell := range row {
			gap := strings.Repeat(" ", widths[k]-displayWidth(cell))
			if k < c.left {
				line.WriteString("  " + cell + gap)
			} else {
				line.WriteString("  " + gap + cell)
			}
		}
		text := c.indent + strings.TrimPrefix(strings.TrimRight(line.String(), " "), "  ")
		if _, err := io.WriteString(w, text+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// displayWidth is the number of cells that a text takes on a terminal.
func displayWidth(s string) int {
	width := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana), r >= 0x3000 && r <= 0x303f, r >= 0xff01 && r <= 0xff60:
			width += 2
		default:
			width++
		}
	}
	return width
}
