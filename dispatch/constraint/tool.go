package constraint

import (
	"fmt"
	"slices"

	"fettle/dispatch"
)

// maxTools is how many distinct tools a problem may name: the bits of a word.
const maxTools = 64

// nameTools gives each tool that a visit asks for a bit. What nobody asks for does not matter.
func (m *Model) nameTools() error {
	for i := range m.Problem.Visits {
		for _, name := range m.Problem.Visits[i].Tools {
			if _, ok := m.toolBits[name]; ok {
				continue
			}
			if len(m.toolBits) == maxTools {
				return &dispatch.InvalidError{Field: "tools", Value: fmt.Sprintf("%q", name), Want: fmt.Sprintf("at most %d distinct tools", maxTools)}
			}
			m.toolBits[name] = 1 << len(m.toolBits)
		}
	}
	if len(m.toolBits) > 0 {
		m.tools = []uint64{}
	}
	return nil
}

// compileTools tabulates the tools of a visit.
func (m *Model) compileTools(i int32, v *dispatch.Visit) {
	if m.tools == nil {
		return
	}
	m.tools[i] = 0
	for _, name := range v.Tools {
		m.tools[i] |= m.toolBits[name]
	}
}

// toolsMissing is the number of tools of a visit that the technician can never have on board.
func toolsMissing(t *dispatch.Technician, v *dispatch.Visit) int64 {
	for k := range t.Depots {
		if t.Depots[k].AllTools {
			return 0
		}
	}
	var short int64
	for _, name := range v.Tools {
		if !slices.Contains(t.Tools, name) {
			short++
		}
	}
	return short
}
