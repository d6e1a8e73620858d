package private_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"testing"
	"text/template"
	"time"

	"pgregory.net/rapid"

	"fettle/org/private"
)

var today = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

func TestParsePhone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"13800138000":         "+8613800138000",
		" 138 0013-8000 ":     "+8613800138000",
		"+86 138 0013 8000":   "+8613800138000",
		"0086-13800138000":    "+8613800138000",
		"１３８００１３８０００":         "+8613800138000",
		"0571-8777 7777":      "+8657187777777",
		"(010) 6552 9988":     "+861065529988",
		"021-65529988":        "+862165529988",
		"+86 571 8777 7777":   "+8657187777777",
		"400-820-8820":        "+864008208820",
		"+1 (212) 555-0100":   "+12125550100",
		"00852 2123 4567":     "+85221234567",
		"+44 20 7946 0958":    "+442079460958",
		"12800138000":         "", // no such mobile prefix
		"1380013800":          "", // a digit short
		"138001380000":        "",
		"87777777":            "", // no area code
		"+86 0571 87777777":   "", // the trunk 0 does not go with +86
		"+0123456789":         "",
		"+1234567890123456":   "", // 16 digits
		"13800138000 ext 12":  "",
		"":                    "",
		"+":                   "",
		"110105194912310021X": "",
	} {
		p, err := private.ParsePhone(in)
		if got := p.Reveal(); got != want || (err == nil) != (want != "") || p.IsZero() != (want == "") {
			t.Errorf("%q is %q (%v), want %q", in, got, err, want)
		}
		var fault *private.FormatError
		if err != nil && (!errors.As(err, &fault) || in != "" && in != "+" && strings.Contains(err.Error(), in)) {
			t.Errorf("%q: error %q is no FormatError, or holds the value", in, err)
		}
	}
}

func TestMobile(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{"13800138000": true, "0571-87777777": false, "4008208820": false, "+12125550100": true} {
		p, err := private.ParsePhone(in)
		if err != nil || p.Mobile() != want {
			t.Errorf("%s: mobile is %t (%v), want %t", in, p.Mobile(), err, want)
		}
	}
	if (private.Phone{}).Mobile() {
		t.Error("no number is mobile")
	}
}

func TestParseNationalID(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"11010519491231002X":  true, // the example of GB 11643-1999
		"440524188001010014":  true, // its other one, born in 1880
		"11010519491231002x":  true,
		"110105194912310021":  false, // check character
		"11010519490231002X":  false, // the 31st of February
		"01010519491231002X":  false, // province
		"11010520991231002X":  false, // not born yet
		"1101051949123100":    false,
		"１1010519491231002X":  false,
		"11010519491231002XX": false,
		"110105491231002":     false, // 15 digits, as before 1999
		"":                    false,
	} {
		n, err := private.ParseNationalID(in, today)
		if (err == nil) != want || want && n.Reveal() != strings.ToUpper(in) {
			t.Errorf("%q: %v, want valid %t", in, err, want)
		}
		if err != nil && in != "" && strings.Contains(err.Error(), in) {
			t.Errorf("error %q holds the value", err)
		}
	}
}

// Any one digit that is wrong, and any two neighbours that are swapped, are found: that is what ISO 7064 MOD 11-2 is for.
func TestNationalIDFindsSlips(t *testing.T) {
	t.Parallel()
	const good = "11010519491231002X"
	rapid.Check(t, func(r *rapid.T) {
		b := []byte(good)
		i := rapid.IntRange(0, 16).Draw(r, "place")
		if rapid.Bool().Draw(r, "swap") && i < 16 {
			b[i], b[i+1] = b[i+1], b[i]
		} else {
			b[i] = byte('0' + rapid.IntRange(0, 9).Draw(r, "digit"))
		}
		if _, err := private.ParseNationalID(string(b), today); err == nil && string(b) != good {
			r.Fatalf("%s was taken", b)
		}
	})
}

// tenantRow holds private values as others would: exported, unexported, behind pointers, in lists and maps.
type tenantRow struct {
	Phone  private.Phone
	ID     *private.NationalID
	hidden private.Phone
	list   []private.NationalID
	byTel  map[private.Phone]private.NationalID
}

// shown writes a value in every way that the standard library knows.
func shown(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %[1]p"} {
		fmt.Fprintf(&b, verb+"\n", v)
	}
	fmt.Fprintln(&b, fmt.Errorf("wrap: %v", v))
	log.New(&b, "", 0).Println(v)
	for _, h := range []slog.Handler{slog.NewJSONHandler(&b, nil), slog.NewTextHandler(&b, nil)} {
		slog.New(h).Info("x", "v", v, slog.Group("g", slog.Any("v", v)))
	}
	for _, text := range []string{"{{.}}", "{{printf \"%+v\" .}}"} {
		if err := template.Must(template.New("").Parse(text)).Execute(&b, v); err != nil {
			t.Fatal(err)
		}
	}
	if data, err := json.Marshal(v); err == nil {
		b.Write(data)
	}
	if data, err := xml.Marshal(v); err == nil {
		b.Write(data)
	}
	_ = gob.NewEncoder(&b).Encode(v) // refuses most of them
	return b.String()
}

// Row R-S1, the part of the types: nothing but Reveal shows a value.
func TestNothingShowsAValue(t *testing.T) {
	t.Parallel()
	phone, err := private.ParsePhone("13800138000")
	if err != nil {
		t.Fatal(err)
	}
	id, err := private.ParseNationalID("11010519491231002X", today)
	if err != nil {
		t.Fatal(err)
	}
	row := tenantRow{
		Phone: phone, ID: &id, hidden: phone, list: []private.NationalID{id},
		byTel: map[private.Phone]private.NationalID{phone: id},
	}
	for _, v := range []any{phone, &phone, id, &id, row, &row, []any{row}, map[string]any{"a": &row}, struct{ r tenantRow }{row}} {
		text := shown(t, v)
		for _, secret := range []string{"13800138000", "3800138", "11010519491231002", "19491231"} {
			if strings.Contains(text, secret) {
				t.Errorf("%T shows %s:\n%s", v, secret, text)
			}
		}
	}
	if got := phone.String() + " " + id.String(); got != "****8000 ****002X" {
		t.Errorf("masks are %s", got)
	}
	// The saboteur: a plain string in the same place is seen by the same search.
	if text := shown(t, struct{ phone string }{"13800138000"}); !strings.Contains(text, "13800138000") {
		t.Error("the search does not see a number in clear")
	}
}

func FuzzParsePhone(f *testing.F) {
	for _, s := range []string{"13800138000", "+86 571 8777 7777", "+1 (212) 555-0100", "００"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := private.ParsePhone(s)
		if err != nil {
			return
		}
		again, err := private.ParsePhone(p.Reveal())
		if err != nil || again != p {
			t.Errorf("%q reads as %q, which reads as %q (%v)", s, p.Reveal(), again.Reveal(), err)
		}
	})
}
