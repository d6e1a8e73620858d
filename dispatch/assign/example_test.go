package assign_test

import (
	"context"
	"fmt"

	"fettle/dispatch/assign"
)

// Two technicians, three visits: a leak that must be attended, a lamp and a door that may wait at a price.
func Example() {
	const leak, lamp, door = 0, 1, 2
	const ann, bo = 0, 1
	b := assign.NewBuilder(3, 2)
	b.Arc(leak, ann, 10)
	b.Arc(leak, bo, 25)
	b.Arc(lamp, ann, 5)
	b.Arc(door, bo, 8)
	b.MayStayUnassigned(lamp, 30)
	b.MayStayUnassigned(door, 20)
	p, err := b.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := assign.Solve(context.Background(), p, assign.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Ann to the leak and Bo to the door leave the lamp: 10 + 8 + 30 = 48.
	// Bo to the leak and Ann to the lamp leave the door: 25 + 5 + 20 = 50.
	fmt.Println(r.Status, r.Assignment, "cost", r.Cost, "bound", r.DualBound)
	// Output: optimal [0 -1 1] cost 48 bound 48
}

// Two required visits that only one technician can do.
func ExampleResult_shortages() {
	b := assign.NewBuilder(2, 2)
	b.Arc(0, 1, 7)
	b.Arc(1, 1, 4)
	p, err := b.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := assign.Solve(context.Background(), p, assign.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Status, r.Assignment, "left out", r.LeftOut)
	for _, s := range r.Shortages {
		fmt.Println("rows", s.Rows, "share columns", s.Cols)
	}
	// Output:
	// infeasible [-1 1] left out [0]
	// rows [0 1] share columns [1]
}
