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
	Role         string `default:"export" enum:"export" help:"What to do: export writes the leases of an org as a spreadsheet."`
	Server       string `default:"http://127.0.0.1:8080" placeholder:"URL" help:"Address of the service."`
	TokenFile    string `name:"token-file" required:"" placeholder:"FILE" help:"File with a bearer token, as DATA/admin.token."`
	Output       string `short:"o" required:"" placeholder:"FILE" help:"File to write: .xlsx, or .csv."`
	EndingFrom   string `name:"ending-from" placeholder:"DAY" help:"Only leases whose last day is not before this day."`
	EndingBefore string `name:"ending-before" placeholder:"DAY" help:"Only leases whose last day is before this day."`
}

// Help is the long help text.
func (*workCommand) Help() string {
	return `Work that takes memory or time, in a process of its own: when it dies nobody's reminders do.

  fettle work --role export --token-file data/admin.token --ending-before 2027-01-01 -o leases.xlsx

An XLSX holds 1,048,575 leases; more go into a CSV. Leases are read page by page through the API, so that memory does not grow
with their number.`
}

// Run exports.
func (c *workCommand) Run(ctx context.Context, s *session) error {
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
