package standby

import (
	"fmt"
	"math"
)

// Problem is what is to be covered, from where, and by whom. Demands and places are numbered from 0.
type Problem struct {
	Demand      []float64 // expected events at each demand, such as the means of a forecast; at least 0
	Reach       [][]int32 // demands that each place reaches in time
	Technicians []Technician
	Busy        float64 // probability that a technician is busy when an event comes, in [0, 1)
	MaxMoves    int     // technicians who may be sent to another place than they are at; 0 means any number
}

// Technician is somebody who can wait somewhere.
type Technician struct {
	At      int     // the place where he is; -1 when he is at none of them and has to be placed
	Allowed []int32 // the places that he may be sent to; nil means all. Where he is is always allowed
}

// InvalidError says which value cannot be used.
type InvalidError struct {
	Field string
	Value string
	Want  string
}

// Error implements error.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s is %s, want %s", e.Field, e.Value, e.Want)
}

// validate refuses what cannot be solved.
func (p *Problem) validate() error {
	if !(p.Busy >= 0 && p.Busy < 1) {
		return &InvalidError{"busy", fmt.Sprint(p.Busy), "a probability from 0 to below 1"}
	}
	if p.MaxMoves < 0 {
		return &InvalidError{"maxMoves", fmt.Sprint(p.MaxMoves), "at least 0"}
	}
	for i, d := range p.Demand {
		if !(d >= 0) || math.IsInf(d, 0) {
			return &InvalidError{fmt.Sprintf("demand[%d]", i), fmt.Sprint(d), "a finite number of at least 0"}
		}
	}
	for i, reach := range p.Reach {
		for _, c := range reach {
			if c < 0 || int(c) >= len(p.Demand) {
				return &InvalidError{fmt.Sprintf("reach[%d]", i), fmt.Sprint(c), fmt.Sprintf("a demand below %d", len(p.Demand))}
			}
		}
	}
	for i, t := range p.Technicians {
		if err := p.validateTechnician(i, t); err != nil {
			return err
		}
	}
	return nil
}

func (p *Problem) validateTechnician(i int, t Technician) error {
	if t.At < -1 || t.At >= len(p.Reach) {
		return &InvalidError{fmt.Sprintf("technicians[%d].at", i), fmt.Sprint(t.At), fmt.Sprintf("-1 or a place below %d", len(p.Reach))}
	}
	if t.At < 0 && (len(p.Reach) == 0 || t.Allowed != nil && len(t.Allowed) == 0) {
		return &InvalidError{fmt.Sprintf("technicians[%d].allowed", i), "empty", "a place, because he is at none"}
	}
	for _, a := range t.Allowed {
		if a < 0 || int(a) >= len(p.Reach) {
			return &InvalidError{fmt.Sprintf("technicians[%d].allowed", i), fmt.Sprint(a), fmt.Sprintf("a place below %d", len(p.Reach))}
		}
	}
	return nil
}
