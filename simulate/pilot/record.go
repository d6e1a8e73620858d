package pilot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"fettle/dispatch"
)

// Decision is what follows from a pilot.
type Decision string

// The decisions.
const (
	Adopt   Decision = "adopt"   // the new policy, for all
	Reject  Decision = "reject"  // the old policy, for all
	Iterate Decision = "iterate" // another pilot, with what was learnt
)

// Record is the one decision of a pilot, with what it rests on.
type Record struct {
	Pilot    string   `json:"pilot"`
	Policy   string   `json:"policy"`  // the new one, with its version
	Against  string   `json:"against"` // the old one; what a rollback returns to
	Decision Decision `json:"decision"`
	Reason   string   `json:"reason,omitempty"`
	Finding  Finding  `json:"finding"`
	// Snapshot is a hash of the design and the figures: the record is of these and no others.
	Snapshot string `json:"snapshot"`
}

// Decide makes the record of a pilot. A decision against what the figures support needs a reason.
func Decide(r Record, d *Design, figures []Figure) (*Record, error) {
	finding, err := Judge(d, figures)
	if err != nil {
		return nil, err
	}
	switch {
	case r.Pilot == "" || r.Policy == "" || r.Against == "":
		return nil, &dispatch.InvalidError{Field: "record", Want: "the names of the pilot, of the new policy and of the old one"}
	case r.Decision != Adopt && r.Decision != Reject && r.Decision != Iterate:
		return nil, &dispatch.InvalidError{Field: "record.decision", Value: string(r.Decision), Want: "adopt, reject or iterate"}
	case r.Decision != finding.Suggested && r.Reason == "":
		return nil, &dispatch.InvalidError{Field: "record.reason", Want: fmt.Sprintf("why, against the figures: they support %s", finding.Suggested)}
	}
	r.Finding = *finding
	r.Snapshot, err = Snapshot(d, figures)
	return &r, err
}

// Snapshot is a hash of a design and its figures, in hexadecimal.
func Snapshot(d *Design, figures []Figure) (string, error) {
	data, err := json.Marshal(struct {
		Design  Design
		Figures []Figure
	}{*d, figures})
	if err != nil {
		return "", fmt.Errorf("hash the figures of a pilot: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
