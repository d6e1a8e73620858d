// Package benchfamily measures families of published instances as a user would meet them: read the file, plan within a
// budget that counts from the reading, have the plan judged, compare with the best value known. Micro families measure one
// operation many times. It prints nothing: rows go to the caller as they are made.
//
// The instances are not part of the project; a family finds them in a folder by the pattern of its files, and its best
// known values in tables beside them. Read Run, then family.go for the families and static.go for one run.
package benchfamily

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/route"
)

// Options says what to measure and how long.
type Options struct {
	// Dir is the folder of instances. It may be "" when Cases holds paths, and for families that make their own instances.
	Dir string
	// Cases limits the family to the cases whose names match one of these patterns (path.Match), separated by commas; ""
	// means all. A pattern with a slash is a pattern of files instead.
	Cases string
	// Time is the budget of one run, from the reading of its file to its plan written; 0 means none, and then Iterations
	// must be set.
	Time       time.Duration
	Iterations int64
	Seeds      []uint64 // one run each; empty means seed 1
	Threads    int      // 0 means one for each processor
	// ProcessorTime counts Time in seconds that the process spends on processors instead of seconds on the wall: for one
	// thread on a machine that others use too.
	ProcessorTime bool
	// PeersOnly limits the family to the instances that its table marks as those on which peers were measured.
	PeersOnly bool
	// Policy decides the waves of euro-dynamic, one of Policies; "" means the first. There Time and Iterations are those of
	// one epoch, in dtrsp and dvrptw those of one instant at which requests become known.
	Policy string
	// Answers is a folder for the routes that a policy decided, a file a day; "" writes none.
	Answers string
	// Solve plans a problem. Families of assignments and micro families do not use it.
	Solve func(ctx context.Context, p *dispatch.Problem, o route.Options) (*dispatch.Plan, error)
}

// Run measures a family. It calls emit with each row when it is there (*Row, *DayRow, *DynamicRow, *AssignmentRow,
// *MicroRow) and with a *Summary at the end. A case that cannot be read or planned is a row with an error; the summary counts
// them. When ctx ends the run that was going on is still reported, the summary follows, and the error is that of ctx.
func Run(ctx context.Context, family string, o Options, emit func(row any) error) (*Summary, error) {
	f := find(family)
	if f == nil {
		return nil, fmt.Errorf("family %q is not known; known are %s", family, strings.Join(Families(), ", "))
	}
	if len(o.Seeds) == 0 {
		o.Seeds = []uint64{1}
	}
	cases, err := f.cases(o)
	if err != nil {
		return nil, err
	}
	sum := &Summary{Summary: true, Family: family, Budget: o.Time.Seconds(), Cases: len(cases)}
	for _, c := range cases {
		for _, seed := range o.Seeds {
			if ctx.Err() != nil {
				break
			}
			row := f.run(ctx, c, seed, o)
			sum.add(row)
			if err := emit(row); err != nil {
				return nil, err
			}
		}
	}
	sum.finish()
	if err := emit(sum); err != nil {
		return nil, err
	}
	return sum, ctx.Err()
}

// Families lists the names of the families in the order in which they are shown.
func Families() []string {
	out := make([]string, len(families()))
	for i, f := range families() {
		out[i] = f.name
	}
	return out
}

func find(name string) *family {
	all := families()
	if i := slices.IndexFunc(all, func(f family) bool { return f.name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}
