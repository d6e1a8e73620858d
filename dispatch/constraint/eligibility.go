package constraint

// Eligible tests the eligibility rules of the policy for a visit and a technician: the index in Policy.Eligibility of the
// first that forbids it, or -1.
func (m *Model) Eligible(visit, technician int32) int { return m.tables.Forbids(visit, technician) }

// Ineligible lists every eligibility rule that forbids a technician a visit, by index in Policy.Eligibility.
func (m *Model) Ineligible(visit, technician int32) (rules []int) {
	if m.tables == nil {
		return nil
	}
	for k := range m.tables.Forbidden {
		if m.tables.Forbidden[k].At(visit, technician) {
			rules = append(rules, k)
		}
	}
	return rules
}

// columns tells technicians apart whom some table by visit and technician tells apart.
func (m *Model) columns(key []int32, technician int32) []int32 {
	if m.tables != nil {
		for k := range m.tables.Terms {
			key = append(key, m.tables.Terms[k].Column[technician])
		}
		for k := range m.tables.Forbidden {
			key = append(key, m.tables.Forbidden[k].Column[technician])
		}
	}
	if p := m.Problem; p.Cover != nil && p.Policy.Cover != 0 {
		key = append(key, p.Cover.Column[technician])
	}
	return key
}

// evaluate reads the tables of the policy's expressions.
func (m *Model) evaluate() (err error) {
	if p := m.Problem; len(p.Policy.Terms)+len(p.Policy.Eligibility) > 0 {
		m.tables, err = p.Rules.Tables()
	}
	return err
}

// fixedSize reports whether the model holds tables by visit that cannot grow.
func (m *Model) fixedSize() bool {
	return m.tables != nil || (m.Problem.Cover != nil && m.Problem.Policy.Cover != 0)
}
