package fault

import (
	_ "embed"
	"math/rand/v2"
	"strings"
	"testing"
)

//go:embed testdata/labelled.tsv
var labelled string

type sentence struct {
	kind      Kind
	emergency bool
	text      string
}

func sentences(t *testing.T) []sentence {
	t.Helper()
	var out []sentence
	for line := range strings.Lines(labelled) {
		parts := strings.Split(strings.TrimSpace(line), "\t")
		if len(parts) != 3 {
			t.Fatalf("line %q has %d columns, want 3", line, len(parts))
		}
		out = append(out, sentence{kind: Kind(parts[0]), emergency: parts[1] == "EMERGENCY", text: parts[2]})
	}
	return out
}

// On the labelled sentences the first finding is right in 95 of 100, every emergency is seen, and at most 5 of 100 ordinary
// faults are taken for one: an emergency that is missed is worse than a call too many.
func TestLabelledSentences(t *testing.T) {
	var right, total, missed, alarms, calms int
	for _, s := range sentences(t) {
		total++
		got := Suggest(s.text)
		if len(got.Findings) > 0 && got.Findings[0].Kind == s.kind {
			right++
		} else {
			t.Logf("%q is %v, want %s", s.text, got.Findings, s.kind)
		}
		switch {
		case s.emergency && !got.Emergency:
			missed++
			t.Logf("%q is not seen as an emergency", s.text)
		case !s.emergency && got.Emergency:
			alarms++
			t.Logf("%q is taken for an emergency by %v", s.text, got.Words)
		}
		if !s.emergency {
			calms++
		}
	}
	t.Logf("%d of %d faults, %d emergencies missed, %d of %d false alarms", right, total, missed, alarms, calms)
	if 100*right < 95*total {
		t.Errorf("%d of %d faults are right, want 95 in 100", right, total)
	}
	if missed > 0 || 100*alarms > 5*calms {
		t.Errorf("%d emergencies missed and %d false alarms of %d, want 0 and at most 5 in 100", missed, alarms, calms)
	}
}

// noise makes of a sentence what another channel makes of it.
func noise(r *rand.Rand, text string) string {
	runes := []rune(text)
	if len(runes) > 6 && r.IntN(2) == 0 { // a slip: one letter is lost
		i := r.IntN(len(runes))
		runes = append(runes[:i:i], runes[i+1:]...)
	}
	before := []string{"", "你好，", "Hello, ", "【房客报修】", "急！", "再报一次：", "as I said: "}
	after := []string{"", "。", "!!!", "，谢谢", " thanks", "，麻烦尽快", " 3-1201室"}
	return before[r.IntN(len(before))] + string(runes) + after[r.IntN(len(after))]
}

// Two reports of one dwelling: the same fault in other words is linked, another fault is not.
func TestSameFault(t *testing.T) {
	all := sentences(t)
	var linked, same, wrong, other int
	r := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		a, b := all[r.IntN(len(all))], all[r.IntN(len(all))]
		if same++; Same(a.text, noise(r, a.text)).Same {
			linked++
		}
		if a.kind == b.kind {
			continue
		}
		if other++; Same(a.text, noise(r, b.text)).Same {
			wrong++
		}
	}
	t.Logf("linked %d of %d repeated reports, and %d of %d of another fault", linked, same, wrong, other)
	if 100*linked < 97*same {
		t.Errorf("%d of %d repeated reports are linked, want 97 in 100", linked, same)
	}
	if 100*wrong > other {
		t.Errorf("%d of %d reports of another fault are linked, want at most 1 in 100", wrong, other)
	}
}

func TestSame(t *testing.T) {
	for _, tt := range []struct {
		name, a, b string
		same       bool
	}{
		{"the same words", "漏水", "漏水！", true},
		{"other words, same fault", "厨房水槽下面漏水", "the kitchen sink is leaking", true},
		{"another fault", "厨房漏水", "门锁坏了", false},
		{"nothing said", "", "", true},
		{"one says nothing", "", "漏水", false},
		{"no known fault, other words", "请联系我", "有问题想咨询", false},
		{"no known fault, same sentence", "这里的东西坏掉了请来看看", "这里的东西坏掉了请来看看吧", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Same(tt.a, tt.b)
			if got.Same != tt.same {
				t.Errorf("Same(%q, %q) = %+v, want same %t", tt.a, tt.b, got, tt.same)
			}
			if back := Same(tt.b, tt.a); back.Same != got.Same || back.Score != got.Score {
				t.Errorf("the other way round it is %+v, want %+v", back, got)
			}
		})
	}
}

func TestWordsAreWhole(t *testing.T) {
	for _, text := range []string{"the monkey left", "blockade ahead", "rating was low"} {
		if got := Recognize(text); len(got) > 0 {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

func FuzzSuggest(f *testing.F) {
	f.Add("水管爆了 burst")
	f.Fuzz(func(t *testing.T, text string) {
		s := Suggest(text)
		if s.Emergency && len(s.Words) == 0 {
			t.Errorf("%q is an emergency for no reason", text)
		}
	})
}
