package torture_test

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fettle/dispatch/engine"
)

// Each seed is a life of some forty steps.
const steps = 40

// run plays a seed in virtual time.
func run(t *testing.T, seed uint64, h harm, modes bool) (out outcome) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		time.Sleep(time.Until(time.Date(2026, 3, 2, 8, 0, 0, int(late/2), time.UTC)))
		out = play(seed, steps, h, modes)
	})
	return out
}

// kept seeds have failed once.
func keptSeeds(t *testing.T) (seeds []uint64) {
	t.Helper()
	f, err := os.Open("testdata/seeds.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		word, _, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if word == "" || strings.HasPrefix(word, "#") {
			continue
		}
		seeds = append(seeds, number(t, "testdata/seeds.txt", word))
	}
	return seeds
}

func number(t *testing.T, where, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %q: want the number of a seed", where, text)
	}
	return n
}

// TestSeeds is row R-P2: a thousand lives, and those that went wrong once.
func TestSeeds(t *testing.T) {
	t.Parallel()
	if one := os.Getenv("FETTLE_TORTURE_SEED"); one != "" {
		report(t, number(t, "FETTLE_TORTURE_SEED", one))
		return
	}
	first, count := uint64(1), uint64(1000)
	if from := os.Getenv("FETTLE_TORTURE_FIRST"); from != "" {
		first = number(t, "FETTLE_TORTURE_FIRST", from)
	}
	events, acks := 0, 0
	for _, seed := range keptSeeds(t) {
		report(t, seed)
	}
	for seed := first; seed < first+count; seed++ {
		out := report(t, seed)
		events, acks = events+out.events, acks+out.acks
		if t.Failed() {
			return
		}
	}
	t.Logf("%d seeds from %d on, %d events, %d acknowledgements", count, first, events, acks)
}

// report runs a seed and says how to run it again when it fails.
func report(t *testing.T, seed uint64) outcome {
	t.Helper()
	out := run(t, seed, noHarm, false)
	if len(out.faults) > 0 {
		t.Errorf("seed %d fails; run it again with FETTLE_TORTURE_SEED=%d and keep it in testdata/seeds.txt:\n  %s", seed, seed, strings.Join(out.faults, "\n  "))
	}
	return out
}

// modeSeeds is how many lives are lived with modes.
const modeSeeds = 200

// TestModes is row R-P2 for an engine that acts by itself more or less: shadow, suggestions, a veto, and back, drawn between
// everything else that a seed draws. Nobody is assigned whom nobody chose, and what nobody objected to is not forgotten.
func TestModes(t *testing.T) {
	t.Parallel()
	modes, suggested := map[engine.Mode]int{}, 0
	for seed := uint64(1); seed <= modeSeeds; seed++ {
		out := run(t, seed, noHarm, true)
		if len(out.faults) > 0 {
			t.Fatalf("seed %d with modes:\n  %s", seed, strings.Join(out.faults, "\n  "))
		}
		for mode, n := range out.modes {
			modes[mode] += n
		}
		suggested += out.suggested
	}
	for _, mode := range []engine.Mode{engine.ModeAuto, engine.ModeVeto, engine.ModeSuggest, engine.ModeShadow} {
		if modes[mode] < 50 {
			t.Errorf("mode %s was followed %d times in %d lives", mode, modes[mode], modeSeeds)
		}
	}
	if suggested < modeSeeds {
		t.Errorf("%d suggestions in %d lives", suggested, modeSeeds)
	}
	if a, b := run(t, 7, noHarm, true), run(t, 7, noHarm, true); a.trace != b.trace {
		t.Errorf("seed 7: traces %x and %x", a.trace[:8], b.trace[:8])
	}
}

// The same seed twice is the same life, to the last byte of the log and the last answer.
func TestSameSeedSameTrace(t *testing.T) {
	t.Parallel()
	seen := map[[32]byte]uint64{}
	for seed := uint64(1); seed <= 60; seed++ {
		a, b := run(t, seed, noHarm, false), run(t, seed, noHarm, false)
		if a.trace != b.trace {
			t.Errorf("seed %d: traces %x and %x", seed, a.trace[:8], b.trace[:8])
		}
		if other, twice := seen[a.trace]; twice {
			t.Errorf("seeds %d and %d have one trace", other, seed)
		}
		seen[a.trace] = seed
	}
}

// The saboteurs: with one defence off, seeds fail.
func TestSabotageIsFound(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]harm{
		"a commit that is lost":            loseCommit,
		"due work that is not written":     loseDue,
		"answers that are forgotten":       loseKey,
		"started work that is handed over": moveWork,
		"an engine that acts alone":        actAlone,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= 20; seed++ {
				if len(run(t, seed, h, h == actAlone).faults) > 0 {
					return
				}
			}
			t.Error("twenty seeds pass")
		})
	}
	t.Run("a choice by the order of a map", func(t *testing.T) {
		t.Parallel()
		for seed := uint64(1); seed <= 20; seed++ {
			a, b := run(t, seed, unsorted, false), run(t, seed, unsorted, false)
			if a.trace != b.trace {
				return
			}
		}
		t.Error("twenty seeds have the same trace twice")
	})
}
