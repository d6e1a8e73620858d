package problem

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// AssignmentRequired is the price of non-assignment of a row that must be served; dispatch/assign and dispatch/check use
// the same number.
const AssignmentRequired = int64(math.MaxInt64)

// maxAssignmentNodes bounds the rows and columns of a file: far above any real one, low enough that a hostile one of a few
// bytes costs little.
const maxAssignmentNodes = 1 << 22

// Assignment is an assignment problem as it was read, in the form that dispatch/assign and dispatch/check take: row i may
// have the columns Col[RowStart[i]:RowStart[i+1]], in the order of the file, at the costs beside them.
type Assignment struct {
	Name       string // of the file, for messages
	Rows, Cols int
	RowStart   []int32
	Col        []int32
	Cost       []int64
	Unassigned []int64 // price of leaving each row out, AssignmentRequired where it must not be; nil: all rows are required
}

// ReadAssignmentORLib reads an assignment problem of the OR-Library (Beasley 1990): n, then either n*n costs row by row, or
// triples "row column cost" with 1-based numbers, where a pair that is missing is not allowed. Numbers are whole and separated by
// blanks; line breaks mean nothing. The two forms are told apart by their count; at n = 3 nine numbers are costs. All rows are
// required. A pair may be repeated with the same cost only. Faults are an *Error with line and field. O(len(data)).
func ReadAssignmentORLib(name string, data []byte) (*Assignment, error) {
	r := orlibReader{name: name, data: data}
	if err := r.numbers(); err != nil {
		return nil, err
	}
	if len(r.values) == 0 {
		return nil, &Error{File: name, Line: 1, Field: "n", Msg: "is missing, want the number of rows"}
	}
	n, rest := r.values[0], int64(len(r.values)-1)
	if n < 0 || n > maxAssignmentNodes {
		return nil, r.fault(0, "n", fmt.Sprintf("is %d, want 0 to %d", n, maxAssignmentNodes))
	}
	switch {
	case rest > math.MaxInt32:
		return nil, r.fault(0, "costs", fmt.Sprintf("the file has %d numbers, want at most %d", rest, math.MaxInt32))
	case rest == n*n:
		return r.dense(int(n)), nil
	case rest%3 == 0:
		return r.sparse(int(n))
	}
	return nil, r.fault(len(r.values)-1, "costs", fmt.Sprintf("the file ends after %d numbers behind n, want n*n = %d costs or triples of row, column and cost", rest, n*n))
}

// orlibReader holds the numbers of a file; lines are found again only for a fault.
type orlibReader struct {
	name   string
	data   []byte
	values []int64
}

// numbers reads all whole numbers of the file.
func (r *orlibReader) numbers() error {
	r.values = make([]int64, 0, len(r.data)/4+1)
	for at := 0; ; {
		from, to := nextWord(r.data, at)
		if from == to {
			return nil
		}
		v, ok := wholeNumber(r.data[from:to])
		if !ok {
			word := r.data[from:min(to, from+40)]
			return &Error{
				File: r.name, Line: lineAt(r.data, from), Field: fmt.Sprintf("number %d", len(r.values)+1),
				Msg: fmt.Sprintf("is %q, want a whole number of 64 bits", word),
			}
		}
		r.values = append(r.values, v)
		at = to
	}
}

// nextWord returns the bounds of the next run of bytes that are not blank; equal at the end.
func nextWord(data []byte, at int) (from, to int) {
	for at < len(data) && isBlank(data[at]) {
		at++
	}
	from = at
	for at < len(data) && !isBlank(data[at]) {
		at++
	}
	return from, at
}

// wholeNumber parses a decimal number with an optional sign; false when it is not one or does not fit. The least int64 does not.
func wholeNumber(word []byte) (int64, bool) {
	sign := int64(1)
	if len(word) > 0 && (word[0] == '-' || word[0] == '+') {
		if word[0] == '-' {
			sign = -1
		}
		word = word[1:]
	}
	v := int64(0)
	for _, c := range word {
		d := int64(c) - '0'
		if d < 0 || d > 9 || v > (math.MaxInt64-d)/10 {
			return 0, false
		}
		v = 10*v + d
	}
	return sign * v, len(word) > 0
}

// fault is an *Error at the line of a number.
func (r *orlibReader) fault(number int, field, msg string) error {
	from, to := 0, 0
	for range number + 1 {
		from, to = nextWord(r.data, to)
	}
	return &Error{File: r.name, Line: lineAt(r.data, from), Field: field, Msg: msg}
}

