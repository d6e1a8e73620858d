package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"fettle/internal/folder"
)

// openDoors begins to listen, and to do what clients of the service do from within.
func (a *App) openDoors(ctx context.Context) error {
	if err := a.openListeners(ctx); err != nil {
		return err
	}
	return a.openFolder(ctx)
}

// openFolder keeps the folder of sheets in step, as a client of the service.
func (a *App) openFolder(ctx context.Context) error {
	if a.cfg.Watch == "" {
		return nil
	}
	if err := os.MkdirAll(a.cfg.Watch, 0o700); err != nil {
		return fmt.Errorf("--watch: %w", err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	f := folder.New(folder.Config{
		Dir: a.cfg.Watch, Server: a.URL(), Token: a.token, Every: cmp.Or(a.cfg.WatchEvery, 5*time.Second), Clock: machine,
		Log: func(text string, err error) { a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, text, slog.Any("error", err)) },
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	a.folder = func() {
		stop()
		<-done
	}
	return nil
}
