package constraint

import (
	"encoding/binary"

	"fettle/dispatch"
	"fettle/dispatch/cost"
)

// lines are the rows that visits of a growing model have in common in the tables of visit x class: thousands of visits ask for
// the same few skills. Tables with a row for each of 100,000 visits and 360 classes of technicians would take 300 MiB.
type lines struct {
	of    []int32          // by visit: its row, -1 before it has one
	uses  []int32          // by row: visits that have it
	named []string         // by row: what asks for it
	free  []int32          // rows that nobody has
	row   map[string]int32 // by what asks for it
	key   []byte           // room for the next
}

// share lets a model that grows keep equal rows once.
func (m *Model) share() {
	m.allowed, m.static, m.lines = nil, nil, &lines{row: map[string]int32{}}
	m.growLines(int(m.Visits))
	for v := range m.Visits {
		m.keep(v, &m.Problem.Visits[v])
	}
}

// keep gives a visit its row, and takes its former one away.
func (m *Model) keep(i int32, v *dispatch.Visit) {
	l := m.lines
	was := l.of[i]
	l.ask(v)
	row, ok := l.row[string(l.key)]
	if !ok {
		row = m.addLine(v)
	}
	l.uses[row]++
	l.of[i] = row
	if was >= 0 {
		l.leave(was)
	}
}

// addLine makes the row of a visit.
func (m *Model) addLine(v *dispatch.Visit) int32 {
	l, n := m.lines, int(m.Classes)
	r := int32(len(l.uses))
	if last := len(l.free) - 1; last >= 0 {
		r = l.free[last]
		l.free = l.free[:last]
	} else {
		l.uses, l.named = append(l.uses, 0), append(l.named, "")
		m.allowed = append(m.allowed, make([]bool, n)...)
		if cost.HasStatic(m.Problem) {
			m.static = append(m.static, make([]int64, n)...)
		}
	}
	l.named[r] = string(l.key)
	l.row[l.named[r]] = r
	m.fillLine(int(r)*n, v)
	return r
}

// leave gives up one use of a row.
func (l *lines) leave(r int32) {
	if l.uses[r]--; l.uses[r] == 0 {
		delete(l.row, l.named[r])
		l.free = append(l.free, r)
	}
}

// ask writes down all that fillLine reads of a visit.
func (l *lines) ask(v *dispatch.Visit) {
	l.key = l.key[:0]
	l.count(len(v.Skills))
	for _, s := range v.Skills {
		l.text(string(s.Skill))
		l.count(int(s.Level))
	}
	l.count(len(v.Tools))
	for _, t := range v.Tools {
		l.text(t)
	}
	l.text(v.Territory)
	for _, who := range [][]dispatch.TechnicianID{v.Only, v.Excluded, v.Preferred} {
		l.count(len(who))
		for _, id := range who {
			l.text(string(id))
		}
	}
	l.text(string(v.Usual))
	var promised, pinned dispatch.TechnicianID
	if v.Promise != nil {
		promised = v.Promise.Technician
	}
	if v.Pin != nil {
		pinned = v.Pin.Technician
	}
	l.text(string(promised))
	l.text(string(pinned))
}

func (l *lines) count(n int) { l.key = binary.AppendVarint(l.key, int64(n)) }

func (l *lines) text(s string) {
	l.count(len(s))
	l.key = append(l.key, s...)
}

// line is where the row of a visit begins in the tables of visit x class.
func (m *Model) line(v int32) int {
	if m.lines != nil {
		v = m.lines.of[v]
	}
	return int(v) * int(m.Classes)
}