func (r *orlibReader) dense(n int) *Assignment {
	p := &Assignment{Name: r.name, Rows: n, Cols: n, RowStart: make([]int32, n+1), Col: make([]int32, n*n), Cost: r.values[1:]}
	for k := range p.Col {
		p.Col[k] = int32(k % n)
	}
	for i := range n {
		p.RowStart[i+1] = int32((i + 1) * n)
	}
	return p
}

func (r *orlibReader) sparse(n int) (*Assignment, error) {
	arcs := make([]assignmentArc, 0, len(r.values)/3)
	for k := 1; k+2 < len(r.values); k += 3 {
		for side, field := range []string{"row", "column"} {
			if v := r.values[k+side]; v < 1 || v > int64(n) {
				return nil, r.fault(k+side, fmt.Sprintf("%s of arc %d", field, k/3+1), fmt.Sprintf("is %d, want 1 to %d", v, n))
			}
		}
		arcs = append(arcs, assignmentArc{int32(r.values[k] - 1), int32(r.values[k+1] - 1), r.values[k+2]})
	}
	p := &Assignment{Name: r.name, Rows: n, Cols: n}
	if bad := p.fill(arcs); bad >= 0 {
		a := arcs[bad]
		return nil, r.fault(1+3*bad, fmt.Sprintf("arc %d (row %d, column %d)", bad+1, a.row+1, a.col+1), "this pair is given before at another cost")
	}
	return p, nil
}

// assignmentArc is an allowed pair, 0-based.
type assignmentArc struct {
	row, col int32
	cost     int64
}

// fill sorts arcs stably by row and drops repeated pairs of equal cost. It returns the first arc, by row and order, that repeats a
// pair at another cost; -1 when there is none. O(arcs + rows + cols).
func (p *Assignment) fill(arcs []assignmentArc) int {
	next := make([]int32, p.Rows+1)
	for _, a := range arcs {
		next[a.row+1]++
	}
	for i := range p.Rows {
		next[i+1] += next[i]
	}
	order := make([]int32, len(arcs))
	for k, a := range arcs {
		order[next[a.row]] = int32(k)
		next[a.row]++
	}
	p.RowStart = make([]int32, p.Rows+1)
	p.Col, p.Cost = make([]int32, 0, len(arcs)), make([]int64, 0, len(arcs))
	last := make([]int32, p.Cols) // 1 + position of the column's latest arc
	begin := int32(0)
	for i := range p.Rows {
		for _, k := range order[begin:next[i]] { // placing moved next[i] from the row's first arc to its end
			a := arcs[k]
			if at := last[a.col]; at <= p.RowStart[i] {
				p.Col, p.Cost = append(p.Col, a.col), append(p.Cost, a.cost)
				last[a.col] = int32(len(p.Col))
			} else if p.Cost[at-1] != a.cost {
				return int(k)
			}
		}
		begin = next[i]
		p.RowStart[i+1] = int32(len(p.Col))
	}
	return -1
}

// assignmentJSON is the file of ReadAssignmentJSON.
type assignmentJSON struct {
	Rows           int             `json:"rows"`
	Cols           int             `json:"cols"`
	UnassignedCost json.RawMessage `json:"unassignedCost"`
	Arcs           json.RawMessage `json:"arcs"`
}

// ReadAssignmentJSON reads an assignment problem in JSON:
//
//	{"rows": 3, "cols": 2, "unassignedCost": 40, "arcs": [[0, 0, 7], [1, 0, 5], [2, 1, 9]]}
//
// Arcs are [row, column, cost] with 0-based numbers and whole costs; a pair that is missing is not allowed, and a pair may be repeated
// with the same cost only. unassignedCost is the price of leaving a row out: one number for all rows, or a list with one
// number or null a row; null, or the field omitted, means that the row is required. Unknown fields are refused by name. Faults
// are an *Error with line and field. O(len(data)).
func ReadAssignmentJSON(name string, data []byte) (*Assignment, error) {
	var file assignmentJSON
	if err := decodeStrict(name, data, &file); err != nil {
		return nil, err
	}
	for _, size := range []struct {
		field string
		value int
	}{{"rows", file.Rows}, {"cols", file.Cols}} {
		if size.value < 0 || size.value > maxAssignmentNodes {
			return nil, fieldError(name, data, size.field, fmt.Sprintf("is %d, want 0 to %d", size.value, maxAssignmentNodes))
		}
	}
	p := &Assignment{Name: name, Rows: file.Rows, Cols: file.Cols}
	if field, msg := p.readPrices(file.UnassignedCost); msg != "" {
		return nil, fieldError(name, data, field, msg)
	}
	arcs, field, msg := p.readArcs(file.Arcs)
	if msg != "" {
		return nil, fieldError(name, data, field, msg)
	}
	if bad := p.fill(arcs); bad >= 0 {
		return nil, fieldError(name, data, fmt.Sprintf("arcs[%d]", bad),
			fmt.Sprintf("the pair of row %d and column %d is given before at another cost", arcs[bad].row, arcs[bad].col))
	}
	return p, nil
}

