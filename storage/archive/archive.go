// Package archive is the file of a backup: a zip with one file of JSON lines a table and, at its end, a manifest that says
// how many rows each has and what they hash to. It is the same for every store, so that a backup of one can be restored into
// another: that is how an operator moves from the file to PostgreSQL.
//
// A line is an array of a row's columns, in the order that the manifest gives: null, numbers, texts, and bytes as
// {"bytes": base64}.
package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
)

// Format is what the manifest names; another one is refused.
const Format = "fettle-backup-1"

// manifestName is that of the last file.
const manifestName = "manifest.json"

// ErrCorrupt says that an archive is not what was written.
var ErrCorrupt = errors.New("backup is damaged")

// Table says what of a table is in an archive.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
	SHA256  string   `json:"sha256"` // of its lines
}

// Manifest is what an archive holds.
type Manifest struct {
	Format string  `json:"format"`
	Made   string  `json:"made"` // RFC 3339
	Tables []Table `json:"tables"`
}

// Source gives the rows of a store as they are at one instant.
type Source interface {
	// Dump calls table for each table before its rows, and row for each row: nil, int64, float64, string or []byte.
	Dump(ctx context.Context, table func(name string, columns []string) error, row func(values []any) error) error
}

// Target takes the rows of an archive.
type Target interface {
	// Fill writes rows into an empty store, all of them or none. next returns a table's name and a row; io.EOF at the end.
	Fill(ctx context.Context, next func() (table string, values []any, err error)) error
}

// writer writes one table after the other.
type writer struct {
	zip      *zip.Writer
	lines    *bufio.Writer
	sum      hash.Hash
	manifest Manifest
}

// Write writes an archive of what a store holds. made is when.
func Write(ctx context.Context, to io.Writer, from Source, made string) (Manifest, error) {
	w := &writer{zip: zip.NewWriter(to), manifest: Manifest{Format: Format, Made: made}}
	if err := from.Dump(ctx, w.table, w.row); err != nil {
		return w.manifest, fmt.Errorf("read the store: %w", err)
	}
	if err := w.end(); err != nil {
		return w.manifest, err
	}
	f, err := w.zip.Create(manifestName)
	if err == nil {
		err = json.NewEncoder(f).Encode(&w.manifest)
	}
	if err = errors.Join(err, w.zip.Close()); err != nil {
		return w.manifest, fmt.Errorf("write the manifest: %w", err)
	}
	return w.manifest, nil
}

func (w *writer) table(name string, columns []string) error {
	if err := w.end(); err != nil {
		return err
	}
	f, err := w.zip.Create(name + ".jsonl")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	w.sum = sha256.New()
	w.lines = bufio.NewWriterSize(io.MultiWriter(f, w.sum), 1<<16)
	w.manifest.Tables = append(w.manifest.Tables, Table{Name: name, Columns: columns})
	return nil
}

func (w *writer) row(values []any) error {
	line := make([]any, len(values))
	for i, v := range values {
		line[i] = v
		if b, ok := v.([]byte); ok {
			line[i] = map[string]string{"bytes": base64.StdEncoding.EncodeToString(b)}
		}
	}
	text, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("write a row: %w", err)
	}
	w.manifest.Tables[len(w.manifest.Tables)-1].Rows++
	_, err = w.lines.Write(append(text, '\n'))
	return err
}

// end finishes the table that is being written, if any.
func (w *writer) end() error {
	if w.lines == nil {
		return nil
	}
	if err := w.lines.Flush(); err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	w.manifest.Tables[len(w.manifest.Tables)-1].SHA256 = hex.EncodeToString(w.sum.Sum(nil))
	w.lines = nil
	return nil
}

