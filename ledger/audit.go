package ledger

import (
	"fmt"
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

	// Cover is how the hash of the entry covers the reason. Stores set it.
	Cover Cover
}

// Cover is how the hash of an entry covers its reason. The zero value covers the reason as it stands: there is none, or the entry
// is of a time before reasons were sealed.
type Cover struct {
	Rule CoverRule
	// Hash stands for the reason under SealedReason, and for the whole entry as it was under ErasedWhole.
	Hash [32]byte
	// Salt is hashed with the reason, so that nobody finds a reason by trying. It is sealed, and erased, with it.
	Salt string
	// Shut says that there is a reason which the reader has no key for. Without it, an empty reason under a Hash was erased.
	Shut bool
}

// CoverRule says what Cover.Hash is.
type CoverRule int

// The rules.
const (
	PlainReason  CoverRule = 0 // nothing: the reason itself is hashed
	SealedReason CoverRule = 1 // of salt and reason
	ErasedWhole  CoverRule = 2 // of an entry under PlainReason, whose reason was erased since
)

// Erased reports whether the entry had a reason that was erased.
func (e *Entry) Erased() bool { return e.Cover.Rule != PlainReason && e.Reason == "" && !e.Cover.Shut }

// What an entry says that tells of an erasure: its ID is Name of the entry whose reason is erased, its only field what is left of
// that, as chain.Rest has it.
const (
	ReasonErased = "audit.erase"
	AuditEvents  = "auditEvents"
)

// Name names an entry within its org.
func (e *Entry) Name() string { return fmt.Sprintf("%d.%d", e.Sequence, e.Position) }

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
