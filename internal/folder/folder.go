// Package folder keeps a spreadsheet of leases in a folder in step with the service, for those who go on working with their sheets: what
// somebody saves there is merged, and the sheet is written anew with what the service has. It is a client of the public contract.
//
// A sheet that somebody has open (programs put a file that begins with ~$ beside it) is read and not written.
package folder

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fettle/internal/clock"
	"fettle/internal/export"
)

// Config says what is kept in step. All but Log must be given.
type Config struct {
	Dir    string
	Server string // address of the service
	Token  string
	Every  time.Duration // how often is looked
	Clock  clock.Clock
	Log    func(text string, err error)
}

// Names of the files.
const (
	sheetName  = "leases.xlsx"
	resultName = "leases.result.json" // what became of the last sheet that somebody saved
	stateName  = ".leases.state"      // the hash of the sheet that was written last
)

// maxSheet is the largest sheet that is taken, in bytes: that of the import.
const maxSheet = 6 << 20

// Folder keeps a folder in step. One goroutine calls Run.
type Folder struct {
	c      Config
	client *http.Client
	wrote  string // the hash of the sheet that was written last
	seen   string // that of the sheet as it was at the last look
	has    string // that of what the service had when the sheet was written
}

// New makes one.
func New(c Config) *Folder {
	if c.Log == nil {
		c.Log = func(string, error) {}
	}
	return &Folder{c: c, client: &http.Client{Timeout: 3 * time.Minute}}
}

// Run looks until ctx ends.
func (f *Folder) Run(ctx context.Context) {
	defer f.client.CloseIdleConnections()
	state, _ := f.read(stateName) // none says that nobody knows who wrote the sheet
	f.wrote = strings.TrimSpace(string(state))
	timer := f.c.Clock.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C():
		}
		if err := f.look(ctx); err != nil && ctx.Err() == nil {
			f.c.Log("folder not in step", err)
		}
		timer.Reset(f.c.Every)
	}
}

// look takes what somebody has saved, and writes what has changed in the service.
func (f *Folder) look(ctx context.Context) error {
	body, err := f.read(sheetName)
	if errors.Is(err, fs.ErrNotExist) {
		return f.write(ctx, "")
	}
	if err != nil {
		return fmt.Errorf("read the sheet: %w", err)
	}
	now := hash(body)
	still := now == f.seen
	f.seen = now
	switch {
	case now == f.wrote:
		return f.refresh(ctx, now)
	case !still:
		return nil // it may be half saved: look again
	}
	if err := f.merge(ctx, body, now); err != nil {
		return err
	}
	return f.write(ctx, now)
}

func hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// refresh writes the sheet anew when the service has something else than when it was written.
func (f *Folder) refresh(ctx context.Context, now string) error {
	has, err := f.content(ctx)
	if err != nil || has == f.has {
		return err
	}
	return f.write(ctx, now)
}

// content is the hash of what the service has.
func (f *Folder) content(ctx context.Context) (string, error) {
	sum := sha256.New()
	_, err := export.Leases(ctx, export.Config{Server: f.c.Server, Token: f.c.Token, CSV: true}, sum)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// merge sends a sheet to the service and writes down what became of it.
func (f *Folder) merge(ctx context.Context, body []byte, now string) error {
	data, err := json.Marshal(map[string]string{"content": base64.StdEncoding.EncodeToString(body), "fileName": sheetName})
	if err != nil {
		return fmt.Errorf("encode the sheet: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(f.c.Server, "/")+"/v1/leases:import", bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("send the sheet: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+f.c.Token)
	req.Header.Set("Idempotency-Key", "watch-"+now)
	req.Header.Set("Content-Type", "application/json")
	res, err := f.client.Do(req)
	if err != nil {
		return fmt.Errorf("send the sheet: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	answer, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("send the sheet: %w", err)
	}
	if err := f.replace(resultName, answer); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the service answered %s: see %s", res.Status, resultName)
	}
	return nil
}

// write exports all leases into the sheet, unless somebody has it open or has saved it since it was looked at.
func (f *Folder) write(ctx context.Context, seen string) error {
	if _, err := os.Stat(filepath.Join(f.c.Dir, "~$"+sheetName)); err == nil {
		return nil
	}
	has, err := f.content(ctx)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if _, err := export.Leases(ctx, export.Config{Server: f.c.Server, Token: f.c.Token}, &out); err != nil {
		return err
	}
	if body, err := f.read(sheetName); err == nil && hash(body) != seen {
		return nil
	}
	now := hash(out.Bytes())
	if err := f.replace(stateName, []byte(now+"\n")); err != nil { // first: a sheet that nobody is known to have written is merged
		return err
	}
	if err := f.replace(sheetName, out.Bytes()); err != nil {
		return err
	}
	f.wrote, f.seen, f.has = now, now, has
	return nil
}

// read reads a file of the folder: one that is a file, is in it and not behind a link that leads out of it, and is not larger than is
// taken.
func (f *Folder) read(name string) ([]byte, error) {
	dir, err := os.OpenRoot(f.c.Dir)
	if err != nil {
		return nil, err
	}
	defer dir.Close() //nolint:errcheck // nothing was written
	info, err := dir.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSheet {
		return nil, fmt.Errorf("%s has %d bytes and is %s: want a file of at most %d", name, info.Size(), info.Mode(), maxSheet)
	}
	file, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	body, err := io.ReadAll(io.LimitReader(file, maxSheet+1))
	if err == nil && len(body) > maxSheet {
		err = fmt.Errorf("%s: want at most %d bytes", name, maxSheet)
	}
	return body, err
}

// replace writes a file whole or not at all, and none outside of the folder.
func (f *Folder) replace(name string, data []byte) error {
	dir, err := os.OpenRoot(f.c.Dir)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer dir.Close() //nolint:errcheck // what was written is closed
	err = dir.WriteFile(name+".new", data, 0o600)
	if err == nil {
		err = dir.Rename(name+".new", name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
