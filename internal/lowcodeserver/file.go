package lowcodeserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"google.golang.org/genproto/googleapis/api/httpbody"

	lowcodev1 "fettle/api/gen/fettle/lowcode/v1"
	"fettle/internal/lowcode"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
)

// format is the version of the file.
const format = 1

// book reads all that people have added.
func (s *Server) book(ctx context.Context, o org.ID) (*lowcode.Book, error) {
	b := &lowcode.Book{Format: format, Fields: []lowcode.Field{}, Rules: []lowcode.Rule{}, Tiles: []lowcode.Tile{}}
	err := all(ctx, s.fields.Kind, s.Store, o, s.fields.All(), func(item *registry.Item[lowcode.Field]) { b.Fields = append(b.Fields, item.Value) })
	if err == nil {
		err = all(ctx, s.automations.Kind, s.Store, o, s.automations.All(), func(item *registry.Item[lowcode.Automation]) {
			b.Rules = append(b.Rules, item.Value.Current().Rule)
		})
	}
	if err == nil {
		err = all(ctx, s.tiles.Kind, s.Store, o, s.tiles.All(), func(item *registry.Item[lowcode.Tile]) { b.Tiles = append(b.Tiles, item.Value) })
	}
	b.Sort()
	return b, err
}

// ExportLowCode implements the method of the same name.
func (s *Server) ExportLowCode(ctx context.Context, _ *lowcodev1.ExportLowCodeRequest) (*httpbody.HttpBody, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	b, err := s.book(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(b); err != nil {
		return nil, fmt.Errorf("write the file: %w", err)
	}
	return &httpbody.HttpBody{ContentType: "application/json", Data: out.Bytes()}, nil
}

// errLooked ends a dry run without a change.
var errLooked = errors.New("a dry run changes nothing")

// ImportLowCode implements the method of the same name.
func (s *Server) ImportLowCode(ctx context.Context, r *lowcodev1.ImportLowCodeRequest) (*lowcodev1.ImportLowCodeResponse, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(r.GetText())))
	d.DisallowUnknownFields()
	var b lowcode.Book
	if err := d.Decode(&b); err != nil {
		return nil, &invalid.Error{Field: "text", Want: "a file as :export makes it: " + err.Error()}
	}
	if b.Format != format {
		return nil, &invalid.Error{Field: "text.fettleLowCode", Value: fmt.Sprint(b.Format), Want: fmt.Sprint(format)}
	}
	var looked *lowcodev1.ImportLowCodeResponse
	out, err := registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*lowcodev1.ImportLowCodeResponse, error) {
		out := &lowcodev1.ImportLowCodeResponse{DryRun: r.GetDryRun()}
		if err := s.take(tx, &b, out); err != nil {
			return nil, wire.In("text", err)
		}
		tx.About("lowCode", "import")
		if looked = out; r.GetDryRun() {
			return nil, errLooked
		}
		return out, nil
	})
	if errors.Is(err, errLooked) {
		return looked, nil
	}
	return out, err
}

// take brings a file in: fields first, since rules name them.
func (s *Server) take(tx *registry.Tx, b *lowcode.Book, out *lowcodev1.ImportLowCodeResponse) error {
	ctx, fields := tx.Context(), map[lowcode.Kind]map[string]*lowcode.Field{}
	for _, k := range []lowcode.Kind{lowcode.WorkOrders, lowcode.Leases, lowcode.Units, lowcode.Properties} {
		known, err := s.fieldsOf(ctx, tx.Org, k)
		if err != nil {
			return err
		}
		fields[k] = known
	}
	for i := range b.Fields {
		f := &b.Fields[i]
		m := showField(&registry.Item[lowcode.Field]{Value: *f})
		err := wire.Validate(m)
		if err == nil {
			_, err = fieldOf(m)
		}
		if err == nil {
			err = place(tx, s.fields.Kind, label{ledger.Text(string(f.Kind), f.Name), "field " + string(f.Kind) + "." + f.Name, out}, *f, sameField)
		}
		if err != nil {
			return wire.In(fmt.Sprintf("fields[%d]", i), err)
		}
		fields[f.Kind][f.Name] = f
	}
	for i := range b.Rules {
		if err := s.takeRule(tx, &b.Rules[i], fields[b.Rules[i].Kind], out); err != nil {
			return wire.In(fmt.Sprintf("rules[%d]", i), err)
		}
	}
	for i := range b.Tiles {
		t := &b.Tiles[i]
		m := showTile(&registry.Item[lowcode.Tile]{Value: *t})
		err := wire.Validate(m)
		if err == nil {
			_, err = tileOf(m)
		}
		if err == nil {
			err = place(tx, s.tiles.Kind, label{ledger.Text(t.Name), "tile " + t.Name, out}, *t, nil)
		}
		if err != nil {
			return wire.In(fmt.Sprintf("tiles[%d]", i), err)
		}
	}
	return nil
}

// takeRule brings one rule in, as a version of the one of its name.
func (s *Server) takeRule(tx *registry.Tx, r *lowcode.Rule, fields map[string]*lowcode.Field, out *lowcodev1.ImportLowCodeResponse) error {
	var a lowcode.Automation
	a.Write(*r, tx.Who.Name, tx.Now)
	if err := wire.Validate(showAutomation(&registry.Item[lowcode.Automation]{Value: a})); err != nil {
		return err
	}
	if _, err := lowcode.NewJudge(r, fields); err != nil {
		return err
	}
	item, err := named(tx, s.automations.Kind, ledger.Text(r.Name))
	if err != nil {
		return err
	}
	name := "rule " + r.Name
	if item == nil {
		out.Added = append(out.Added, name)
		_, err := s.automations.Insert(tx, a)
		return err
	}
	if item.Value.Current().Rule == *r {
		out.Same = append(out.Same, name)
		return nil
	}
	out.Changed = append(out.Changed, name)
	item.Value.Write(*r, tx.Who.Name, tx.Now)
	return s.automations.Save(tx, item)
}

// named finds what has a name, nil when there is none.
func named[T any](tx *registry.Tx, k *registry.Kind[T], name string) (*registry.Item[T], error) {
	found, _, err := k.List(tx.Context(), tx.Store(), tx.Org, k.Where(keyName, name), 1)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// label is the key of what a file names, how people read it, and where what became of it is told.
type label struct {
	name, text string
	out        *lowcodev1.ImportLowCodeResponse
}

// place adds a value, or changes the one of its name.
func place[T any](tx *registry.Tx, k *registry.Kind[T], l label, v T, check func(tx *registry.Tx, before, after *T) error) error {
	item, err := named(tx, k, l.name)
	switch {
	case err != nil:
		return err
	case item == nil:
		l.out.Added = append(l.out.Added, l.text)
		_, err := k.Insert(tx, v)
		return err
	case reflect.DeepEqual(item.Value, v):
		l.out.Same = append(l.out.Same, l.text)
		return nil
	}
	if check != nil {
		if err := check(tx, &item.Value, &v); err != nil {
			return err
		}
	}
	l.out.Changed = append(l.out.Changed, l.text)
	item.Value = v
	return k.Save(tx, item)
}
