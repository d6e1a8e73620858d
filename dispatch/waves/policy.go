package waves

import "context"

// Policy decides what leaves with a wave.
type Policy interface {
	// Decide returns routes of request IDs that keep the rules of Episode.Dispatch, within the budget. When ctx ends it
	// answers at once with what it has.
	Decide(ctx context.Context, ep *Epoch, b Budget) ([][]int32, error)
}

// Greedy sends everything at once.
type Greedy struct{}

// Lazy sends what cannot wait, and nothing else.
type Lazy struct{}

// Decide implements Policy.
func (Greedy) Decide(ctx context.Context, ep *Epoch, b Budget) ([][]int32, error) {
	return static(ctx, ep, chosen(ep, func(int) bool { return true }), b.part(0, 1, 0))
}

// Decide implements Policy.
func (Lazy) Decide(ctx context.Context, ep *Epoch, b Budget) ([][]int32, error) {
	return static(ctx, ep, chosen(ep, func(i int) bool { return ep.Must[i] }), b.part(0, 1, 0))
}

// chosen lists the indices of open requests that satisfy a condition.
func chosen(ep *Epoch, yes func(i int) bool) []int {
	out := []int{}
	for i := range ep.Open {
		if yes(i) {
			out = append(out, i)
		}
	}
	return out
}
