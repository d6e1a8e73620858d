package geo

import (
	"fmt"
	"strconv"
)

// Cell is an H3 index of a hexagon (or one of 12 pentagons a resolution). Zero means "not set". The bit layout is fixed by
// H3 (h3geo.org, core library, "H3 index bit layout"): bit 63 zero, 4 bits mode (1 = cell), 3 bits zero, 4 bits
// resolution, 7 bits base cell, then 15 digits of 3 bits, 7 where the resolution does not use the digit. What follows
// from the bits alone is here; what needs the H3 library is in geo/h3cell.
type Cell uint64

const (
	// MaxCellResolution is the finest H3 resolution (0.9 m2 a cell); the coarsest is 0 (4.3 million km2).
	MaxCellResolution = 15

	cellTextLen   = 15
	cellModeShift = 56 // mode and the three zero bits under it
	cellMode      = 0b1_000
	cellResShift  = 52
	cellResMask   = 0xF << cellResShift
	baseCellShift = 45
	baseCells     = 122
	digitBits     = 3
	unusedDigit   = 7
)

// pentagonBaseCells has a bit for each base cell that is a pentagon: 4, 14, 24, 38, 49, 58 in the low word and 63, 72,
// 83, 97, 107, 117 (less 64 from 72 on) in the two words. Source: H3 3.x/4.x baseCells.c, baseCellData.
const (
	pentagonBaseCellsLow  = 1<<4 | 1<<14 | 1<<24 | 1<<38 | 1<<49 | 1<<58 | 1<<63
	pentagonBaseCellsHigh = 1<<(72-64) | 1<<(83-64) | 1<<(97-64) | 1<<(107-64) | 1<<(117-64)
)

// String is the text form: 15 lower-case hexadecimal digits.
func (c Cell) String() string { return fmt.Sprintf("%0*x", cellTextLen, uint64(c)) }

// ParseCell reads the text form, in either case. It refuses anything that is not 15 hexadecimal digits of a valid cell
// with an *InvalidError.
func ParseCell(s string) (Cell, error) {
	want := "15 hexadecimal digits of an H3 cell, such as 8928308280fffff"
	if len(s) != cellTextLen {
		return 0, &InvalidError{Field: "cell", Value: strconv.Quote(clip(s)), Want: want}
	}
	v, err := strconv.ParseUint(s, 16, 64)
	if err != nil || !Cell(v).Valid() {
		return 0, &InvalidError{Field: "cell", Value: strconv.Quote(s), Want: want}
	}
	return Cell(v), nil
}

// clip keeps a hostile input from filling an error message.
func clip(s string) string {
	const most = 32
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

// Valid says that the bits are those of an H3 cell; it agrees with the H3 library's isValidCell.
func (c Cell) Valid() bool {
	if c>>cellModeShift != cellMode || c.baseCell() >= baseCells {
		return false
	}
	res := c.Resolution()
	leading := true
	for r := 1; r <= MaxCellResolution; r++ {
		digit := c.digit(r)
		if r > res {
			if digit != unusedDigit {
				return false
			}
			continue
		}
		if digit == unusedDigit {
			return false
		}
		if leading && digit != 0 {
			leading = false
			// Pentagons lack the children in the direction of digit 1.
			if digit == 1 && c.pentagonBase() {
				return false
			}
		}
	}
	return true
}

// Resolution is in [0, 15] and has a meaning only for a valid cell.
func (c Cell) Resolution() int { return int(c >> cellResShift & 0xF) }

// Pentagon says that the valid cell c is one of the 12 pentagons of its resolution: five neighbours instead of six.
func (c Cell) Pentagon() bool {
	if !c.pentagonBase() {
		return false
	}
	for r := 1; r <= c.Resolution(); r++ {
		if c.digit(r) != 0 {
			return false
		}
	}
	return true
}

// Parent is the cell of a coarser or equal resolution above the valid cell c in the H3 tree, or an *InvalidError when
// resolution is negative or finer than that of c. A child is not wholly inside of its parent: they overlap at the rim.
func (c Cell) Parent(resolution int) (Cell, error) {
	if resolution < 0 || resolution > c.Resolution() {
		return 0, &InvalidError{
			Field: "resolution", Value: resolution,
			Want: fmt.Sprintf("in [0, %d], the resolution of cell %s", c.Resolution(), c),
		}
	}
	unused := Cell(1)<<(digitBits*(MaxCellResolution-resolution)) - 1
	return c&^cellResMask | Cell(resolution)<<cellResShift | unused, nil
}

func (c Cell) baseCell() int { return int(c >> baseCellShift & 0x7F) }

func (c Cell) digit(r int) int { return int(c >> (digitBits * (MaxCellResolution - r)) & 7) }

func (c Cell) pentagonBase() bool {
	base := c.baseCell()
	if base < 64 {
		return uint64(pentagonBaseCellsLow)>>base&1 == 1
	}
	return uint64(pentagonBaseCellsHigh)>>(base-64)&1 == 1
}

// MarshalText is String for a valid or zero cell; zero gives an empty text.
func (c Cell) MarshalText() ([]byte, error) {
	if c == 0 {
		return []byte{}, nil
	}
	return []byte(c.String()), nil
}

// UnmarshalText is ParseCell; an empty text gives the zero cell.
func (c *Cell) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = 0
		return nil
	}
	v, err := ParseCell(string(text))
	if err != nil {
		return err
	}
	*c = v
	return nil
}
