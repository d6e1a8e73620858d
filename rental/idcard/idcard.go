// Package idcard finds the fields of a citizen's identity card in the words that were read from a picture of it. What it finds are
// suggestions for a person to confirm: each with how sure the reading is, and with what the rules of the numbers say to it.
package idcard

import (
	"regexp"
	"strings"
	"unicode"

	"fettle/org/calendar"
	"fettle/rental/tenant"
)

// Line is a line of text that was read from a picture.
type Line struct {
	Text       string
	Confidence float64 // of its words, from 0 to 1
}

// Field is what a suggestion is for.
type Field string

// The fields, by the names that tenants have for them where they have one.
const (
	Name       Field = "displayName"
	NationalID Field = "nationalId"
	Address    Field = "address"
	Birth      Field = "birthDate"
	Authority  Field = "authority"
	Expires    Field = "idExpireDate"
)

// Check is what a rule says to a suggestion.
type Check string

// The checks.
const (
	NoRule Check = ""       // none is known
	Fits   Check = "FITS"   // the rule is kept: the value can be right
	Breaks Check = "BREAKS" // the rule is broken: something was misread
)

// Suggestion is a field as it was read.
type Suggestion struct {
	Field      Field
	Value      string
	Confidence float64 // of the reading, from 0 to 1
	Check      Check
	Problem    string // what is broken; never the value
}

// labels are what stands before a value on a card, without blanks.
var labels = []struct {
	field Field
	words []string
}{
	{NationalID, []string{"公民身份号码", "身份号码", "份号码"}},
	{Name, []string{"姓名"}},
	{Birth, []string{"出生"}},
	{Address, []string{"住址"}},
	{Authority, []string{"签发机关", "发机关"}},
	{Expires, []string{"有效期限", "效期限"}},
	{"", []string{"性别", "民族", "居民身份证", "中华人民共和国"}},
}

// number is an identity number, or what was read for one.
var number = regexp.MustCompile(`[0-9OoIlSB|]{17}[0-9XxOoIlSB|]`)

// misread are letters that are read for digits.
var misread = strings.NewReplacer("O", "0", "o", "0", "I", "1", "l", "1", "|", "1", "S", "5", "B", "8")

// Read finds the fields in the lines of a picture, in the order of the card. A field that was not found is not there.
func Read(lines []Line) []Suggestion {
	c := &card{found: map[Field]*Suggestion{}}
	for _, l := range lines {
		c.line(Line{Text: bare(l.Text), Confidence: l.Confidence})
	}
	var out []Suggestion
	for _, f := range []Field{Name, Birth, Address, NationalID, Authority, Expires} {
		s := c.found[f]
		if s == nil {
			continue
		}
		s.Field = f
		s.judge()
		if s.Value != "" {
			out = append(out, *s)
		}
	}
	agree(out)
	return out
}

// bare is a line without blanks, which are read between Chinese characters at will.
func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// card is what was found so far.
type card struct {
	found map[Field]*Suggestion
	open  Field // whose value may go on in the next line
}

// line takes one line: its number, its label with a value, or what goes on from the line before.
func (c *card) line(l Line) {
	if l.Text == "" {
		return
	}
	if n := number.FindString(l.Text); n != "" {
		c.add(NationalID, n, l.Confidence)
		c.open = ""
		return
	}
	field, rest, ok := labelled(l.Text)
	switch {
	case ok && field == "":
		c.open = ""
	case ok:
		c.add(field, rest, l.Confidence)
		c.open = field
	case c.open == Address:
		c.found[Address].Value += rest
		c.found[Address].Confidence = min(c.found[Address].Confidence, l.Confidence)
	}
}

// add keeps the first reading of a field.
func (c *card) add(f Field, value string, confidence float64) {
	if c.found[f] == nil {
		c.found[f] = &Suggestion{Value: value, Confidence: confidence}
	}
}

// labelled splits a line at its label: the text behind it up to the next label. Without a label rest is the line.
func labelled(text string) (field Field, rest string, ok bool) {
	for _, l := range labels {
		for _, word := range l.words {
			_, after, found := strings.Cut(text, word)
			if !found {
				continue
			}
			for _, next := range labels {
				for _, w := range next.words {
					after, _, _ = strings.Cut(after, w)
				}
			}
			return l.field, strings.Trim(after, ":：.·,，_-—"), true
		}
	}
	return "", text, false
}

var (
	birthday = regexp.MustCompile(`(\d{4})年?(\d{1,2})月?(\d{1,2})`)
	until    = regexp.MustCompile(`[-—–~至]+(\d{4})[.,年](\d{2})[.,月](\d{2})`)
)

// judge puts a value in the form that a tenant has it in and holds it to its rule.
func (s *Suggestion) judge() {
	switch s.Field {
	case NationalID:
		s.Value = strings.ToUpper(misread.Replace(s.Value))
		s.hold(tenant.NationalID(string(NationalID), s.Value))
	case Birth:
		s.date(birthday.FindStringSubmatch(s.Value))
	case Expires:
		if strings.Contains(s.Value, "长期") {
			s.Value = "" // a card without an end: nothing to write down
			return
		}
		s.date(until.FindStringSubmatch(s.Value))
	case Name:
		s.Value = strings.TrimFunc(s.Value, func(r rune) bool { return !unicode.Is(unicode.Han, r) && r != '·' })
	}
}

// hold says what a rule says.
func (s *Suggestion) hold(_ string, err error) {
	s.Check = Fits
	if err != nil {
		s.Check, s.Problem = Breaks, err.Error()
	}
}

// date makes a day of year, month and day as they were read.
func (s *Suggestion) date(parts []string) {
	if parts == nil {
		s.Value = ""
		return
	}
	text := parts[1] + "-" + two(parts[2]) + "-" + two(parts[3])
	d, err := calendar.ParseDate(text)
	if err != nil {
		s.Value, s.Check, s.Problem = text, Breaks, string(s.Field)+": want a day that exists"
		return
	}
	s.Value, s.Check = d.String(), Fits
}

func two(digits string) string {
	if len(digits) == 1 {
		return "0" + digits
	}
	return digits
}

// agree holds the day of birth to the one in the number, where both were read.
func agree(found []Suggestion) {
	var birth, id *Suggestion
	for i := range found {
		switch found[i].Field {
		case Birth:
			birth = &found[i]
		case NationalID:
			id = &found[i]
		}
	}
	if birth == nil || id == nil || birth.Check != Fits || id.Check != Fits {
		return
	}
	if strings.ReplaceAll(birth.Value, "-", "") != id.Value[6:14] {
		birth.Check, birth.Problem = Breaks, "birthDate: want the day that the identity number, which fits its rule, has in its digits 7 to 14"
	}
}