// Read checks an archive and, when it is whole, fills a store with it. A nil store only checks.
func Read(ctx context.Context, from io.ReaderAt, size int64, to Target) (Manifest, error) {
	z, err := zip.NewReader(from, size)
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	m, err := readManifest(z)
	if err != nil {
		return m, err
	}
	for i := range m.Tables {
		if err := verify(z, &m.Tables[i]); err != nil {
			return m, err
		}
	}
	if to == nil {
		return m, nil
	}
	r := &reader{zip: z, tables: m.Tables}
	if err := to.Fill(ctx, r.next); err != nil {
		return m, errors.Join(fmt.Errorf("fill the store: %w", err), r.close())
	}
	return m, r.close()
}

func readManifest(z *zip.Reader) (m Manifest, err error) {
	f, err := z.Open(manifestName)
	if err != nil {
		return m, fmt.Errorf("%w: no manifest: %w", ErrCorrupt, err)
	}
	text, err := io.ReadAll(f) // to its end, where its sum is checked
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return m, fmt.Errorf("%w: manifest: %w", ErrCorrupt, err)
	}
	if m.Format != Format {
		return m, fmt.Errorf("the backup's format is %q, known is %q", m.Format, Format)
	}
	return m, nil
}

// verify compares a table's lines with the manifest.
func verify(z *zip.Reader, t *Table) error {
	f, err := z.Open(t.Name + ".jsonl")
	if err != nil {
		return fmt.Errorf("%w: table %s: %w", ErrCorrupt, t.Name, err)
	}
	sum, count := sha256.New(), &lineCounter{}
	_, err = io.Copy(io.MultiWriter(sum, count), f)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%w: table %s: %w", ErrCorrupt, t.Name, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != t.SHA256 || count.lines != t.Rows {
		return fmt.Errorf("%w: table %s has %d rows with hash %s, want %d with %s", ErrCorrupt, t.Name, count.lines, got, t.Rows, t.SHA256)
	}
	return nil
}

type lineCounter struct{ lines int64 }

// Write implements io.Writer.
func (c *lineCounter) Write(p []byte) (int, error) {
	c.lines += int64(bytes.Count(p, []byte{'\n'}))
	return len(p), nil
}

// reader gives the rows of all tables.
type reader struct {
	zip    *zip.Reader
	tables []Table
	open   io.ReadCloser
	rows   *json.Decoder
}

func (r *reader) next() (string, []any, error) {
	for {
		if r.rows == nil {
			if len(r.tables) == 0 {
				return "", nil, io.EOF
			}
			f, err := r.zip.Open(r.tables[0].Name + ".jsonl")
			if err != nil {
				return "", nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
			}
			r.open, r.rows = f, json.NewDecoder(bufio.NewReaderSize(f, 1<<16))
			r.rows.UseNumber()
		}
		t := &r.tables[0]
		var line []any
		err := r.rows.Decode(&line)
		if errors.Is(err, io.EOF) {
			r.tables = r.tables[1:]
			if err := r.close(); err != nil {
				return "", nil, err
			}
			continue
		}
		if err == nil && len(line) != len(t.Columns) {
			err = fmt.Errorf("%d columns, want %d", len(line), len(t.Columns))
		}
		for i := 0; err == nil && i < len(line); i++ {
			line[i], err = value(line[i])
		}
		if err != nil {
			return "", nil, fmt.Errorf("%w: table %s: %w", ErrCorrupt, t.Name, err)
		}
		return t.Name, line, nil
	}
}

func (r *reader) close() error {
	if r.open == nil {
		return nil
	}
	err := r.open.Close()
	r.open, r.rows = nil, nil
	return err
}

// value is what a column was before it became JSON.
func value(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return v.Float64()
		}
		return v.Int64()
	case map[string]any:
		text, ok := v["bytes"].(string)
		if !ok {
			return nil, errors.New("an object that is no bytes")
		}
		return base64.StdEncoding.DecodeString(text)
	}
	return v, nil
}

// Rows is how many rows an archive holds in all.
func (m *Manifest) Rows() (n int64) {
	for i := range m.Tables {
		n += m.Tables[i].Rows
	}
	return n
}

// Find returns what the manifest says of a table, nil when it names none such.
func (m *Manifest) Find(name string) *Table {
	i := slices.IndexFunc(m.Tables, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &m.Tables[i]
}
