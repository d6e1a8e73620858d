package geo_test

import (
	"strings"
	"testing"

	"fettle/geo"
)

func TestParseCell(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       geo.Cell // 0: refused
	}{
		{"San Francisco at resolution 9, from the H3 documentation", "8928308280fffff", 0x8928308280fffff},
		{"upper case", "8928308280FFFFF", 0x8928308280fffff},
		{"a pentagon", "8009fffffffffff", 0x8009fffffffffff},
		{"empty", "", 0},
		{"zero", "000000000000000", 0},
		{"a sign", "+928308280fffff", 0},
		{"a prefix", "0x28308280fffff", 0},
		{"an edge, mode 2", "1158308280fffff", 0},
		{"base cell 122", "80f5fffffffffff", 0},
		{"an unused digit that is set", "8928308280ffff0", 0},
		{"a missing digit", "89ffff8280fffff", 0},
		{"deleted child of a pentagon", "81087ffffffffff", 0}, // base cell 4, first digit 1
		{"long input", strings.Repeat("8", 1000), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := geo.ParseCell(tt.text)
			if got != tt.want || (err == nil) != (tt.want != 0) {
				t.Fatalf("ParseCell(%q) = %v, %v", tt.text, got, err)
			}
			if err != nil && len(err.Error()) > 200 {
				t.Errorf("message has %d characters", len(err.Error()))
			}
			if err == nil && got.String() != strings.ToLower(tt.text) {
				t.Errorf("String() = %s", got)
			}
		})
	}
}

func TestCellParent(t *testing.T) {
	t.Parallel()
	c := geo.Cell(0x8928308280fffff)
	// Setting the resolution nibble to 8 and the ninth digit to 7 gives 0x8828308281fffff.
	if p, err := c.Parent(8); err != nil || p != 0x8828308281fffff || !p.Valid() || p.Resolution() != 8 {
		t.Errorf("Parent(8) = %v, %v", p, err)
	}
	if p, err := c.Parent(9); err != nil || p != c {
		t.Errorf("Parent(9) = %v, %v", p, err)
	}
	for _, resolution := range []int{-1, 10} {
		if _, err := c.Parent(resolution); err == nil {
			t.Errorf("Parent(%d) is accepted", resolution)
		}
	}
	if c.Pentagon() || !geo.Cell(0x8009fffffffffff).Pentagon() {
		t.Error("Pentagon is wrong")
	}
}

func TestCellText(t *testing.T) {
	t.Parallel()
	for _, c := range []geo.Cell{0, 0x8928308280fffff} {
		text, err := c.MarshalText()
		var back geo.Cell = 1
		if err2 := back.UnmarshalText(text); err != nil || err2 != nil || back != c {
			t.Errorf("%v: %q, %v, %v, %v", c, text, back, err, err2)
		}
	}
	var c geo.Cell
	if err := c.UnmarshalText([]byte("nonsense")); err == nil || c != 0 {
		t.Errorf("UnmarshalText = %v, %v", c, err)
	}
}

func FuzzParseCell(f *testing.F) {
	for _, s := range []string{"", "8928308280fffff", "8009fffffffffff", "81087ffffffffff", "0x8928308280fff", "fffffffffffffff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := geo.ParseCell(s)
		if err != nil {
			if c != 0 {
				t.Fatalf("ParseCell(%q) = %v with %v", s, c, err)
			}
			return
		}
		if !c.Valid() || c.String() != strings.ToLower(s) {
			t.Fatalf("ParseCell(%q) = %v", s, c)
		}
		for r := range c.Resolution() + 1 {
			if p, err := c.Parent(r); err != nil || !p.Valid() || p.Resolution() != r {
				t.Fatalf("Parent(%d) of %v = %v, %v", r, c, p, err)
			}
		}
	})
}
