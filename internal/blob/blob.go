// Package blob keeps large bytes in the ledger: files that people send or the service makes, cut into parts that are records.
// What is kept so is written in the transaction of what refers to it, sealed at rest, copied by backups and destroyed with the
// keys of its org like everything else; no file on disk can be missing, short or left over.
//
// A part is read whole; parts are small, so that neither a transaction nor a reader needs the whole file in memory. The caller
// keeps the Ref in a record of its own and removes the parts when that goes.
package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"fettle/ledger"
	"fettle/org"
)

// Kind is that of the records of parts.
const Kind = "blobParts"

// PartBytes is how large all parts of a blob are but the last. Files of older versions have larger ones.
const PartBytes = 256 << 10

// ErrBroken says that the parts are not what was written: one is missing, or the sum is another.
var ErrBroken = errors.New("the parts of a file are not what was written")

// Ref names a blob. The zero value is an empty one.
type Ref struct {
	ID     string `json:"id"`
	Parts  int    `json:"parts"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256,omitempty"` // in hex; "" when it was not taken
	// Changed are the parts that Replace has written anew.
	Changed []int `json:"changed,omitempty"`
}

// Cut makes the records of a whole file under an id that nobody else has.
func Cut(id string, data []byte, now time.Time) (Ref, []ledger.Record) {
	sum := sha256.Sum256(data)
	r := Ref{ID: id}
	out := r.Append(data, now)
	r.SHA256 = hex.EncodeToString(sum[:])
	return r, out
}

// Append makes the records that add bytes to a blob, in parts of their own, and counts them.
func (r *Ref) Append(data []byte, now time.Time) []ledger.Record {
	var out []ledger.Record
	r.SHA256 = ""
	for len(data) > 0 {
		n := min(len(data), PartBytes)
		out = append(out, ledger.Record{Kind: Kind, ID: part(r.ID, r.Parts), Version: 1, Created: now, Updated: now, Body: data[:n]})
		data = data[n:]
		r.Parts++
		r.Bytes += int64(n)
	}
	return out
}

func part(id string, n int) string { return fmt.Sprintf("%s.%06d", id, n) }

// ReadPart returns one part.
func (r *Ref) ReadPart(ctx context.Context, s ledger.Reader, o org.ID, n int) (*ledger.Record, error) {
	rec, err := s.Record(ctx, o, Kind, part(r.ID, n))
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, fmt.Errorf("part %d of %s: %w", n, r.ID, ErrBroken)
	}
	return rec, err
}

// Size is how many bytes the parts from one up to before another have together, or to the last when that is 0. It reads them one by
// one where that is not all of the blob.
func (r *Ref) Size(ctx context.Context, s ledger.Reader, o org.ID, from, to int) (n int64, err error) {
	if to <= 0 || to > r.Parts {
		to = r.Parts
	}
	if from == 0 && to == r.Parts {
		return r.Bytes, nil
	}
	for i := from; i < to; i++ {
		p, err := r.ReadPart(ctx, s, o, i)
		if err != nil {
			return 0, err
		}
		n += int64(len(p.Body))
	}
	return n, nil
}

// Copy writes the bytes of parts, as Read returns them, one part at a time: it holds no more than that while the writer waits. The last
// part is not written when the sum of all is another than that of what was cut.
func (r *Ref) Copy(ctx context.Context, s ledger.Reader, o org.ID, from, to int, w io.Writer) error {
	if to <= 0 || to > r.Parts {
		to = r.Parts
	}
	sum := sha256.New()
	for n := from; n < to; n++ {
		p, err := r.ReadPart(ctx, s, o, n)
		if err != nil {
			return err
		}
		_, _ = sum.Write(p.Body) // a hash never fails
		if last := from == 0 && n == r.Parts-1; last && r.SHA256 != "" && r.SHA256 != hex.EncodeToString(sum.Sum(nil)) {
			return fmt.Errorf("%s: %w", r.ID, ErrBroken)
		}
		if _, err := w.Write(p.Body); err != nil {
			return fmt.Errorf("write %s: %w", r.ID, err)
		}
	}
	return nil
}

// Read returns the bytes of the parts from one up to before another, or to the last when that is 0, and checks the sum of all
// when they are all.
func (r *Ref) Read(ctx context.Context, s ledger.Reader, o org.ID, from, to int) ([]byte, error) {
	if to <= 0 || to > r.Parts {
		to = r.Parts
	}
	var out []byte
	for n := from; n < to; n++ {
		p, err := r.ReadPart(ctx, s, o, n)
		if err != nil {
			return nil, err
		}
		out = append(out, p.Body...)
	}
	if from > 0 || to < r.Parts {
		return out, nil
	}
	sum := sha256.Sum256(out)
	if int64(len(out)) != r.Bytes || r.SHA256 != "" && r.SHA256 != hex.EncodeToString(sum[:]) {
		return nil, fmt.Errorf("%s: %w", r.ID, ErrBroken)
	}
	return out, nil
}

// Replace makes the records that turn the blob into other bytes of the same length: of the parts that differ alone. It may be
// called once in the life of a blob.
func (r *Ref) Replace(ctx context.Context, s ledger.Reader, o org.ID, data []byte, now time.Time) ([]ledger.Record, error) {
	var out []ledger.Record
	for n := range r.Parts {
		p, err := r.ReadPart(ctx, s, o, n)
		if err != nil {
			return nil, err
		}
		if len(data) < len(p.Body) {
			return nil, fmt.Errorf("replace %s by fewer bytes: %w", r.ID, ErrBroken)
		}
		if own := data[:len(p.Body)]; !bytes.Equal(own, p.Body) {
			next := *p
			next.Version, next.Updated, next.Body = p.Version+1, now, own
			out = append(out, next)
			r.Changed = append(r.Changed, n)
		}
		data = data[len(p.Body):]
	}
	return out, nil
}

// Remove names the records of all parts, each at the version that it was written with.
func (r *Ref) Remove() []ledger.Ref {
	out := make([]ledger.Ref, r.Parts)
	for n := range out {
		out[n] = ledger.Ref{Kind: Kind, ID: part(r.ID, n), Version: 1}
	}
	for _, n := range r.Changed {
		out[n].Version = 2
	}
	return out
}
