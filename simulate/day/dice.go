package day

import (
	"math"
	"time"
)

// What a draw is for.
const (
	forAnswer uint64 = iota + 1
	forTrip
	forPhone
	forDoor
	forPart
	forSick
	forBreak
	forDesk
	forManager
	forGrab
	forAppointment
	forChoice
	forLook
	forFollow
)

// dice are the random numbers of one matter: SplitMix64 (Steele, Lea and Flood 2014, Fast splittable pseudorandom number
// generators, doi:10.1145/2660193.2660195), begun at a hash of what it is about.
type dice struct{ state uint64 }

// dice begins the numbers of a matter: a purpose, the names it is about and a count.
func (w *World) dice(purpose uint64, count int, names ...string) dice {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a, 64 bits
	h := uint64(offset)
	mix := func(b byte) { h = (h ^ uint64(b)) * prime }
	for _, v := range [...]uint64{w.Seed, purpose, uint64(count)} {
		for range 8 {
			mix(byte(v))
			v >>= 8
		}
	}
	for _, name := range names {
		for i := range len(name) {
			mix(name[i])
		}
		mix(0)
	}
	return dice{h}
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// float is uniform in [0, 1).
func (d *dice) float() float64 { return float64(d.next()>>11) / (1 << 53) }

// normal is from the standard normal distribution (Box and Muller 1958).
func (d *dice) normal() float64 {
	u := 1 - d.float()
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*d.float())
}

// around is log-normal by median and standard deviation of the logarithm, in whole seconds.
func (d *dice) around(median time.Duration, spread float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(spread*d.normal())).Truncate(time.Second)
}

// between is uniform, in whole seconds.
func (d *dice) between(from, to time.Duration) time.Duration {
	return (from + time.Duration(d.float()*float64(to-from))).Truncate(time.Second)
}
