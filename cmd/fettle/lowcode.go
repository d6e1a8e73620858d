package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"fettle/internal/export"
)

type lowcodeCommand struct {
	Export lowcodeExport `cmd:"" help:"Write fields, rules and tiles as one text file."`
	Import lowcodeImport `cmd:"" help:"Take such a file in, all or nothing, or say what would change."`
}

// Help is the long help text.
func (*lowcodeCommand) Help() string {
	return `Fields, rules and tiles that people have added without programmers, as one text file to review and to take elsewhere:

  fettle lowcode export --token-file data/admin.token -o operator.json
  fettle lowcode import --token-file other/admin.token --server https://other.example --dry-run operator.json
  fettle lowcode import --token-file other/admin.token --server https://other.example operator.json

An import adds, changes what has the same name, and takes nothing away.`
}

// addressFlags say which service a command calls, and as whom.
type addressFlags struct {
	Server    string `default:"http://127.0.0.1:8080" placeholder:"URL" help:"Address of the service."`
	TokenFile string `name:"token-file" required:"" placeholder:"FILE" help:"File with a bearer token, as DATA/admin.token."`
}

// client calls the service.
func (f *addressFlags) client(key string) (*export.Client, error) {
	token, err := os.ReadFile(f.TokenFile)
	if err != nil {
		return nil, usageError("--token-file: %v", err)
	}
	return &export.Client{Server: f.Server, Token: strings.TrimSpace(string(token)), Key: key}, nil
}

type lowcodeExport struct {
	addressFlags
	Output string `short:"o" placeholder:"FILE" help:"File to write; it is there whole or not at all. Standard output unless given."`
}

// Run writes the file.
func (c *lowcodeExport) Run(ctx context.Context, s *session) error {
	client, err := c.client("")
	if err != nil {
		return err
	}
	return s.writeOut(c.Output, func(w io.Writer) error {
		text, err := client.Call(ctx, http.MethodGet, "/v1/lowCode:export", nil)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	})
}

type lowcodeImport struct {
	addressFlags
	DryRun bool   `name:"dry-run" help:"Say what would change, and change nothing."`
	File   string `arg:"" placeholder:"FILE" help:"What fettle lowcode export has written; - for standard input."`
}

// Run takes a file in.
func (c *lowcodeImport) Run(ctx context.Context, s *session) error {
	client, err := c.client(s.key("lowcode"))
	if err != nil {
		return err
	}
	name, text, err := s.read(c.File)
	if err != nil {
		return usageError("%s: %v", c.File, err)
	}
	var out struct{ Added, Changed, Same []string }
	if err := client.Into(ctx, http.MethodPost, "/v1/lowCode:import", map[string]any{"text": string(text), "dryRun": c.DryRun}, &out); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, part := range []struct {
		sign string
		what []string
	}{{"+", out.Added}, {"~", out.Changed}} {
		for _, one := range part.what {
			_, e := fmt.Fprintln(s.stdout, part.sign, one)
			err = errors.Join(err, e)
		}
	}
	verb := "were"
	if c.DryRun {
		verb = "would be"
	}
	_, e := fmt.Fprintf(s.stdout, "%d %s added, %d changed; %d are as they were\n", len(out.Added), verb, len(out.Changed), len(out.Same))
	return errors.Join(err, e)
}
