package model

import (
	"fmt"

	"fettle/forecast/count"
	"fettle/geo"
	"fettle/geo/h3cell"
)

// neighbours lists the places next to each place: cells that touch it, or, for places with names, those in the same cell.
func neighbours(t *count.Table) [][]int32 {
	at := map[geo.Cell][]int32{}
	for i, p := range t.Places {
		at[p.Cell] = append(at[p.Cell], int32(i))
	}
	near := make([][]int32, len(t.Places))
	for i, p := range t.Places {
		if t.Named {
			for _, j := range at[p.Cell] {
				if int(j) != i {
					near[i] = append(near[i], j)
				}
			}
			continue
		}
		ring, err := h3cell.Ring(p.Cell, 1)
		if err != nil {
			continue // no valid cell: a place without neighbours
		}
		for _, c := range ring {
			near[i] = append(near[i], at[c]...)
		}
	}
	return near
}

// group puts places into districts: the parents of their cells, one resolution coarser.
func (s *Setup) group(t *count.Table) error {
	index := map[geo.Cell]int32{}
	for i, p := range t.Places {
		up := p.Cell
		if r := p.Cell.Resolution(); r > 0 && !t.Named {
			parent, err := p.Cell.Parent(r - 1)
			if err != nil {
				return fmt.Errorf("group places: %w", err)
			}
			up = parent
		}
		k, ok := index[up]
		if !ok {
			k = int32(len(s.Regions))
			index[up] = k
			s.Regions = append(s.Regions, up.String())
		}
		s.RegionOf[i] = k
	}
	return nil
}
