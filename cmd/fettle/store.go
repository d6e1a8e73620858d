package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"fettle/internal/app"
)

// storeFlags say where a service keeps what it knows.
type storeFlags struct {
	Data string `default:"fettle-data" placeholder:"DIR" help:"Data directory. The first start makes it and leaves a bearer token in DIR/admin.token."`
	DB   string `name:"db" placeholder:"URL" help:"PostgreSQL 15 or newer that keeps everything but the token: postgres://USER@HOST/NAME. Without it all is in the data directory."`
}

// where names the store in a sentence.
func (f *storeFlags) where() string {
	if f.DB != "" {
		return "the database of --db"
	}
	return f.Data
}

type migrateCommand struct{ storeFlags }

// Help is the long help text.
func (*migrateCommand) Help() string {
	return `Serving does the same by itself; this is for those who migrate before they roll out. A store that is newer than the program is
left as it is, and refused where it has lost what the program needs.`
}

// Run brings the schema up to date.
func (c *migrateCommand) Run(ctx context.Context, s *session) error {
	if err := app.Migrate(ctx, c.Data, c.DB); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "The schema of %s is up to date.\n", c.where())
	return nil
}

type backupCommand struct {
	storeFlags
	Output string `short:"o" required:"" placeholder:"FILE" help:"File to write; it is there whole or not at all."`
}

// Help is the long help text.
func (*backupCommand) Help() string {
	return `Writes all that a service keeps, of all orgs, as it is at one instant, while the service goes on. The file holds personal
data: keep it as you keep the data. It does not hold the token. A backup of a data directory can be restored into PostgreSQL
and the other way round.

  fettle backup --data ./data -o monday.zip
  fettle restore monday.zip --db postgres://fettle@db/fettle`
}

// Run writes a backup.
func (c *backupCommand) Run(ctx context.Context, s *session) error {
	m, err := app.Backup(ctx, c.Data, c.DB, c.Output, time.Now())
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	for i := range m.Tables {
		fmt.Fprintf(w, "%s\t%d rows\n", m.Tables[i].Name, m.Tables[i].Rows)
	}
	return w.Flush()
}

type restoreCommand struct {
	File string `arg:"" help:"Backup to restore."`
	storeFlags
}

// Help is the long help text.
func (*restoreCommand) Help() string {
	return `Fills an empty data directory or an empty database from a backup, all of it or nothing. The backup is checked before
anything is written. A store that holds rows already is refused.`
}

// Run restores a backup.
func (c *restoreCommand) Run(ctx context.Context, s *session) error {
	m, err := app.Restore(ctx, c.File, c.Data, c.DB)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "%d rows of %s are in %s.\n", m.Rows(), m.Made, c.where())
	return nil
}

type doctorCommand struct {
	storeFlags
	keyFlags
}

// Help is the long help text.
func (*doctorCommand) Help() string {
	return `Says whether a service could start safely here: the store opens, its schema is known, it flushes what it acknowledges, a
row can be written, the keys open what it holds, and nobody else can read keys, token and data. It names webhooks that no agreement covers and counts tenants without keys of their own. Run it while no service uses the data directory. Exit status 1: it could not, and why.`
}

// Run checks the store.
func (c *doctorCommand) Run(ctx context.Context, s *session) error {
	if _, err := os.Stat(c.Data); err != nil && c.DB == "" {
		return usageError("--data %s: there is no such directory; fettle serve makes it", c.Data)
	}
	notes, err := app.Check(ctx, c.Data, c.DB, c.keys())
	if err != nil {
		return outcome{status: exitNo, text: err.Error()}
	}
	for _, note := range notes {
		fmt.Fprintf(s.stdout, "To be done: %s.\n", note)
	}
	fmt.Fprintf(s.stdout, "A service can start: %s is up to date, flushes what it acknowledges and can be written.\n", c.where())
	return nil
}
