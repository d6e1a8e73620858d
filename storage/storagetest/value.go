package storagetest

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/ledger"
)

func valuePromises() []promise {
	return []promise{
		{"instants are kept to the microsecond and read in UTC", instants},
		{"text is kept as it is", texts},
		{"what cannot be written is refused and nothing is kept", func(t *testing.T, s engine.Store) {
			t.Helper()
			b := fullBatch()
			b.Orders[1].Location.Lat = math.NaN()
			if err := s.Commit(t.Context(), here, b); err == nil {
				t.Error("a latitude that is no number was kept")
			}
			same(t, "contents", contents{}, read(t, s, here))
		}},
		{"whatever is written is read again", roundTrip},
		{"no field is forgotten", everyField},
	}
}

func instants(t *testing.T, s engine.Store) {
	t.Helper()
	zone := time.FixedZone("far east", 14*3600)
	for name, in := range map[string]time.Time{
		"zone":        time.Date(2026, 2, 28, 23, 59, 59, 999_999_999, zone),
		"1970":        time.Unix(0, 0),
		"before 1970": time.Unix(-1, 1_000),
		"2038":        time.Date(2038, 1, 19, 3, 14, 8, 1_000, time.UTC),
		"zero":        {},
	} {
		o := Order("w1", engine.StateAccepted, "t1")
		o.Created, o.Assignment.Arrival, o.Due.OnSite, o.Windows[0].Start = in, in, in, in
		commit(t, s, here, &engine.Batch{Orders: []*engine.Order{o}, DueSet: []engine.DueWork{{Kind: "k", Key: "1", At: in}}})
		got := must(s.Order(t.Context(), here, "w1"))(t)
		due := must(s.Due(t.Context(), here, engine.DueFilter{}, at(1<<30), 1))(t)
		for field, out := range map[string]time.Time{
			"created": got.Created, "arrival": got.Assignment.Arrival, "due time": got.Due.OnSite,
			"window": got.Windows[0].Start, "due work": due[0].At,
		} {
			if want := in.Truncate(time.Microsecond); !out.Equal(want) || out.Location() != time.UTC || out.IsZero() != in.IsZero() {
				t.Errorf("%s: %s is %v, want %v", name, field, out, want.UTC())
			}
		}
	}
}

func texts(t *testing.T, s engine.Store) {
	t.Helper()
	for _, text := range []string{"", " ", "'; DROP TABLE events; --", "水管👨‍👩‍👧", "a\u0000b", "\u2028<&>\"\\", "e\u0301", "%_?1"} {
		o, k := Order("w1", engine.StateNew, ""), Key("k"+text, at(0))
		o.Description, o.UnitID, o.Reason, k.Method = text, text, text, text
		w := engine.DueWork{Kind: "kind", Key: text, At: at(1), Payload: text}
		commit(t, s, here, &engine.Batch{Orders: []*engine.Order{o}, Keys: []engine.IdempotencyRecord{k}, DueSet: []engine.DueWork{w}})
		same(t, "order", o, must(s.Order(t.Context(), here, "w1"))(t))
		same(t, "key", k, must(s.Key(t.Context(), here, "k"+text))(t))
		same(t, "due work", []engine.DueWork{w}, must(s.Due(t.Context(), here, engine.DueFilter{}, at(1), 9))(t))
		commit(t, s, here, &engine.Batch{DueDone: []engine.DueWork{w}})
		if text != "" {
			same(t, "by unit", []*engine.Order{o}, must(s.Orders(t.Context(), here, engine.OrderFilter{UnitID: text}, "", 9))(t))
		}
	}
}

// roundTrip writes orders with fields left out at random.
func roundTrip(t *testing.T, s engine.Store) {
	t.Helper()
	instant := rapid.Custom(func(t *rapid.T) time.Time {
		return time.UnixMicro(rapid.Int64Range(-1e15, 1e16).Draw(t, "micros")).UTC()
	})
	rapid.Check(t, func(r *rapid.T) {
		o := Order("w1", engine.StatePaused, "t1")
		o.Version = rapid.Int64Range(1, math.MaxInt64).Draw(r, "version")
		o.Created, o.Clocks.Started = instant.Draw(r, "created"), instant.Draw(r, "started")
		o.Description = rapid.String().Draw(r, "description")
		o.Location = geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(r, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(r, "lon")}
		o.Assignment.Cost[dispatch.TermTravel] = rapid.Int64().Draw(r, "cost")
		for i, drop := range []func(){
			func() { o.Assignment = nil }, func() { o.Pin = nil }, func() { o.Skills = nil }, func() { o.Windows = nil },
			func() { o.Due = engine.DueTimes{} }, func() { o.Clocks = engine.Clocks{} }, func() { o.Declined = nil },
			func() { o.Assignment = &engine.Assignment{} }, func() { o.Unassigned = &dispatch.Unassigned{Visit: -1, Technician: -1} },
		} {
			if rapid.Bool().Draw(r, string(rune('a'+i))) {
				drop()
			}
		}
		commit(t, s, here, &engine.Batch{Orders: []*engine.Order{o}})
		same(t, "order", o, must(s.Order(t.Context(), here, "w1"))(t))
	})
}

// everyField sets each field of each type, those too that are added after this was written.
func everyField(t *testing.T, s engine.Store) {
	t.Helper()
	var o engine.Order
	var e engine.Event
	var n engine.Technician
	var p engine.Position
	var w engine.DueWork
	var k engine.IdempotencyRecord
	for i, v := range []any{&o, &e, &n, &p, &w, &k} {
		fill(t, reflect.ValueOf(v).Elem(), i+2)
	}
	o.State, e.State, e.Sequence = engine.StatePaused, engine.StatePaused, 1
	w.Rank = ledger.CanWait
	w.Attempt, w.Claim, w.Problem = 0, "", "" // what comes of claims: see claims.go
	b := &engine.Batch{
		Events: []engine.Event{e}, Orders: []*engine.Order{&o}, Technicians: []*engine.Technician{&n}, DueSet: []engine.DueWork{w},
		Keys: []engine.IdempotencyRecord{k},
	}
	commit(t, s, here, b)
	must(0, s.SavePositions(t.Context(), here, []engine.Position{p}))(t)
	want := contents{
		Orders: b.Orders, Technicians: b.Technicians, Events: b.Events, Due: b.DueSet, Positions: []engine.Position{p}, Last: 1,
	}
	same(t, "contents", want, read(t, s, here))
	same(t, "key", k, must(s.Key(t.Context(), here, k.Key))(t))
}

// fill sets a value and all that it holds to something that is not zero and can be told from its neighbours.
func fill(t *testing.T, v reflect.Value, n int) {
	t.Helper()
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(at(n)))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n+i)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), n+i)
		}
	case reflect.String:
		v.SetString(fmt.Sprint("text ", n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(n) + 0.25)
	case reflect.Uint8:
		v.SetUint(uint64(n))
	case reflect.Int, reflect.Int8, reflect.Int32, reflect.Int64:
		v.SetInt(int64(n))
	default:
		t.Fatalf("a field of kind %s is not known here", v.Kind())
	}
}
