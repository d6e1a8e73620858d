package problem

import (
	"errors"
	"fmt"

	"fettle/dispatch/problem/fleetlib"
)

// readMDVRPTW reads the dialect of VRPLIB with several depots and allowed clients: package fleetlib. Route k of a solution
// belongs to vehicle k.
func readMDVRPTW(name string, data []byte) (*Document, error) {
	p, err := fleetlib.Read(data)
	if f := (*fleetlib.Fault)(nil); errors.As(err, &f) {
		return nil, &Error{File: name, Line: f.Line, Field: f.Field, Msg: f.Msg}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return validated(&Document{Name: name, Format: MDVRPTW, Problem: p, native: routeText{numbered: true, decimals: 3}})
}
