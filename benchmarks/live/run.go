package main

import (
	"context"
	"os"
	"time"
)

// options are the sizes of a run.
type options struct {
	db, data    string
	binary      string
	technicians int
	open        int
	rate        float64
	seconds     float64
	watchers    int
	suggestions int
	restartOpen int
	stream      float64
	mapWatchers int
	nearest     int
	burst       float64
	sick        int
}

// result is what a run found.
type result struct {
	Measured    string  `json:"measured"`
	Cores       int     `json:"cores"`
	Technicians int     `json:"technicians"`
	OpenOrders  int     `json:"openOrders"`
	FillPerSec  float64 `json:"fillOrdersPerSecond"`
	Rate        float64 `json:"postsPerSecond"`
	Posts       int     `json:"posts"`
	Failed      int     `json:"failed"`
	Assigned    int     `json:"assigned"`
	PostMillis  summary `json:"postMillis"`
	Watchers    int     `json:"watchers"`
	WatchMillis summary `json:"watchMillis"`
	Missed      int     `json:"missedByWatchers"`
	Suggestions int     `json:"suggestions"`
	SlotMillis  summary `json:"slotMillis"`
	Moving      moving  `json:"moving"`
	Burst       burst   `json:"burst"`
	Sick        sick    `json:"sick"`
	RestartOpen int     `json:"restartOpenOrders"`
	ReadyMillis float64 `json:"restartReadyMillis"`
	RSSMegabyte float64 `json:"serverPeakMegabytes"`

	RestartMegabyte float64 `json:"restartPeakMegabytes"` // when it is ready again
	RestartSeconds  float64 `json:"restartCPUSeconds"`    // of processors until then: what the restart takes where nothing else runs
}

// run does all measurements on one territory.
func run(ctx context.Context, o options) (result, error) {
	dir := o.data
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "fettle-live-"); err != nil {
			return result{}, err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a folder of the system's for what is temporary
	}
	s, err := startServer(ctx, o.binary, dir, o.db)
	if err != nil {
		return result{}, err
	}
	defer s.kill()
	r := result{Technicians: o.technicians, OpenOrders: o.open, Rate: o.rate, Watchers: o.watchers, RestartOpen: o.restartOpen}
	began := time.Now()
	if err := fill(ctx, s, o.technicians, o.open); err != nil {
		return r, err
	}
	r.FillPerSec = float64(o.open) / time.Since(began).Seconds()
	if err := measurePosts(ctx, s, o, &r); err != nil {
		return r, err
	}
	if err := measureSlots(ctx, s, o, &r); err != nil {
		return r, err
	}
	if err := measureMoving(ctx, s, o, &r.Moving); err != nil {
		return r, err
	}
	measureBurst(ctx, s, o, &r)
	r.RSSMegabyte = s.peakMegabytes()
	if r.Sick, err = measureSick(ctx, o); err != nil {
		return r, err
	}
	if o.restartOpen == 0 {
		return r, nil
	}
	if err := post(ctx, s, o.restartOpen-o.open-r.Posts-r.Burst.Accepted, o.open+r.Posts+r.Burst.Posts); err != nil {
		return r, err
	}
	s.kill()
	if s, err = startServer(ctx, o.binary, dir, o.db); err != nil {
		return r, err
	}
	defer s.kill()
	r.ReadyMillis, r.RestartMegabyte, r.RestartSeconds = float64(s.ready.Microseconds())/1000, s.peakMegabytes(), s.cpuSeconds()
	return r, nil
}
