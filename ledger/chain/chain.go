// Package chain makes and checks the chain of audit entries of an org: one link a commit, whose hash covers the entries of
// the commit, as a Merkle tree, and the hash of the link before. Whoever changes, removes, adds or moves an entry breaks the
// chain from there on; whoever cuts off its end is found by a head that was written down elsewhere.
//
// It is pure: Seal makes a link, Verifier checks links in order. Hashes are SHA-256; leaves and nodes of the tree are hashed
// with different first bytes, as RFC 6962 (section 2.1) does, so that one cannot stand for the other.
//
// What people gave as the reason of an action can be erased. The hash of an entry covers a salted hash of its reason (Cover), so
// the reason can go and the chain holds. Whoever takes one away says so in the chain (ledger.ReasonErased): a Verifier reports a reason
// that is gone and of which nobody tells.
package chain

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"time"

	"fettle/ledger"
	"fettle/org"
)

// Hash is SHA-256.
type Hash = [sha256.Size]byte

// What comes before the bytes that are hashed.
const (
	leafMark  = 0
	nodeMark  = 1
	coverMark = 2 // of an entry whose reason is covered by a hash
	restMark  = 3
	wordsMark = "fettle audit reason\x00"
	firstMark = "fettle audit chain\x00"
)

// Genesis is what stands before the first link of an org: each org has a chain of its own.
func Genesis(o org.ID) Hash { return sha256.Sum256([]byte(firstMark + string(o))) }

// Seal makes the link that follows a head. There must be at least one entry.
func Seal(h *ledger.Head, entries []ledger.Entry) ledger.Link {
	l := ledger.Link{
		Sequence: h.Sequence + 1, Previous: h.Hash, Count: len(entries), Root: Root(entries), Time: latest(entries),
	}
	l.Hash = Of(&l)
	return l
}

// latest is the instant of the latest entry, to the microsecond.
func latest(entries []ledger.Entry) time.Time {
	at := entries[0].Time
	for i := range entries {
		if at.Before(entries[i].Time) {
			at = entries[i].Time
		}
	}
	return time.UnixMicro(at.UnixMicro()).UTC()
}

// Of is the hash of a link from its other fields: those of fixed size one after the other, integers in 8 bytes, the most
// significant first.
func Of(l *ledger.Link) Hash {
	b := make([]byte, 0, 2*sha256.Size+3*8)
	b = append(b, l.Previous[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(l.Sequence))
	b = binary.BigEndian.AppendUint64(b, uint64(l.Time.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(l.Count))
	b = append(b, l.Root[:]...)
	return sha256.Sum256(b)
}

// Root is that of the Merkle tree over entries in their order; of none it is the hash of nothing. O(n) hashes.
func Root(entries []ledger.Entry) Hash {
	if len(entries) == 0 {
		return sha256.Sum256(nil)
	}
	level := make([]Hash, len(entries))
	var buffer []byte
	for i := range entries {
		level[i], buffer = leaf(buffer, &entries[i])
	}
	return fold(level)
}

// leaf hashes an entry by the rule that covers its reason.
func leaf(buffer []byte, e *ledger.Entry) (Hash, []byte) {
	switch e.Cover.Rule {
	case ledger.ErasedWhole:
		return e.Cover.Hash, buffer
	case ledger.SealedReason:
		buffer = appendEntry(buffer[:0], coverMark, e, string(e.Cover.Hash[:]))
	default:
		buffer = appendEntry(buffer[:0], leafMark, e, e.Reason)
	}
	return sha256.Sum256(buffer), buffer
}

// Cover hashes the reason of an entry with a salt, which must be random. An entry without a reason stays as it is.
func Cover(e *ledger.Entry, salt string) {
	if e.Reason != "" {
		e.Cover = ledger.Cover{Rule: ledger.SealedReason, Salt: salt, Hash: words(salt, e.Reason)}
	}
}

func words(salt, reason string) Hash {
	return sha256.Sum256(appendText(appendText([]byte(wordsMark), salt), reason))
}

// Forget takes the reason out of an entry of which there is one, and covers it by a hash that needs none: the chain holds as before.
// What is left of an entry of a time before reasons were sealed is no longer covered by its own hash, so there must be an entry that
// tells of it with Rest.
func Forget(e *ledger.Entry) {
	if e.Cover.Rule == ledger.PlainReason {
		e.Cover.Hash, _ = leaf(nil, e)
		e.Cover.Rule = ledger.ErasedWhole
	}
	e.Reason, e.Cover.Salt, e.Cover.Shut = "", "", false
}

// Rest is the hash of what is left of an entry whose reason was erased, as 64 hexadecimal digits.
func Rest(e *ledger.Entry) string {
	h := sha256.Sum256(appendEntry(nil, restMark, e, string(e.Cover.Hash[:])))
	return hex.EncodeToString(h[:])
}

// fold splits at the largest power of two below the number of leaves, as RFC 6962 does.
func fold(leaves []Hash) Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1 << (bits.Len(uint(len(leaves)-1)) - 1)
	left, right := fold(leaves[:k]), fold(leaves[k:])
	b := make([]byte, 0, 1+2*sha256.Size)
	b = append(append(append(b, nodeMark), left[:]...), right[:]...)
	return sha256.Sum256(b)
}

// appendEntry spells an entry so that different entries are spelled differently: each text after its length. Its place in
// the chain is not part of it, as the tree and the link hold that. What stands for its reason is given.
func appendEntry(b []byte, mark byte, e *ledger.Entry, reason string) []byte {
	b = append(b, mark)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Time.UnixMicro()))
	for _, s := range []string{e.Actor, e.Method, e.Kind, e.ID, e.Result, reason, e.RequestID} {
		b = appendText(b, s)
	}
	b = binary.AppendUvarint(b, uint64(len(e.Fields)))
	for _, f := range e.Fields {
		b = appendText(b, f)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
