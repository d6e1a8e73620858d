// Package lowcode is what people add without programmers: fields of records, rules over them, tiles that count them. All three are
// values; Eval is the one place that looks at an expression, so that a dry run and the run itself cannot differ.
//
// Expressions are CEL with bounded cost over `it`, `custom` and `today`. They are pure: they read what they are given and change
// nothing. What they cannot say, as of a field without a value, is ErrUnknown, and fires nothing.
package lowcode

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"fettle/org/calendar"
	"fettle/rental/fault"
)

// Kind is a kind of records.
type Kind string

// The kinds.
const (
	WorkOrders Kind = "WORK_ORDERS"
	Leases     Kind = "LEASES"
	Units      Kind = "UNITS"
	Properties Kind = "PROPERTIES"
)

// Type is what a field holds.
type Type string

// The types.
const (
	Text   Type = "TEXT"
	Number Type = "NUMBER"
	Bool   Type = "BOOL"
	Date   Type = "DATE"
	Choice Type = "CHOICE"
)

// Field is a field that an org has added.
type Field struct {
	Kind    Kind     `json:"kind"`
	Name    string   `json:"name"`
	Display string   `json:"displayName"`
	Type    Type     `json:"type"`
	Choices []string `json:"choices,omitempty"`
	Min     *float64 `json:"minimum,omitempty"`
	Max     *float64 `json:"maximum,omitempty"`
	Length  int      `json:"maxLength,omitempty"`
}

// textLength is how many characters a TEXT has at most unless it is said.
const textLength = 1000

var nameForm = regexp.MustCompile(`^[a-z][a-zA-Z0-9]{0,39}$`)

// Check refuses what is no field.
func (f *Field) Check() error {
	switch {
	case !nameForm.MatchString(f.Name):
		return fault.New("name", f.Name, "a small letter, then letters and digits, 40 at most")
	case f.Type == Choice && len(f.Choices) == 0:
		return fault.New("choices", "", "what may be chosen")
	case f.Type != Choice && len(f.Choices) > 0:
		return fault.New("choices", strings.Join(f.Choices, ", "), "nothing unless type is CHOICE")
	case f.Type != Number && (f.Min != nil || f.Max != nil):
		return fault.New("minimum", "", "nothing unless type is NUMBER")
	case f.Min != nil && f.Max != nil && *f.Min > *f.Max:
		return fault.New("maximum", *f.Max, "at least the minimum")
	}
	return nil
}

// Accept returns a value as it is kept, or says what is wrong with it. Values are as JSON has them.
func (f *Field) Accept(v any) (any, error) {
	wrong := func(want string) error { return fault.New("values."+f.Name, fmt.Sprint(v), want) }
	switch f.Type { //nolint:exhaustive // the rest are text
	case Number:
		n, ok := v.(float64)
		if !ok || math.IsNaN(n) || math.IsInf(n, 0) || f.Min != nil && n < *f.Min || f.Max != nil && n > *f.Max {
			return nil, wrong("a number" + f.bounds())
		}
		return n, nil
	case Bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, wrong("true or false")
	}
	s, ok := v.(string)
	if !ok {
		return nil, wrong("text")
	}
	if want := f.text(s); want != "" {
		return nil, wrong(want)
	}
	return s, nil
}

// text says what a text should be, "" when it is.
func (f *Field) text(s string) string {
	limit := f.Length
	if limit == 0 {
		limit = textLength
	}
	switch {
	case f.Type == Date:
		if _, err := calendar.ParseDate(s); err != nil {
			return "a day that exists, as YYYY-MM-DD"
		}
	case f.Type == Choice && !slices.Contains(f.Choices, s):
		return "one of " + strings.Join(f.Choices, ", ")
	case utf8.RuneCountInString(s) > limit:
		return fmt.Sprintf("at most %d characters", limit)
	}
	return ""
}

func (f *Field) bounds() string {
	out := ""
	if f.Min != nil {
		out += " from " + Plain(*f.Min)
	}
	if f.Max != nil {
		out += " to " + Plain(*f.Max)
	}
	return out
}

// Plain is a value as it is searched for.
func Plain(v any) string {
	switch x := v.(type) {
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(x)
	}
	return fmt.Sprint(v)
}

// Values are the own fields of one record.
type Values struct {
	Kind   Kind           `json:"kind"`
	Record string         `json:"record"` // id
	Values map[string]any `json:"values"`
	// Found are the keyed hashes by which the record is found, by field: what a value is does not stand beside it in clear.
	Found map[string]string `json:"found,omitempty"`
}

// Rule is a rule as it stands in a version.
type Rule struct {
	Name     string `json:"displayName"`
	Enabled  bool   `json:"enabled"`
	Kind     Kind   `json:"kind"`
	When     string `json:"when"`
	Text     string `json:"text,omitempty"`
	SetField string `json:"setField,omitempty"`
	SetValue string `json:"setValue,omitempty"`
}

// Version is a rule as somebody has written it.
type Version struct {
	Rule
	Number int       `json:"number"` // from 1
	At     time.Time `json:"at"`
	By     string    `json:"by"`
}

// Automation is a rule with its past: the last of Versions is in use.
type Automation struct {
	Versions []Version `json:"versions"`
}

// maxVersions are kept; older ones are in the audit by number alone.
const maxVersions = 50

// Current is the version that is in use.
func (a *Automation) Current() *Version { return &a.Versions[len(a.Versions)-1] }

// Write adds a version, unless nothing has changed.
func (a *Automation) Write(r Rule, by string, now time.Time) {
	number := 1
	if len(a.Versions) > 0 {
		if a.Current().Rule == r {
			return
		}
		number = a.Current().Number + 1
	}
	a.Versions = append(a.Versions, Version{Rule: r, Number: number, At: now, By: by})
	if extra := len(a.Versions) - maxVersions; extra > 0 {
		a.Versions = slices.Delete(a.Versions, 0, extra)
	}
}

// Measure is what a tile counts.
type Measure string

// The measures.
const (
	Count Measure = "COUNT"
	Sum   Measure = "SUM"
	Mean  Measure = "MEAN"
)

// Tile is a figure on a board.
type Tile struct {
	Name    string  `json:"displayName"`
	Kind    Kind    `json:"kind"`
	Where   string  `json:"where,omitempty"`
	Measure Measure `json:"measure"`
	Of      string  `json:"of,omitempty"`
	GroupBy string  `json:"groupBy,omitempty"`
}

// Hit is a record that a rule has found.
type Hit struct {
	Automation string    `json:"automation"` // id
	Version    int       `json:"version"`
	Kind       Kind      `json:"kind"`
	Record     string    `json:"record"` // id
	Text       string    `json:"text,omitempty"`
	Field      string    `json:"field,omitempty"` // that was set
	Value      any       `json:"value,omitempty"`
	Cleared    time.Time `json:"cleared,omitzero"` // when the rule held no more
}

// Book is all of it, as one file holds it.
type Book struct {
	Format int     `json:"fettleLowCode"` // 1
	Fields []Field `json:"fields"`
	Rules  []Rule  `json:"rules"`
	Tiles  []Tile  `json:"tiles"`
}

// Sort puts a book in its fixed order.
func (b *Book) Sort() {
	slices.SortFunc(b.Fields, func(x, y Field) int { return strings.Compare(string(x.Kind)+" "+x.Name, string(y.Kind)+" "+y.Name) })
	slices.SortFunc(b.Rules, func(x, y Rule) int { return strings.Compare(x.Name, y.Name) })
	slices.SortFunc(b.Tiles, func(x, y Tile) int { return strings.Compare(x.Name, y.Name) })
}
