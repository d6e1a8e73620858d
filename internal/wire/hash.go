package wire

import (
	"crypto/sha256"
	"fmt"

	"google.golang.org/protobuf/proto"
)

// Hash is the same for equal requests of the same sender: what is kept beside the answer under an idempotency key, so that
// nobody is given the answer to another's request.
func Hash(sender string, m proto.Message) ([sha256.Size]byte, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("hash the request: %w", err)
	}
	h := sha256.New()
	h.Write([]byte(sender)) // a hash does not fail
	h.Write([]byte{0})
	h.Write(b)
	return [sha256.Size]byte(h.Sum(nil)), nil
}