// readPrices reads unassignedCost; msg is "" when it is well formed, else field names the fault.
func (p *Assignment) readPrices(raw json.RawMessage) (field, msg string) {
	const name = "unassignedCost"
	if len(raw) == 0 || string(raw) == "null" {
		return "", ""
	}
	if raw[0] != '[' {
		price, ok := wholeNumber(raw)
		if !ok {
			return name, fmt.Sprintf("is %.40s, want a whole number, or a list of them", raw)
		}
		p.Unassigned = make([]int64, p.Rows)
		for i := range p.Unassigned {
			p.Unassigned[i] = price
		}
		return "", ""
	}
	items := jsonItems(raw)
	for word, ok := items.next(); ok; word, ok = items.next() {
		price, whole := wholeNumber(word)
		if string(word) == "null" {
			price, whole = AssignmentRequired, true
		}
		if !whole {
			return fmt.Sprintf("%s[%d]", name, len(p.Unassigned)), fmt.Sprintf("is %.40s, want a whole number or null", word)
		}
		p.Unassigned = append(p.Unassigned, price)
	}
	if len(p.Unassigned) != p.Rows {
		return name, fmt.Sprintf("has %d numbers, want one for each of the %d rows", len(p.Unassigned), p.Rows)
	}
	return "", ""
}

// readArcs reads arcs; msg is "" when they are well formed, else field names the fault.
func (p *Assignment) readArcs(raw json.RawMessage) (arcs []assignmentArc, field, msg string) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, "", ""
	}
	if raw[0] != '[' {
		return nil, "arcs", fmt.Sprintf("is %.40s, want a list of [row, column, cost]", raw)
	}
	arcs = make([]assignmentArc, 0, bytes.Count(raw, []byte{'['})-1)
	list := jsonItems(raw)
	for word, ok := list.next(); ok; word, ok = list.next() {
		arc, sub, msg := p.readArc(word)
		if msg != "" {
			return nil, fmt.Sprintf("arcs[%d]%s", len(arcs), sub), msg
		}
		arcs = append(arcs, arc)
	}
	return arcs, "", ""
}

// readArc reads one arc; msg is "" when it is well formed, else sub names the faulty part.
func (p *Assignment) readArc(word []byte) (arc assignmentArc, sub, msg string) {
	if word[0] != '[' {
		return arc, "", fmt.Sprintf("is %.40s, want [row, column, cost]", word)
	}
	var v [3]int64
	count, items := 0, jsonItems(word)
	for item, ok := items.next(); ok; item, ok = items.next() {
		value, whole := wholeNumber(item)
		if !whole {
			return arc, fmt.Sprintf("[%d]", count), fmt.Sprintf("is %.40s, want a whole number", item)
		}
		if count < len(v) {
			v[count] = value
		}
		count++
	}
	switch {
	case count != len(v):
		return arc, "", fmt.Sprintf("has %d numbers, want row, column and cost", count)
	case v[0] < 0 || v[0] >= int64(p.Rows):
		return arc, "[0]", fmt.Sprintf("is row %d, there are %d from 0", v[0], p.Rows)
	case v[1] < 0 || v[1] >= int64(p.Cols):
		return arc, "[1]", fmt.Sprintf("is column %d, there are %d from 0", v[1], p.Cols)
	}
	return assignmentArc{int32(v[0]), int32(v[1]), v[2]}, "", ""
}

// itemReader walks the items of a valid JSON array without decoding them.
type itemReader struct{ rest []byte }

// jsonItems starts behind the opening bracket of an array.
func jsonItems(array []byte) itemReader { return itemReader{array[1:]} }

// next returns the text of the next item; false behind the last.
func (r *itemReader) next() ([]byte, bool) {
	at := skipBlank(r.rest) // commas too
	if at >= len(r.rest) || r.rest[at] == ']' {
		return nil, false
	}
	from, depth := at, 0
	for ; at < len(r.rest); at++ {
		switch c := r.rest[at]; c {
		case '"':
			at = stringEnd(r.rest, at)
		case '[', '{':
			depth++
		case ']', '}', ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				word := r.rest[from:at]
				r.rest = r.rest[at:]
				return word, true
			}
			if c == ']' || c == '}' {
				depth--
			}
		}
	}
	word := r.rest[from:]
	r.rest = nil
	return word, true
}
