package pdf

import (
	"strings"
	"unicode"
)

// Where lines do not begin and do not end, by the custom of Chinese print.
const (
	neverFirst = "，。、；：？！）》〉」』】”’…％,.;:?!)]}%"
	neverLast  = "（《〈「『【“‘([{"
)

// wrap cuts text into lines no wider than limit, by the widths that measure tells. It breaks at spaces and between Chinese
// characters; a word wider than a line is cut where the line ends.
func wrap(text string, limit float64, measure func(string) float64) []string {
	var lines []string
	for part := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrapLine(part, limit, measure)...)
	}
	return lines
}

func wrapLine(text string, limit float64, measure func(string) float64) []string {
	var lines []string
	line, wide := "", 0.0
	for _, piece := range pieces(text) {
		bare := measure(strings.TrimRight(piece, " ")) // spaces at the end of a line take no room
		if wide+bare > limit && line != "" {
			lines = append(lines, strings.TrimRight(line, " "))
			line, wide = "", 0
		}
		for bare > limit { // a word wider than a line, and nothing before it in this one
			head := fitting(piece, limit, measure)
			lines = append(lines, piece[:head])
			piece = piece[head:]
			bare = measure(strings.TrimRight(piece, " "))
		}
		line, wide = line+piece, wide+measure(piece)
	}
	return append(lines, strings.TrimRight(line, " "))
}

// fitting is how many bytes of a piece, at least one character, are as wide as a line.
func fitting(piece string, limit float64, measure func(string) float64) int {
	end, wide := 0, 0.0
	for i, r := range piece {
		if wide += measure(string(r)); wide > limit && i > 0 {
			break
		}
		end = i + len(string(r))
	}
	return end
}

// pieces are the parts of a text that stay together: words with the space after them, single Chinese characters with the
// marks that belong to them.
func pieces(text string) []string {
	var out []string
	start := 0
	previous := rune(0)
	for i, r := range text {
		if i > 0 && breaks(previous, r) {
			out = append(out, text[start:i])
			start = i
		}
		previous = r
	}
	return append(out, text[start:])
}

// breaks reports whether a line may end between two characters.
func breaks(a, b rune) bool {
	if b == ' ' || strings.ContainsRune(neverFirst, b) || strings.ContainsRune(neverLast, a) {
		return false
	}
	return a == ' ' || wideRune(a) || wideRune(b)
}

// wideRune reports whether a character is written without spaces between words.
func wideRune(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef
}
