package ledger

import (
	"time"

	"fettle/invalid"
)

// OK is the result of what was done. Other results are reasons of the API, as "ROLE_MAY_NOT".
const OK = "OK"

// Entry says who did what: never what a field held before or after, and nothing about a person.
type Entry struct {
	// Sequence is the link of the chain that the entry belongs to, Position its place there from 0. Stores set both.
	Sequence int64
	Position int

	Time      time.Time // to the microsecond
	Actor     string    // principal of the credential; "service" for what nobody asked for
	Method    string    // full name of the method, or kind of the due work
	Kind, ID  string    // of the object; "" when it is about none
	Result    string    // OK, or the reason why not
	Reason    string    // the purpose that was given, for actions that need one
	RequestID string
	Fields    []string // names of the fields that were touched, nil when that is all or none
}

func (e *Entry) check(at string) error {
	switch {
	case e.Actor == "":
		return &invalid.Error{Field: at + ".actor", Want: "who did it"}
	case e.Method == "":
		return &invalid.Error{Field: at + ".method", Want: "what was done"}
	case e.Result == "":
		return &invalid.Error{Field: at + ".result", Want: "how it ended"}
	}
	return nil
}

// Link is one step of the chain of an org: all entries of one commit.
type Link struct {
	Sequence int64     // from 1, without gaps
	Time     time.Time // that of the latest entry
	Count    int       // of its entries
	Previous [32]byte  // hash of the link before
	Root     [32]byte  // of the Merkle tree over its entries
	Hash     [32]byte  // of all the above
}

// Head is the end of a chain, and how much of its beginning was pruned.
type Head struct {
	Sequence int64 // of the last link; 0 when there is none
	Hash     [32]byte
	Base     int64 // the last link that was pruned; 0 when none was
	BaseHash [32]byte
	BaseTime time.Time
}

// AuditQuery selects audit entries. Zero fields select any.
type AuditQuery struct {
	Actor    string
	Method   string    // full name
	Kind, ID string    // of the object; one needs the other
	From, To time.Time // at or after From, before To
	// Before is where the page before ended: the last entry of it. The zero value begins with the latest.
	Before AuditPlace
}

// AuditPlace is a place in the order of audit entries by time.
type AuditPlace struct {
	Time     time.Time
	Sequence int64
	Position int
}

// Place is where the entry stands.
func (e *Entry) Place() AuditPlace {
	return AuditPlace{Time: e.Time, Sequence: e.Sequence, Position: e.Position}
}

// AuditKeep is how long audit entries are kept at least: stores refuse to prune younger ones.
const AuditKeep = 180 * 24 * time.Hour
