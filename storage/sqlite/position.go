package sqlite

import (
	"context"
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/org"
)

// A position that is older than the one that is kept changes nothing: phones send late.
const upsertPosition = `INSERT INTO positions (org, technician_id, latitude, longitude, seen_at, accuracy_meters, sequence)
VALUES (?,?,?,?,?,?,?) ON CONFLICT (org, technician_id) DO UPDATE SET latitude = excluded.latitude,
longitude = excluded.longitude, seen_at = excluded.seen_at, accuracy_meters = excluded.accuracy_meters,
sequence = excluded.sequence WHERE (excluded.seen_at, excluded.sequence) >= (positions.seen_at, positions.sequence)`

const (
	deletePosition = `DELETE FROM positions WHERE org = ? AND technician_id = ?`
	queryPositions = `SELECT technician_id, latitude, longitude, seen_at, accuracy_meters, sequence FROM positions
WHERE org = ? ORDER BY technician_id`
)

// SavePositions implements engine.PositionStore.
func (d *DB) SavePositions(ctx context.Context, o org.ID, ps []engine.Position) error {
	if len(ps) == 0 {
		return ctx.Err()
	}
	return d.write(ctx, "save positions", func(ctx context.Context, w *writer) error {
		for i := range ps {
			p := &ps[i]
			_, err := w.exec(ctx, upsertPosition, string(o), string(p.Technician), p.Point.Lat, p.Point.Lon, p.At.UnixMicro(),
				p.AccuracyMeters, p.Sequence)
			if err != nil {
				return fmt.Errorf("position of %s: %w", p.Technician, err)
			}
		}
		return nil
	})
}

func scanPosition(row scanner) (p engine.Position, err error) {
	var id string
	var at int64
	err = row.Scan(&id, &p.Point.Lat, &p.Point.Lon, &at, &p.AccuracyMeters, &p.Sequence)
	p.Technician, p.At = dispatch.TechnicianID(id), fromMicros(at)
	return p, err
}

// Positions implements engine.PositionStore.
func (d *DB) Positions(ctx context.Context, o org.ID) ([]engine.Position, error) {
	out, err := many(ctx, d, 1, scanPosition, queryPositions, string(o))
	if err != nil {
		return nil, fmt.Errorf("read positions: %w", err)
	}
	return out, nil
}
