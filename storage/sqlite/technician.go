package sqlite

import (
	"context"
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/org"
	"fettle/storage/internal/row"
)

// Technician implements engine.TechnicianReader.
func (d *DB) Technician(ctx context.Context, o org.ID, id dispatch.TechnicianID) (*engine.Technician, error) {
	out, err := one(ctx, d, row.ScanTechnician, row.QueryTechnician, string(o), string(id))
	if err != nil {
		return nil, fmt.Errorf("read technician %s: %w", id, err)
	}
	return out, nil
}

// Technicians implements engine.TechnicianReader.
func (d *DB) Technicians(
	ctx context.Context, o org.ID, after dispatch.TechnicianID, limit int,
) ([]*engine.Technician, error) {
	out, err := many(ctx, d, limit, row.ScanTechnician, row.QueryTechnicians, string(o), string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("read technicians: %w", err)
	}
	return out, nil
}
