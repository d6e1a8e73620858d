package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
	"fettle/internal/drill"
)

type drillCommand struct {
	Without string `placeholder:"DEFENCE" help:"Switch one defence off: own-process, schema-check, wall-clock, watchdog or lease-rules. Exactly its drill must fail."`
	Output  string `default:"text" enum:"text,json" help:"How to say it: text, or json."`
}

// Help is the long help text.
func (*drillCommand) Help() string {
	return `Re-creates the five failures of an incident in which reminders stopped for two weeks and nobody knew, each with a service of its
own on loopback, in a directory that is thrown away, and shows what catches it and after how long. Nothing that exists is touched.

  fettle drill
  fettle drill --without watchdog

Exit status: 0 all caught; 1 not.`
}

// Run does the drills.
func (c *drillCommand) Run(ctx context.Context, s *session) error {
	say := func(r drill.Result) {
		if c.Output == "text" {
			fmt.Fprint(s.stdout, drillText(&r))
		}
	}
	results, err := drill.Run(ctx, drill.House{Start: startDrill, Export: drillExport, Watchdog: drillWatchdog}, c.Without, say)
	if ctx.Err() != nil {
		return outcome{status: exitInterrupted, text: "drill: interrupted"}
	}
	if err != nil {
		return usageError("%v", err)
	}
	caught := 0
	for i := range results {
		if results[i].Caught {
			caught++
		}
	}
	if c.Output == "json" {
		enc := json.NewEncoder(s.stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(map[string]any{"drills": results, "caught": caught, "of": len(results)}); err != nil {
			return fmt.Errorf("write the drills: %w", err)
		}
	} else {
		fmt.Fprintf(s.stdout, "%d of %d caught\n", caught, len(results))
	}
	if caught < len(results) {
		return outcome{status: exitNo, text: fmt.Sprintf("%d of %d failures were not caught", len(results)-caught, len(results))}
	}
	return nil
}

// drillText is a drill in words.
func drillText(r *drill.Result) string {
	verdict := fmt.Sprintf("CAUGHT after %.2f s", r.Seconds)
	if !r.Caught {
		verdict = "NOT CAUGHT"
	}
	defence := r.Defence
	if r.Off {
		defence += " (switched off)"
	}
	text := fmt.Sprintf("%-8s %s\n         failure: %s\n         defence: %s", r.Name, verdict, r.Failure, defence)
	if r.By != "" {
		text += ": " + r.By
	}
	return text + "\n         " + r.Detail + "\n"
}

// startDrill starts a service in this process.
func startDrill(ctx context.Context, d drill.Setup) (drill.Service, error) {
	a, err := app.Start(ctx, app.Config{Data: d.Data, Listen: "127.0.0.1:0", Clock: d.Clock, Notify: d.Notify, Heartbeat: d.Heartbeat})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// drillExport exports leases in a process of its own.
func drillExport(ctx context.Context, url, token, to string) (<-chan error, error) {
	file := filepath.Join(filepath.Dir(to), "export.token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		return nil, fmt.Errorf("write the token of the export: %w", err)
	}
	return child(ctx, "work", "--role", "export", "--server", url, "--token-file", file, "-o", to)
}

// drillWatchdog starts a watchdog in a process of its own.
func drillWatchdog(ctx context.Context, alert string, silence time.Duration) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a port for the watchdog: %w", err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return "", fmt.Errorf("find a port for the watchdog: %w", err)
	}
	dead, err := child(ctx, "watchdog", "--listen", address, "--alert-url", alert, "--silence", silence.String())
	if err != nil {
		return "", err
	}
	for end := clock.System().Now().Add(10 * time.Second); clock.System().Now().Before(end); {
		select {
		case err := <-dead:
			return "", fmt.Errorf("the watchdog has ended: %w", err)
		default:
		}
		if c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address); err == nil {
			return "http://" + address + "/heartbeat", c.Close()
		}
	}
	return "", errors.New("the watchdog does not listen after 10 s")
}

// child runs this program again. It is killed when ctx ends; what is returned says when it is gone, and how.
func child(ctx context.Context, args ...string) (<-chan error, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	for _, v := range os.Environ() { // what is set for the drill is not for the child
		if !strings.HasPrefix(v, "FETTLE_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	dead := make(chan error, 1)
	go func() { dead <- cmd.Wait() }()
	return dead, nil
}
