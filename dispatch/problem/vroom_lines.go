package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"fettle/dispatch"
	"fettle/geo"
)

// maxLinePlaces and maxLineEntries bound the matrices that are made from coordinates: 100 MB for times and as much for
// distances at 5,000 places.
const (
	maxLinePlaces  = 5000
	maxLineEntries = 1 << 26
)

// tooManyPlaces says why travel between n places cannot be made from coordinates for a number of speeds; "" when it can.
func tooManyPlaces(n, speeds int) string {
	if n > maxLinePlaces {
		return fmt.Sprintf("%d different places are too many for straight lines: want at most %d", n, maxLinePlaces)
	}
	if speeds > 1 && n*n*speeds > maxLineEntries {
		return fmt.Sprintf("%d different places at %d speeds are too many for straight lines", n, speeds)
	}
	return ""
}

// straightLines makes travel times in seconds and distances in metres between places on the globe: the great circle times
// detour, at a speed in metres a second. Both are rounded to nearest, once. O(n*n).
func straightLines(places []dispatch.Place, speed, detour float64) (times, distances *geo.Matrix, err error) {
	n := len(places)
	seconds, meters := make([]int32, n*n), make([]int32, n*n)
	for i := range n {
		for j := range i {
			d := float64(geo.DistanceHaversine(places[i].Point, places[j].Point)) * detour
			s := lineValue(d / speed)
			m := lineValue(d)
			seconds[i*n+j], seconds[j*n+i] = s, s
			meters[i*n+j], meters[j*n+i] = m, m
		}
	}
	if times, err = geo.NewDense(n, seconds); err != nil {
		return nil, nil, err
	}
	distances, err = geo.NewDense(n, meters)
	return times, distances, err
}

// lineValue rounds a time or distance; what is beyond dispatch.Unreachable has no way.
func lineValue(x float64) int32 {
	return int32(math.Round(min(x, float64(dispatch.Unreachable))))
}

// decodeAnswer decodes a solution that another tool wrote. Fields that the reader does not know are passed over: tools
// add their own.
func decodeAnswer(name string, data []byte, into any) error {
	if err := checkShape(name, data); err != nil {
		return err
	}
	err := json.Unmarshal(data, into)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return &Error{File: name, Line: lineAt(data, int(syntax.Offset)-1), Msg: "not JSON: " + syntax.Error()}
	case errors.As(err, &kind):
		return &Error{File: name, Line: lineAt(data, int(kind.Offset)-1), Field: kind.Field, Msg: "is a " + kind.Value + ", which does not belong there"}
	}
	return &Error{File: name, Msg: err.Error()}
}

// leftOut lists the visits that no route of a plan serves.
func leftOut(p *dispatch.Problem, routes []dispatch.Route) []dispatch.Unassigned {
	served := make([]bool, len(p.Visits))
	for i := range routes {
		for _, v := range routes[i].Visits() {
			served[v] = true
		}
	}
	var out []dispatch.Unassigned
	for v, done := range served {
		if !done {
			out = append(out, dispatch.Unassigned{Visit: int32(v), Technician: -1})
		}
	}
	return out
}
