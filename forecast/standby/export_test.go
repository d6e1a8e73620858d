package standby

// Search is Solve as it is where the choices are too many to try.
func Search(p *Problem) *Result {
	s := newState(p)
	s.search()
	return s.result(false)
}
