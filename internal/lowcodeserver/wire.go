package lowcodeserver

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	lowcodev1 "fettle/api/gen/fettle/lowcode/v1"
	"fettle/internal/lowcode"
	"fettle/internal/registry"
	"fettle/internal/wire"
)

func kindOf(k lowcode.Kind) lowcodev1.RecordKind {
	return lowcodev1.RecordKind(lowcodev1.RecordKind_value[string(k)])
}

func fieldOf(m *lowcodev1.CustomField) (lowcode.Field, error) {
	f := lowcode.Field{
		Kind: lowcode.Kind(m.GetKind().String()), Name: m.GetName(), Display: m.GetDisplayName(), Type: lowcode.Type(m.GetType().String()),
		Choices: m.GetChoices(), Min: m.Minimum, Max: m.Maximum, Length: int(m.GetMaxLength()),
	}
	return f, f.Check()
}

func showField(item *registry.Item[lowcode.Field]) *lowcodev1.CustomField {
	f := &item.Value
	return &lowcodev1.CustomField{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		Kind: kindOf(f.Kind), Name: f.Name, DisplayName: f.Display, Type: lowcodev1.CustomField_Type(lowcodev1.CustomField_Type_value[string(f.Type)]),
		Choices: f.Choices, Minimum: f.Min, Maximum: f.Max, MaxLength: int32(f.Length),
	}
}

func ruleOf(m *lowcodev1.Automation) lowcode.Rule {
	return lowcode.Rule{
		Name: m.GetDisplayName(), Enabled: m.GetEnabled(), Kind: lowcode.Kind(m.GetKind().String()), When: m.GetWhen(), Text: m.GetText(),
		SetField: m.GetSetField(), SetValue: m.GetSetValue(),
	}
}

func showAutomation(item *registry.Item[lowcode.Automation]) *lowcodev1.Automation {
	r := item.Value.Current()
	out := &lowcodev1.Automation{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		DisplayName: r.Name, Enabled: r.Enabled, Kind: kindOf(r.Kind), When: r.When, Text: r.Text, SetField: r.SetField, SetValue: r.SetValue,
	}
	for i := range item.Value.Versions {
		v := &item.Value.Versions[i]
		out.Versions = append(out.Versions, &lowcodev1.AutomationVersion{
			Number: int32(v.Number), CreateTime: wire.Timestamp(v.At), Author: v.By, Enabled: v.Enabled, When: v.When, Text: v.Text,
			SetField: v.SetField, SetValue: v.SetValue,
		})
	}
	return out
}

func tileOf(m *lowcodev1.Tile) (lowcode.Tile, error) {
	t := lowcode.Tile{
		Name: m.GetDisplayName(), Kind: lowcode.Kind(m.GetKind().String()), Where: m.GetWhere(), Measure: lowcode.Measure(m.GetMeasure().String()),
		Of: m.GetOf(), GroupBy: m.GetGroupBy(),
	}
	_, err := lowcode.NewCounter(&t)
	return t, err
}

func showTile(item *registry.Item[lowcode.Tile]) *lowcodev1.Tile {
	t := &item.Value
	return &lowcodev1.Tile{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		DisplayName: t.Name, Kind: kindOf(t.Kind), Where: t.Where, Measure: lowcodev1.Tile_Measure(lowcodev1.Tile_Measure_value[string(t.Measure)]),
		Of: t.Of, GroupBy: t.GroupBy,
	}
}

func showValue(c *lowcode.Counter, now time.Time) *lowcodev1.TileValue {
	out := &lowcodev1.TileValue{
		DisplayName: c.Tile.Name, Time: wire.Timestamp(now), Records: int32(c.Records), Unknown: int32(c.Unknown), FirstProblem: c.Problem,
	}
	var whole lowcode.Group
	for name, g := range c.Groups {
		whole.Records += g.Records
		whole.Sum += g.Sum
		out.Groups = append(out.Groups, &lowcodev1.TileGroup{Name: name, Value: g.Value(c.Tile.Measure), Records: int32(g.Records)})
	}
	slices.SortFunc(out.Groups, func(a, b *lowcodev1.TileGroup) int { return strings.Compare(a.GetName(), b.GetName()) })
	out.Value = whole.Value(c.Tile.Measure)
	return out
}

func showValues(item *registry.Item[lowcode.Values]) (*lowcodev1.CustomValues, error) {
	out := &lowcodev1.CustomValues{
		Id: item.ID, Etag: wire.Etag(item.Version), UpdateTime: wire.Timestamp(item.Updated), Kind: kindOf(item.Value.Kind),
		RecordId: item.Value.Record, Values: map[string]*structpb.Value{},
	}
	for name, v := range item.Value.Values {
		var err error
		if out.Values[name], err = structpb.NewValue(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func showHit(id string, at *timestamppb.Timestamp, h *lowcode.Hit) *lowcodev1.AutomationHit {
	out := &lowcodev1.AutomationHit{
		Id: id, CreateTime: at, AutomationId: h.Automation, Version: int32(h.Version), Kind: kindOf(h.Kind), RecordId: h.Record, Text: h.Text,
		SetField: h.Field, ClearTime: wire.Timestamp(h.Cleared),
	}
	if h.Value != nil {
		out.SetValue, _ = structpb.NewValue(h.Value) // values have passed Accept
	}
	return out
}
