package lowcode_test

import (
	"errors"
	"testing"

	"fettle/internal/lowcode"
)

func record() *lowcode.Record {
	return &lowcode.Record{
		ID: "1", It: map[string]any{"rentCents": int64(300_000), "state": "ACTIVE", "list": []any{int64(1), int64(2), int64(3), int64(4), int64(5), int64(6), int64(7), int64(8)}},
		Custom: map[string]any{"pets": float64(2), "since": "2026-01-31", "vip": true},
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	fields := map[string]*lowcode.Field{"grade": {Kind: lowcode.Leases, Name: "grade", Type: lowcode.Number}, "label": {Kind: lowcode.Leases, Name: "label", Type: lowcode.Text, Length: 3}}
	const loop = "it.list.all(a, it.list.all(b, it.list.all(c, it.list.all(d, it.list.all(e, a + b + c + d + e > 0)))))"
	for _, c := range []struct {
		when, field, set string
		holds, unknown   bool
		value            any
	}{
		{when: "it.rentCents > 299999.5 && custom.pets == 2", holds: true},
		{when: "custom.since < today && custom.vip", holds: true},
		{when: "it.state == 'RENEWED'"},
		{when: "custom.garden == 1", unknown: true},
		{when: "has(custom.garden)"},
		{when: "it.rentCents", unknown: false},
		{when: "true", field: "grade", set: "it.rentCents / 100000", holds: true, value: 3.0},
		{when: "true", field: "label", set: "'toolong'", unknown: true},
		{when: loop, unknown: true}, // costs too much
	} {
		j, err := lowcode.NewJudge(&lowcode.Rule{Kind: lowcode.Leases, When: c.when, Text: "x", SetField: c.field, SetValue: c.set}, fields)
		if err != nil {
			t.Errorf("%s: %v", c.when, err)
			continue
		}
		holds, value, err := j.Eval(record(), "2026-03-09")
		if holds != c.holds || errors.Is(err, lowcode.ErrUnknown) != c.unknown || value != c.value {
			t.Errorf("%s: %t, %v, %v", c.when, holds, value, err)
		}
	}
}

func TestTiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tile    lowcode.Tile
		value   float64
		unknown int
	}{
		{lowcode.Tile{Measure: lowcode.Count}, 2, 0},
		{lowcode.Tile{Measure: lowcode.Sum, Of: "custom.pets"}, 4, 0},
		{lowcode.Tile{Measure: lowcode.Mean, Of: "it.rentCents"}, 300_000, 0},
		{lowcode.Tile{Measure: lowcode.Sum, Of: "it.state"}, 0, 2},
		{lowcode.Tile{Measure: lowcode.Count, Where: "custom.garden"}, 0, 2},
	} {
		counter, err := lowcode.NewCounter(&c.tile)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			counter.Add(record(), "2026-03-09")
		}
		var got float64
		for _, g := range counter.Groups {
			got = g.Value(c.tile.Measure)
		}
		if got != c.value || counter.Unknown != c.unknown || (c.unknown > 0) != (counter.Problem != "") {
			t.Errorf("%+v: %v, %d unknown: %s", c.tile, got, counter.Unknown, counter.Problem)
		}
	}
}
