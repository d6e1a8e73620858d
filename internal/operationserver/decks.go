package operationserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"fettle/internal/operation"
	"fettle/internal/slides"
)

// The names of the exports as slides.
const (
	leaseSlides = "exportLeaseSlides"
	orderSlides = "exportWorkOrderSlides"
)

// decks are the types that make slides.
func decks() []operation.Type {
	return []operation.Type{
		{Name: leaseSlides, Step: func(ctx context.Context, s *operation.Step) error { return deckStep(ctx, s, slides.Leases()) }},
		{Name: orderSlides, Step: func(ctx context.Context, s *operation.Step) error { return deckStep(ctx, s, slides.Orders()) }},
	}
}

// deckPlace is where a deck goes on.
type deckPlace struct {
	Token  string          `json:"token,omitempty"`
	Begun  bool            `json:"begun,omitempty"`
	Rows   int64           `json:"rows,omitempty"`
	Counts json.RawMessage `json:"counts,omitempty"`
}

// deckStep counts pages; when there are no more it makes the deck.
func deckStep(ctx context.Context, s *operation.Step, c slides.Counts) error {
	var ask slides.Ask
	if err := json.Unmarshal(s.Ask, &ask); err != nil {
		return fmt.Errorf("what the deck is asked for: %w", err)
	}
	at, err := deckAt(s, c)
	if err != nil {
		return err
	}
	if !at.Begun {
		if err := c.Begin(ctx, s.Conn); err != nil {
			return operation.Judge(err)
		}
		at.Begun = true
	}
	for last := false; !last; {
		if s.Enough() {
			return keepDeck(s, at, c)
		}
		n, next, err := c.Page(ctx, s.Conn, &ask, at.Token)
		if err != nil {
			return errors.Join(operation.Judge(err), keepDeck(s, at, c))
		}
		at.Rows += int64(n)
		at.Token, last = next, next == ""
	}
	data, err := slides.Deck(ctx, s.Conn, c, &ask, s.Now(), s.Owner.Name)
	if err != nil {
		return operation.Judge(err) // the pages of this step are counted again
	}
	s.Write(data)
	s.FileType, s.Done, s.Items, s.Cursor, s.Finished = slides.ContentType, at.Rows, at.Rows, "", true
	return nil
}

// deckAt reads where a deck goes on, and what it has counted.
func deckAt(s *operation.Step, c slides.Counts) (*deckPlace, error) {
	at := &deckPlace{}
	if s.Cursor == "" {
		return at, nil
	}
	if err := json.Unmarshal([]byte(s.Cursor), at); err != nil {
		return nil, fmt.Errorf("where the deck goes on: %w", err)
	}
	if err := json.Unmarshal(at.Counts, c); err != nil {
		return nil, fmt.Errorf("what the deck has counted: %w", err)
	}
	return at, nil
}

// keepDeck writes down where the next step goes on.
func keepDeck(s *operation.Step, at *deckPlace, c slides.Counts) (err error) {
	if at.Counts, err = json.Marshal(c); err != nil {
		return fmt.Errorf("keep counts: %w", err)
	}
	cursor, err := json.Marshal(at)
	s.Cursor, s.Done = string(cursor), at.Rows
	return err
}
