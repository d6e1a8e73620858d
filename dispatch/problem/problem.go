// Package problem reads planning problems from the file formats of the field and writes plans back in them: Fettle's own
// JSON, VROOM JSON, Solomon and Homberger files, VRPLIB with two dialects, vrp pragmatic, the TRSP files that also carry the Praxedo days,
// home health care JSON (HHCRSP), and the city dispatch JSON; assignment problems in OR-Library and JSON form have readers of their own (orlib.go). It
// plans nothing. A malformed file gives an Error that names file, line and field; a field that a format allows but Fettle
// does not support is refused by name, never ignored.
//
// One format is one file: its reader, its native plan writer and its native plan reader. Start with Read.
package problem

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"fettle/dispatch"
)

// Format names a file format.
type Format string

// The formats. Auto stands for "tell by the content" and is what Read accepts besides the others.
const (
	Auto      Format = "auto"
	Fettle    Format = "fettle"
	VROOM     Format = "vroom"
	Solomon   Format = "solomon"
	VRPLIB    Format = "vrplib"
	Pragmatic Format = "pragmatic"
	TRSP      Format = "trsp"
	Dispatch  Format = "dispatch"
	MDVRPTW   Format = "mdvrptw" // several depots, allowed clients by vehicle
	EURO      Format = "euro"    // EURO-NeurIPS 2022, static
	HHCRSP    Format = "hhcrsp"  // home health care: two caregivers at once, tardiness
)

// ServesAll reports whether the format leaves no choice: a solution serves every customer.
func (f Format) ServesAll() bool {
	return f == Solomon || f == VRPLIB || f == MDVRPTW || f == EURO || f == HHCRSP
}

// knownFormats lists the formats for messages.
const knownFormats = "auto, fettle, vroom, solomon, vrplib, pragmatic, trsp, dispatch, mdvrptw, euro, hhcrsp"

// Document is a problem as it was read, with what is needed to answer in the language of its file.
type Document struct {
	Name    string // of the file, for messages
	Format  Format
	Problem *dispatch.Problem
	native  native
}

// Read reads a problem. Auto tells the format by the content. A fault of the file is an *Error; a format that is not known
// is an error that lists those that are. It does not keep data.
func Read(name string, data []byte, format Format) (*Document, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if format == Auto || format == "" {
		var err error
		if format, err = detect(name, data); err != nil {
			return nil, err
		}
	}
	switch format {
	case Fettle:
		return readFettle(name, data)
	case VROOM:
		return readVROOM(name, data)
	case Solomon:
		return readSolomon(name, data)
	case VRPLIB:
		return readVRPLIB(name, data, VRPLIB)
	case EURO:
		return readVRPLIB(name, data, EURO)
	case MDVRPTW:
		return readMDVRPTW(name, data)
	case Pragmatic:
		return readPragmatic(name, data)
	case TRSP:
		return readTRSP(name, data)
	case Dispatch:
		return readCityDispatch(name, data)
	case HHCRSP:
		return readHHCRSP(name, data)
	}
	return nil, fmt.Errorf("format %q is not known; known are %s", format, knownFormats)
}

// native is what each format implements beside its reader.
type native interface {
	// writePlan writes the plan as the format's own tools and checkers read it.
	writePlan(w io.Writer, p *dispatch.Problem, plan *dispatch.Plan) error
	// readPlan reads such a plan: for each route the technician, shift and the stops in order. Times, costs and reasons are
	// left zero: a checker computes them.
	readPlan(name string, data []byte, p *dispatch.Problem) (*dispatch.Plan, error)
}

// WritePlan writes a plan in the document's native format.
func (d *Document) WritePlan(w io.Writer, plan *dispatch.Plan) error {
	return d.native.writePlan(w, d.Problem, plan)
}

// ReadPlan reads a plan for this problem: in the document's native format, or in Fettle's plan JSON (told by content).
// Routes hold technician, shift and stops in order; a checker computes times and cost.
func (d *Document) ReadPlan(name string, data []byte) (*dispatch.Plan, error) {
	if isPlanJSON(data) {
		return readPlanJSON(name, data, d.Problem)
	}
	return d.native.readPlan(name, data, d.Problem)
}

// Error is a fault of an input file.
type Error struct {
	File  string
	Line  int    // 1-based; 0 when the fault has no line
	Field string // what is wrong, as "vehicles[2].time_window"; "" when the file as a whole is
	Msg   string // what was found and what is wanted
}

// Error implements error: "file:line: field: message" on one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Field != "" {
		b.WriteString(": " + e.Field)
	}
	b.WriteString(": " + e.Msg)
	return b.String()
}
