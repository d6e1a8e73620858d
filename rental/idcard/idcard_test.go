package idcard_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/rental/idcard"
)

// read is what is found in lines that were all read with the same confidence.
func read(text string) map[idcard.Field]string {
	var lines []idcard.Line
	for l := range strings.Lines(text) {
		lines = append(lines, idcard.Line{Text: l, Confidence: 0.9})
	}
	out := map[idcard.Field]string{}
	for _, s := range idcard.Read(lines) {
		out[s.Field] = strings.TrimSpace(s.Value + " " + string(s.Check))
	}
	return out
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want map[idcard.Field]string
	}{
		"front": {
			"姓 名 王 小 明\n性 别 男 民 族 汉\n出 生 1949 年 12 月 31 日\n住 址 北京 市 朝阳 区 幸福 路 8 号\n3 栋 201 室\n\n公民 身份 号码 11010519491231002X\n",
			map[idcard.Field]string{
				"displayName": "王小明", "birthDate": "1949-12-31 FITS", "address": "北京市朝阳区幸福路8号3栋201室", "nationalId": "11010519491231002X FITS",
			},
		},
		"a digit that was misread": {"公民身份号码 11010519491231003X\n", map[idcard.Field]string{"nationalId": "11010519491231003X BREAKS"}},
		"letters for digits":       {"公民身份号码 IIOI05I949I23I002X\n", map[idcard.Field]string{"nationalId": "11010519491231002X FITS"}},
		"a number on a line alone": {"110105 19491231 002x", map[idcard.Field]string{"nationalId": "11010519491231002X FITS"}},
		"another day of birth": {
			"出生 1949 年 12 月 30 日\n11010519491231002X", map[idcard.Field]string{"birthDate": "1949-12-30 BREAKS", "nationalId": "11010519491231002X FITS"},
		},
		"a day that there is none of": {"出生 1949 年 2 月 30 日", map[idcard.Field]string{"birthDate": "1949-02-30 BREAKS"}},
		"back": {
			"中华人民共和国\n居 民 身 份 证\n签 发 机 关 北京市公安局朝阳分局\n有 效 期 限 2015.06.01-2035.06.01\n",
			map[idcard.Field]string{"authority": "北京市公安局朝阳分局", "idExpireDate": "2035-06-01 FITS"},
		},
		"without an end": {"有效期限 2015.06.01-长期", map[idcard.Field]string{}},
		"no card":        {"to be or not to be\n12345\n", map[idcard.Field]string{}},
		"nothing":        {"", map[idcard.Field]string{}},
	} {
		if diff := cmp.Diff(c.want, read(c.text)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A suggestion is as sure as the least sure of its lines, and a problem never repeats what was read.
func TestSuggestionsSayHowSure(t *testing.T) {
	t.Parallel()
	got := idcard.Read([]idcard.Line{{"住址 北京市", 0.9}, {"朝阳区", 0.4}, {"11010519491231003X", 0.8}})
	if len(got) != 2 || got[0].Confidence != 0.4 || got[1].Confidence != 0.8 {
		t.Fatalf("%+v", got)
	}
	if got[1].Problem == "" || strings.Contains(got[1].Problem, "11010519491231003X") {
		t.Errorf("the problem is %q", got[1].Problem)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("姓名 王\n住址 x\n公民身份号码 11010519491231002X\n有效期限 2015.06.01-2035.06.01")
	f.Fuzz(func(t *testing.T, text string) {
		var lines []idcard.Line
		for l := range strings.Lines(text) {
			lines = append(lines, idcard.Line{Text: l, Confidence: 1})
		}
		for _, s := range idcard.Read(lines) {
			if s.Value == "" || s.Field == "" || s.Check == idcard.Breaks && s.Problem == "" {
				t.Errorf("%+v", s)
			}
		}
	})
}
