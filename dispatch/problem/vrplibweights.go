package problem

import (
	"math"
	"strings"

	"fettle/dispatch"
	"fettle/geo"
)

// maxDecimals is the finest part of a unit that explicit weights may have.
const maxDecimals = 4

// weights builds the travel matrix and settles how long a tick is.
func (v *vrplib) weights(*dispatch.Problem) error {
	if strings.EqualFold(v.headers["EDGE_WEIGHT_TYPE"].text, "EXPLICIT") {
		return v.explicit()
	}
	if v.x == nil {
		return v.faultAt("NODE_COORD_SECTION", "this section is missing, EUC_2D weights need it")
	}
	rounding := geo.RoundNearest
	if v.ticks = 1; v.windowed {
		v.ticks, v.decimals, rounding = tenths, 1, geo.RoundDown
	}
	m, err := planar(v.x, v.y, float64(v.ticks), rounding)
	v.travel = m
	return err
}

// explicit reads the weights of the file.
func (v *vrplib) explicit() error {
	format := strings.ToUpper(v.headers["EDGE_WEIGHT_FORMAT"].text)
	first, last, ok := layout(format)
	if !ok {
		return v.faultAt("EDGE_WEIGHT_FORMAT", "is %q, want FULL_MATRIX, LOWER_ROW, LOWER_DIAG_ROW, UPPER_ROW or UPPER_DIAG_ROW", format)
	}
	numbers, err := v.flow("EDGE_WEIGHT_SECTION")
	if err != nil {
		return err
	}
	want := int64(0)
	for i := 0; i < v.n && want <= int64(len(numbers)); i++ {
		want += int64(last(i, v.n) - first(i))
	}
	if want != int64(len(numbers)) {
		return v.faultAt("EDGE_WEIGHT_SECTION", "has %d values, want those of a %s of %d nodes", len(numbers), format, v.n)
	}
	if v.n > 1 && len(numbers) == 0 { // cannot be: every layout of two nodes has a value
		return v.faultAt("EDGE_WEIGHT_SECTION", "is empty")
	}
	v.ticks, v.decimals = unitOf(numbers)
	table := make([]int32, v.n*v.n)
	k := 0
	for i := range v.n {
		for j := first(i); j < last(i, v.n); j++ {
			d := numbers[k] * float64(v.ticks)
			if d < 0 || d >= float64(dispatch.Unreachable) {
				return v.faultAt("EDGE_WEIGHT_SECTION", "from node %d to node %d is %v, want a number from 0 to %d", i+1, j+1, numbers[k], dispatch.Unreachable/v.ticks)
			}
			table[i*v.n+j] = int32(math.Round(d))
			if format != "FULL_MATRIX" {
				table[j*v.n+i] = table[i*v.n+j]
			}
			k++
		}
	}
	v.travel, err = geo.NewDense(v.n, table)
	return err
}

// layout gives the columns [first(row), last(row, n)) that a row of a matrix format holds.
func layout(format string) (first func(i int) int, last func(i, n int) int, ok bool) {
	zero := func(int) int { return 0 }
	whole := func(_, n int) int { return n }
	switch format {
	case "FULL_MATRIX":
		return zero, whole, true
	case "LOWER_ROW":
		return zero, func(i, _ int) int { return i }, true
	case "LOWER_DIAG_ROW":
		return zero, func(i, _ int) int { return i + 1 }, true
	case "UPPER_ROW":
		return func(i int) int { return i + 1 }, whole, true
	case "UPPER_DIAG_ROW":
		return func(i int) int { return i }, whole, true
	}
	return nil, nil, false
}

// flow reads the numbers of a section, wherever its lines break.
func (v *vrplib) flow(section string) ([]float64, error) {
	var out []float64
	for _, row := range v.sections[section] {
		v.line = row.line
		for cell := range strings.FieldsSeq(row.text) {
			x, err := v.number(section, cell)
			if err != nil {
				return nil, err
			}
			out = append(out, x)
		}
	}
	return out, nil
}

// unitOf finds the ticks in a unit that make all numbers whole, up to four decimals; finer parts are rounded to nearest.
func unitOf(numbers []float64) (ticks int32, decimals int) {
	ticks = 1
	for _, x := range numbers {
		for decimals < maxDecimals && !isWhole(x*float64(ticks)) {
			ticks, decimals = 10*ticks, decimals+1
		}
	}
	return ticks, decimals
}

func isWhole(x float64) bool { return math.Abs(x-math.Round(x)) < 1e-6 }
