package problem

import (
	"fmt"
	"slices"
	"strings"

	"fettle/dispatch"
)

// The types of activity, as the format writes them. All but the first four are also reserved job ids.
const (
	pragPickup      = "pickup"
	pragDelivery    = "delivery"
	pragReplacement = "replacement"
	pragService     = "service"
	pragDeparture   = "departure"
	pragArrival     = "arrival"
	pragPause       = "break"
	pragReloading   = "reload"
)

// tasks makes a visit, or two visits and a pair, of each job.
func (r *pragReader) tasks() error {
	for i := range r.in.Plan.Jobs {
		j, field := &r.in.Plan.Jobs[i], fmt.Sprintf("plan.jobs[%d]", i)
		switch {
		case j.ID == "":
			return r.fault(field+".id", "missing")
		case slices.Contains([]string{pragDeparture, pragArrival, pragPause, pragReloading}, j.ID):
			return r.fault(field+".id", "is %q, which is reserved", j.ID)
		case r.jobs[j.ID] != nil:
			return r.fault(field+".id", "is %q, want an id that no other job has", j.ID)
		case j.Group != nil:
			return r.fault(field+".group", "not supported")
		case j.Compatibility != nil:
			return r.fault(field+".compatibility", "not supported")
		case !(j.Value >= 0 && j.Value <= 1e6):
			return r.fault(field+".value", "is %v, want between 0 and 1e6", j.Value)
		}
		r.jobs[j.ID] = &pragJobNote{}
		r.values = append(r.values, j.Value)
		if err := r.job(field, j); err != nil {
			return err
		}
	}
	return nil
}

// job makes the visits of a job: one for a single task, two for one pickup and one delivery.
func (r *pragReader) job(field string, j *pragJob) error {
	kinds := []struct {
		name, kind string
		tasks      []pragTask
	}{
		{"pickups", pragPickup, j.Pickups},
		{"deliveries", pragDelivery, j.Deliveries},
		{"replacements", pragReplacement, j.Replacements},
		{"services", pragService, j.Services},
	}
	count := 0
	for _, k := range kinds {
		count += len(k.tasks)
		if len(k.tasks) > 1 {
			return r.fault(fmt.Sprintf("%s.%s", field, k.name), "has %d tasks, not supported: want one task, or one pickup and one delivery", len(k.tasks))
		}
	}
	pair := count == 2 && len(j.Pickups) == 1 && len(j.Deliveries) == 1
	if count != 1 && !pair {
		return r.fault(field, "has %d tasks, not supported: want one task, or one pickup and one delivery", count)
	}
	skills, only, excluded, err := r.skills(field+".skills", j.Skills)
	if err != nil {
		return err
	}
	var amounts [2][]int32
	note, n := r.jobs[j.ID], 0
	for _, k := range kinds {
		if len(k.tasks) == 0 {
			continue
		}
		v, amount, err := r.task(fmt.Sprintf("%s.%s[0]", field, k.name), k.kind, j.ID, &k.tasks[0])
		if err != nil {
			return err
		}
		v.ID, v.Skills, v.Only, v.Excluded = dispatch.VisitID(j.ID), skills, only, excluded
		if pair {
			v.ID += dispatch.VisitID(" " + k.kind)
		} else {
			carry(&v, k.kind, amount)
		}
		amounts[n] = amount
		n++
		note.visits = append(note.visits, int32(len(r.p.Visits)))
		r.p.Visits = append(r.p.Visits, v)
	}
	if !pair {
		return nil
	}
	if !slices.Equal(amounts[0], amounts[1]) {
		return r.fault(field+".deliveries[0].demand", "is %v, want %v as the pickup has", amounts[1], amounts[0])
	}
	r.p.Pairs = append(r.p.Pairs, dispatch.Pair{First: note.visits[0], Second: note.visits[1], Amount: amounts[0]})
	return nil
}

// carry gives a single task its demand. A replacement brings the new and takes the old, which weighs the same.
func carry(v *dispatch.Visit, kind string, amount []int32) {
	if kind == pragDelivery || kind == pragReplacement {
		v.Deliver = amount
	}
	if kind == pragPickup || kind == pragReplacement {
		v.Collect = amount
	}
}

// task makes the visit of a task and gives its demand.
func (r *pragReader) task(field, kind, job string, t *pragTask) (v dispatch.Visit, amount []int32, err error) {
	v = dispatch.Visit{Urgency: dispatch.UrgencyNormal, Due: dispatch.NoTick}
	if t.Order != nil {
		return v, nil, r.fault(field+".order", "not supported")
	}
	if len(t.Places) != 1 {
		return v, nil, r.fault(field+".places", "has %d places, want one: alternatives are not supported", len(t.Places))
	}
	place, at := &t.Places[0], field+".places[0]"
	if v.Place, err = r.spot(at+".location", place.Location); err != nil {
		return v, nil, err
	}
	if v.OnSite, err = r.length(at+".duration", place.Duration); err != nil {
		return v, nil, err
	}
	if v.Windows, err = r.windows(at+".times", place.Times); err != nil {
		return v, nil, err
	}
	r.doc.addTask(job, kind, place.Tag)
	if kind == pragService {
		if t.Demand != nil {
			return v, nil, r.fault(field+".demand", "given, but a service carries nothing")
		}
		return v, nil, nil
	}
	amount, err = r.amounts(field+".demand", t.Demand)
	return v, amount, err
}

