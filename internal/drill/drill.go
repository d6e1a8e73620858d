package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"fettle/internal/clock"
)

// Service is one that runs.
type Service interface {
	URL() string
	Token() string
	Close(ctx context.Context) error
}

// Setup says how a service is started.
type Setup struct {
	Data              string      // directory
	Clock             clock.Clock // that of the machine when nil
	Notify, Heartbeat string      // addresses; "" for none
}

// House is what the drills need of the program. All must be given.
type House struct {
	Start func(ctx context.Context, s Setup) (Service, error)
	// Export exports all leases in a process of its own, which is killed when ctx ends. Dead is closed when the process is gone.
	Export func(ctx context.Context, url, token, to string) (dead <-chan error, err error)
	// Watchdog starts a watchdog in a process of its own, which is killed when ctx ends, and returns where heartbeats go.
	Watchdog func(ctx context.Context, alert string, silence time.Duration) (heartbeat string, err error)
}

// Result is what one drill has shown.
type Result struct {
	Name     string  `json:"name"`
	Failure  string  `json:"failure"`
	Defence  string  `json:"defence"`
	Off      bool    `json:"switchedOff,omitempty"`
	Caught   bool    `json:"caught"`
	By       string  `json:"by,omitempty"`      // what caught it
	Seconds  float64 `json:"seconds,omitempty"` // from the failure until it was caught
	Detail   string  `json:"detail"`
	duration time.Duration
}

// caught notes what caught a failure, and how long that took.
func (r *Result) caught(after time.Duration, by, detail string, values ...any) {
	r.Caught, r.By, r.duration, r.Detail = true, by, after, fmt.Sprintf(detail, values...)
	r.Seconds = float64(after.Milliseconds()) / 1000
}

// missed is the error of a failure that was not caught.
type missed struct{ why string }

func (m missed) Error() string { return m.why }

func miss(format string, values ...any) error { return missed{fmt.Sprintf(format, values...)} }

// drill is one failure with the defence that catches it.
type drill struct {
	name, failure, defence string
	run                    func(ctx context.Context, s *site, r *Result, off bool) error
}

func drills() []drill {
	return []drill{
		{"export", "an export takes all memory and its process is killed", "own-process", export},
		{"index", "an index that hot queries need is gone", "schema-check", index},
		{"timer", "the scheduler is dead for two weeks", "wall-clock", timer},
		{"alarm", "the service dies, and is not there to say so", "watchdog", alarm},
		{"lease", "leases are marked as valid without end, so that no rule reminds of them", "lease-rules", mislabelled},
	}
}

// Defences lists what can be switched off, in the order of the drills.
func Defences() []string {
	var out []string
	for _, d := range drills() {
		out = append(out, d.defence)
	}
	return out
}

// limit is how long one drill may take.
const limit = 2 * time.Minute

// Run does all drills, one after the other, with the defence that is named switched off; "" for none. It returns what each has shown; an
// error says that the drills could not be done.
func Run(ctx context.Context, h House, without string, done func(Result)) ([]Result, error) {
	if without != "" && !slices.Contains(Defences(), without) {
		return nil, fmt.Errorf("defence %q: want one of %s", without, strings.Join(Defences(), ", "))
	}
	var out []Result
	for _, d := range drills() {
		r, err := one(ctx, h, &d, d.defence == without)
		if err != nil {
			return out, fmt.Errorf("drill %s: %w", d.name, err)
		}
		out = append(out, r)
		done(r)
	}
	return out, nil
}

// one does a drill in a directory of its own.
func one(ctx context.Context, h House, d *drill, off bool) (Result, error) {
	r := Result{Name: d.name, Failure: d.failure, Defence: d.defence, Off: off}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	dir, err := os.MkdirTemp("", "fettle-drill-")
	if err != nil {
		return r, fmt.Errorf("make a directory: %w", err)
	}
	s, err := newSite(ctx, h, dir)
	if err != nil {
		return r, errors.Join(err, os.RemoveAll(dir))
	}
	err = d.run(ctx, s, &r, off)
	var m missed
	if errors.As(err, &m) {
		r.Detail, err = m.why, nil
	}
	return r, errors.Join(err, s.close(context.WithoutCancel(ctx)), os.RemoveAll(dir))
}
