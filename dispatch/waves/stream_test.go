package waves_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch/waves"
)

// The figures are those of numpy 1.24: default_rng(seed).bit_generator.random_raw() and default_rng(seed).integers(n, size).
func TestStreamIsThatOfNumpy(t *testing.T) {
	t.Parallel()
	s := waves.NewStream(0)
	for _, want := range []uint64{11749869230777074271, 4976686463289251617, 755828109848996024, 304881062738325533} {
		if got := s.Uint64(); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
	for _, c := range []struct {
		seed  uint64
		below uint32
		want  []int32
	}{
		{0, 206, []int32{175, 131, 105, 55, 63, 8, 15, 3, 36, 167, 133, 188}},
		{0, 695, []int32{591, 442, 355, 187, 213, 28, 52, 11, 121, 565, 451, 634}},
		{1, 303, []int32{143, 155, 228, 287, 10, 43, 249, 287, 75, 94, 263, 128}},
		{1, 1, []int32{0, 0, 0}},
	} {
		if diff := cmp.Diff(c.want, waves.NewStream(c.seed).Integers(c.below, len(c.want))); diff != "" {
			t.Errorf("seed %d below %d (want, got):\n%s", c.seed, c.below, diff)
		}
	}
}

// A bound that does not divide 2^32 rejects draws; the numbers stay below it and are about even.
func TestIntegersAreBoundedAndEven(t *testing.T) {
	t.Parallel()
	const below, count = 3 << 30, 4000 // a quarter of all draws is rejected
	lower := 0
	for _, x := range waves.NewStream(5).Integers(below, count) {
		if uint32(x) >= below {
			t.Fatalf("%d is not below %d", uint32(x), uint32(below))
		}
		if uint32(x) < below/2 {
			lower++
		}
	}
	if lower < count*45/100 || lower > count*55/100 {
		t.Errorf("%d of %d lie in the lower half", lower, count)
	}
}
