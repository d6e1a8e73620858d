package experiment

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"fettle/rental/fault"
)

// State is where an experiment stands.
type State string

// The states.
const (
	Draft   State = "DRAFT"
	Running State = "RUNNING"
	Locked  State = "LOCKED" // a variant was shown to be better: everybody gets it
	Killed  State = "KILLED" // stopped by a person: everybody gets the first variant
)

// Variant is one text. The first of an experiment is what is sent without it.
type Variant struct {
	Name   string `json:"name"`
	Text   string `json:"text"`
	Weight int    `json:"weight"` // share of the households, against those of the others
}

// Experiment is a comparison of variants.
type Experiment struct {
	Name     string    `json:"name"`
	Salt     string    `json:"salt"` // of the draw: experiments with other salts draw apart from each other
	Variants []Variant `json:"variants"`
	State    State     `json:"state"`
	Percent  float64   `json:"percent"` // of the households that take part: a grey release
	// Alpha is how likely a lock may be when the variants do not matter at all.
	Alpha float64 `json:"alpha"`
	// Window is how long after an exposure a click still counts. A household without one is known when it is over.
	Window time.Duration `json:"window"`
	// Effect is the smallest difference of click rates that matters, as 0.05: it says how many households are still needed.
	Effect  float64   `json:"effect"`
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Winner  string    `json:"winner,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}

// What an experiment is unless it says otherwise, and its bounds.
const (
	DefaultAlpha  = 0.05
	DefaultEffect = 0.05
	DefaultWindow = 24 * time.Hour
	MaxVariants   = 4
	maxWindow     = 30 * 24 * time.Hour
	maxWeight     = 1000
)

// Fill sets what is not given.
func (x *Experiment) Fill() {
	if x.Alpha == 0 {
		x.Alpha = DefaultAlpha
	}
	if x.Effect == 0 {
		x.Effect = DefaultEffect
	}
	if x.Window == 0 {
		x.Window = DefaultWindow
	}
	if x.Percent == 0 {
		x.Percent = 100
	}
	if x.State == "" {
		x.State = Draft
	}
	for i := range x.Variants {
		if x.Variants[i].Weight == 0 {
			x.Variants[i].Weight = 1
		}
	}
}

// Validate refuses an experiment that cannot run.
func (x *Experiment) Validate() error {
	switch {
	case strings.TrimSpace(x.Name) == "":
		return fault.New("displayName", x.Name, "a name")
	case len(x.Variants) < 2 || len(x.Variants) > MaxVariants:
		return fault.New("variants", len(x.Variants), fmt.Sprintf("2 to %d variants", MaxVariants))
	case !(x.Alpha >= 0.001 && x.Alpha <= 0.2):
		return fault.New("alpha", x.Alpha, "0.001 to 0.2")
	case !(x.Effect >= 0.005 && x.Effect <= 0.5):
		return fault.New("minEffect", x.Effect, "0.005 to 0.5")
	case x.Window < time.Hour || x.Window > maxWindow:
		return fault.New("window", x.Window, "1 h to 30 days")
	}
	if err := checkPercent(x.Percent); err != nil {
		return err
	}
	return x.checkVariants()
}

func (x *Experiment) checkVariants() error {
	names := map[string]bool{}
	for i, v := range x.Variants {
		field := fmt.Sprintf("variants[%d].", i)
		switch {
		case strings.TrimSpace(v.Name) == "" || names[v.Name]:
			return fault.New(field+"name", v.Name, "a name that no other variant has")
		case strings.TrimSpace(v.Text) == "":
			return fault.New(field+"text", v.Text, "the text of the message")
		case v.Weight < 1 || v.Weight > maxWeight:
			return fault.New(field+"weight", v.Weight, fmt.Sprintf("1 to %d", maxWeight))
		}
		names[v.Name] = true
	}
	return nil
}

func checkPercent(p float64) error {
	if !(p > 0 && p <= 100) {
		return fault.New("percent", p, "more than 0, at most 100")
	}
	return nil
}

// Start lets a draft draw households.
func (x *Experiment) Start(id string, now time.Time) error {
	if x.State != Draft {
		return x.illegal(id, "start", Draft)
	}
	x.State, x.Started = Running, now
	return nil
}

// Release sets the share of households that take part. It only grows: who has seen a text goes on seeing it.
func (x *Experiment) Release(id string, percent float64) error {
	if err := checkPercent(percent); err != nil {
		return err
	}
	if x.State != Draft && x.State != Running {
		return x.illegal(id, "release", Draft, Running)
	}
	if x.State == Running && percent < x.Percent {
		return fault.New("percent", percent, fmt.Sprintf("at least %v, which it is; the experiment can be killed", x.Percent))
	}
	x.Percent = percent
	return nil
}

// Kill ends an experiment at once: from now on everybody gets the first variant. A lock can be killed too.
func (x *Experiment) Kill(id, reason string, now time.Time) error {
	if x.State != Running && x.State != Locked {
		return x.illegal(id, "kill", Running, Locked)
	}
	x.State, x.Ended, x.Reason = Killed, now, reason
	return nil
}

// Lock gives everybody the variant that an analysis has shown to be the best, or says by an EvidenceError why not.
func (x *Experiment) Lock(id string, a *Analysis, now time.Time) error {
	if x.State != Running {
		return x.illegal(id, "lock", Running)
	}
	if a.Verdict != Ready {
		return &EvidenceError{ID: id, Verdict: a.Verdict, Advice: a.Advice}
	}
	x.State, x.Ended, x.Winner = Locked, now, a.Best
	return nil
}

func (x *Experiment) illegal(id, verb string, legal ...State) error {
	names := make([]string, len(legal))
	for i, s := range legal {
		names[i] = string(s)
	}
	return &fault.StateError{Thing: "experiment " + id, State: string(x.State), Verb: verb, Legal: strings.Join(names, ", ")}
}

// EvidenceError says why no variant can be locked. Find it with errors.As.
type EvidenceError struct {
	ID      string
	Verdict Verdict
	Advice  string
}

// Unwrap makes it an error of a state that forbids what was asked, as the edge knows them.
func (e *EvidenceError) Unwrap() error {
	return &fault.StateError{Thing: "experiment " + e.ID, State: string(e.Verdict), Verb: "lock", Legal: string(Ready)}
}

// Error names the experiment and what it lacks.
func (e *EvidenceError) Error() string {
	return fmt.Sprintf("experiment %s cannot be locked: %s: %s", e.ID, e.Verdict, e.Advice)
}

// Placement is what a household gets.
type Placement struct {
	Variant int
	// Drawn says that it was drawn by a running experiment: its outcome counts.
	Drawn  bool
	Reason string
}

// Assign says what a household gets now. While the experiment runs the answer for those who take part never changes.
func (x *Experiment) Assign(household string) Placement {
	switch {
	case x.State == Draft:
		return Placement{Reason: "the experiment has not started"}
	case x.State == Killed:
		return Placement{Reason: "the experiment was killed: " + x.Reason}
	case x.State == Locked:
		return Placement{Variant: x.index(x.Winner), Reason: x.Winner + " was locked"}
	case x.uniform("release", household)*100 >= x.Percent:
		return Placement{Reason: fmt.Sprintf("not among the %v percent that take part", x.Percent)}
	}
	total := 0
	for _, v := range x.Variants {
		total += v.Weight
	}
	at := int(x.uniform("variant", household) * float64(total))
	for i, v := range x.Variants {
		if at -= v.Weight; at < 0 {
			return Placement{Variant: i, Drawn: true, Reason: "drawn by household"}
		}
	}
	return Placement{Variant: len(x.Variants) - 1, Drawn: true, Reason: "drawn by household"}
}

// index finds a variant by its name, the first when there is none.
func (x *Experiment) index(name string) int {
	for i, v := range x.Variants {
		if v.Name == name {
			return i
		}
	}
	return 0
}

// uniform is a number from 0 to below 1 that a household has for a purpose.
func (x *Experiment) uniform(purpose, household string) float64 {
	h := sha256.Sum256([]byte(x.Salt + "\x00" + purpose + "\x00" + household))
	return math.Ldexp(float64(binary.BigEndian.Uint64(h[:8])>>11), -53)
}

// share is the part of the drawn households that a variant should have.
func (x *Experiment) share(i int) float64 {
	total := 0
	for _, v := range x.Variants {
		total += v.Weight
	}
	return float64(x.Variants[i].Weight) / float64(total)
}
