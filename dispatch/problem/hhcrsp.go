package problem

import (
	"errors"
	"io"

	"fettle/dispatch"
	"fettle/dispatch/problem/homecare"
)

// readHHCRSP reads the JSON of home health care instances: package homecare.
func readHHCRSP(name string, data []byte) (*Document, error) {
	var file homecare.File
	if err := decodeStrict(name, data, &file); err != nil {
		return nil, err
	}
	p, err := file.Problem()
	if f := (*homecare.Fault)(nil); errors.As(err, &f) {
		return nil, fieldError(name, data, f.Field, f.Msg)
	}
	if err != nil {
		return nil, err
	}
	return validated(&Document{Name: name, Format: HHCRSP, Problem: p, native: hhcrspPlan{}})
}

// hhcrspPlan is the native plan: services by caregiver with their times.
type hhcrspPlan struct{}

func (hhcrspPlan) writePlan(w io.Writer, p *dispatch.Problem, plan *dispatch.Plan) error {
	return homecare.Write(w, p, plan)
}

func (hhcrspPlan) readPlan(name string, data []byte, p *dispatch.Problem) (*dispatch.Plan, error) {
	plan, err := homecare.Read(data, p)
	if f := (*homecare.Fault)(nil); errors.As(err, &f) {
		return nil, fieldError(name, data, f.Field, f.Msg)
	}
	if err != nil {
		return nil, &Error{File: name, Msg: err.Error()}
	}
	listUnassigned(p, plan)
	return plan, nil
}
