package obs_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"fettle/internal/obs"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"call 13800138000 now":                     "call [masked] now",
		"tel:+8613800138000,":                      "tel:[masked],",
		"138-0013-8000":                            "[masked]",
		"0571-87777777":                            "[masked]",
		"+442079460958":                            "[masked]",
		"id 11010519491231002X.":                   "id [masked].",
		"id=110105194912310021":                    "id=[masked]",
		"Authorization: Bearer abc.def-ghi":        "Authorization: [masked]",
		"fettle_0123456789abcdef-x":                "[masked]",
		"eyJhbGciOi.eyJzdWIi.c2ln":                 "[masked]",
		"at 1764000000000000 us":                   "at 1764000000000000 us",
		"order wo_01J8ZQ0000000000000000 sent 200": "order wo_01J8ZQ0000000000000000 sent 200",
		"2026-11-22T08:00:00.123456789Z":           "2026-11-22T08:00:00.123456789Z",
		"12 of 1000 rows, 15 ms":                   "12 of 1000 rows, 15 ms",
		"水管 13800138000 漏水":                        "水管 [masked] 漏水",
		"":                                         "",
	} {
		if got := obs.Mask(in); got != want {
			t.Errorf("%q is masked as %q, want %q", in, got, want)
		}
	}
}

type loud struct{ Phone string }

func TestLogger(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	log := obs.NewLogger(&b, slog.LevelInfo).With("tel", "13800138000")
	log.Debug("not this")
	log.Info("call 13800138001", "error", errors.New("no 13800138002"), slog.Group("g", "n", "13800138003", "any", loud{"13800138004"}), "count", 42)
	log.WithGroup("h").Warn("x", "bytes", []string{"13800138005"})
	text := b.String()
	if strings.Contains(text, "1380013800") || strings.Contains(text, "not this") || strings.Count(text, "[masked]") != 7 {
		t.Errorf("log is\n%s", text)
	}
	if !strings.Contains(text, `"count":42`) || !strings.Contains(text, `"g":{"n":"[masked]"`) {
		t.Errorf("what is no secret is lost:\n%s", text)
	}
}
