package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fettle/internal/app"
	"fettle/org"
)

// keyFlags say where the keys of what is at rest are.
type keyFlags struct {
	Keys    string `placeholder:"FILE" help:"Keys of what is at rest, made at the first start; DIR/keys.json unless given. No backup holds them: keep a copy elsewhere. Services on one database share them."`
	KEKFile string `name:"kek-file" placeholder:"FILE" help:"Key-encryption key that wraps the keys, 32 bytes in base64, kept apart from the data; without it the permissions of the file guard them."`
}

func (f *keyFlags) keys() app.Keys { return app.Keys{File: f.Keys, KEKFile: f.KEKFile} }

type keysCommand struct {
	Status keysStatusCommand `cmd:"" help:"Show the ids of the keys of a running service, and whether rows are still being sealed anew."`
	Rotate keysRotateCommand `cmd:"" help:"Make new keys while the service runs; it seals what it holds anew under them."`
	Wrap   keysWrapCommand   `cmd:"" help:"Wrap the keys under a key-encryption key, or another one. The service must not run."`
	Erase  keysEraseCommand  `cmd:"" help:"Destroy the keys of an org: nothing of it can be read again, backups included. The service must not run."`
}

// callFlags say which service is asked, and as whom.
type callFlags struct {
	URL  string `name:"url" default:"http://127.0.0.1:8080" placeholder:"URL" help:"Address of the service."`
	Data string `default:"fettle-data" placeholder:"DIR" help:"Data directory of the service, whose DIR/admin.token is sent."`
}

type keysStatusCommand struct{ callFlags }

// Run shows the keys.
func (c *keysStatusCommand) Run(ctx context.Context, s *session) error {
	return c.call(ctx, s, http.MethodGet, "/v1/keys")
}

type keysRotateCommand struct {
	callFlags
	Purpose string `default:"rotation by the operator" help:"Why, for the audit."`
}

// Help is the long help text.
func (*keysRotateCommand) Help() string {
	return `New rows are sealed under the new key at once; the others are sealed anew in the background, also after a restart. Rows of
the log are never changed: they stay under the key that they were written with, which is kept for as long as they are.`
}

// Run rotates the keys.
func (c *keysRotateCommand) Run(ctx context.Context, s *session) error {
	return c.call(ctx, s, http.MethodPost, "/v1/keys:rotate?"+url.Values{"purpose": {c.Purpose}}.Encode())
}

// call asks the service and prints its answer.
func (c *callFlags) call(ctx context.Context, s *session, method, path string) (err error) {
	token, err := os.ReadFile(filepath.Join(c.Data, "admin.token"))
	if err != nil {
		return usageError("--data %s: %v", c.Data, err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+path, http.NoBody)
	if err != nil {
		return usageError("--url %s: %v", c.URL, err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", rand.Text())
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return outcome{status: exitNo, text: err.Error()}
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	_ = answer.Body.Close() // it was read
	if err != nil || answer.StatusCode != http.StatusOK {
		return outcome{status: exitNo, text: fmt.Sprintf("%s %s: %s %s", method, path, answer.Status, body)}
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, body, "", "  "); err != nil {
		return fmt.Errorf("answer of %s: %w", path, err)
	}
	_, err = fmt.Fprintln(s.stdout, pretty.String())
	return err
}

type keysWrapCommand struct {
	storeFlags
	keyFlags
	To string `placeholder:"FILE" help:"The next key-encryption key; without it the keys are kept in clear again."`
}

// Run wraps the keys.
func (c *keysWrapCommand) Run(ctx context.Context, s *session) error {
	if err := app.WrapKeys(ctx, c.Data, c.DB, c.keys(), c.To); err != nil {
		return err
	}
	fmt.Fprintln(s.stdout, "The keys are wrapped anew. Destroy older copies of their file.")
	return nil
}

type keysEraseCommand struct {
	storeFlags
	keyFlags
	Org string `required:"" placeholder:"ID" help:"The org."`
	Yes bool   `help:"Really: there is no way back."`
}

// Run destroys the keys.
func (c *keysEraseCommand) Run(ctx context.Context, s *session) error {
	if !c.Yes {
		return usageError("--yes: want it given, since what was kept of org %s cannot be read again", c.Org)
	}
	if err := app.EraseKeys(ctx, c.Data, c.DB, c.keys(), org.ID(c.Org)); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "The keys of org %s are destroyed. Destroy copies of the key file too.\n", c.Org)
	return nil
}
