package ledger

import (
	"encoding/hex"
	"strings"
	"time"
)

// Record is one resource.
type Record struct {
	Kind    string // what it is, as "properties"
	ID      string // unique in its org and kind; rises with the time of creation
	Version int64  // 1 when it is new; each change is the next
	State   string // "" for kinds without states
	Created time.Time
	Updated time.Time
	// Keys are how it is found. nil leaves the keys that are stored as they are; an empty list takes them all away. What is
	// read from a store has none.
	Keys []Key
	Body []byte // JSON by the codec of the kind; opaque to stores
}

// Ref names a version of a record.
type Ref struct {
	Kind, ID string
	Version  int64
}

// Ref names the record as it is.
func (r *Record) Ref() Ref { return Ref{Kind: r.Kind, ID: r.ID, Version: r.Version} }

// Key is a value by which records of a kind are found and ordered. A record may have several values of one name.
type Key struct {
	Name  string
	Value string // ordered by bytes; made by Text, Int, Instant or Join
	// Unique says that no other record of the kind may have this value under this name.
	Unique bool
}

// separator stands between the parts of a value and below each byte of a part.
const separator = "\x01"

// escape keeps parts free of the separator and of NUL, in their order.
var escape = strings.NewReplacer("\x00", "\x02\x02", "\x01", "\x02\x03", "\x02", "\x02\x04")

// Text is the value of a key that consists of texts: ordered by the first, then by the second, and so on. Different parts
// make different values.
func Text(parts ...string) string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = escape.Replace(p)
	}
	return strings.Join(out, separator)
}

// Join makes one value of values that Text, Int or Instant have made, ordered by the first of them, then by the second.
func Join(values ...string) string { return strings.Join(values, separator) }

// Int is the value of a key that is a number.
func Int(n int64) string {
	var b [8]byte
	for i, v := 7, uint64(n)^1<<63; i >= 0; i-- {
		b[i] = byte(v)
		v >>= 8
	}
	return hex.EncodeToString(b[:])
}

// Instant is the value of a key that is an instant between the years 0 and 9999, to the microsecond.
func Instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
