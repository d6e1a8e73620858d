package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func sample(t *testing.T) *Document {
	t.Helper()
	var drawn bytes.Buffer
	if err := png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 90, 30))); err != nil {
		t.Fatal(err)
	}
	rows := make([][]string, 80)
	for i := range rows {
		rows[i] = []string{fmt.Sprint(i + 1), "2026-03-09 12:00:00", "张喆：水管爆裂，已关闭总阀 — tap shut by the caretaker of building 8", "ASSIGNED"}
	}
	rows[40][2] = strings.Repeat("一行很长的文字。", 300)
	return &Document{
		Title: "Work order wo_17 · 工单记录", Language: "zh-CN", Time: time.Date(2026, 3, 9, 4, 0, 0, 0, time.UTC), Footer: "fettle · 工单 wo_17",
		Blocks: []Block{
			Facts{{"Reported through", "WECHAT"}, {"地址", strings.Repeat("杭州市滨江区江南大道 288 号 3 幢 1204 室，", 4)}},
			Heading("What happened 经过"), Paragraph("One line.\nAnother: 第二行。"),
			Table{Columns: []Column{{"#", 1}, {"Time 时间", 3}, {"What 内容", 7}, {"State 状态", 2}}, Rows: rows},
			Small("SHA-256 " + strings.Repeat("0123456789abcdef", 4)),
			Signatures{{Role: "出租方 Landlord", Text: "王五\n2026-03-09", Image: drawn.Bytes()}, {Role: "承租方 Tenant", Text: "李四"}},
		},
	}
}

// TestDocument: the same document gives the same bytes, its pages are numbered, and what is written can be read out of it again.
// SHOW names a file for the eyes.
func TestDocument(t *testing.T) {
	t.Parallel()
	first, err := sample(t).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	second, err := sample(t).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("the same document gave other bytes")
	}
	if name := os.Getenv("SHOW"); name != "" {
		if err := os.WriteFile(name, first, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if pages := bytes.Count(first, []byte("/Type /Page\n")); pages < 6 || pages > 12 {
		t.Errorf("%d pages", pages)
	}
	if len(first) > 200<<10 {
		t.Errorf("%d bytes: the whole font is in it", len(first))
	}
	text := drawn(t, first)
	for _, want := range []string{"张喆", "工单记录", "caretaker", "State 状态", "王五", "承租方 Tenant", "1 / ", "SHA-256"} {
		if !strings.Contains(text, utf16(want)) {
			t.Errorf("%q is not in the document", want)
		}
	}
	if strings.Contains(text, utf16(pageCount)) {
		t.Error("pages are not counted")
	}
	if n := strings.Count(text, utf16("Time 时间")); n < 5 {
		t.Errorf("the head of the table is on %d pages", n)
	}
}

// drawn is what the pages of a document draw.
func drawn(t *testing.T, document []byte) string {
	t.Helper()
	var all strings.Builder
	for _, m := range regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`).FindAllSubmatch(document, -1) {
		r, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			continue // a picture
		}
		text, _ := io.ReadAll(r)
		all.Write(text)
	}
	return strings.NewReplacer(`\\`, `\`, `\(`, "(", `\)`, ")").Replace(all.String())
}

// utf16 is text as fonts of two bytes have it.
func utf16(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteString(string([]byte{byte(r >> 8), byte(r)}))
	}
	return b.String()
}

// TestRefused: what cannot be drawn is an error and no document without it.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]Block{
		"a picture that is none": Signatures{{Role: "x", Image: []byte("no picture")}},
		"no columns":             Table{Rows: [][]string{{"a"}}},
		"no width":               Table{Columns: []Column{{"a", 0}}},
	} {
		if out, err := (&Document{Title: "x", Blocks: []Block{b}}).Bytes(); err == nil {
			t.Errorf("%s: %d bytes", name, len(out))
		}
	}
}

// TestReadable: names in rare characters are there; what no font has is seen to be missing.
func TestReadable(t *testing.T) {
	t.Parallel()
	f, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"喆堃珺龘": "喆堃珺龘", "a\tb\x00c": "a b c", "𠮷野": "□野", "😀 fine": "□ fine", "two\nlines": "two\nlines", "é—…“”": "é—…“”", "e\u0301": "e",
	} {
		if got := f.readable(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"one two three", []string{"one two", "three"}},
		{"水管爆裂，请尽快来人处理", []string{"水管爆裂，请尽快", "来人处理"}},
		{"水管爆裂很久了了，急", []string{"水管爆裂很久了", "了，急"}},
		{"abcdefghijkl", []string{"abcdefgh", "ijkl"}},
		{"a\n\nb", []string{"a", "", "b"}},
		{"abcdef水         ", []string{"abcdef水"}}, // the spaces take no room, and the word stays before them
	} {
		got := wrap(tc.text, 8, func(s string) float64 { return float64(utf8.RuneCountInString(s)) })
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q: %s", tc.text, diff)
		}
	}
}

// TestWrapLosesNothing: all that is not a space is there once, in order, and no line is wider than it may be.
func TestWrapLosesNothing(t *testing.T) {
	t.Parallel()
	count := func(s string) float64 { return float64(utf8.RuneCountInString(s)) }
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab水管，。（“ \n")), 0, 60, -1).Draw(t, "text")
		limit := float64(rapid.IntRange(1, 12).Draw(t, "limit"))
		lines := wrap(text, limit, count)
		for _, line := range lines {
			if count(line) > limit {
				t.Errorf("%q is wider than %v", line, limit)
			}
		}
		if got, want := bare(strings.Join(lines, "")), bare(text); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func bare(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
