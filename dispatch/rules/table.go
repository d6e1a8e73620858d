package rules

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"fettle/dispatch"
)

// side groups visits, or technicians, that are alike to an expression.
type side struct {
	of     []int32   // visit or technician -> group
	first  []int32   // group -> one of it
	size   []int64   // group -> how many there are
	kin    []int32   // group -> group of those alike but for their place
	kins   int32     // number of these
	width  int       // values of one group
	values []ref.Val // group x column
}

// group sorts visits or technicians by the values of the columns that an expression reads, and by place when it reads
// travel. place gives the part of the key that travel depends on.
func (r *Rules) group(e *expression, n int, visits bool, place func(key []byte, i int32) []byte) side {
	s := side{of: make([]int32, n)}
	var mine []*column
	for _, c := range e.columns {
		if (c.visit != nil) == visits {
			mine = append(mine, c)
		}
	}
	s.width = len(mine)
	groups, kins := map[string]int32{}, map[string]int32{}
	var key []byte
	for i := range int32(n) {
		key = key[:0]
		for _, c := range mine {
			key = appendKey(key, c.value(r.p, i))
		}
		plain := len(key)
		if e.travel {
			key = place(key, i)
		}
		g, ok := groups[string(key)]
		if !ok {
			g = int32(len(s.first))
			groups[string(key)] = g
			kin, ok := kins[string(key[:plain])]
			if !ok {
				kin = int32(len(kins))
				kins[string(key[:plain])] = kin
			}
			s.first, s.size, s.kin = append(s.first, i), append(s.size, 0), append(s.kin, kin)
			for _, c := range mine {
				s.values = append(s.values, types.DefaultTypeAdapter.NativeToValue(c.value(r.p, i)))
			}
		}
		s.of[i] = g
		s.size[g]++
	}
	s.kins = int32(len(kins))
	return s
}

// sides groups visits and technicians.
func (r *Rules) sides(e *expression) (visits, technicians side) {
	visits = r.group(e, len(r.p.Visits), true, func(key []byte, i int32) []byte {
		return binary.AppendVarint(append(key, '@'), int64(r.p.Visits[i].Place))
	})
	technicians = r.group(e, len(r.p.Technicians), false, func(key []byte, i int32) []byte {
		t := &r.p.Technicians[i]
		key = binary.AppendVarint(append(key, '@'), int64(homeOf(t)))
		key = binary.AppendVarint(key, int64(t.Travel))
		return binary.AppendVarint(key, int64(t.SpeedPercent))
	})
	return visits, technicians
}

// Tables implements dispatch.Rules.
func (r *Rules) Tables() (*dispatch.Tables, error) {
	r.once.Do(func() { r.tables, r.err = r.evaluate() })
	return r.tables, r.err
}

// Report says what the evaluation took and found; it evaluates if nobody has asked for the tables before.
func (r *Rules) Report() (Report, error) {
	_, err := r.Tables()
	return r.report, err
}

func (r *Rules) evaluate() (*dispatch.Tables, error) {
	out := &dispatch.Tables{}
	spent := uint64(0)
	for _, e := range r.terms {
		t, err := r.table(e, &spent)
		if err != nil {
			return nil, err
		}
		out.Terms = append(out.Terms, t)
	}
	for _, e := range r.rules {
		t, err := r.table(e, &spent)
		if err != nil {
			return nil, err
		}
		bits := dispatch.Table[bool]{Row: t.Row, Column: t.Column, Columns: t.Columns, Values: make([]bool, len(t.Values))}
		for i, v := range t.Values {
			bits.Values[i] = v != 0
		}
		out.Forbidden = append(out.Forbidden, bits)
	}
	return out, nil
}

// table evaluates one expression for all.
func (r *Rules) table(e *expression, spent *uint64) (dispatch.Table[int64], error) {
	began := r.now()
	if !e.rule && e.weight == 0 {
		r.report.Expressions = append(r.report.Expressions, ExpressionReport{Name: e.name, Rule: e.rule, UnitsMost: e.cost})
		return dispatch.Table[int64]{Row: make([]int32, len(r.p.Visits)), Column: make([]int32, len(r.p.Technicians)), Columns: 1, Values: []int64{0}}, nil
	}
	visits, technicians := r.sides(e)
	t := dispatch.Table[int64]{
		Row: visits.of, Column: technicians.of, Columns: int32(len(technicians.first)),
		Values: make([]int64, len(visits.first)*len(technicians.first)),
	}
	units := uint64(len(t.Values)) * e.cost
	if units > r.o.Budget-*spent {
		return t, e.invalid(fmt.Sprintf("expressions that take at most %d units for all visits and technicians; %d evaluations of up to %d units exceed what is left of that",
			r.o.Budget, len(t.Values), e.cost))
	}
	*spent += units
	f := filler{r: r, e: e, visits: &visits, technicians: &technicians, values: t.Values}
	if err := f.run(r.o.Threads); err != nil {
		return t, err
	}
	r.report.add(&f, r.now()-began)
	return t, nil
}

