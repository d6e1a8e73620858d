package row

import (
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/org"
)

// UpsertPosition takes the arguments that Position makes. A position that is older than the one that is kept changes
// nothing: phones send late.
const UpsertPosition = `INSERT INTO positions (org, technician_id, latitude, longitude, seen_at, accuracy_meters, sequence)
VALUES ($1,$2,$3,$4,$5,$6,$7) ON CONFLICT (org, technician_id) DO UPDATE SET latitude = excluded.latitude,
longitude = excluded.longitude, seen_at = excluded.seen_at, accuracy_meters = excluded.accuracy_meters,
sequence = excluded.sequence WHERE (excluded.seen_at, excluded.sequence) >= (positions.seen_at, positions.sequence)`

// Queries and changes of positions.
const (
	DeletePosition = `DELETE FROM positions WHERE org = $1 AND technician_id = $2`
	// PrunePositions removes those that were seen before an instant.
	PrunePositions = `DELETE FROM positions WHERE org = $1 AND seen_at < $2`
	QueryPositions = `SELECT technician_id, latitude, longitude, seen_at, accuracy_meters, sequence FROM positions
WHERE org = $1 ORDER BY technician_id`
)

// Position makes the arguments of UpsertPosition.
func Position(o org.ID, p *engine.Position) []any {
	return []any{
		string(o), string(p.Technician), p.Point.Lat, p.Point.Lon, p.At.UnixMicro(), p.AccuracyMeters, p.Sequence,
	}
}

// ScanPosition reads what QueryPositions selects.
func ScanPosition(row Scanner) (p engine.Position, err error) {
	var id string
	var at int64
	err = row.Scan(&id, &p.Point.Lat, &p.Point.Lon, &at, &p.AccuracyMeters, &p.Sequence)
	p.Technician, p.At = dispatch.TechnicianID(id), fromMicros(at)
	return p, err
}
