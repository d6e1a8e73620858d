package travel_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"fettle/geo"
	"fettle/geo/travel"
)

func TestStraightLinePair(t *testing.T) {
	t.Parallel()
	degree := geo.Point{Lat: 1} // one degree of latitude is 111,195.08 m
	rush := travel.StraightLine{DetourFactor: 1.5}
	rush.SpeedKPH[8] = 18
	for _, tt := range []struct {
		name            string
		line            travel.StraightLine
		to              geo.Point
		hour            int
		seconds, meters int32
	}{
		// 111,195.08 * 1.4 = 155,673.11 m; at 30 km/h = 8.3333 m/s 18,680.77 s.
		{"defaults", travel.StraightLine{}, degree, 3, 18_681, 155_673},
		// 111,195.08 * 1.5 = 166,792.62 m; at 18 km/h = 5 m/s 33,358.52 s.
		{"rush hour", rush, degree, 8, 33_359, 166_793},
		// 166,792.62 m at 30 km/h: 20,015.11 s.
		{"an hour without a speed has the default", rush, degree, 9, 20_015, 166_793},
		{"same place", rush, geo.Point{}, 8, 0, 0},
		// pi * 6,371,008.8 * 10 = 200,151,144.3 m; at 1 km/h that is 720 million seconds, past 2^28.
		{"crawling around half of the earth", travel.StraightLine{DetourFactor: 10, SpeedKPH: [24]float64{1}}, geo.Point{Lon: 180}, 0, travel.Unreachable, 200_151_144},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			seconds, meters, err := tt.line.Pair(geo.Point{}, tt.to, tt.hour)
			if err != nil || seconds != tt.seconds || meters != tt.meters {
				t.Errorf("Pair = %d s, %d m, %v; want %d s, %d m", seconds, meters, err, tt.seconds, tt.meters)
			}
		})
	}
}

func TestStraightLineMatrixEqualsPairs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		line := travel.StraightLine{DetourFactor: rapid.Float64Range(1, 3).Draw(t, "detour")}
		hour := rapid.IntRange(0, 23).Draw(t, "hour")
		line.SpeedKPH[hour] = rapid.Float64Range(5, 90).Draw(t, "kph")
		points := make([]geo.Point, rapid.IntRange(0, 8).Draw(t, "n"))
		for i := range points {
			points[i] = geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
		}
		tables, err := line.Matrix(context.Background(), points, hour)
		if err != nil || tables.Seconds.Len() != len(points) || tables.Meters.Len() != len(points) {
			t.Fatalf("Matrix = %v, %v", tables, err)
		}
		for i, a := range points {
			for j, b := range points {
				seconds, meters, err := line.Pair(a, b, hour)
				if err != nil || tables.Seconds.At(int32(i), int32(j)) != seconds || tables.Meters.At(int32(i), int32(j)) != meters {
					t.Fatalf("pair %d, %d: %d s, %d m, %v", i, j, seconds, meters, err)
				}
			}
		}
	})
}

func TestStraightLineRefuses(t *testing.T) {
	t.Parallel()
	var slow travel.StraightLine
	slow.SpeedKPH[5] = 0.5
	swapped := []geo.Point{{Lat: 30, Lon: 120}, {Lat: 120, Lon: 30}}
	for _, tt := range []struct {
		name   string
		line   travel.StraightLine
		points []geo.Point
		hour   int
		field  string
	}{
		{"detour below 1", travel.StraightLine{DetourFactor: 0.9}, nil, 0, "DetourFactor"},
		{"detour NaN", travel.StraightLine{DetourFactor: math.NaN()}, nil, 0, "DetourFactor"},
		{"walking pace", slow, nil, 0, "SpeedKPH[5]"},
		{"hour 24", travel.StraightLine{}, nil, 24, "hour"},
		{"swapped point", travel.StraightLine{}, swapped, 0, "lat"},
		{"too many places", travel.StraightLine{}, make([]geo.Point, travel.MaxPlaces+1), 0, "points"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.line.Matrix(context.Background(), tt.points, tt.hour)
			var invalid *geo.InvalidError
			if !errors.As(err, &invalid) || invalid.Field != tt.field {
				t.Errorf("Matrix: %v; want field %s", err, tt.field)
			}
		})
	}
	if _, _, err := (travel.StraightLine{}).Pair(geo.Point{Lat: 91}, geo.Point{}, 0); err == nil {
		t.Error("Pair accepts latitude 91")
	}
}

func TestStraightLineStopsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (travel.StraightLine{}).Matrix(ctx, make([]geo.Point, 3), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("Matrix = %v", err)
	}
}

func BenchmarkStraightLineMatrix500(b *testing.B) {
	points := make([]geo.Point, 500)
	for i := range points {
		points[i] = geo.Point{Lat: 31 + float64(i%23)*0.01, Lon: 121 + float64(i%29)*0.01}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (travel.StraightLine{}).Matrix(context.Background(), points, 8); err != nil {
			b.Fatal(err)
		}
	}
}

func Example() {
	line := travel.StraightLine{DetourFactor: 1.3}
	line.SpeedKPH[8] = 20 // rush hour
	places := []geo.Point{{Lat: 30.27, Lon: 120.15}, {Lat: 30.30, Lon: 120.20}}
	for _, hour := range []int{8, 11} {
		tables, err := line.Matrix(context.Background(), places, hour)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%2d h: %d m in %d s\n", hour, tables.Meters.At(0, 1), tables.Seconds.At(0, 1))
	}
	// Output:
	//  8 h: 7600 m in 1368 s
	// 11 h: 7600 m in 912 s
}
