package row

import (
	"fmt"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/org"
)

// technicianJSON is what of a technician is in its detail column.
type technicianJSON struct {
	Profile profileJSON          `json:"profile"`
	Extra   spanJSON             `json:"extra,omitzero"`
	EndedAt stamp                `json:"endedAt,omitzero"`
	Resume  stamp                `json:"resume,omitzero"`
	Current dispatch.WorkOrderID `json:"current,omitempty"`
	// Of the last work.
	LastPlace pointJSON `json:"lastPlace,omitzero"`
	LastSeen  stamp     `json:"lastSeen,omitzero"`
}

type profileJSON struct {
	Name        string       `json:"name,omitempty"`
	Skills      []skillJSON  `json:"skills,omitempty"`
	Tools       []string     `json:"tools,omitempty"`
	Territories []string     `json:"territories,omitempty"`
	Home        pointJSON    `json:"home"`
	MaxVisits   int32        `json:"maxVisits,omitempty"`
	Shifts      []shiftJSON  `json:"shifts,omitempty"`
	Weekly      []weeklyJSON `json:"weekly,omitempty"`
	Zone        string       `json:"zone,omitempty"`
}

type shiftJSON struct {
	Span   spanJSON    `json:"span"`
	Breaks []breakJSON `json:"breaks,omitempty"`
}

type breakJSON struct {
	Span     spanJSON      `json:"span"`
	Duration time.Duration `json:"nanos"`
}

type weeklyJSON struct {
	Days   []time.Weekday    `json:"days"`
	Start  int32             `json:"start"` // minutes after midnight
	End    int32             `json:"end"`
	Breaks []weeklyBreakJSON `json:"breaks,omitempty"`
}

type weeklyBreakJSON struct {
	Start    int32         `json:"start"`
	End      int32         `json:"end"`
	Duration time.Duration `json:"nanos"`
}

func toProfile(p *engine.Profile) profileJSON {
	return profileJSON{
		Name: p.Name, Skills: mapSlice(p.Skills, toSkill), Tools: p.Tools, Territories: p.Territories, Home: pointJSON(p.Home),
		MaxVisits: p.MaxVisits, Zone: p.Zone,
		Shifts: mapSlice(p.Shifts, func(s engine.Shift) shiftJSON {
			return shiftJSON{toSpan(s.TimeSpan), mapSlice(s.Breaks, func(b engine.Break) breakJSON {
				return breakJSON{toSpan(b.TimeSpan), b.Duration}
			})}
		}),
		Weekly: mapSlice(p.Weekly, func(w engine.WeeklyShift) weeklyJSON {
			return weeklyJSON{w.Days, w.Start, w.End, mapSlice(w.Breaks, func(b engine.WeeklyBreak) weeklyBreakJSON {
				return weeklyBreakJSON(b)
			})}
		}),
	}
}

func (p *profileJSON) profile() engine.Profile {
	return engine.Profile{
		Name: p.Name, Skills: mapSlice(p.Skills, fromSkill), Tools: p.Tools, Territories: p.Territories,
		Home: geo.Point(p.Home), MaxVisits: p.MaxVisits, Zone: p.Zone,
		Shifts: mapSlice(p.Shifts, func(s shiftJSON) engine.Shift {
			return engine.Shift{TimeSpan: s.Span.span(), Breaks: mapSlice(s.Breaks, func(b breakJSON) engine.Break {
				return engine.Break{TimeSpan: b.Span.span(), Duration: b.Duration}
			})}
		}),
		Weekly: mapSlice(p.Weekly, func(w weeklyJSON) engine.WeeklyShift {
			return engine.WeeklyShift{
				Days: w.Days, Start: w.Start, End: w.End,
				Breaks: mapSlice(w.Breaks, func(b weeklyBreakJSON) engine.WeeklyBreak { return engine.WeeklyBreak(b) }),
			}
		}),
	}
}

const technicianColumns = `id, version, created_at, updated_at, detail`

// UpsertTechnician takes the arguments that Technician makes.
const UpsertTechnician = `INSERT INTO technicians (org, ` + technicianColumns + `) VALUES ($1,$2,$3,$4,$5,$6)
ON CONFLICT (org, id) DO UPDATE SET version = excluded.version, created_at = excluded.created_at,
updated_at = excluded.updated_at, detail = excluded.detail`

// Technician makes the arguments of UpsertTechnician.
func Technician(id org.ID, t *engine.Technician) ([]any, error) {
	detail, err := encode(&technicianJSON{
		Profile: toProfile(&t.Profile), Extra: toSpan(t.Extra), EndedAt: toStamp(t.EndedAt), Resume: toStamp(t.Resume),
		Current: t.Current, LastPlace: pointJSON(t.LastPlace), LastSeen: toStamp(t.LastSeen),
	})
	if err != nil {
		return nil, fmt.Errorf("technician %s: %w", t.ID, err)
	}
	return []any{string(id), string(t.ID), t.Version, t.Created.UnixMicro(), t.Updated.UnixMicro(), detail}, nil
}

// ScanTechnician reads what the queries of technicians select.
func ScanTechnician(row Scanner) (*engine.Technician, error) {
	var (
		id, detail                string
		version, created, updated int64
	)
	if err := row.Scan(&id, &version, &created, &updated, &detail); err != nil {
		return nil, err
	}
	var j technicianJSON
	if err := read(row, cellOf("technicians", id, "detail"), detail, &j); err != nil {
		return nil, fmt.Errorf("technician %s: %w", id, err)
	}
	return &engine.Technician{
		ID: dispatch.TechnicianID(id), Version: version, Created: fromMicros(created), Updated: fromMicros(updated),
		Profile: j.Profile.profile(), Extra: j.Extra.span(), EndedAt: j.EndedAt.time(), Resume: j.Resume.time(), Current: j.Current,
		LastPlace: geo.Point(j.LastPlace), LastSeen: j.LastSeen.time(),
	}, nil
}

// Queries and changes of technicians.
const (
	QueryTechnician  = `SELECT ` + technicianColumns + ` FROM technicians WHERE org = $1 AND id = $2`
	QueryTechnicians = `SELECT ` + technicianColumns + ` FROM technicians WHERE org = $1 AND id > $2 ORDER BY id LIMIT $3`
	DeleteTechnician = `DELETE FROM technicians WHERE org = $1 AND id = $2`
)
