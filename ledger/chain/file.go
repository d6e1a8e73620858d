package chain

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
)

// Format is what the first line of each chain in a file names; another one is refused.
const Format = "fettle-audit-2"

// before is the format of files of a time before reasons were covered by hashes of their own: all that is in such a file is in one of
// Format as well.
const before = "fettle-audit-1"

// hexed is a hash as files have it: 64 hexadecimal digits.
type hexed Hash

// MarshalText implements encoding.TextMarshaler.
func (h hexed) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h[:])), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *hexed) UnmarshalText(b []byte) error {
	if hex.DecodedLen(len(b)) != len(h) || len(b)%2 != 0 {
		return &invalid.Error{Field: "hash", Want: "64 hexadecimal digits"}
	}
	_, err := hex.Decode(h[:], b)
	return err
}

// headLine begins a chain in a file.
type headLine struct {
	Format   string    `json:"format"`
	Org      org.ID    `json:"org"`
	Sequence int64     `json:"sequence"`
	Hash     hexed     `json:"hash"`
	Base     int64     `json:"base"`
	BaseHash hexed     `json:"baseHash"`
	BaseTime time.Time `json:"baseTime"`
}

// linkLine is a link with its entries.
type linkLine struct {
	Sequence int64       `json:"sequence"`
	Time     time.Time   `json:"time"`
	Previous hexed       `json:"previous"`
	Root     hexed       `json:"root"`
	Hash     hexed       `json:"hash"`
	Count    int         `json:"count"`
	Entries  []entryLine `json:"entries"`
}

type entryLine struct {
	Time      time.Time `json:"time"`
	Actor     string    `json:"actor"`
	Method    string    `json:"method"`
	Kind      string    `json:"kind,omitempty"`
	ID        string    `json:"id,omitempty"`
	Result    string    `json:"result"`
	Reason    string    `json:"reason,omitempty"`
	RequestID string    `json:"requestId,omitempty"`
	Fields    []string  `json:"fields,omitempty"`

	ReasonRule ledger.CoverRule `json:"reasonRule,omitempty"`
	ReasonHash *hexed           `json:"reasonHash,omitempty"`
	ReasonSalt string           `json:"reasonSalt,omitempty"`
	ReasonShut bool             `json:"reasonSealed,omitempty"` // there is one, and who wrote the file had no key
}

// lineOf makes the line of an entry.
func lineOf(e *ledger.Entry) entryLine {
	out := entryLine{
		Time: e.Time.UTC(), Actor: e.Actor, Method: e.Method, Kind: e.Kind, ID: e.ID, Result: e.Result, Reason: e.Reason,
		RequestID: e.RequestID, Fields: e.Fields, ReasonRule: e.Cover.Rule, ReasonSalt: e.Cover.Salt, ReasonShut: e.Cover.Shut,
	}
	if e.Cover.Rule != ledger.PlainReason {
		hash := hexed(e.Cover.Hash)
		out.ReasonHash = &hash
	}
	return out
}

// entry reads the line of an entry.
func (e *entryLine) entry(sequence int64, position int) ledger.Entry {
	out := ledger.Entry{
		Sequence: sequence, Position: position, Time: e.Time, Actor: e.Actor, Method: e.Method, Kind: e.Kind, ID: e.ID,
		Result: e.Result, Reason: e.Reason, RequestID: e.RequestID, Fields: e.Fields,
		Cover: ledger.Cover{Rule: e.ReasonRule, Salt: e.ReasonSalt, Shut: e.ReasonShut},
	}
	if e.ReasonHash != nil {
		out.Cover.Hash = Hash(*e.ReasonHash)
	}
	return out
}

// Writer writes chains as JSON lines: a line with the head, then one for each link with its entries.
type Writer struct{ to *json.Encoder }

// NewWriter makes a writer; it writes each line at once.
func NewWriter(w io.Writer) *Writer { return &Writer{to: json.NewEncoder(w)} }

// Head begins the chain of an org. Its links follow.
func (w *Writer) Head(o org.ID, h *ledger.Head) error {
	return w.to.Encode(headLine{
		Format: Format, Org: o, Sequence: h.Sequence, Hash: h.Hash, Base: h.Base, BaseHash: h.BaseHash, BaseTime: h.BaseTime.UTC(),
	})
}

// Link writes the next link.
func (w *Writer) Link(l *ledger.Link, entries []ledger.Entry) error {
	line := linkLine{
		Sequence: l.Sequence, Time: l.Time.UTC(), Previous: l.Previous, Root: l.Root, Hash: l.Hash, Count: l.Count,
		Entries: make([]entryLine, len(entries)),
	}
	for i := range entries {
		line.Entries[i] = lineOf(&entries[i])
	}
	return w.to.Encode(line)
}

// maxLine is the longest line of a file in bytes: a commit with some ten thousand entries.
const maxLine = 16 << 20

// VerifyFile checks the chains that a Writer has written, each like Verify does. The error is about lines that are no such
// file.
func VerifyFile(r io.Reader, witnesses []Witness, now time.Time) ([]Found, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), maxLine)
	f := file{witnesses: witnesses, now: now}
	n := 1
	for ; lines.Scan(); n++ {
		if err := f.line(lines.Bytes()); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n, err)
	}
	if f.open == nil {
		return nil, fmt.Errorf("line 1: %w", &invalid.Error{Field: "format", Want: Format})
	}
	return append(f.found, f.open.end(now)), nil
}

// file is a file as far as it was read.
type file struct {
	witnesses []Witness
	now       time.Time
	found     []Found
	open      *finding
}

func (f *file) line(text []byte) error {
	var h headLine
	if err := json.Unmarshal(text, &h); err != nil {
		return fmt.Errorf("want JSON: %w", err)
	}
	if h.Format == "" && f.open != nil {
		return f.link(text)
	}
	if h.Format != Format && h.Format != before {
		return &invalid.Error{Field: "format", Value: h.Format, Want: Format}
	}
	if f.open != nil {
		f.found = append(f.found, f.open.end(f.now))
	}
	f.open = begin(h.Org, &ledger.Head{
		Sequence: h.Sequence, Hash: h.Hash, Base: h.Base, BaseHash: h.BaseHash, BaseTime: h.BaseTime,
	}, f.witnesses)
	return nil
}

func (f *file) link(text []byte) error {
	var l linkLine
	if err := json.Unmarshal(text, &l); err != nil {
		return fmt.Errorf("want a link: %w", err)
	}
	entries := make([]ledger.Entry, len(l.Entries))
	for i := range l.Entries {
		entries[i] = l.Entries[i].entry(l.Sequence, i)
	}
	_ = f.open.link(&ledger.Link{
		Sequence: l.Sequence, Time: l.Time, Count: l.Count, Previous: l.Previous, Root: l.Root, Hash: l.Hash,
	}, entries) // what it says is kept for the end
	return nil
}
