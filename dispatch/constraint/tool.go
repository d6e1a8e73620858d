package constraint

import (
	"fmt"
	"slices"

	"fettle/dispatch"
)

// maxTools is how many distinct tools a problem may name: the bits of a word.
const maxTools = 64

// compileTools gives each tool a bit.
func (m *Model) compileTools() (map[string]uint64, error) {
	bits := map[string]uint64{}
	add := func(name string) error {
		if _, ok := bits[name]; !ok {
			if len(bits) == maxTools {
				return &dispatch.InvalidError{Field: "tools", Value: fmt.Sprintf("%q", name), Want: fmt.Sprintf("at most %d distinct tools", maxTools)}
			}
			bits[name] = 1 << len(bits)
		}
		return nil
	}
	for i := range m.Problem.Visits {
		for _, name := range m.Problem.Visits[i].Tools {
			if err := add(name); err != nil {
				return nil, err
			}
		}
	}
	if len(bits) == 0 {
		return bits, nil // nobody asks, so what technicians carry does not matter
	}
	m.tools = make([]uint64, m.Visits)
	for i := range m.Problem.Visits {
		for _, name := range m.Problem.Visits[i].Tools {
			m.tools[i] |= bits[name]
		}
	}
	return bits, nil
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
