package outlook

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/cover"
	"fettle/geo/h3cell"
	"fettle/org"
)

// What dispatch counts as near, about 20 minutes away, and how likely somebody free is not free when the emergency comes.
const (
	coverRadius     = 6000
	coverBusy       = 0.3
	coverResolution = 8
	// coverPlaces is how many places are looked at: beyond the busiest there is next to nothing.
	coverPlaces = 300
)

// The share of a trade's reports that are emergencies leans on one in twenty, as though twenty reports had said so.
const usualEmergencies, usualReports = 1.0, 20.0

// Emergencies is what dispatch should expect in the bucket in progress: the forecast of each trade's reports by cell, times the
// share of its reports that have been emergencies. It is nil while there is no history.
func (o *Outlook) Emergencies(ctx context.Context, id org.ID) (*cover.Outlook, error) {
	if _, err := o.View(ctx, id, Key{Resolution: coverResolution}); err != nil { // reads the log
		return nil, err
	}
	out := &cover.Outlook{Radius: coverRadius, Busy: coverBusy}
	shares := o.emergencyShares(id)
	for _, trade := range slices.Sorted(maps.Keys(shares)) {
		v, err := o.View(ctx, id, Key{Resolution: coverResolution, Trade: trade})
		if err != nil {
			return nil, err
		}
		rate := shares[trade] / (float64(Bucket) / float64(time.Hour))
		for _, c := range v.Ahead(v.End, v.End+1).Cells {
			center, err := h3cell.Center(c.Cell)
			if err != nil {
				return nil, err
			}
			out.Places = append(out.Places, cover.Place{Point: center, Skill: trade, PerHour: c.Mean * rate})
		}
	}
	if len(out.Places) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(out.Places, func(a, b cover.Place) int { return cmp.Compare(b.PerHour, a.PerHour) })
	out.Places = out.Places[:min(len(out.Places), coverPlaces)]
	return out, nil
}

// emergencyShares is the share of reports that have been emergencies, by trade. History from before the log does not say what was
// one.
func (o *Outlook) emergencyShares(id org.ID) map[dispatch.Skill]float64 {
	o.mu.Lock()
	d := o.orgs[id]
	o.mu.Unlock()
	count, urgent := map[dispatch.Skill]float64{}, map[dispatch.Skill]float64{}
	d.each("", func(r *Report) {
		switch {
		case r.Trade == "":
		case r.Past:
			count[r.Trade] += 0
		default:
			if count[r.Trade]++; r.Emergency {
				urgent[r.Trade]++
			}
		}
	})
	for trade, n := range count {
		count[trade] = (urgent[trade] + usualEmergencies) / (n + usualReports)
	}
	return count
}
