package problem_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch/check"
	"fettle/dispatch/problem"
)

func orlibFixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "orlib", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestReadAssignmentORLib(t *testing.T) {
	t.Parallel()
	dense, err := problem.ReadAssignmentORLib("dense4.txt", orlibFixture(t, "dense4.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := &problem.Assignment{
		Name: "dense4.txt", Rows: 4, Cols: 4,
		RowStart: []int32{0, 4, 8, 12, 16},
		Col:      []int32{0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3},
		Cost:     []int64{9, 2, 7, 8, 6, 4, 3, 7, 5, 8, 1, 8, 7, 6, 9, 4},
	}
	if d := cmp.Diff(want, dense); d != "" {
		t.Error(d)
	}
	sparse, err := problem.ReadAssignmentORLib("sparse4.txt", orlibFixture(t, "sparse4.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want = &problem.Assignment{
		Name: "sparse4.txt", Rows: 4, Cols: 4,
		RowStart: []int32{0, 2, 4, 6, 7},
		Col:      []int32{0, 1, 0, 2, 2, 3, 3},
		Cost:     []int64{9, 2, 6, 3, 1, 8, 4},
	}
	if d := cmp.Diff(want, sparse); d != "" {
		t.Error(d)
	}
}

func TestReadAssignmentORLibForms(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		col        []int32
		cost       []int64
	}{
		{"no rows", "0", nil, nil},
		{"a row without arcs", "2", nil, nil},
		{"one dense cost", "1 -5", []int32{0}, []int64{-5}},
		{"nine numbers at n = 3 are costs", "3 1 1 1 2 2 2 3 3 3", []int32{0, 1, 2, 0, 1, 2, 0, 1, 2}, []int64{1, 1, 1, 2, 2, 2, 3, 3, 3}},
		{"arcs in any order keep that of the file in each row", "2 2 2 4\r\n1 2 3\r\n2 1 +5", []int32{1, 1, 0}, []int64{3, 4, 5}},
		{"a repeated pair of equal cost counts once", "4 3 2 7 3 2 7", []int32{1}, []int64{7}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := problem.ReadAssignmentORLib("x", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(p.Col, p.Cost) != fmt.Sprint(c.col, c.cost) {
				t.Errorf("columns %v, costs %v, want %v, %v", p.Col, p.Cost, c.col, c.cost)
			}
		})
	}
}

func TestReadAssignmentORLibFaults(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, want string }{
		{"empty", " \n", "f:1: n: is missing"},
		{"negative", "-1", "f:1: n: is -1, want 0 to"},
		{"hostile", "4000000000", "f:1: n: is 4000000000"},
		{"not a number", "2\n1 2\n3 x4", `f:3: number 5: is "x4", want a whole number`},
		{"real number", "1 2.5", `f:1: number 2: is "2.5"`},
		{"too large", "1 9223372036854775808", "f:1: number 2: is"},
		{"sign alone", "1 -", `f:1: number 2: is "-"`},
		{"truncated", "3\n1 2 3\n4 5", "f:3: costs: the file ends after 5 numbers behind n, want n*n = 9 costs or triples"},
		{"row out of range", "5\n1 1 1\n6 1 1", "f:3: row of arc 2: is 6, want 1 to 5"},
		{"column out of range", "5\n1\n0 1", "f:3: column of arc 1: is 0, want 1 to 5"},
		{"pair at two costs", "5\n1 1 1\n2 2 2\n1 1 3", "f:4: arc 3 (row 1, column 1): this pair is given before at another cost"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := problem.ReadAssignmentORLib("f", []byte(c.text))
			wantFault(t, err, c.want)
		})
	}
}

// wantFault asks for an *Error that begins with a text.
func wantFault(t *testing.T, err error, want string) {
	t.Helper()
	var fault *problem.Error
	if !errors.As(err, &fault) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want one that begins with %q", err, want)
	}
}