// skills turns allOf into required skills and the other two rules into lists of technicians. When nobody fulfils oneOf,
// a skill that nobody holds stands for it: an empty list would mean everybody.
func (r *pragReader) skills(field string, s *pragSkills) (all []dispatch.SkillLevel, only, excluded []dispatch.TechnicianID, err error) {
	if s == nil {
		return nil, nil, nil, nil
	}
	for _, name := range s.AllOf {
		if name == "" {
			return nil, nil, nil, r.fault(field+".allOf", "has an empty name")
		}
		all = append(all, dispatch.SkillLevel{Skill: dispatch.Skill(name), Level: 1})
	}
	if len(s.OneOf) > 0 {
		if only = r.holders(s.OneOf); len(only) == 0 {
			all = append(all, dispatch.SkillLevel{Skill: dispatch.Skill("one of " + strings.Join(s.OneOf, ", ")), Level: 1})
		}
	}
	if len(s.NoneOf) > 0 {
		excluded = r.holders(s.NoneOf)
	}
	return all, only, excluded, nil
}

// holders lists the technicians who hold at least one of some skills. Jobs with the same rule share one list.
func (r *pragReader) holders(skills []string) []dispatch.TechnicianID {
	key := fmt.Sprintf("%q", skills)
	if list, ok := r.lists[key]; ok {
		return list
	}
	var out []dispatch.TechnicianID
	for i := range r.p.Technicians {
		t := &r.p.Technicians[i]
		if slices.ContainsFunc(skills, func(s string) bool { return t.Level(dispatch.Skill(s)) > 0 }) {
			out = append(out, t.ID)
		}
	}
	r.lists[key] = out
	return out
}

// relations turns relations into pins.
func (r *pragReader) relations() error {
	ordered := make(map[string]int) // vehicle -> relation that ranks its jobs
	for i := range r.in.Plan.Relations {
		rel, field := &r.in.Plan.Relations[i], fmt.Sprintf("plan.relations[%d]", i)
		vehicle, ok := r.doc.byVehicle[rel.VehicleID]
		if !ok {
			return r.fault(field+".vehicleId", "is %q, want the id of a vehicle", rel.VehicleID)
		}
		shifts := len(r.p.Technicians[vehicle].Shifts)
		if rel.ShiftIndex >= uint64(shifts) {
			return r.fault(field+".shiftIndex", "is %d, want less than %d", rel.ShiftIndex, shifts)
		}
		if shifts > 1 {
			return r.fault(field+".shiftIndex", "not supported for a vehicle with several shifts: a pin names the technician, not the shift")
		}
		switch rel.Type {
		case "any":
		case "sequence", "strict":
			if first, taken := ordered[rel.VehicleID]; taken {
				return r.fault(field+".type", "is %q, not supported beside plan.relations[%d]: one order for a vehicle", rel.Type, first)
			}
			ordered[rel.VehicleID] = i
		default:
			return r.fault(field+".type", "is %q, want any, sequence or strict", rel.Type)
		}
		if err := r.relation(field, rel); err != nil {
			return err
		}
	}
	return nil
}

// relation pins the jobs of one relation. Ranks count from 1; in a strict relation each visit but the first is adjacent
// to the one before, and the first is adjacent to the start when departure is named.
func (r *pragReader) relation(field string, rel *pragRelation) error {
	rank, adjacent, strict := int32(0), false, rel.Type == "strict"
	times := make(map[string]int)
	for k, id := range rel.Jobs {
		if id == pragDeparture && k == 0 {
			adjacent = strict
			continue
		}
		if id == pragArrival && k == len(rel.Jobs)-1 && !strict {
			continue // always last
		}
		visit, err := r.related(fmt.Sprintf("%s.jobs[%d]", field, k), id, times)
		if err != nil {
			return err
		}
		rank++
		pin := &dispatch.Pin{Technician: dispatch.TechnicianID(rel.VehicleID), Start: dispatch.NoTick}
		if rel.Type != "any" {
			pin.Rank, pin.Adjacent = rank, adjacent
			adjacent = strict
		}
		r.p.Visits[visit].Pin = pin
	}
	for k, id := range rel.Jobs {
		note := r.jobs[id]
		if note == nil || times[id] == len(note.visits) {
			continue
		}
		if rel.Type != "any" {
			return r.fault(fmt.Sprintf("%s.jobs[%d]", field, k), "is %q once, want it for the pickup and for the delivery", id)
		}
		for _, v := range note.visits {
			r.p.Visits[v].Pin = &dispatch.Pin{Technician: dispatch.TechnicianID(rel.VehicleID), Start: dispatch.NoTick}
		}
	}
	return nil
}

// related gives the visit that a job id of a relation means: the first time the first of the job, then the second. times
// counts the ids of the relation.
func (r *pragReader) related(field, id string, times map[string]int) (int32, error) {
	note := r.jobs[id]
	if note == nil {
		return 0, r.fault(field, "is %q, want the id of a job; departure may come first, arrival last unless strict, break and reload are not supported", id)
	}
	if times[id] == 0 && note.used {
		return 0, r.fault(field, "is %q, which an earlier relation has too", id)
	}
	if times[id] == len(note.visits) {
		return 0, r.fault(field, "is %q more often than the job has tasks", id)
	}
	note.used = true
	times[id]++
	return note.visits[times[id]-1], nil
}
