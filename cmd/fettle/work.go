package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"fettle/internal/export"
)

type workCommand struct {
	Role         string `default:"export" enum:"export,pack" help:"What to do: export writes the leases of an org as a spreadsheet; pack makes an XLSX of what a service gives it on its standard input, which starts it for that."`
	Memory       uint64 `placeholder:"MIB" help:"The most memory that it may take, in MiB: it ends when it wants more. Linux only; no limit unless given."`
	Server       string `default:"http://127.0.0.1:8080" placeholder:"URL" help:"Address of the service."`
	TokenFile    string `name:"token-file" placeholder:"FILE" help:"File with a bearer token, as DATA/admin.token."`
	Output       string `short:"o" placeholder:"FILE" help:"File to write: .xlsx, .csv, or .pdf for slides with charts."`
	EndingFrom   string `name:"ending-from" placeholder:"DAY" help:"Only leases whose last day is not before this day."`
	EndingBefore string `name:"ending-before" placeholder:"DAY" help:"Only leases whose last day is before this day."`
	Of           string `default:"leases" enum:"leases,orders" help:"What slides are of: leases, or orders."`
	Language     string `default:"en" placeholder:"TAG" help:"Language of slides: en, or zh."`
}

// Help is the long help text.
func (*workCommand) Help() string {
	return `Work that takes memory or time, in a process of its own: when it dies nobody's reminders do.

  fettle work --role export --token-file data/admin.token --ending-before 2027-01-01 -o leases.xlsx

An XLSX holds 1,048,575 leases; more go into a CSV. Leases are read page by page through the API, so that memory does not grow
with their number. fettle serve starts one of role pack for each XLSX that is asked of it (--worker-memory).

  fettle work --role export --token-file data/admin.token -o leases.pdf --language zh
  fettle work --role export --token-file data/admin.token -o repairs.pdf --of orders

Slides are one figure each, with its chart, its definition and the day that it is of. The service makes them, as an operation.`
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
	if strings.HasSuffix(c.Output, ".pdf") {
		return c.slides(ctx, s, strings.TrimSpace(string(token)))
	}
	if c.Of != "leases" {
		return usageError("--of %s: want a --output that ends in .pdf; orders as a table are POST /v1/workOrders:export", c.Of)
	}
	csv := strings.HasSuffix(c.Output, ".csv")
	if !csv && !strings.HasSuffix(c.Output, ".xlsx") {
		return usageError("--output %s: want a name that ends in .xlsx, .csv or .pdf", c.Output)
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

// slides has the service make slides, and writes them.
func (c *workCommand) slides(ctx context.Context, s *session, token string) error {
	d := &export.Deck{
		Client: export.Client{Server: c.Server, Token: token, Key: s.key("slides")},
		Kind:   "leases", Ask: map[string]any{"language": c.Language}, Interval: 250 * time.Millisecond,
	}
	if c.Of == "orders" {
		d.Kind = "workOrders"
	}
	for name, value := range map[string]string{"endingFrom": c.EndingFrom, "endingBefore": c.EndingBefore} {
		if value == "" {
			continue
		}
		if c.Of == "orders" {
			return usageError("--ending-from, --ending-before: slides of orders have no last day")
		}
		d.Ask[name] = value
	}
	rows := int64(0)
	err := s.writeOut(c.Output, func(w io.Writer) (err error) {
		rows, err = export.Slides(ctx, d, w)
		return err
	})
	if err != nil {
		return fmt.Errorf("slides of %s: %w", c.Of, err)
	}
	fmt.Fprintf(s.stdout, "slides of %d %s in %s\n", rows, c.Of, c.Output)
	return nil
}
