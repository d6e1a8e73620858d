package geo_test

import (
	"fmt"

	"fettle/geo"
)

func Example() {
	// A place from a Chinese map, then a territory and a distance.
	place, err := geo.ToWGS84(geo.Point{Lat: 31.175304, Lon: 121.531542}, geo.GCJ02)
	if err != nil {
		fmt.Println(err)
		return
	}
	depot := geo.Point{Lat: 31.23, Lon: 121.47}
	territory := geo.Polygon{Outer: []geo.Point{
		{Lat: 31.1, Lon: 121.4}, {Lat: 31.1, Lon: 121.6}, {Lat: 31.3, Lon: 121.6}, {Lat: 31.3, Lon: 121.4},
	}}
	fmt.Println(place, territory.Contains(place))
	fmt.Printf("%.0f m at %.0f degrees\n", geo.DistanceHaversine(depot, place), geo.Bearing(depot, place))
	// Output:
	// 31.177428,121.527211 true
	// 7986 m at 137 degrees
}

func ExamplePoint_Validate() {
	fmt.Println(geo.Point{Lat: 120.2, Lon: 30.2}.Validate())
	// Output: lat is 120.2; want degrees in [-90, 90]; latitude and longitude look swapped: lat 30.2, lon 120.2 would be valid
}
