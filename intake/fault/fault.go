package fault

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Finding is a fault that a text speaks of.
type Finding struct {
	Kind Kind
	// Trade is the skill that it needs; "" when it is not a technician's work, and Role says whose it is.
	Trade, Role string
	// Words are those that it rests on, as they stand in the table.
	Words []string
	score int
}

// Suggestion is what a report is taken for. The zero value says that nothing is recognised.
type Suggestion struct {
	Findings []Finding // the most certain first
	// Emergency says that people are in danger, or that damage grows by the minute; Words says why.
	Emergency bool
	Words     []string
}

// Weights of phrases.
const (
	weakScore   = 1
	strongScore = 4
)

// Recognize finds the faults that a text speaks of, the most certain first. What is known by weak words alone is left out
// when something is known by strong ones.
func Recognize(text string) []Finding {
	t := normalize(text)
	var out []Finding
	for _, e := range table() {
		f := Finding{Kind: e.kind, Trade: e.trade, Role: e.role}
		f.match(t, e.strong, strongScore)
		f.match(t, e.weak, weakScore)
		if f.score > 0 {
			out = append(out, f)
		}
	}
	if slices.ContainsFunc(out, func(f Finding) bool { return f.score >= strongScore }) {
		out = slices.DeleteFunc(out, func(f Finding) bool { return f.score < strongScore })
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return cmp.Compare(b.score, a.score) })
	return out
}

// match adds the phrases that a text holds. Longer phrases say more; one within another that matched adds nothing.
func (f *Finding) match(t string, phrases []string, weight int) {
	for _, p := range phrases {
		if !holds(t, p) || slices.ContainsFunc(f.Words, func(w string) bool { return strings.Contains(w, p) }) {
			continue
		}
		f.Words = append(f.Words, p)
		f.score += weight * (2 + utf8.RuneCountInString(p)/4)
	}
}

// Suggest says what a report is taken for.
func Suggest(text string) Suggestion {
	t := normalize(text)
	s := Suggestion{Findings: Recognize(text)}
	for _, p := range emergencies() {
		if holds(t, p) {
			s.Words = append(s.Words, p)
		}
	}
	s.Emergency = len(s.Words) > 0
	for _, e := range table() {
		if e.always && len(s.Findings) > 0 && s.Findings[0].Kind == e.kind {
			s.Emergency, s.Words = true, s.Findings[0].Words
		}
	}
	if slices.ContainsFunc(calm(), func(p string) bool { return holds(t, p) }) {
		s.Emergency, s.Words = false, nil
	}
	return s
}

// holds reports whether all parts of a phrase are in a normal text: Chinese anywhere, Latin as whole words.
func holds(t, phrase string) bool {
	for part := range strings.SplitSeq(phrase, "+") {
		if !holdsPart(t, part) {
			return false
		}
	}
	return true
}

func holdsPart(t, part string) bool {
	if part[0] >= utf8.RuneSelf {
		return strings.Contains(t, part)
	}
	for from := 0; ; {
		i := strings.Index(t[from:], part)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(t[:i])
		after, _ := utf8.DecodeRuneInString(t[i+len(part):])
		if !latin(before) && !latin(after) {
			return true
		}
		from = i + 1
	}
}

// latin reports whether a rune continues a word of Latin letters or digits.
func latin(r rune) bool { return r < 0x250 && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// normalize makes equal what people write differently: case, full-width letters, apostrophes, runs of space and punctuation.
func normalize(text string) string {
	var b strings.Builder
	space := true
	for _, r := range text {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E: // full-width forms of ASCII
			r -= 0xFEE0
		case r == '’' || r == '‘' || r == '`':
			r = '\''
		}
		r = unicode.ToLower(r)
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'' || r == '/' || r == '-' {
			b.WriteRune(r)
			space = false
		} else if !space {
			b.WriteByte(' ')
			space = true
		}
	}
	return strings.TrimSpace(b.String())
}
