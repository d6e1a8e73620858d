package subjectserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"fettle/internal/blob"
	"fettle/internal/registry"
	"fettle/ledger"
)

// wiped stands where something was written: what must not be empty is not.
const wiped = "erased"

// tree reads a body, numbers as they are written.
func tree(r *ledger.Record) (any, error) {
	var out any
	d := json.NewDecoder(bytes.NewReader(r.Body))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("read %s %s: %w", r.Kind, r.ID, err)
	}
	return out, nil
}

// silence takes the fields of some names out of a value, wherever in it they are, and reports whether there were any. A text becomes
// wiped, anything else is gone.
func silence(v any, names []string) (had bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			text, written := field.(string)
			switch {
			case !slices.Contains(names, name):
				had = silence(field, names) || had
			case !written:
				delete(v, name)
				had = true
			case text != "" && text != wiped:
				v[name] = wiped
				had = true
			}
		}
	case []any:
		for _, x := range v {
			had = silence(x, names) || had
		}
	}
	return had
}

// files finds the files that a value names.
func files(v any) (out []blob.Ref) {
	switch v := v.(type) {
	case map[string]any:
		if v["id"] != nil && v["parts"] != nil && v["bytes"] != nil {
			var ref blob.Ref
			body, err := json.Marshal(v)
			if err == nil && json.Unmarshal(body, &ref) == nil {
				return []blob.Ref{ref}
			}
		}
		for _, x := range v {
			out = append(out, files(x)...)
		}
	case []any:
		for _, x := range v {
			out = append(out, files(x)...)
		}
	}
	return out
}

// unsay takes the words out of a record that stays. What was without them stays as it was.
func unsay(tx *registry.Tx, r *ledger.Record, names []string) error {
	v, err := tree(r)
	if err != nil || !silence(v, names) {
		return err
	}
	next := *r
	if next.Body, err = json.Marshal(v); err != nil {
		return fmt.Errorf("write %s %s: %w", r.Kind, r.ID, err)
	}
	next.Version, next.Updated, next.Keys = r.Version+1, tx.Now, nil
	tx.Write(next)
	return nil
}

// drop takes a record away, with its files.
func drop(tx *registry.Tx, r *ledger.Record) error {
	v, err := tree(r)
	if err != nil {
		return err
	}
	for _, ref := range files(v) {
		tx.Remove(ref.Remove()...)
	}
	tx.Remove(r.Ref())
	return nil
}
