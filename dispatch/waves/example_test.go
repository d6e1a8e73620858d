package waves_test

import (
	"context"
	"fmt"

	"fettle/dispatch/waves"
	"fettle/geo"
)

// A day with four customers, two of them close to each other. Requests come wave after wave; who waits can share a route.
func Example() {
	travel, err := geo.NewDense(5, []int32{
		0, 900, 1000, 800, 600,
		900, 0, 150, 1600, 1400,
		1000, 150, 0, 1700, 1500,
		800, 1600, 1700, 0, 300,
		600, 1400, 1500, 300, 0,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	day := &waves.Instance{
		Travel: travel, Capacity: 100, Demand: []int32{0, 1, 1, 1, 1}, OnSite: []int32{0, 60, 60, 60, 60},
		First: []int32{0, 7200, 10800, 14400, 18000}, Last: []int32{32400, 14400, 18000, 21600, 25200},
	}
	for _, policy := range []waves.Policy{waves.Greedy{}, waves.Lazy{}} {
		e, driving := waves.NewEpisode(day, 1), int64(0)
		for now := e.Epoch(); now != nil; now = e.Epoch() {
			routes, err := policy.Decide(context.Background(), now, waves.Budget{Seed: 1, Iterations: 2000, Threads: 1})
			if err != nil {
				fmt.Println(err)
				return
			}
			d, err := e.Dispatch(routes)
			if err != nil {
				fmt.Println(err)
				return
			}
			driving += d
		}
		fmt.Printf("%T drives %d s\n", policy, driving)
	}
	// Output:
	// waves.Greedy drives 15850 s
	// waves.Lazy drives 14100 s
}
