package fleetlib_test

import (
	"fmt"
	"os"

	"fettle/dispatch/problem/fleetlib"
)

// Two depots, three vehicles, four clients; distances in the file are whole units, ticks are thousandths of them.
func ExampleRead() {
	data, err := os.ReadFile("testdata/tiny-mdvrptw.vrp")
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := fleetlib.Read(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(p.Technicians), "vehicles,", len(p.Visits), "clients")
	fmt.Println("from the first depot to the first client:", p.Travel[0].Time.At(0, 2), "ticks")

	_, err = fleetlib.Read([]byte("EDGE_WEIGHT_TYPE: EXPLICIT\n"))
	fmt.Println(err)
	// Output:
	// 3 vehicles, 4 clients
	// from the first depot to the first client: 5000 ticks
	// EDGE_WEIGHT_TYPE: want EUC_2D
}
