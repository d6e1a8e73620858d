package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver

	"fettle/dispatch/engine"
	"fettle/storage/internal/row"
)

//go:embed migrations/*.sql
var migrations embed.FS

var _ engine.Store = (*DB)(nil)

// ErrNewer says that the directory was migrated by a newer version of the program, whose schema this one cannot use.
var ErrNewer = errors.New("data directory was written by a newer version")

// Options tunes a DB. The zero value of each field means its default.
type Options struct {
	// Readers is how many queries run at once; 4 unless given.
	Readers int
	// WALFrames is how many pages of 4 KiB the WAL may hold before the writer waits for a checkpoint; 8,192 unless given.
	WALFrames int
	// Seal encrypts what people wrote, and what can tell of them; nil keeps it in clear.
	Seal row.Sealer
}

// DB is an open data directory. It is safe for concurrent use.
type DB struct {
	row.Reader

	dir    string
	holder string // tells the claims of this process from those before it
	lock   *os.File
	file   *sql.DB // of the writer
	read   *sql.DB

	turn   chan struct{} // holds one token: who has it owns w
	queue  queue
	w      *writer
	closed atomic.Bool
	failed atomic.Pointer[error] // what makes writing impossible until the directory is opened anew
	last   atomic.Pointer[error] // of the last write; nil when it was kept

	seal    row.Sealer
	sealing sync.RWMutex // held for reading from the sealing of a batch to its commit

	statements sync.Map // SQL text -> *sql.Stmt of read

	check  checkpoint
	beside beside
}

// Open opens a data directory, making it if it is missing, and brings its schema up to date. It fails with ErrLocked when
// another process has it open, with ErrNewer when its schema is newer and not for this program, and with ErrDamaged when a file is not
// what was written.
func Open(ctx context.Context, dir string, o Options) (*DB, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := makeDir(dir); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	d := &DB{dir: dir, holder: rand.Text(), lock: lock, turn: make(chan struct{}, 1), seal: o.Seal}
	d.Reader = row.Reader{From: d}
	if err := d.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), d.release())
	}
	d.turn <- struct{}{}
	return d, nil
}

func (d *DB) open(ctx context.Context, o Options) error {
	known, err := inspect(d.dir)
	if err != nil {
		return err
	}
	d.file, err = sql.Open("sqlite", d.source("_pragma=journal_mode(WAL)", "_pragma=synchronous(FULL)",
		"_pragma=wal_autocheckpoint(0)", "_pragma=foreign_keys(1)", "_pragma=cache_size(-16000)", busyLimit))
	if err != nil {
		return fmt.Errorf("open writer: %w", err)
	}
	d.file.SetMaxOpenConns(1)
	if !known && d.small() {
		if err := structure(ctx, d.file); err != nil {
			return err
		}
	}
	if err := migrate(ctx, d.file); err != nil {
		return err
	}
	d.file.SetMaxOpenConns(2) // the writer and the checkpoint
	conn, err := d.file.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open writer: %w", err)
	}
	d.w = &writer{conn: conn, prepared: make(map[string]*sql.Stmt), seal: d.seal}
	if err := d.w.durable(ctx); err != nil {
		return err
	}
	d.read, err = sql.Open("sqlite", d.source("mode=ro", "_pragma=query_only(1)", "_pragma=cache_size(-8000)", busyLimit))
	if err != nil {
		return fmt.Errorf("open readers: %w", err)
	}
	readers := o.Readers
	if readers <= 0 {
		readers = 4
	}
	d.read.SetMaxOpenConns(readers)
	d.read.SetMaxIdleConns(readers)
	if err := d.read.PingContext(ctx); err != nil {
		return fmt.Errorf("open readers: %w", err)
	}
	if err := syncDir(d.dir); err != nil {
		return err
	}
	if !known && !d.small() {
		d.inspectBeside(ctx)
	}
	return d.check.start(ctx, d, o.WALFrames)
}

// busyLimit is how long a statement waits for another process that has locked the database, such as a tool that looks into it.
// Whoever waits behind the statement is told at its end, and has then waited for no longer.
const busyLimit = "_pragma=busy_timeout(2000)"

// source is the data source name with options.
func (d *DB) source(options ...string) string {
	name := url.URL{Scheme: "file", OmitHost: true, Path: filepath.Join(d.dir, "fettle.db")} // a host would be the first folder of a relative path
	return name.String() + "?" + strings.Join(options, "&")
}

// migrate brings the schema up to date.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	all := p.ListSources()
	if newest := all[len(all)-1].Version; have > newest {
		return compatible(ctx, db, have, newest)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate schema: %w", err)
	}
	return nil
}

// compatible says whether a program that knows the schema up to a version may run on a newer one.
func compatible(ctx context.Context, db *sql.DB, have, known int64) error {
	var lowest int64
	if err := db.QueryRowContext(ctx, row.QueryCompatible).Scan(&lowest); err != nil {
		return fmt.Errorf("read which programs schema %d takes: %w: %w", have, err, ErrNewer)
	}
	return row.Compatible(have, known, lowest, ErrNewer)
}

// Healthy returns nil when batches can be kept: the writer flushes what it acknowledges and the last write succeeded. Else
// the error says why: engine.ErrFull until a write succeeds again, see Probe.
func (d *DB) Healthy(ctx context.Context) error {
	if err := d.state(); err != nil {
		return err
	}
	if err := d.take(ctx); err != nil {
		return err
	}
	defer d.give()
	if err := d.w.durable(ctx); err != nil {
		return err
	}
	if err := d.last.Load(); err != nil {
		return *err
	}
	return d.w.indexed(ctx)
}

// reserveBytes is the room that must be left for Probe to call a disk healed. A WAL that is written again from its start
// takes a small write on a full disk, and would refuse the next.
const reserveBytes = 1 << 20

// Probe writes a row durably, to find out whether a full disk has room again. It returns what Commit would.
func (d *DB) Probe(ctx context.Context) error {
	if free, err := freeBytes(d.dir); err == nil && free < reserveBytes {
		return fmt.Errorf("probe store: %d bytes free: %w", free, engine.ErrFull)
	}
	return d.write(ctx, "probe store", func(ctx context.Context, w *writer) error {
		_, err := w.exec(ctx, `UPDATE meta SET value = value + 1 WHERE key = 'heartbeat'`)
		return err
	})
}

// Close waits for the running write and checkpoint, and releases the directory. Calls after the first do nothing.
func (d *DB) Close() error {
	if d.closed.Swap(true) {
		return nil
	}
	<-d.turn
	defer d.give() // to those who wait, who then see that the store is closed
	return d.release()
}

// release closes what is open.
func (d *DB) release() error {
	var errs []error
	d.check.stop()
	d.beside.stop()
	d.statements.Range(func(_, s any) bool {
		if s, ok := s.(*sql.Stmt); ok {
			errs = append(errs, s.Close())
		}
		return true
	})
	if d.read != nil {
		errs = append(errs, d.read.Close())
	}
	if d.w != nil {
		errs = append(errs, d.w.close())
	}
	if d.file != nil {
		errs = append(errs, d.file.Close())
	}
	if d.closed.Load() { // not one that could not be opened
		d.keepSum()
	}
	return errors.Join(append(errs, d.lock.Close())...)
}
