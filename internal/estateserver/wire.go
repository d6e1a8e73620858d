package estateserver

import (
	"maps"

	rentalv1 "fettle/api/gen/fettle/rental/v1"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/rental/estate"
)

func readProperty(m *rentalv1.Property) (estate.Property, error) {
	at, err := wire.Point("location", m.GetLocation())
	if err != nil {
		return estate.Property{}, err
	}
	p := estate.Property{Name: m.GetDisplayName(), Address: m.GetAddress(), Location: at, EntrySeconds: int(m.GetEntrySeconds())}
	return p, p.Check()
}

func showProperty(item *registry.Item[estate.Property]) *rentalv1.Property {
	p := &item.Value
	return &rentalv1.Property{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		DisplayName: p.Name, Address: p.Address, Location: wire.LatLng(p.Location), EntrySeconds: int32(p.EntrySeconds),
	}
}

func readUnit(m *rentalv1.Unit) (estate.Unit, error) {
	u := estate.Unit{
		Property: m.GetPropertyId(), Number: m.GetNumber(), Floor: int(m.GetFloor()), Area: m.GetAreaSquareMeters(),
		Attributes: maps.Clone(m.GetAttributes()),
	}
	return u, u.Check()
}

func showUnit(item *registry.Item[estate.Unit]) *rentalv1.Unit {
	u := &item.Value
	return &rentalv1.Unit{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		PropertyId: u.Property, Number: u.Number, Floor: int32(u.Floor), AreaSquareMeters: u.Area, Attributes: maps.Clone(u.Attributes),
	}
}
