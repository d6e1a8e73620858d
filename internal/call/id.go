package call

import (
	"crypto/rand"
	"sync"
	"time"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// IDs makes ids that rise with time: a prefix and 26 characters, of which the first ten are the millisecond and the
// rest chance. Within a millisecond, and while the clock stands still or goes back, the part of chance counts up.
type IDs struct {
	clock  Clock
	mu     sync.Mutex
	last   int64 // millisecond
	chance [10]byte
}

// crockford is base 32 without the letters that are taken for others, in the order of its values.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// NewIDs makes a generator of ids. Any goroutine may use it.
func NewIDs(c Clock) *IDs { return &IDs{clock: c} }

// Next returns a new id with a prefix, as "wo_".
func (g *IDs) Next(prefix string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now().UnixMilli()
	if now > g.last {
		g.last = now
		// crypto/rand.Read does not fail: the program ends when the system has no randomness.
		_, _ = rand.Read(g.chance[:])
		g.chance[0] &= 0x7f // room to count up
	} else {
		for i := len(g.chance) - 1; i >= 0; i-- {
			if g.chance[i]++; g.chance[i] != 0 {
				break
			}
		}
	}
	return prefix + spell(time.UnixMilli(g.last), g.chance)
}

// spell writes 48 bits of time and 80 of chance as 26 characters.
func spell(at time.Time, chance [10]byte) string {
	var out [26]byte
	ms := uint64(at.UnixMilli())
	for i := 9; i >= 0; i-- {
		out[i] = crockford[ms&31]
		ms >>= 5
	}
	for half := range 2 { // 40 bits are 8 characters
		var v uint64
		for _, b := range chance[half*5 : half*5+5] {
			v = v<<8 | uint64(b)
		}
		for i := 7; i >= 0; i-- {
			out[10+half*8+i] = crockford[v&31]
			v >>= 5
		}
	}
	return string(out[:])
}
