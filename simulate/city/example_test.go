package city_test

import (
	"fmt"
	"time"

	"fettle/simulate/city"
)

// The demo's city, a morning in it, and the way of one technician to the first report.
func Example() {
	c := city.New(1)
	rooms, leased := 0, 0
	for _, u := range c.Units {
		if u.Kind == city.Rental {
			rooms++
			if u.Leased {
				leased++
			}
		}
	}
	fmt.Printf("%d rooms, %d let, %d technicians\n", rooms, leased, len(c.Technicians))

	first := c.Day(time.Date(2026, time.July, 15, 0, 0, 0, 0, time.UTC))[0]
	way := c.Path(c.Technicians[0].Home, first.Location)
	fmt.Println("arrives:", way.At(way.Duration()) == first.Location)
	// Output:
	// 1042 rooms, 927 let, 40 technicians
	// arrives: true
}
