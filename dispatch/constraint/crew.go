package constraint

import "fettle/dispatch"

// together tests what links want of who serves what: both or neither, the first when the second is, two technicians.
func (j *Joint) together() bool {
	m := j.m
	for i := range m.Problem.Links {
		l := &m.Problem.Links[i]
		a, b := j.at[l.First], j.at[l.Second]
		switch {
		case a < 0 && b < 0:
		case a < 0:
			return j.fail(l.Reason(), b, l.Second, 0)
		case b < 0:
			if l.Both {
				return j.fail(l.Reason(), a, l.First, 0)
			}
		case l.Apart && m.Routes[a].Technician == m.Routes[b].Technician:
			return j.fail(l.Reason(), b, l.Second, 0)
		}
	}
	return true
}

// fail notes why the last walk failed.
func (j *Joint) fail(why dispatch.Reason, route, visit int32, short int64) bool {
	j.Fail.Reason, j.Fail.Route, j.Fail.Visit, j.Fail.Short = why, route, visit, short
	return false
}
