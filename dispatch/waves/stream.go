package waves

import "math/bits"

// Stream is the random stream of numpy.random.default_rng(seed): O'Neill (2014), "PCG: a family of simple fast
// space-efficient statistically good algorithms for random number generation" (PCG64, XSL-RR 128/64), seeded through
// SeedSequence, with the bounded integers of Lemire (2019), doi:10.1145/3230636. The zero value is not useful.
type Stream struct {
	hi, lo       uint64 // state
	incHi, incLo uint64
	half         uint32 // upper half of the last draw
	halved       bool   // half has not been used
}

// NewStream is default_rng(seed).
func NewStream(seed uint64) *Stream {
	w := seedWords(seed)
	s := &Stream{}
	s.incHi, s.incLo = w[2]<<1|w[3]>>63, w[3]<<1|1
	s.step()
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, w[1], 0)
	s.hi, _ = bits.Add64(s.hi, w[0], carry)
	s.step()
	return s
}

// seedWords are the four words that SeedSequence(seed) generates for PCG64.
func seedWords(seed uint64) [4]uint64 {
	hash := uint32(0x43b0d7e5)
	mixIn := func(v uint32) uint32 {
		v ^= hash
		hash *= 0x931e8875
		v *= hash
		return v ^ v>>16
	}
	entropy := [4]uint32{uint32(seed), uint32(seed >> 32)}
	var pool [4]uint32
	for i := range pool {
		pool[i] = mixIn(entropy[i])
	}
	for from := range pool {
		for to := range pool {
			if from != to {
				mixed := 0xca01f9dd*pool[to] - 0x4973f715*mixIn(pool[from])
				pool[to] = mixed ^ mixed>>16
			}
		}
	}
	hash = 0x8b51f9dd
	var out [4]uint64
	for i := range 8 {
		v := pool[i%4] ^ hash
		hash *= 0x58f38ded
		v *= hash
		out[i/2] |= uint64(v^v>>16) << (32 * (i % 2))
	}
	return out
}

// step advances the state: state * multiplier + increment, modulo 2^128.
func (s *Stream) step() {
	const mulHi, mulLo = 0x2360ed051fc65da4, 0x4385df649fccf645
	hi, lo := bits.Mul64(s.lo, mulLo)
	hi += s.hi*mulLo + s.lo*mulHi
	var carry uint64
	s.lo, carry = bits.Add64(lo, s.incLo, 0)
	s.hi, _ = bits.Add64(hi, s.incHi, carry)
}

// Uint64 draws 64 bits.
func (s *Stream) Uint64() uint64 {
	s.step()
	return bits.RotateLeft64(s.hi^s.lo, -int(s.hi>>58))
}

// Uint32 draws 32 bits: the lower half of 64, then the upper.
func (s *Stream) Uint32() uint32 {
	if s.halved {
		s.halved = false
		return s.half
	}
	v := s.Uint64()
	s.half, s.halved = uint32(v>>32), true
	return uint32(v)
}

// Integers draws count numbers, uniform on 0..below-1, as Generator.integers(below, size=count) does for bounds of less
// than 2^32 - 1.
func (s *Stream) Integers(below uint32, count int) []int32 {
	out := make([]int32, count)
	if below < 2 {
		return out // numpy draws nothing for a range of one
	}
	for i := range out {
		m := uint64(s.Uint32()) * uint64(below)
		if uint32(m) < below {
			for least := -below % below; uint32(m) < least; {
				m = uint64(s.Uint32()) * uint64(below)
			}
		}
		out[i] = int32(m >> 32)
	}
	return out
}
