package obs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"regexp"
)

// NewLogger writes JSON lines of a level and above, without what identifies people.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(Redact(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})))
}

// Redact wraps a handler so that telephone numbers, identity numbers and credentials in what it is given are masked. It is
// the second lock: nobody is to log them in the first place, and what has no form, as names and descriptions, it cannot know.
func Redact(h slog.Handler) slog.Handler { return redactor{h} }

type redactor struct{ next slog.Handler }

// Enabled implements slog.Handler.
func (r redactor) Enabled(ctx context.Context, l slog.Level) bool { return r.next.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (r redactor) Handle(ctx context.Context, in slog.Record) error {
	out := slog.NewRecord(in.Time, in.Level, Mask(in.Message), in.PC)
	in.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(masked(a))
		return true
	})
	return r.next.Handle(ctx, out)
}

// WithAttrs implements slog.Handler.
func (r redactor) WithAttrs(as []slog.Attr) slog.Handler {
	out := make([]slog.Attr, len(as))
	for i, a := range as {
		out[i] = masked(a)
	}
	return redactor{r.next.WithAttrs(out)}
}

// WithGroup implements slog.Handler.
func (r redactor) WithGroup(name string) slog.Handler { return redactor{r.next.WithGroup(name)} }

// masked masks what is text in an attribute, or becomes text.
func masked(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, Mask(v.String()))
	case slog.KindGroup:
		group := v.Group()
		out := make([]slog.Attr, len(group))
		for i := range group {
			out[i] = masked(group[i])
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(out...)}
	case slog.KindAny:
		return slog.String(a.Key, Mask(fmt.Sprint(v.Any())))
	}
	return a
}

// secrets are the forms of what identifies people or lets them in. A run of digits that is longer, as an instant in
// microseconds, is neither.
var secrets = regexp.MustCompile(`(?i)` +
	`\b(?:bearer|basic)\s+[^\s"',;]+` + // credentials in a header
	`|\bfettle_[\w-]{16,}|\bf[dklrs]_[\w.-]{16,}` + // our tokens, keys, links and sessions
	`|\beyJ[\w-]+\.[\w-]+\.[\w-]*` + // JSON web tokens
	`|\b\d{17}[\dX]\b` + // identity numbers
	`|\b(?:\+?86[- ]?|0086[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}\b` + // mobile numbers
	`|\b0\d{2,3}-\d{7,8}\b` + // landlines
	`|\+\d{8,15}\b`) // E.164

// Mask replaces what identifies people in a text.
func Mask(text string) string { return secrets.ReplaceAllString(text, "[masked]") }
