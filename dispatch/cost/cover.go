package cost

import (
	"fmt"

	"fettle/dispatch"
)

// Cover says what it costs the forecast to tie a technician down with a visit: the expected loss from requests that come
// meanwhile and that this technician would have served best. The forecast that knows it declares nothing here: who plans
// joins the two.
type Cover interface {
	// Cover is the cost for a visit and a technician, given by their indices in the problem; never negative.
	Cover(visit, technician int32) int64
}

// CoverTable asks for every visit and technician, for Problem.Cover. Policy.Cover weighs it. O(visits * technicians).
func CoverTable(p *dispatch.Problem, c Cover) (*dispatch.Table[int64], error) {
	n, m := len(p.Visits), len(p.Technicians)
	t := &dispatch.Table[int64]{Row: indices(n), Column: indices(m), Columns: int32(m), Values: make([]int64, n*m)}
	for v := range n {
		for k := range m {
			lost := c.Cover(int32(v), int32(k))
			if lost < 0 {
				return nil, &dispatch.InvalidError{
					Field: fmt.Sprintf("cover of visit %s by technician %s", p.Visits[v].ID, p.Technicians[k].ID),
					Value: fmt.Sprint(lost), Want: "a cost that is not negative",
				}
			}
			t.Values[v*m+k] = lost
		}
	}
	return t, nil
}

func indices(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

// CoverRemoved is the price of the forecast cover that a visit takes away with a technician.
func CoverRemoved(p *dispatch.Problem, visit, technician int32) int64 {
	if p.Cover == nil || p.Policy.Cover == 0 {
		return 0
	}
	return p.Policy.Cover * p.Cover.At(visit, technician)
}
