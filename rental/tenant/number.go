package tenant

import (
	"strings"
	"time"

	"fettle/invalid"
	"fettle/rental/fault"
)

// spoken takes out what people write between digits.
var spoken = strings.NewReplacer(" ", "", "-", "", "\u3000", "", "\u00a0", "")

// Phone reads a mobile number: 11 digits that begin with 1 and no 0, 1 or 2 behind it, with or without +86. Field is how an
// error names it.
func Phone(field, text string) (string, error) {
	n := spoken.Replace(text)
	for _, prefix := range []string{"+86", "0086"} {
		n = strings.TrimPrefix(n, prefix)
	}
	if len(n) != 11 || !digits(n) || n[0] != '1' || n[1] < '3' {
		return "", &invalid.Error{Field: field, Want: "a mobile number of exactly 11 digits, the first two 13 to 19"}
	}
	return n, nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// weights of the first 17 digits and the check characters by remainder (GB 11643-1999, ISO 7064 MOD 11-2).
var weights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

const checks = "10X98765432"

// provinces are the first two digits of the codes of GB/T 2260 by tens, with 83 for residents from Taiwan and 9x for permanent
// residents from abroad.
var provinces = [10]string{1: "12345", 2: "123", 3: "1234567", 4: "123456", 5: "01234", 6: "12345", 7: "1", 8: "123", 9: "123456789"}

// NationalID reads a citizen's identity number (GB 11643): 17 digits and a check character. What is not of that form is an
// *invalid.Error, what breaks a rule of the standard a *fault.RuleError that names the rule.
func NationalID(field, text string) (string, error) {
	n := strings.ToUpper(spoken.Replace(text))
	if len(n) != 18 || !digits(n[:17]) || n[17] != 'X' && !digits(n[17:]) {
		return "", &invalid.Error{Field: field, Want: "18 characters: 17 digits, then a digit or X"}
	}
	if !strings.Contains(provinces[n[0]-'0'], n[1:2]) {
		return "", broken(field, "rule REGION of GB 11643: its first two digits to be the code of a province")
	}
	if _, ok := birth(n); !ok {
		return "", broken(field, "rule BIRTH_DATE of GB 11643: digits 7 to 14 to be a day that exists, from 1900 on")
	}
	sum := 0
	for i, w := range weights {
		sum += w * int(n[i]-'0')
	}
	if n[17] != checks[sum%11] {
		return "", broken(field, "rule CHECK_CHARACTER of GB 11643: a last character that fits the 17 digits before it; one of the 18 is wrong")
	}
	return n, nil
}

// broken says which rule a number breaks, without the number.
func broken(field, want string) error {
	return &fault.RuleError{Fault: &invalid.Error{Field: field, Want: want}}
}

// birth is the day of birth in an identity number.
func birth(n string) (time.Time, bool) {
	day, err := time.Parse("20060102", n[6:14])
	return day, err == nil && day.Year() >= 1900
}

// Hint shows the ends of a number: 138****8000, 110105********002X. Of a short one it shows nothing.
func Hint(number string) string {
	head := 3
	if len(number) == 18 {
		head = 6
	}
	if len(number) < head+8 {
		return strings.Repeat("*", len(number))
	}
	return number[:head] + strings.Repeat("*", len(number)-head-4) + number[len(number)-4:]
}
