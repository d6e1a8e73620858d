package fleetlib

import (
	"math"
	"slices"
	"strconv"

	"fettle/dispatch"
)

// ticks converts a number of the file.
func ticks(x float64) dispatch.Tick { return dispatch.Tick(math.Round(x * Ticks)) }

// visits reads demand, service time and window of every client.
func (b *builder) visits() error {
	demand, err := b.f.table("DEMAND_SECTION", b.n, 1)
	if err != nil {
		return err
	}
	service, err := b.f.table("SERVICE_TIME_SECTION", b.n, 1)
	if err != nil {
		return err
	}
	if b.windows, err = b.f.table("TIME_WINDOW_SECTION", b.n, 2); err != nil {
		return err
	}
	for i := range b.n {
		w := b.windows[i]
		switch {
		case w[0] > w[1]:
			return b.ofNode("TIME_WINDOW_SECTION", i, "the window is [%v, %v], want an end that is not before the start", w[0], w[1])
		case demand[i][0] < 0 || demand[i][0] != math.Trunc(demand[i][0]) || service[i][0] < 0:
			return b.ofNode("DEMAND_SECTION", i, "demand %v, service time %v, want a whole number and a number, not negative", demand[i][0], service[i][0])
		case i < b.depots && (demand[i][0] != 0 || service[i][0] != 0):
			return b.ofNode("DEMAND_SECTION", i, "a depot has demand or service time, want none")
		case i >= b.depots:
			b.p.Visits = append(b.p.Visits, dispatch.Visit{
				ID: dispatch.VisitID(strconv.Itoa(i)), Place: int32(i), OnSite: ticks(service[i][0]), Deliver: []int32{int32(demand[i][0])},
				Windows: []dispatch.TimeWindow{{Start: ticks(w[0]), End: ticks(w[1]) + 1}}, Due: dispatch.NoTick,
			})
		}
	}
	return nil
}

// ofNode is a fault of a node, at the line of the section's keyword.
func (b *builder) ofNode(section string, node int, format string, args ...any) error {
	return fault(b.f.at[section], section, "node %d: "+format, append([]any{node + 1}, args...)...)
}

// fleet reads the vehicles.
func (b *builder) fleet() error {
	capacity, err := b.each("CAPACITY", "CAPACITY_SECTION")
	if err != nil {
		return err
	}
	duty, err := b.each("VEHICLES_MAX_DURATION", "VEHICLES_MAX_DURATION_SECTION")
	if err != nil {
		return err
	}
	depot, err := b.each("", "VEHICLES_DEPOT_SECTION")
	if err != nil {
		return err
	}
	for k := range b.vehicles {
		t := dispatch.Technician{ID: dispatch.TechnicianID(strconv.Itoa(k + 1)), Rates: dispatch.Rates{Travel: 1}}
		if capacity != nil {
			t.Capacity = []int32{int32(capacity[k])}
		}
		if duty != nil {
			t.MaxDuty = ticks(duty[k])
		}
		at := int32(0)
		if depot != nil {
			if at = int32(depot[k]) - 1; at < 0 || int(at) >= b.depots {
				return fault(b.f.at["VEHICLES_DEPOT_SECTION"], "VEHICLES_DEPOT_SECTION", "vehicle %d starts at node %d, want one of the %d depots", k+1, at+1, b.depots)
			}
		}
		w := b.windows[at]
		t.Shifts = []dispatch.Shift{{Start: ticks(w[0]), End: ticks(w[1]), LatestDeparture: dispatch.NoTick, StartPlace: at, EndPlace: at}}
		b.p.Technicians = append(b.p.Technicians, t)
	}
	return nil
}

// each reads a positive number for each vehicle, from a section or, the same for all, from a header; nil without either.
func (b *builder) each(header, section string) ([]float64, error) {
	out := make([]float64, b.vehicles)
	line := b.f.at[section]
	if _, ok := b.f.at[section]; ok {
		rows, err := b.f.table(section, b.vehicles, 1)
		if err != nil {
			return nil, err
		}
		for k := range rows {
			out[k] = rows[k][0]
		}
	} else {
		h, ok := b.f.head[header]
		if !ok {
			return nil, nil
		}
		x, err := h.number(header, 0)
		if err != nil {
			return nil, err
		}
		line, section = h.line, header
		for k := range out {
			out[k] = x
		}
	}
	for k, x := range out {
		if x <= 0 {
			return nil, fault(line, section, "is %v for vehicle %d, want a number above 0", x, k+1)
		}
	}
	return out, nil
}

// allowed reads which clients each vehicle may serve and gives clients and vehicles skills accordingly. A client that every
// vehicle may serve needs none.
func (b *builder) allowed() error {
	const section = "VEHICLES_ALLOWED_CLIENTS_SECTION"
	if _, ok := b.f.at[section]; !ok {
		return nil
	}
	rows := b.f.sections[section]
	if len(rows) != b.vehicles {
		return fault(b.f.at[section], section, "has %d rows, want %d, one for each vehicle", len(rows), b.vehicles)
	}
	may := make([][]bool, len(b.p.Visits)) // client, vehicle
	for i := range may {
		may[i] = make([]bool, b.vehicles)
	}
	for _, r := range rows {
		k, err := r.index(section, b.vehicles)
		if err != nil {
			return err
		}
		for _, cell := range r.cells[1:] {
			node, err := row{r.line, []string{cell}}.index(section, b.n)
			if err != nil {
				return err
			}
			if node < b.depots {
				return fault(r.line, section, "vehicle %d may serve node %d, which is a depot", k+1, node+1)
			}
			may[node-b.depots][k] = true
		}
	}
	b.giveSkills(may)
	return nil
}

// giveSkills makes a skill of each set of vehicles that shares clients.
func (b *builder) giveSkills(may [][]bool) {
	known := map[string]dispatch.Skill{}
	for i, who := range may {
		if !slices.Contains(who, false) {
			continue
		}
		key := make([]byte, len(who))
		for k, ok := range who {
			if key[k] = '0'; ok {
				key[k] = '1'
			}
		}
		skill, ok := known[string(key)]
		if !ok {
			skill = dispatch.Skill("clients of group " + strconv.Itoa(len(known)+1))
			known[string(key)] = skill
			for k, ok := range who {
				if ok {
					t := &b.p.Technicians[k]
					t.Skills = append(t.Skills, dispatch.SkillLevel{Skill: skill, Level: 1})
				}
			}
		}
		b.p.Visits[i].Skills = []dispatch.SkillLevel{{Skill: skill, Level: 1}}
	}
}
