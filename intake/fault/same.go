package fault

import (
	"strings"
	"unicode/utf8"
)

// Likeness says how much two reports of one dwelling are alike.
type Likeness struct {
	// Same says that they are about one fault, as far as words can tell: safe enough to link without asking.
	Same bool
	// Score is from 0, nothing in common, to 1, the same words. Above 0.5 a person should be asked.
	Score float64
	// Kind is the fault that both speak of, "" when it is the words alone.
	Kind Kind
}

// Thresholds of likeness.
const (
	sameText  = 0.75 // share of letter pairs in common from which two texts are the same sentence
	surely    = 0.85 // from which they are so although their words name different faults: one has a slip
	shortText = 2    // runes: a text that is shorter says nothing
)

// Same compares what two reports say is broken. Both must speak of the same kind of fault, or be almost the same sentence;
// two empty texts are alike, as there is nothing in them that differs; an empty one and another are not told apart, which
// gives a score of one half.
func Same(a, b string) Likeness {
	x, y := normalize(a), normalize(b)
	switch {
	case x == y:
		return Likeness{Same: true, Score: 1, Kind: first(a)}
	case utf8.RuneCountInString(x) < shortText || utf8.RuneCountInString(y) < shortText:
		return Likeness{Score: 0.5}
	}
	common := overlap(x, y)
	ka, kb := Recognize(a), Recognize(b)
	switch {
	case len(ka) == 0 || len(kb) == 0:
		return Likeness{Same: common >= sameText, Score: common}
	case common >= surely && ka[0].Kind != kb[0].Kind:
		return Likeness{Same: true, Score: common}
	case ka[0].Kind == kb[0].Kind:
		return Likeness{Same: true, Score: 0.75 + common/4, Kind: ka[0].Kind}
	}
	for _, f := range ka {
		if mentions(kb, f.Kind) {
			return Likeness{Score: 0.5 + common/4, Kind: f.Kind}
		}
	}
	return Likeness{Score: common / 2}
}

func first(text string) Kind {
	if f := Recognize(text); len(f) > 0 {
		return f[0].Kind
	}
	return ""
}

func mentions(all []Finding, k Kind) bool {
	for _, f := range all {
		if f.Kind == k {
			return true
		}
	}
	return false
}

// minPairs is how many letter pairs a text must have before it can be told to be part of another.
const minPairs = 4

// overlap is the share of letter pairs that the shorter of two texts has in common with the longer (Szymkiewicz-Simpson), so
// that a greeting before and a thank-you after do not count; spaces are left out. Very short texts are in many others: of
// those it is the share of both (Dice 1945).
func overlap(a, b string) float64 {
	x, y := pairs(a), pairs(b)
	seen := make(map[[2]rune]int, len(x))
	for _, p := range x {
		seen[p]++
	}
	common := 0
	for _, p := range y {
		if seen[p] > 0 {
			seen[p]--
			common++
		}
	}
	if n := min(len(x), len(y)); n >= minPairs {
		return float64(common) / float64(n)
	}
	return 2 * float64(common) / float64(max(1, len(x)+len(y)))
}

func pairs(s string) [][2]rune {
	runes := []rune(strings.ReplaceAll(s, " ", ""))
	out := make([][2]rune, 0, len(runes))
	for i := 1; i < len(runes); i++ {
		out = append(out, [2]rune{runes[i-1], runes[i]})
	}
	return out
}
