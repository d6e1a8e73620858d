package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"time"
)

const (
	// checkpointRows is how many written rows ask for a checkpoint: some 4 MiB of WAL.
	checkpointRows = 1000
	// defaultWALFrames bounds the WAL to 32 MiB, which takes some 0.1 s to read back after a crash.
	defaultWALFrames = 8192
	// sumEvery is how often the sum of the file is taken while it is written: a crash soon after leaves one that still holds.
	sumEvery = time.Minute
)

// checkpoint moves pages from the WAL to the file, on a connection and a goroutine of its own, so that commits do not wait
// for it. Under a load without a pause it never meets the writer at the end of the WAL, so that the WAL would not begin
// anew; when it holds too many frames the writer is made to wait once.
type checkpoint struct {
	conn    *sql.Conn
	frames  int
	ask     chan struct{}
	cancel  context.CancelFunc
	done    chan struct{}
	longest atomic.Int64 // frames that the WAL held at most
}

func (c *checkpoint) start(ctx context.Context, d *DB, frames int) error {
	conn, err := d.file.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open checkpoint: %w", err)
	}
	c.conn, c.frames = conn, frames
	if c.frames <= 0 {
		c.frames = defaultWALFrames
	}
	ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	c.ask, c.done = make(chan struct{}, 1), make(chan struct{})
	c.ask <- struct{}{} // what a crash has left in the WAL: crashes in a row would make it grow without bound
	go c.run(ctx, d)
	return nil
}

// after counts what was written and asks for a checkpoint when it is time. The caller owns the writer.
func (c *checkpoint) after(w *writer) {
	if w.rows < checkpointRows {
		return
	}
	w.rows = 0
	select {
	case c.ask <- struct{}{}:
	default: // one is asked for already
	}
}

func (c *checkpoint) run(ctx context.Context, d *DB) {
	defer close(c.done)
	sums, kept := time.NewTicker(sumEvery), true // by who has closed the directory
	defer sums.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-sums.C:
			if !kept { // only this goroutine writes the file
				d.keepSum()
				kept = true
			}
			continue
		case <-c.ask:
		}
		if kept {
			d.forgetSum()
			kept = false
		}
		left, err := c.move(ctx, d, "PASSIVE")
		if err != nil || left <= c.frames {
			continue // a checkpoint that failed is asked for again by the next writes
		}
		if d.take(ctx) != nil {
			continue
		}
		_, _ = c.move(ctx, d, "RESTART")
		d.give()
	}
}

// move copies pages from the WAL to the file and returns how many frames the WAL holds.
func (c *checkpoint) move(ctx context.Context, d *DB, mode string) (int, error) {
	var busy, frames, moved int
	err := c.conn.QueryRowContext(ctx, `PRAGMA wal_checkpoint(`+mode+`)`).Scan(&busy, &frames, &moved)
	if err != nil {
		if ctx.Err() == nil {
			err = d.fault("checkpoint", err)
		}
		return 0, err
	}
	c.longest.Store(max(c.longest.Load(), int64(frames)))
	return frames, nil
}

// stop waits for the running checkpoint.
func (c *checkpoint) stop() {
	if c.cancel == nil {
		return
	}
	c.cancel()
	<-c.done
	_ = c.conn.Close()
}
