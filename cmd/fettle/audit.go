package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"fettle/internal/app"
	"fettle/ledger/chain"
)

type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Check the chain of audit entries of each org, while the service runs."`
}

type auditVerify struct {
	storeFlags
	Heads  string `placeholder:"FILE" help:"Heads that were written down before: a chain whose end was cut off since is found by them."`
	Append bool   `help:"Write the present heads to the end of --heads when all chains hold: once a day, to a disk that the service cannot write."`
}

// Help is the long help text.
func (*auditVerify) Help() string {
	return `Prints a line for each org. An entry that was changed, removed, added or moved breaks the chain: the first sequence that
does not fit is named and the exit status is 1.

  fettle audit verify --data ./data --heads /mnt/elsewhere/heads --append`
}

// Run checks the chains.
func (c *auditVerify) Run(ctx context.Context, s *session) error {
	if c.Append && c.Heads == "" {
		return usageError("--append: want --heads FILE to write to")
	}
	heads, err := readHeads(c.Heads, c.Append)
	if err != nil {
		return err
	}
	found, err := app.VerifyAudit(ctx, c.Data, c.DB, heads, time.Now())
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
		fmt.Fprintf(s.stdout, "%s: holds, %d links with %d entries up to %d\n", a.Org, a.Links, a.Entries, a.Head.Sequence)
	}
	if broken {
		return errNo
	}
	if c.Append {
		return appendHeads(c.Heads, found)
	}
	return nil
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
func appendHeads(file string, found []app.Audited) (err error) {
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
