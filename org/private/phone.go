package private

import (
	"fmt"
	"regexp"
	"strings"
)

// Phone is a telephone number in the form of ITU-T E.164, a plus sign and up to 15 digits.
type Phone struct{ v value }

// phoneWant is the hint of errors.
const phoneWant = "a mobile number of mainland China, a landline with its area code, or + and a country code with up to 15 digits in all"

var (
	// chinaMobile is 11 digits beginning with 13 to 19: the national numbering plan of telephone networks (MIIT, 2017).
	chinaMobile = regexp.MustCompile(`^1[3-9]\d{9}$`)
	// chinaLandline is a trunk 0, an area code (10, 2x, or three digits from 3 on) and 7 or 8 digits that begin with 2 to 8.
	chinaLandline = regexp.MustCompile(`^0(?:10|2\d|[3-9]\d{2})[2-8]\d{6,7}$`)
	// chinaService is a number that the called one pays for in part or whole.
	chinaService = regexp.MustCompile(`^[48]00\d{7}$`)
	// chinaAny is a national number behind +86: as above, without the trunk 0.
	chinaAny = regexp.MustCompile(`^(?:1[3-9]\d{9}|(?:10|2\d|[3-9]\d{2})[2-8]\d{6,7}|[48]00\d{7})$`)
	// worldAny is E.164: no country code begins with 0.
	worldAny = regexp.MustCompile(`^[1-9]\d{6,14}$`)
)

// ParsePhone reads a number as people write it: with spaces, hyphens, brackets and full-width digits; with + or 00 before a
// country code, else a number of mainland China. Its error is a *FormatError.
func ParsePhone(s string) (Phone, error) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "＋", "+"))
	rest, plus := strings.CutPrefix(s, "+")
	n, ok := digits(rest, " -‐–()（）\u00a0")
	if !plus {
		n, plus = strings.CutPrefix(n, "00")
	}
	china, isChina := strings.CutPrefix(n, "86")
	switch {
	case !ok:
	case plus && isChina && chinaAny.MatchString(china), plus && !isChina && worldAny.MatchString(n):
		return Phone{valueOf("+" + n)}, nil
	case !plus && (chinaMobile.MatchString(n) || chinaLandline.MatchString(n) || chinaService.MatchString(n)):
		return Phone{valueOf("+86" + strings.TrimPrefix(n, "0"))}, nil
	}
	return Phone{}, &FormatError{Type: "phone", Want: phoneWant}
}

// Reveal is the number in clear, as "+8613800138000"; "" when it is not known.
func (p Phone) Reveal() string { return p.v.reveal() }

// IsZero reports whether the number is not known.
func (p Phone) IsZero() bool { return p == Phone{} }

// Mobile reports whether messages can reach it: a mobile number of mainland China, or any number elsewhere.
func (p Phone) Mobile() bool {
	n, isChina := strings.CutPrefix(p.v.reveal(), "+86")
	return n != "" && (!isChina || chinaMobile.MatchString(n))
}

// String is the mask: the last four digits.
func (p Phone) String() string { return p.v.tail(4) }

// GoString implements fmt.GoStringer: the mask.
func (p Phone) GoString() string { return p.String() }

// Format implements fmt.Formatter: the mask for every verb.
func (p Phone) Format(f fmt.State, _ rune) { format(f, p.String()) }

// MarshalJSON writes the mask.
func (p Phone) MarshalJSON() ([]byte, error) { return marshal(p.String()) }

// MarshalText writes the mask.
func (p Phone) MarshalText() ([]byte, error) { return []byte(p.String()), nil }
