package homecare

import "fmt"

// File is the JSON of an instance.
type File struct {
	Name       string      `json:"name"`
	Area       any         `json:"area"`
	Distances  [][]float64 `json:"distances"` // row and column 0 are the office, then patients in order; also minutes
	Offices    []Office    `json:"central_offices"`
	Patients   []Patient   `json:"patients"`
	Caregivers []Caregiver `json:"caregivers"`
	Services   []Service   `json:"services"`
}

// Office is where every caregiver starts, at time 0, and ends.
type Office struct {
	ID         string     `json:"id"`
	Location   []float64  `json:"location"`
	TimeWindow *[]float64 `json:"time_window"` // not supported
}

// Patient is a place with one or two services.
type Patient struct {
	ID         string    `json:"id"`
	Location   []float64 `json:"location"`
	TimeWindow []float64 `json:"time_window"`
	Required   []struct {
		Service  string   `json:"service"`
		Duration *float64 `json:"duration"` // that of the service when left out
	} `json:"required_caregivers"`
	Synchronization *struct {
		Type     string    `json:"type"`     // simultaneous or sequential
		Distance []float64 `json:"distance"` // least and largest time between the two starts, for sequential
	} `json:"synchronization"`
}

// Caregiver has abilities, which are services.
type Caregiver struct {
	ID        string     `json:"id"`
	Abilities []string   `json:"abilities"`
	Shift     *[]float64 `json:"working_shift"` // not supported
}

// Service is a kind of work.
type Service struct {
	ID       string   `json:"id"`
	Duration *float64 `json:"default_duration"`
}

// Fault is what is wrong with a file: the field, as "patients[3].time_window", and what was found and is wanted.
type Fault struct{ Field, Msg string }

// Error implements error.
func (f *Fault) Error() string { return f.Field + ": " + f.Msg }

func fault(field, format string, args ...any) *Fault {
	return &Fault{Field: field, Msg: fmt.Sprintf(format, args...)}
}
