package meter

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"fettle/rental/fault"
)

// Utility is what a meter counts.
type Utility string

// The utilities.
const (
	Water Utility = "WATER"
	Power Utility = "POWER"
	Gas   Utility = "GAS"
)

// Device is a meter in a dwelling.
type Device struct {
	Unit    string  `json:"unit"`
	Utility Utility `json:"utility"`
	Serial  string  `json:"serial"`
	Measure string  `json:"measure,omitempty"`
	Orders  []Kind  `json:"orders"` // findings that open an order
}

// Alarm is a finding as it is kept.
type Alarm struct {
	Finding
	Meter     string `json:"meter"`
	Unit      string `json:"unit"`
	Order     string `json:"order,omitempty"`
	Dismissed bool   `json:"dismissed,omitempty"`
	Reason    string `json:"reason,omitempty"`
}

// Dismiss says that an alarm was false.
func (a *Alarm) Dismiss(reason string) error {
	if a.Dismissed {
		return &fault.StateError{Thing: "finding", State: "DISMISSED", Verb: "dismiss", Legal: "one that is not"}
	}
	a.Dismissed, a.Reason = true, reason
	return nil
}

// Series is the memory of a meter: what its detector has seen, and what it has told last.
type Series struct {
	Past []Reading
	Told map[Kind]time.Time
}

// quietFor is how long the same kind of finding of one meter is not told again.
const quietFor = 24 * time.Hour

// Take takes the next reading and says what is wrong with it, each kind at most once a day.
func (s *Series) Take(c Config, r Reading) ([]Finding, error) {
	d := New(c, s.Past)
	found, err := d.Add(r)
	if err != nil {
		return nil, err
	}
	s.Past = d.Past
	return slices.DeleteFunc(found, func(f Finding) bool {
		if last, ok := s.Told[f.Kind]; ok && f.Time.Sub(last) < quietFor {
			return true
		}
		if s.Told == nil {
			s.Told = map[Kind]time.Time{}
		}
		s.Told[f.Kind] = f.Time
		return false
	}), nil
}

// toldOrder is the order in which Encode writes when kinds were told.
var toldOrder = []Kind{Leak, Spike, Stuck, Negative}

// Encode writes a series: the hours that were told, then hour and use of each reading, in 16 bytes each.
func (s *Series) Encode() []byte {
	out := make([]byte, 0, 8*len(toldOrder)+16*len(s.Past))
	for _, k := range toldOrder {
		hour := int64(math.MinInt64)
		if at, ok := s.Told[k]; ok {
			hour = at.Unix()
		}
		out = binary.LittleEndian.AppendUint64(out, uint64(hour))
	}
	for _, r := range s.Past {
		out = binary.LittleEndian.AppendUint64(out, uint64(r.Time.Unix()))
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(r.Used))
	}
	return out
}

// Decode reads what Encode has written.
func (s *Series) Decode(b []byte) error {
	head := 8 * len(toldOrder)
	if len(b) < head || (len(b)-head)%16 != 0 {
		return fmt.Errorf("read a series of %d bytes: want %d and 16 a reading", len(b), head)
	}
	*s = Series{Told: map[Kind]time.Time{}}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }
	for i, k := range toldOrder {
		if hour := int64(word(8 * i)); hour != math.MinInt64 {
			s.Told[k] = time.Unix(hour, 0).UTC()
		}
	}
	for i := head; i < len(b); i += 16 {
		s.Past = append(s.Past, Reading{Time: time.Unix(int64(word(i)), 0).UTC(), Used: math.Float64frombits(word(i + 8))})
	}
	return nil
}
