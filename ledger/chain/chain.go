// Package chain makes and checks the chain of audit entries of an org: one link a commit, whose hash covers the entries of
// the commit, as a Merkle tree, and the hash of the link before. Whoever changes, removes, adds or moves an entry breaks the
// chain from there on; whoever cuts off its end is found by a head that was written down elsewhere.
//
// It is pure: Seal makes a link, Verifier checks links in order. Hashes are SHA-256; leaves and nodes of the tree are hashed
// with different first bytes, as RFC 6962 (section 2.1) does, so that one cannot stand for the other.
package chain

import (
	"crypto/sha256"
	"encoding/binary"
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
		buffer = appendEntry(buffer[:0], &entries[i])
		level[i] = sha256.Sum256(buffer)
	}
	return fold(level)
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
// the chain is not part of it, as the tree and the link hold that.
func appendEntry(b []byte, e *ledger.Entry) []byte {
	b = append(b, leafMark)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Time.UnixMicro()))
	for _, s := range []string{e.Actor, e.Method, e.Kind, e.ID, e.Result, e.Reason, e.RequestID} {
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
