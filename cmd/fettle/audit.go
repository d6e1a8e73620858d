package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"fettle/internal/app"
	"fettle/ledger/chain"
	"fettle/org"
)

type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Check the chain of audit entries of each org, while the service runs, or those of a file."`
	Export auditExport `cmd:"" help:"Write who did what as JSON lines, with the chain, while the service runs."`
}

type auditExport struct {
	storeFlags
	Org    string `placeholder:"NAME" help:"Only of this org; of all unless given."`
	Output string `short:"o" placeholder:"FILE" help:"File to write; it is there whole or not at all. Standard output unless given."`
}

// Help is the long help text.
func (*auditExport) Help() string {
	return `A line with the head of the chain of each org, then a line for each commit with its entries. What is written can be checked
anywhere, by fettle audit verify FILE, without the store.`
}

// Run writes the chains.
func (c *auditExport) Run(ctx context.Context, s *session) error {
	write := func(w io.Writer) error {
		lines := bufio.NewWriterSize(w, 1<<16)
		if err := app.ExportAudit(ctx, c.Data, c.DB, org.ID(c.Org), lines); err != nil {
			return err
		}
		return lines.Flush()
	}
	if c.Output == "" {
		return write(s.stdout)
	}
	return writeWhole(c.Output, write)
}

// writeWhole writes a file that is there whole or not at all.
func writeWhole(file string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".fettle-*")
	if err != nil {
		return usageError("-o %s: %v", file, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // it is of no use
		}
	}()
	if err = errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

type auditVerify struct {
	storeFlags
	File   string `arg:"" optional:"" placeholder:"FILE" help:"What fettle audit export has written; the store unless given."`
	Heads  string `placeholder:"FILE" help:"Heads that were written down before: a chain whose end was cut off since is found by them. DIR/audit-heads, which the service writes once a day, unless given."`
	Append bool   `help:"Write the present heads to the end of --heads when all chains hold: once a day, to a disk that the service cannot write."`
}

// Help is the long help text.
func (*auditVerify) Help() string {
	return `Prints a line for each org. An entry that was changed, removed, added or moved breaks the chain: the first sequence that
does not fit is named and the exit status is 1.

  fettle audit verify --data ./data --heads /mnt/elsewhere/heads --append
  fettle audit export --data ./data -o who-did-what.jsonl
  fettle audit verify who-did-what.jsonl`
}

// Run checks the chains.
func (c *auditVerify) Run(ctx context.Context, s *session) error {
	if c.Append && c.Heads == "" {
		return usageError("--append: want --heads FILE to write to")
	}
	if c.Append && c.File != "" {
		return usageError("--append: want the heads of a store, not of %s", c.File)
	}
	found, err := c.verify(ctx)
	if err != nil {
		return err
	}
	broken := false
	for i := range found {
		a := &found[i]
		if a.Broken != nil {
			broken = true
			fmt.Fprintf(s.stdout, "%s: %v\n", a.Org, a.Broken)
			continue
		}
		fmt.Fprintf(s.stdout, "%s: holds, %d links with %d entries up to %d", a.Org, a.Links, a.Entries, a.Head.Sequence)
		if a.Erased > 0 {
			fmt.Fprintf(s.stdout, ", %d reasons erased", a.Erased)
		}
		fmt.Fprintln(s.stdout)
	}
	if broken {
		return errNo
	}
	if c.Append {
		return appendHeads(c.Heads, found)
	}
	return nil
}

func (c *auditVerify) verify(ctx context.Context) (found []chain.Found, err error) {
	file, missing := c.Heads, c.Append
	if file == "" && c.File == "" {
		file, missing = filepath.Join(c.Data, app.HeadsFile), true
	}
	heads, err := readHeads(file, missing)
	if err != nil {
		return nil, err
	}
	if c.File == "" {
		return app.VerifyAudit(ctx, c.Data, c.DB, heads, time.Now())
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, usageError("%s: %v", c.File, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if found, err = chain.VerifyFile(f, heads, time.Now()); err != nil {
		err = fmt.Errorf("%s: %w", c.File, err)
	}
	return found, err
}

// readHeads reads the file of heads; one that is to be written may be missing.
func readHeads(file string, missing bool) (heads []chain.Witness, err error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if missing && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("--heads: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if heads, err = chain.ReadWitnesses(f); err != nil {
		return nil, fmt.Errorf("--heads %s: %w", file, err)
	}
	return heads, nil
}

// appendHeads writes the ends of chains down, flushed.
func appendHeads(file string, found []chain.Found) (err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("--heads: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for i := range found {
		if found[i].Head.Sequence > 0 {
			if err := chain.WriteWitness(f, found[i].Head); err != nil {
				return fmt.Errorf("--heads: %w", err)
			}
		}
	}
	return f.Sync()
}
