package cost_test

import (
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/cost"
)

// A route was measured; the rates of its technician make cost of that, by term.
func ExampleRoute() {
	rates := dispatch.Rates{Fixed: 500, Travel: 2, Overtime: 10}
	measured := cost.Measure{Travel: 3600, Overtime: 300}
	fmt.Println("in all", cost.Route(&rates, &measured))
	for term, v := range cost.Terms(&rates, &measured) {
		if v != 0 {
			fmt.Println(dispatch.Term(term), v)
		}
	}
	// Output:
	// in all 10700
	// travel 7200
	// overtime 3000
	// fixed 500
}

// Work above the mean is paid for: loads of 10, 20 and 31 hours have a mean of 21, rounded up, and one is above it by 10.
func ExampleFairness() {
	fmt.Println(cost.Fairness(3, []int64{10, 20, 31}))
	// Output: 30
}
