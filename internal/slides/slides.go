package slides

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/grpc"

	"fettle/internal/adapter/pdf"
	"fettle/internal/operation"
)

// The types of operations.
const (
	Leases = "exportLeaseSlides"
	Orders = "exportWorkOrderSlides"
)

// Ask is what a deck is asked for: its language, and of which rows.
type Ask struct {
	Language string `json:"language,omitempty"` // BCP 47
	From     string `json:"from,omitempty"`     // leases: by their last day
	Before   string `json:"before,omitempty"`
	Open     bool   `json:"open,omitempty"` // work orders
	Unit     string `json:"unit,omitempty"`
}

// Types are the operations of this package.
func Types() []operation.Type {
	return []operation.Type{
		{Name: Leases, Step: func(ctx context.Context, s *operation.Step) error { return step(ctx, s, &leases{}) }},
		{Name: Orders, Step: func(ctx context.Context, s *operation.Step) error { return step(ctx, s, &orders{}) }},
	}
}

// counted is what is counted of rows, and the deck of it. Its exported fields go on from step to step.
type counted interface {
	// begin reads what the counts are to be compared with, once.
	begin(ctx context.Context, conn grpc.ClientConnInterface) error
	// page counts a page and returns the token of the next.
	page(ctx context.Context, conn grpc.ClientConnInterface, ask *Ask, token string) (n int, next string, err error)
	// deck reads the other figures and makes the slides.
	deck(ctx context.Context, conn grpc.ClientConnInterface, t tongue, ask *Ask) (title string, all []pdf.Slide, err error)
}

// place is where a deck goes on.
type place struct {
	Token  string          `json:"token,omitempty"`
	Known  bool            `json:"known,omitempty"` // begin is done
	Counts json.RawMessage `json:"counts,omitempty"`
}

// step counts pages; when there are no more it makes the deck.
func step(ctx context.Context, s *operation.Step, c counted) error {
	var ask Ask
	if err := json.Unmarshal(s.Ask, &ask); err != nil {
		return fmt.Errorf("what the deck is asked for: %w", err)
	}
	var at place
	if s.Cursor != "" {
		if err := json.Unmarshal([]byte(s.Cursor), &at); err != nil {
			return fmt.Errorf("where the deck goes on: %w", err)
		}
		if err := json.Unmarshal(at.Counts, c); err != nil {
			return fmt.Errorf("what the deck has counted: %w", err)
		}
	}
	if !at.Known {
		if err := c.begin(ctx, s.Conn); err != nil {
			return operation.Judge(err)
		}
		at.Known = true
	}
	for last := false; !last; {
		if s.Enough() {
			return keep(s, &at, c)
		}
		n, next, err := c.page(ctx, s.Conn, &ask, at.Token)
		if err != nil {
			return operation.Judge(err)
		}
		s.Done += int64(n)
		at.Token, last = next, next == ""
	}
	return finish(ctx, s, c, &ask)
}

// keep writes down where the next step goes on.
func keep(s *operation.Step, at *place, c counted) error {
	counts, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("keep counts: %w", err)
	}
	at.Counts = counts
	cursor, err := json.Marshal(at)
	s.Cursor = string(cursor)
	return err
}

// finish lays the deck out.
func finish(ctx context.Context, s *operation.Step, c counted, ask *Ask) error {
	t := tongueOf(ask.Language)
	title, all, err := c.deck(ctx, s.Conn, t, ask)
	if err != nil {
		return operation.Judge(err)
	}
	made := s.Now().UTC()
	d := pdf.Deck{
		Title: title, Language: t.code(), Time: made, Slides: all,
		Footer: title + " · " + t.say(words{"made %s UTC by %s", "%s UTC 由 %s 生成"}, made.Format(time.DateTime), s.Owner.Name),
	}
	data, err := d.Bytes()
	if err != nil {
		return &operation.Hopeless{Text: err.Error()}
	}
	s.Write(data)
	s.FileType, s.Items, s.Cursor, s.Finished = pdf.ContentType, s.Done, "", true
	return nil
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
