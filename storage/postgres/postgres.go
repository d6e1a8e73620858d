package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"fettle/dispatch/engine"
	"fettle/org"
	"fettle/storage/internal/row"
)

//go:embed migrations/*.sql
var migrations embed.FS

var _ engine.Store = (*DB)(nil)

// ErrNewer says that the database was migrated by a newer version of the program, whose schema this one cannot use.
var ErrNewer = errors.New("database was migrated by a newer version")

// ErrUnsafe says that the server would lose what it has acknowledged.
var ErrUnsafe = errors.New("server is not durable")

// role is that of the service; see the migrations.
const role = "fettle_service"

// Options tunes a DB. The zero value of each field means its default.
type Options struct {
	// Connections is how many connections are open at most; 12 unless given.
	Connections int
	// Lead is how long a process that has ended or was cut off keeps others from leading its orgs; 15 s unless given. It is
	// renewed three times as often.
	Lead time.Duration
	// Seal encrypts what people wrote, and what can tell of them; nil keeps it in clear.
	Seal row.Sealer
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	row.Reader

	pool    *pgxpool.Pool
	writers chan struct{} // holds one for each transaction that writes
	holder  string        // names this process among those who lead
	term    time.Duration
	seal    row.Sealer
	// sealing is held for reading from the sealing of a batch to its commit.
	sealing sync.RWMutex

	mu      sync.Mutex
	epochs  map[org.ID]int64 // of the orgs that are led here; 0 after the lead was lost
	leading sync.Mutex       // held while the lead is taken; guards session
	session *pgx.Conn        // tells others that this process lives

	texts  texts
	months sync.Map // month of an instant -> whether its partition was made
	leader leader
	closed atomic.Bool
	last   atomic.Pointer[error] // of the last write; nil when it was kept
	renews sync.WaitGroup
	stop   context.CancelFunc
}

// Open connects to a database, postgres://USER@HOST/NAME, and brings its schema up to date. It fails with ErrUnsafe when the
// server does not flush what it acknowledges and with ErrNewer when its schema is newer and not for this program.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("open store: --db is no PostgreSQL URL: %w", err)
	}
	if err := Migrate(ctx, url); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	settings := cfg.ConnConfig.RuntimeParams
	settings["application_name"] = "fettle"
	settings["statement_timeout"], settings["lock_timeout"] = "30s", strconv.FormatInt(lockLimit.Milliseconds(), 10)
	settings["idle_in_transaction_session_timeout"] = "30s"
	cfg.MaxConns = 12
	if o.Connections > 0 {
		cfg.MaxConns = int32(o.Connections)
	}
	d := &DB{holder: holderName(), term: o.Lead, seal: o.Seal, epochs: map[org.ID]int64{}}
	cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		if err := d.leader.check(ctx, c); err != nil {
			return err
		}
		_, err := c.Exec(ctx, "SET ROLE "+role)
		return err
	}
	d.Reader = row.Reader{From: d}
	d.writers = make(chan struct{}, max(1, int(cfg.MaxConns)*2/3))
	if d.term <= 0 {
		d.term = 15 * time.Second
	}
	if d.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := d.durable(ctx); err != nil {
		d.pool.Close()
		return nil, fmt.Errorf("open store: %w", err)
	}
	renew, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop = stop
	d.renews.Go(func() { d.renew(renew) })
	return d, nil
}

// holderName tells this process from others that ever led.
func holderName() string {
	host, _ := os.Hostname() // for people; the random part is what counts
	return fmt.Sprintf("%s %d %s", host, os.Getpid(), rand.Text())
}

// Migrate brings the schema of a database up to date; what is up to date stays as it is.
func Migrate(ctx context.Context, url string) (err error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("read the database's URL: %w", err)
	}
	db := stdlib.OpenDB(*cfg)
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := provider(db)
	if err != nil {
		return err
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

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}

// durable checks that what is committed is flushed.
func (d *DB) durable(ctx context.Context) error {
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := d.pool.QueryRow(ctx, "SHOW "+name).Scan(&value); err != nil {
			return d.fault("read "+name, err)
		}
		if value == "off" || (name == "synchronous_commit" && value == "remote_write") {
			return fmt.Errorf("%s is %s, want on: %w: %w", name, value, ErrUnsafe, engine.ErrUnavailable)
		}
	}
	return nil
}

// Healthy returns nil when batches can be kept: the server flushes what it acknowledges and the last write succeeded. Else
// the error says why.
func (d *DB) Healthy(ctx context.Context) error {
	if err := d.state(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit/2)
	defer cancel()
	if err := d.durable(ctx); err != nil {
		return err
	}
	if err := d.last.Load(); err != nil {
		return *err
	}
	return d.indexed(ctx)
}

// indexed returns an error when an index of the schema is gone.
func (d *DB) indexed(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	wanted, err := row.Indexes(files)
	if err != nil {
		return err
	}
	rows, err := d.pool.Query(ctx, `SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema()`)
	if err != nil {
		return d.fault("list indexes", err)
	}
	have, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return d.fault("list indexes", err)
	}
	return row.Missing(wanted, have)
}

// state says why nothing can be written, if so.
func (d *DB) state() error {
	if d.closed.Load() {
		return fmt.Errorf("store is closed: %w", engine.ErrUnavailable)
	}
	return nil
}

// Close gives up what is led and closes the connections. Calls after the first do nothing.
func (d *DB) Close() error {
	if d.closed.Swap(true) {
		return nil
	}
	d.stop()
	d.renews.Wait()
	d.resign()
	d.pool.Close()
	return nil
}
