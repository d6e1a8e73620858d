package tenant_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fettle/invalid"
	"fettle/rental/fault"
	"fettle/rental/tenant"
)

var now = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

// checked computes the last character of an identity number by the text of the standard: it is what makes the weighted sum of
// all 18 places 1 modulo 11, the weight of a place being 2 to the power of its distance from the right.
func checked(first17 string) string {
	sum := 0
	for i := range 17 {
		sum += int(first17[i]-'0') * (1 << (17 - i) % 11)
	}
	for last := range 11 {
		if (sum+last)%11 == 1 {
			if last == 10 {
				return first17 + "X"
			}
			return fmt.Sprint(first17, last)
		}
	}
	return ""
}

func TestPhone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"13800138000": "13800138000", "+86 138-0013-8000": "13800138000", "0086 19912345678": "19912345678",
		"1380013800": "", "138001380000": "", "12800138000": "", "2380013800a": "", "": "", "057188888888": "",
	} {
		got, err := tenant.Phone("phone", text)
		var field *invalid.Error
		if got != want || (want == "") != errors.As(err, &field) {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
		if err != nil && (field.Field != "phone" || text != "" && strings.Contains(err.Error(), text)) {
			t.Errorf("%q: the error is %q: want the field and no number", text, err)
		}
	}
}

func TestNationalID(t *testing.T) {
	t.Parallel()
	const good = "11010519491231002X" // the example of the standard
	for text, want := range map[string]string{
		good: "", "11010519491231002x": "", "110105 1949 1231 002X": "",
		"110105194912310021": "CHECK_CHARACTER", "11010519491231020X": "CHECK_CHARACTER",
		checked("11010519490230002"): "BIRTH_DATE", checked("11010518991231002"): "BIRTH_DATE", checked("11010519491331002"): "BIRTH_DATE",
		checked("19010519491231002"): "REGION", checked("01010519491231002"): "REGION",
		"1101051949123100": "18 characters", "11010519491231002Y": "18 characters", "1101051949X231002X": "18 characters", "": "18 characters",
	} {
		got, err := tenant.NationalID("nationalId", text)
		if want == "" {
			if err != nil || got != good {
				t.Errorf("%q is %q, %v", text, got, err)
			}
			continue
		}
		var rule *fault.RuleError
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "nationalId") {
			t.Errorf("%q: %v, want %s", text, err, want)
		} else if errors.As(err, &rule) == (want == "18 characters") {
			t.Errorf("%q: %v: a broken rule is one of the domain, another form is none", text, err)
		}
	}
}

// TestOneWrongCharacterIsFound changes one character, or swaps two neighbours, of numbers that hold: none holds afterwards.
func TestOneWrongCharacterIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 25_000).Draw(t, "day"))
		n := checked("330106" + day.Format("20060102") + fmt.Sprintf("%03d", rapid.IntRange(0, 999).Draw(t, "order")))
		if got, err := tenant.NationalID("id", n); err != nil || got != n {
			t.Fatalf("%s: %v", n, err)
		}
		at := rapid.IntRange(0, 16).Draw(t, "at")
		b := []byte(n)
		if rapid.Bool().Draw(t, "swap") {
			b[at], b[at+1] = b[at+1], b[at]
		} else {
			b[at] = byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
		}
		if _, err := tenant.NationalID("id", string(b)); err == nil && string(b) != n {
			t.Fatalf("%s for %s is taken", b, n)
		}
	})
}

func TestHint(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"13800138000": "138****8000", "11010519491231002X": "110105********002X", "12345": "*****", "": "",
	} {
		if got := tenant.Hint(number); got != want {
			t.Errorf("%s shows as %s, want %s", number, got, want)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		t    tenant.Tenant
		want string
	}{
		"nobody":         {tenant.Tenant{Name: " "}, "displayName"},
		"name alone":     {tenant.Tenant{Name: " Li Na "}, ""},
		"phone":          {tenant.Tenant{Name: "Li Na", Phone: "1380013800"}, "phone"},
		"contact":        {tenant.Tenant{Name: "Li Na", Emergency: tenant.Contact{Name: "Li", Phone: "1"}}, "emergencyContact.phone"},
		"contact's name": {tenant.Tenant{Name: "Li Na", Emergency: tenant.Contact{Phone: "13800138000"}}, "emergencyContact.displayName"},
		"two answers":    {tenant.Tenant{Name: "Li Na", Consents: []tenant.Consent{{Purpose: "a"}, {Purpose: "a", Granted: true}}}, "consents"},
	} {
		err := c.t.Read()
		var field *invalid.Error
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &field) || field.Field != c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if c.want == "" && c.t.Name != "Li Na" {
			t.Errorf("%s: kept as %q", name, c.t.Name)
		}
	}
}

func TestContactsHaveAnAge(t *testing.T) {
	t.Parallel()
	before := tenant.Tenant{Name: "Li Na", Emergency: tenant.Contact{Name: "Li", Relation: "father", Phone: "13800138000"}}
	if err := before.Follow(nil, now); err != nil || !before.Emergency.Confirmed.Equal(now) {
		t.Fatalf("a new contact is of %v, %v", before.Emergency.Confirmed, err)
	}
	later := now.AddDate(1, 0, 0)
	same := before
	same.Note = "x"
	if err := same.Follow(&before, later); err != nil || !same.Emergency.Confirmed.Equal(now) {
		t.Errorf("the same contact is of %v, %v", same.Emergency.Confirmed, err)
	}
	other := before
	other.Emergency.Phone = "13900139000"
	if err := other.Follow(&before, later); err != nil || !other.Emergency.Confirmed.Equal(later) {
		t.Errorf("another contact is of %v, %v", other.Emergency.Confirmed, err)
	}
	if err := same.Confirm(later); err != nil || !same.Emergency.Confirmed.Equal(later) {
		t.Errorf("a contact that was confirmed is of %v, %v", same.Emergency.Confirmed, err)
	}
	var rule *fault.RuleError
	if err := (&tenant.Tenant{}).Confirm(later); !errors.As(err, &rule) {
		t.Errorf("nobody is confirmed: %v", err)
	}
	unborn := tenant.Tenant{Name: "Li Na", NationalID: checked("33010620300101001")}
	if err := unborn.Follow(nil, now); !errors.As(err, &rule) {
		t.Errorf("born in 2030: %v", err)
	}
	said := tenant.Tenant{Name: "Li Na", Consents: []tenant.Consent{{Purpose: "a"}, {Purpose: "b", Time: now}}}
	if err := said.Follow(nil, later); err != nil || !said.Consents[0].Time.Equal(later) || !said.Consents[1].Time.Equal(now) {
		t.Errorf("consents are of %v, %v", said.Consents, err)
	}
}

func FuzzNumbers(f *testing.F) {
	f.Add("13800138000")
	f.Add("11010519491231002X")
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := tenant.Phone("p", text); err == nil && len(n) != 11 {
			t.Errorf("%q is the telephone number %q", text, n)
		}
		if n, err := tenant.NationalID("n", text); err == nil && len(n) != 18 {
			t.Errorf("%q is the identity number %q", text, n)
		}
	})
}
