package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"fettle/internal/export"
)

type workCommand struct {
	Role         string `default:"export" enum:"export,pack" help:"What to do: export writes the leases of an org as a spreadsheet; pack makes an XLSX of what a service gives it on its standard input, which starts it for that."`
	Memory       uint64 `placeholder:"MIB" help:"The most memory that it may take, in MiB: it ends when it wants more. Linux only; no limit unless given."`
	Server       string `default:"http://127.0.0.1:8080" placeholder:"URL" help:"Address of the service."`
	TokenFile    string `name:"token-file" placeholder:"FILE" help:"File with a bearer token, as DATA/admin.token."`
	Output       string `short:"o" placeholder:"FILE" help:"File to write: .xlsx, or .csv."`
	EndingFrom   string `name:"ending-from" placeholder:"DAY" help:"Only leases whose last day is not before this day."`
	EndingBefore string `name:"ending-before" placeholder:"DAY" help:"Only leases whose last day is before this day."`
}

// Help is the long help text.
func (*workCommand) Help() string {
	return `Work that takes memory or time, in a process of its own: when it dies nobody's reminders do.

  fettle work --role export --token-file data/admin.token --ending-before 2027-01-01 -o leases.xlsx

An XLSX holds 1,048,575 leases; more go into a CSV. Leases are read page by page through the API, so that memory does not grow
with their number. fettle serve starts one of role pack for each XLSX that is asked of it (--worker-memory).`
}

// Run does the work of the role.
func (c *workCommand) Run(ctx context.Context, s *session) error {
	if err := export.Bound(c.Memory << 20); err != nil {
		return usageError("--memory %d: %v", c.Memory, err)
	}
	if c.Role == "pack" {
		if err := export.Pack(s.stdin, s.stdout); err != nil {
			return fmt.Errorf("pack: %w", err)
		}
		return nil
	}
	return c.export(ctx, s)
}

// export writes leases.
func (c *workCommand) export(ctx context.Context, s *session) error {
	if c.TokenFile == "" || c.Output == "" {
		return usageError("work: --role export wants --token-file and --output")
	}
	token, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return usageError("--token-file: %v", err)
	}
	csv := strings.HasSuffix(c.Output, ".csv")
	if !csv && !strings.HasSuffix(c.Output, ".xlsx") {
		return usageError("--output %s: want a name that ends in .xlsx or .csv", c.Output)
	}
	filter := url.Values{}
	for name, value := range map[string]string{"endingFrom": c.EndingFrom, "endingBefore": c.EndingBefore} {
		if value != "" {
			filter.Set(name, value)
		}
	}
	n := 0
	err = s.writeOut(c.Output, func(w io.Writer) error {
		n, err = export.Leases(ctx, export.Config{Server: c.Server, Token: strings.TrimSpace(string(token)), CSV: csv, Filter: filter}, w)
		return err
	})
	if err != nil {
		return fmt.Errorf("export leases: %w", err)
	}
	fmt.Fprintf(s.stdout, "%d leases in %s\n", n, c.Output)
	return nil
}
