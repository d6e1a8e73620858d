package slides

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"google.golang.org/grpc"

	"fettle/internal/adapter/pdf"
)

// Ask is what a deck is asked for: its language, and of which rows.
type Ask struct {
	Language string `json:"language,omitempty"` // BCP 47
	From     string `json:"from,omitempty"`     // leases: by their last day
	Before   string `json:"before,omitempty"`
	Open     bool   `json:"open,omitempty"` // work orders
	Unit     string `json:"unit,omitempty"`
}

// Counts is what is counted of rows. Written as JSON and read again it goes on.
type Counts interface {
	// Begin reads what the counts are to be compared with, once.
	Begin(ctx context.Context, conn grpc.ClientConnInterface) error
	// Page counts a page and returns the token of the next.
	Page(ctx context.Context, conn grpc.ClientConnInterface, ask *Ask, token string) (n int, next string, err error)
	// deck reads the other figures and makes the slides.
	deck(ctx context.Context, conn grpc.ClientConnInterface, t tongue, ask *Ask) (title string, all []pdf.Slide, err error)
}

// Leases counts leases.
func Leases() Counts { return &leases{} }

// Orders counts work orders.
func Orders() Counts { return &orders{} }

// ContentType is the type of what Deck makes.
const ContentType = pdf.ContentType

// Deck lays out what was counted, and the figures that are read for it, as it is at an instant, for somebody.
func Deck(ctx context.Context, conn grpc.ClientConnInterface, c Counts, ask *Ask, at time.Time, by string) ([]byte, error) {
	t := tongueOf(ask.Language)
	title, all, err := c.deck(ctx, conn, t, ask)
	if err != nil {
		return nil, err
	}
	at = at.UTC()
	d := pdf.Deck{
		Title: title, Language: t.code(), Time: at, Slides: all,
		Footer: title + " · " + t.say(words{"made %s UTC by %s", "%s UTC 由 %s 生成"}, at.Format(time.DateTime), by),
	}
	return d.Bytes()
}

// tally counts by a name.
type tally map[string]int64

// add counts one; beyond 500 names all others are "later".
func (t *tally) add(name string) {
	if *t == nil {
		*t = tally{}
	}
	if _, known := (*t)[name]; !known && len(*t) >= 500 {
		name = "later"
	}
	(*t)[name]++
}

func (t tally) total() (n int64) {
	for _, one := range t {
		n += one
	}
	return n
}

// rows are the names of a tally as lying bars, the largest first; what is more than fits is one bar.
func (t tally) rows(l tongue, alarm ...string) pdf.Chart {
	const most = 14
	names := slices.SortedFunc(maps.Keys(t), func(a, b string) int { return cmp.Or(cmp.Compare(t[b], t[a]), cmp.Compare(a, b)) })
	var out pdf.Rows
	rest := int64(0)
	for i, name := range names {
		if i >= most-1 && len(names) > most {
			rest += t[name]
			continue
		}
		out = append(out, pdf.Bar{Name: l.name(name), Value: float64(t[name]), Text: whole(t[name]), Alarm: slices.Contains(alarm, name)})
	}
	if rest > 0 {
		out = append(out, pdf.Bar{Name: "…", Value: float64(rest), Text: whole(rest)})
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