func TestReadAssignmentJSON(t *testing.T) {
	t.Parallel()
	p, err := problem.ReadAssignmentJSON("priced.json", orlibFixture(t, "priced.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := &problem.Assignment{
		Name: "priced.json", Rows: 3, Cols: 2,
		RowStart: []int32{0, 2, 3, 4}, Col: []int32{0, 1, 0, 1}, Cost: []int64{10, 25, 5, 8},
		Unassigned: []int64{problem.AssignmentRequired, 30, 20},
	}
	if d := cmp.Diff(want, p); d != "" {
		t.Error(d)
	}
	prices := []struct {
		text string
		want []int64
	}{
		{`{"rows":2,"cols":0}`, nil},
		{`{"rows":2,"cols":0,"unassignedCost":null,"arcs":[]}`, nil},
		{`{"rows":2,"cols":0,"unassignedCost": -7 ,"arcs":null}`, []int64{-7, -7}},
		{`{"rows":2,"cols":0,"unassignedCost":[ 1 , null ]}`, []int64{1, math.MaxInt64}},
	}
	for _, c := range prices {
		p, err := problem.ReadAssignmentJSON("f", []byte(c.text))
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		if d := cmp.Diff(c.want, p.Unassigned); d != "" {
			t.Errorf("%s: %s", c.text, d)
		}
	}
}

func TestReadAssignmentJSONFaults(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, want string }{
		{"unknown field", `{"rows":1,"cols":1,"price":[]}`, "f:1: price: unknown field, want one of rows, cols, unassignedCost, arcs"},
		{"too many rows", `{"rows":99999999,"cols":1}`, "f:1: rows: is 99999999"},
		{"negative columns", "{\"rows\":1,\n\"cols\":-1}", "f:2: cols: is -1"},
		{"price that is a text", `{"rows":1,"cols":1,"unassignedCost":"x"}`, `f:1: unassignedCost: is "x", want a whole number, or a list`},
		{"price that is real", "{\"rows\":2,\"cols\":1,\"unassignedCost\":[1,\n2.5]}", "f:2: unassignedCost[1]: is 2.5, want a whole number or null"},
		{"too few prices", `{"rows":2,"cols":1,"unassignedCost":[1]}`, "f:1: unassignedCost: has 1 numbers, want one for each of the 2 rows"},
		{"arcs that are no list", `{"rows":1,"cols":1,"arcs":{}}`, "f:1: arcs: is {}, want a list"},
		{"arc that is no list", `{"rows":1,"cols":1,"arcs":[{"a":[1,2]}]}`, `f:1: arcs[0]: is {"a":[1,2]}, want [row, column, cost]`},
		{"arc of two", `{"rows":1,"cols":1,"arcs":[[0,0]]}`, "f:1: arcs[0]: has 2 numbers"},
		{"arc of four", `{"rows":1,"cols":1,"arcs":[[0,0,1,2]]}`, "f:1: arcs[0]: has 4 numbers"},
		{"row out of range", "{\"rows\":1,\"cols\":1,\"arcs\":[[0,0,1],\n[1,0,1]]}", "f:2: arcs[1][0]: is row 1, there are 1 from 0"},
		{"column out of range", `{"rows":1,"cols":1,"arcs":[[0,-1,1]]}`, "f:1: arcs[0][1]: is column -1"},
		{"cost that is real", `{"rows":1,"cols":1,"arcs":[[0,0,1e3]]}`, "f:1: arcs[0][2]: is 1e3, want a whole number"},
		{"cost that holds a bracket", `{"rows":1,"cols":1,"arcs":[[0,0,"]"]]}`, `f:1: arcs[0][2]: is "]", want a whole number`},
		{"pair at two costs", `{"rows":1,"cols":1,"arcs":[[0,0,1],[0,0,2]]}`, "f:1: arcs[1]: the pair of row 0 and column 0 is given before"},
		{"not JSON", `{"rows":1`, "f:1: not JSON"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := problem.ReadAssignmentJSON("f", []byte(c.text))
			wantFault(t, err, c.want)
		})
	}
}

// fuzzAssignment feeds a reader anything: it must answer with a fault of the file or with a problem whose shape the checker
// accepts.
func fuzzAssignment(f *testing.F, read func(string, []byte) (*problem.Assignment, error)) {
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := read("f", data)
		if err != nil {
			var fault *problem.Error
			if !errors.As(err, &fault) || fault.File != "f" {
				t.Fatalf("error %v of type %T, want one that names the file", err, err)
			}
			return
		}
		if p.Rows > 1000 || p.Cols > 1000 {
			return // no arc makes a file of some bytes this large; checking it would only be slow
		}
		column := make([]int32, p.Rows)
		for i := range column {
			column[i] = check.AssignmentUnassigned
		}
		lowest := make([]int64, p.Rows)
		for i := range lowest {
			lowest[i] = math.MinInt64 / 2
		}
		report := check.Assignment(
			check.AssignmentProblem{Cols: p.Cols, RowStart: p.RowStart, Col: p.Col, Cost: p.Cost, Unassigned: p.Unassigned},
			check.AssignmentAnswer{Column: column, RowPrice: lowest, ColPrice: make([]int64, p.Cols)})
		if strings.HasPrefix(report.Violation, "problem:") {
			t.Fatal(report.Violation)
		}
	})
}

func FuzzAssignmentORLib(f *testing.F) {
	f.Add(orlibFixture(f, "dense4.txt"))
	f.Add(orlibFixture(f, "sparse4.txt"))
	f.Add([]byte("2 1 1 1 1 1 2"))
	fuzzAssignment(f, problem.ReadAssignmentORLib)
}

func FuzzAssignmentJSON(f *testing.F) {
	f.Add(orlibFixture(f, "priced.json"))
	f.Add([]byte(`{"rows":1,"cols":1,"unassignedCost":3,"arcs":[[0,0,1],[0,0,1]]}`))
	fuzzAssignment(f, problem.ReadAssignmentJSON)
}

func BenchmarkReadAssignmentORLib(b *testing.B) {
	text := []byte("700")
	for k := range 700 * 700 {
		text = fmt.Append(text, " ", 1+k*7919%100)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := problem.ReadAssignmentORLib("bench", text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadAssignmentJSON(b *testing.B) {
	text := []byte(`{"rows":20000,"cols":20000,"arcs":[[0,0,1]`)
	for k := range 400000 {
		text = fmt.Appendf(text, ",[%d,%d,%d]", k/20, (k/20+k%20+1)%20000, k*7919%1000003)
	}
	text = append(text, "]}"...)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := problem.ReadAssignmentJSON("bench", text); err != nil {
			b.Fatal(err)
		}
	}
}
