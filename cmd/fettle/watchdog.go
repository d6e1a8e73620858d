package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"fettle/internal/clock"
	"fettle/internal/watchdog"
)

type watchdogCommand struct {
	Listen   string        `default:"127.0.0.1:8090" placeholder:"ADDR" help:"Address that takes heartbeats by POST and says by GET what is wrong."`
	AlertURL string        `name:"alert-url" placeholder:"URL" help:"Address that alarms are posted to as JSON; they are printed too."`
	AliveURL string        `name:"alive-url" placeholder:"URL" help:"Address that hears every minute that the watchdog itself lives."`
	Service  string        `default:"fettle" help:"Name of what is watched, in alarms."`
	Silence  time.Duration `default:"60s" help:"How long no heartbeat may come."`
	Overdue  time.Duration `default:"2m" help:"How late due work may be."`
	Repeat   time.Duration `default:"10m" help:"How often an alarm that goes on is sent again."`
}

// Help is the long help text.
func (*watchdogCommand) Help() string {
	return `A process of its own, best on another machine, that hears of each complete sweep of due work (reminders, deadlines, offers)
and raises an alarm when it hears of none, or when work is left undone.

  fettle watchdog --alert-url https://pager.example/hook
  fettle serve --heartbeat-url http://127.0.0.1:8090/heartbeat

An alarm is {"alarm":"HEARTBEAT_MISSING"|"WORK_OVERDUE", "state":"FIRING"|"RESOLVED", "service", "since", "seconds", "lastBeat",
"text"}. One that cannot be told is tried again every second.`
}

// Run watches until it is interrupted.
func (c *watchdogCommand) Run(ctx context.Context, s *session) error {
	if c.Silence <= 0 || c.Overdue <= 0 || c.Repeat <= 0 {
		return usageError("watchdog: --silence, --overdue and --repeat must be positive")
	}
	w := watchdog.New(watchdog.Config{
		Service: c.Service, Alert: c.AlertURL, Alive: c.AliveURL, Silence: c.Silence, Overdue: c.Overdue, Repeat: c.Repeat,
		Clock: clock.System(), Sent: func(a watchdog.Alarm, err error) {
			fmt.Fprintf(s.stdout, "%s %s since %s: %s\n", a.Alarm, a.State, a.Since.Format(time.RFC3339), a.Text)
			if err != nil {
				fmt.Fprintf(s.stderr, "fettle: alarm not told: %v\n", err)
			}
		},
	})
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return usageError("--listen %s: %v", c.Listen, err)
	}
	server := &http.Server{Handler: w.Handler(), ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}
	fmt.Fprintf(s.stdout, "fettle: watching, heartbeats to http://%s/heartbeat\n", l.Addr())
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	watched := w.Run(ctx)
	err = errors.Join(server.Close(), <-served)
	if errors.Is(err, http.ErrServerClosed) && errors.Is(watched, context.Canceled) {
		return nil
	}
	return err
}
