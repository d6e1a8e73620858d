package problem

import (
	"encoding/json"
	"errors"
	"fmt"

	"fettle/dispatch"
	"fettle/geo"
)

// maxLineEntries bounds the tables that are made from coordinates, times and distances together, to 200 MB.
const maxLineEntries = 50_000_000

// lines is travel by straight line over the places of a file.
type lines struct {
	points []geo.Point
}

func newLines(places []dispatch.Place) lines {
	l := lines{points: make([]geo.Point, len(places))}
	for i := range places {
		l.points[i] = places[i].Point
	}
	return l
}

// tooMany says why travel cannot be made from coordinates for a number of speeds; "" when it can.
func (l lines) tooMany(speeds int) string {
	n := len(l.points)
	if n > maxPlaces {
		return fmt.Sprintf("%d different places are too many for straight lines: want at most %d", n, maxPlaces)
	}
	if x, y := project(l.points); n > tableBelow && span(x, y) < planeMeters {
		return "" // no tables
	}
	if n*n*(speeds+1) > maxLineEntries { // one table of distances beside the times
		return fmt.Sprintf("%d different places over more than %d km, times %d for speeds, are too many for straight lines", n, planeMeters/1000, speeds)
	}
	return ""
}

// times are in seconds at a speed in metres a second, for ways that are longer than the great circle by a detour factor.
func (l lines) times(speed, detour float64) (*geo.Matrix, error) {
	return sphere(l.points, detour/speed)
}

// distances are the same ways in metres.
func (l lines) distances(detour float64) (*geo.Matrix, error) { return sphere(l.points, detour) }

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
