package problem

import (
	"math"
	"strings"
	"testing"
)

type jsonSample struct {
	Name   string             `json:"name"`
	Count  int32              `json:"count"`
	Size   float64            `json:"size"`
	Inner  []jsonInner        `json:"inner"`
	ByKind map[string]float64 `json:"byKind"`
	Any    any                `json:"any"`
}

type jsonInner struct {
	ID    *string `json:"id"`
	Flags []bool  `json:"flags"`
}

func TestDecodeStrict(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 65) + strings.Repeat("]", 65)
	tests := []struct{ name, text, want string }{
		{"everything fits", `{"name":"a","count":1,"size":1e3,"inner":[{"id":null,"flags":[true]}],"byKind":{"x":1},"any":[{"y":[1]}]}`, ""},
		{"unknown field at the top", "{\n\"nam\":1}", `f:2: nam: unknown field, want one of name, count, size, inner, byKind, any`},
		{"unknown field inside", "{\"inner\":[{},\n{\"idd\":1}]}", `f:2: inner[1].idd: unknown field, want one of id, flags`},
		{"text for a number", "{\n\n\"count\":\"x\"}", `f:3: count: is "x", want a whole number of 32 bits`},
		{"fraction for an integer", `{"count":1.5}`, `f:1: count: is 1.5, want a whole number of 32 bits`},
		{"integer too large", `{"count":3000000000}`, `f:1: count: is 3000000000, want a whole number of 32 bits`},
		{"number beyond float64", `{"size":1e999}`, `f:1: size: is 1e999, want a number`},
		{"number beyond float64 anywhere", `{"any":[1e999]}`, `f:1: any[0]: is 1e999, want an object`},
		{"number for a text", `{"name":5}`, `f:1: name: is 5, want a text`},
		{"array for an object", `{"inner":[[]]}`, `f:1: inner[0]: is an array, want an object`},
		{"object for an array", `{"inner":{}}`, `f:1: inner: is an object, want an array`},
		{"wrong type in a map", `{"byKind":{"a":1,"b":true}}`, `f:1: byKind.b: is true, want a number`},
		{"wrong type in a nested array", "{\"inner\":[{\"flags\":[true,\n0]}]}", `f:2: inner[0].flags[1]: is 0, want true or false`},
		{"NaN is no JSON", "{\n\"size\":NaN}", `f:2: not JSON: invalid character 'N' looking for beginning of value`},
		{"cut off", "{\n\"size\":", `f:2: not JSON: unexpected end of JSON input`},
		{"empty", "", `f:1: not JSON: unexpected end of JSON input`},
		{"text after the value", "{}\n\n{}", `f:3: text after the end of the JSON value`},
		{"field given twice", "{\"inner\":[{},{\"id\":\"a\",\n\"id\":\"b\"}]}", `f:2: inner[1].id: this field is given twice`},
		{"too deep", `{"any":` + deep + `}`, `f:1: nesting deeper than 64`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var into jsonSample
			err := decodeStrict("f", []byte(tt.text), &into)
			if got := message(err); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestManyKeysAreAllCompared(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"byKind":{`)
	for i := range 100 {
		b.WriteString(`"k` + strings.Repeat("x", i) + `":1,`)
	}
	var into jsonSample
	if err := decodeStrict("f", []byte(b.String()+`"last":1}}`), &into); err != nil || len(into.ByKind) != 101 {
		t.Fatalf("%v, %d keys", err, len(into.ByKind))
	}
	err := decodeStrict("f", []byte(b.String()+`"kxxx":1}}`), &into)
	if got, want := message(err), "f:1: byKind.kxxx: this field is given twice"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLineOfField(t *testing.T) {
	t.Parallel()
	data := []byte("{\n\"a\": [\n{\"b\": 1},\n{\"c.d\": {\n\"e\": 5}}],\n\"f\": 2}")
	for field, want := range map[string]int{
		"a": 2, "a[0]": 3, "a[0].b": 3, "a[1]": 4, "a[1].c.d": 4, "a[1].c.d.e": 5, "f": 6, "": 1,
		"a[1].c.d.x": 4, "a[7].b": 2, "g": 1, "f.x": 6,
	} {
		if got := lineOfField(data, field); got != want {
			t.Errorf("%s is on line %d, want %d", field, got, want)
		}
	}
}

func FuzzDecodeStrict(f *testing.F) {
	f.Add([]byte(`{"name":"a","inner":[{"id":"b","flags":[true]}],"byKind":{"x":1},"any":[{"y":[1]}]}`), "inner[0].id")
	f.Add([]byte(`{"name":"a`), "name")
	f.Add([]byte("\"\\"), "[0]")
	f.Fuzz(func(t *testing.T, data []byte, field string) {
		var into jsonSample
		err := decodeStrict("f", data, &into)
		if err == nil && (math.IsNaN(into.Size) || math.IsInf(into.Size, 0)) {
			t.Errorf("size %v was accepted", into.Size)
		}
		lineOfField(data, field)
	})
}
