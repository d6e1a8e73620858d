package constraint

import (
	"fettle/dispatch"
	"fettle/dispatch/cost"
)

// compilePromise tabulates what moving a promised start costs, beside lateness: both are prices of when work starts.
func (m *Model) compilePromise(i int32, v *dispatch.Visit) {
	price, ok := cost.Promised(&m.Problem.Policy, v, startWindows(v))
	if m.promised == nil {
		if !ok {
			return
		}
		m.promised = make([]cost.PromisedStart, m.Visits)
		for k := range m.promised {
			m.promised[k].Free = dispatch.Far
		}
	}
	if !ok {
		price.Free = dispatch.Far
	} else {
		m.lateness = true
	}
	m.promised[i] = price
	// A price that nobody can avoid does not hold back a departure.
	if ok && int32(price.Free) > -far {
		m.by[i] = min(m.by[i], int32(price.Free))
	}
}

// moved is the cost of starting visit v at t instead of when it was promised.
func (m *Model) moved(v, t int32) int64 {
	if m.promised == nil {
		return 0
	}
	return m.promised[v].At(dispatch.Tick(t))
}
