package notify

import (
	"context"
	_ "embed" // the templates that a service begins with
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"fettle/dispatch/engine"
	"fettle/ledger"
	"fettle/org"
)

//go:embed templates.json
var builtin []byte

// Catalog holds the templates in use. Any goroutine may ask it.
type Catalog struct {
	zone    *time.Location // in which times are written
	builtin []*Template
	current atomic.Pointer[shelf]
}

// shelf is a state of the catalog.
type shelf struct {
	byID    map[string]*Template
	byEvent map[engine.EventType][]*Template // by id
}

// NewCatalog makes one of the templates that a service begins with.
func NewCatalog(zone *time.Location) (*Catalog, error) {
	c := &Catalog{zone: zone}
	if err := json.Unmarshal(builtin, &c.builtin); err != nil {
		return nil, fmt.Errorf("read the templates: %w", err)
	}
	for _, t := range c.builtin {
		if err := t.Check(); err != nil {
			return nil, fmt.Errorf("template %s: %w", t.ID, err)
		}
	}
	c.Use(nil)
	return c, nil
}

// Use takes the templates that an org has written in the place of those before; one of the same id stands for a built-in one.
func (c *Catalog) Use(own []*Template) {
	s := &shelf{byID: map[string]*Template{}, byEvent: map[engine.EventType][]*Template{}}
	for _, t := range slices.Concat(c.builtin, own) {
		s.byID[t.ID] = t
	}
	for _, t := range s.byID {
		s.byEvent[t.Event] = append(s.byEvent[t.Event], t)
	}
	for _, list := range s.byEvent {
		slices.SortFunc(list, func(a, b *Template) int { return strings.Compare(a.ID, b.ID) })
	}
	c.current.Store(s)
}

// Find returns a template, nil when there is none.
func (c *Catalog) Find(id string) *Template { return c.current.Load().byID[id] }

// telling is the template in use by which an event is told to a role, nil when there is none.
func (c *Catalog) telling(event engine.EventType, to Role) *Template {
	for _, t := range c.current.Load().byEvent[event] {
		if t.To == to && t.InUse() != nil {
			return t
		}
	}
	return nil
}

// Originals are the templates that a service begins with.
func (c *Catalog) Originals() []*Template { return slices.Clone(c.builtin) }

// Original returns the template of an id that a service begins with, nil when there is none.
func (c *Catalog) Original(id string) *Template {
	for _, t := range c.builtin {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// TemplateKind is the kind of the records of templates.
const TemplateKind = "messageTemplates"

// MaxTemplates is how many templates an org may write.
const MaxTemplates = 500

// Load takes the templates of an org in a store into use.
func (c *Catalog) Load(ctx context.Context, s ledger.Reader, o org.ID) error {
	p, err := s.Records(ctx, o, ledger.All(TemplateKind), MaxTemplates)
	if err != nil {
		return fmt.Errorf("read message templates: %w", err)
	}
	own := make([]*Template, len(p.Records))
	for i := range p.Records {
		if own[i], err = DecodeTemplate(&p.Records[i]); err != nil {
			return err
		}
	}
	c.Use(own)
	return nil
}

// DecodeTemplate reads a template from the record of a ledger.
func DecodeTemplate(l *ledger.Record) (*Template, error) {
	t := &Template{}
	if err := json.Unmarshal(l.Body, t); err != nil {
		return nil, fmt.Errorf("read template %s: %w", l.ID, err)
	}
	return t, nil
}