func (r *Rules) now() (t time.Duration) {
	if r.o.Elapsed != nil {
		t = r.o.Elapsed()
	}
	return t
}

// filler evaluates the cells of a table, row by row, by several goroutines.
type filler struct {
	r                   *Rules
	e                   *expression
	visits, technicians *side
	values              []int64
	next                atomic.Int64 // block of rows
	evaluations         atomic.Int64
	failed              atomic.Bool
	mu                  sync.Mutex
	block               int // of the first failure
	err                 error
}

// blockRows is how many visits are evaluated for one technician after the other: their travel times from one home lie
// near each other in the matrix, which is more than a cache holds.
const blockRows = 64

// run fills the table. When expressions fail, the error does not depend on who meets it: blocks of rows are handed out in
// order, and who has one goes on until its own first failure.
func (f *filler) run(threads int) error {
	blocks := (len(f.visits.first) + blockRows - 1) / blockRows
	var wg sync.WaitGroup
	for range min(threads, blocks) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			w := f.worker()
			for !f.failed.Load() {
				block := int(f.next.Add(1)) - 1
				if block >= blocks {
					break
				}
				if err := w.fill(block*blockRows, min((block+1)*blockRows, len(f.visits.first))); err != nil {
					f.fail(block, err)
				}
			}
			f.evaluations.Add(w.evaluations)
		}()
	}
	wg.Wait()
	return f.err
}

func (f *filler) fail(block int, err error) {
	f.failed.Store(true)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil || block < f.block {
		f.block, f.err = block, err
	}
}

// worker is one goroutine's part of a filler.
type worker struct {
	*filler
	in          inputs
	mine        [2][]int // where the values of a visit and of a technician go in the inputs
	memo        map[memoKey]int64
	asked, met  int
	evaluations int64
}

// memoKey is all that an expression sees when it reads travel: where the places lie does not matter beside it.
type memoKey struct {
	visit, technician int32
	travel            int64
}

// Every memoTrial cells a worker looks whether remembering values pays: a look into the map takes about a tenth of an
// evaluation. memoMost bounds the map.
const (
	memoTrial = 1 << 16
	memoMost  = 1 << 20
)

func (f *filler) worker() *worker {
	w := &worker{filler: f}
	for i, c := range f.e.columns {
		w.in.names = append(w.in.names, c.name)
		if c.visit != nil {
			w.mine[0] = append(w.mine[0], i)
		} else {
			w.mine[1] = append(w.mine[1], i)
		}
	}
	w.in.values = make([]ref.Val, len(w.in.names))
	if f.e.travel {
		w.in.names, w.in.values = append(w.in.names, travelName), append(w.in.values, nil)
		w.memo = map[memoKey]int64{}
	}
	return w
}

// fill evaluates the rows of a block.
func (w *worker) fill(from, to int) error {
	columns := len(w.technicians.first)
	for c := range columns {
		w.take(1, w.technicians, c)
		for row := from; row < to; row++ {
			value, err := w.cell(row, c)
			if err != nil {
				return err
			}
			w.values[row*columns+c] = value
		}
	}
	return nil
}

// take puts the values of a group into the inputs.
func (w *worker) take(which int, s *side, group int) {
	for k, at := range w.mine[which] {
		w.in.values[at] = s.values[group*s.width+k]
	}
}

func (w *worker) cell(row, c int) (int64, error) {
	visit, technician := w.visits.first[row], w.technicians.first[c]
	var key memoKey
	if w.e.travel {
		key = memoKey{w.visits.kin[row], w.technicians.kin[c], w.r.travel(visit, technician)}
		if value, ok := w.known(key); ok {
			return value, nil
		}
		w.in.values[len(w.in.values)-1] = types.Int(key.travel)
	}
	w.take(0, w.visits, row)
	w.evaluations++
	value, want := w.e.evaluate(&w.in)
	if want != "" {
		return 0, w.r.failed(w.e, visit, technician, want)
	}
	if w.memo != nil && len(w.memo) < memoMost {
		w.memo[key] = value
	}
	return value, nil
}

// known is the value that was found for equal inputs before.
func (w *worker) known(key memoKey) (value int64, ok bool) {
	if w.memo == nil {
		return 0, false
	}
	if w.asked++; w.asked == memoTrial {
		if w.met < memoTrial/4 {
			w.memo = nil
		}
		w.asked, w.met = 0, 0
	}
	if value, ok = w.memo[key]; ok {
		w.met++
	}
	return value, ok
}
