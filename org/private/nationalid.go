package private

import (
	"fmt"
	"strings"
	"time"
)

// NationalID is a citizen identification number of GB 11643-1999: six digits of a division, eight of a date of birth, three
// that count, and a check character.
type NationalID struct{ v value }

const idLength = 18

// ParseNationalID reads a number. The division must begin with the code of a province, the date must exist and not lie
// after today, and the check character must be right. Its error is a *FormatError.
func ParseNationalID(s string, today time.Time) (NationalID, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	fault := func(want string) (NationalID, error) {
		return NationalID{}, &FormatError{Type: "nationalId", Want: want}
	}
	if len(s) != idLength || strings.Trim(s[:idLength-1], "0123456789") != "" {
		return fault("18 characters: 17 digits and a check character")
	}
	if !strings.Contains(provinces, s[:2]) {
		return fault("the code of a province in its first two digits")
	}
	born, err := time.Parse("20060102", s[6:14])
	if err != nil || born.Year() < 1800 || born.After(today) {
		return fault("a date of birth that exists, as YYYYMMDD, in its digits 7 to 14")
	}
	if s[idLength-1] != checkCharacter(s) {
		return fault("the check character of GB 11643-1999")
	}
	return NationalID{valueOf(s)}, nil
}

// provinces are the first two digits of GB/T 2260, with 71, 81 to 83 for Taiwan, Hong Kong, Macao and their residents, and
// 91 for foreign permanent residents.
const provinces = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91"

// checkCharacter is that of the first 17 digits by ISO 7064 MOD 11-2, which GB 11643-1999 takes: the weight of a place is a
// power of two, and the number with its check character is 1 modulo 11, where X is 10.
func checkCharacter(s string) byte {
	m := 0
	for i := range idLength - 1 {
		m = (m + int(s[i]-'0')) * 2 % 11
	}
	return "10X98765432"[m]
}

// Reveal is the number in clear, with a capital X; "" when it is not known.
func (n NationalID) Reveal() string { return n.v.reveal() }

// IsZero reports whether the number is not known.
func (n NationalID) IsZero() bool { return n == NationalID{} }

// String is the mask: the last four characters, which say nothing of the birth date.
func (n NationalID) String() string { return n.v.tail(4) }

// GoString implements fmt.GoStringer: the mask.
func (n NationalID) GoString() string { return n.String() }

// Format implements fmt.Formatter: the mask for every verb.
func (n NationalID) Format(f fmt.State, _ rune) { format(f, n.String()) }

// MarshalJSON writes the mask.
func (n NationalID) MarshalJSON() ([]byte, error) { return marshal(n.String()) }

// MarshalText writes the mask.
func (n NationalID) MarshalText() ([]byte, error) { return []byte(n.String()), nil }
