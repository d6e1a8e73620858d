package problem

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"fettle/dispatch"
)

// The types of task, as VROOM writes them.
const (
	vroomTypeJob      = "job"
	vroomTypePickup   = "pickup"
	vroomTypeDelivery = "delivery"
)

// jobs makes a visit of each job.
func (r *vroomReader) jobs() error {
	for i := range r.in.Jobs {
		j, field := &r.in.Jobs[i], fmt.Sprintf("jobs[%d]", i)
		v, err := r.task(field, vroomTypeJob, &j.vroomTask, j.Skills)
		if err != nil {
			return err
		}
		if v.Priority, err = r.priority(field, j.Priority); err != nil {
			return err
		}
		delivery, name := j.Delivery, ".delivery"
		if j.Amount != nil {
			if j.Delivery != nil || j.Pickup != nil {
				return r.fault(field+".amount", "given beside delivery or pickup: it is the old name of delivery")
			}
			delivery, name = j.Amount, ".amount"
		}
		if v.Deliver, err = r.amounts(field+name, delivery, 1); err != nil {
			return err
		}
		if v.Collect, err = r.amounts(field+".pickup", j.Pickup, 1); err != nil {
			return err
		}
		r.p.Visits = append(r.p.Visits, v)
	}
	return nil
}

// shipments makes two visits and a pair of each shipment.
func (r *vroomReader) shipments() error {
	for i := range r.in.Shipments {
		s, field := &r.in.Shipments[i], fmt.Sprintf("shipments[%d]", i)
		amount, err := r.amounts(field+".amount", s.Amount, 1)
		if err != nil {
			return err
		}
		priority, err := r.priority(field, s.Priority)
		if err != nil {
			return err
		}
		for _, part := range []struct {
			kind string
			task *vroomTask
		}{{vroomTypePickup, s.Pickup}, {vroomTypeDelivery, s.Delivery}} {
			at := field + "." + part.kind
			if part.task == nil {
				return r.fault(at, "missing")
			}
			v, err := r.task(at, part.kind, part.task, s.Skills)
			if err != nil {
				return err
			}
			v.Priority = priority
			r.p.Visits = append(r.p.Visits, v)
		}
		n := int32(len(r.p.Visits))
		r.p.Pairs = append(r.p.Pairs, dispatch.Pair{First: n - 2, Second: n - 1, Amount: amount})
	}
	return nil
}

func (r *vroomReader) priority(field string, p uint64) (int32, error) {
	if p > 100 {
		return 0, r.fault(field+".priority", "is %d, want between 0 and 100", p)
	}
	return int32(p), nil
}

// task makes the visit of a job or of one step of a shipment, without what these do not share.
func (r *vroomReader) task(field, kind string, t *vroomTask, skills []uint32) (dispatch.Visit, error) {
	v := dispatch.Visit{Skills: vroomSkills(skills), Urgency: dispatch.UrgencyNormal, Due: dispatch.NoTick}
	if t.ID == nil {
		return v, r.fault(field+".id", "missing")
	}
	if !r.doc.addTask(kind, t) {
		return v, r.fault(field+".id", "is %d, want an id that no other %s has", *t.ID, kind)
	}
	v.ID = dispatch.VisitID(strconv.FormatUint(*t.ID, 10))
	if kind != vroomTypeJob {
		v.ID = dispatch.VisitID(kind+" ") + v.ID
	}
	var err error
	if v.Place, err = r.spot(field+".location", field+".location_index", t.Location, t.LocationIndex); err != nil {
		return v, err
	}
	if v.Windows, err = r.windows(field+".time_windows", t.TimeWindows); err != nil {
		return v, err
	}
	if v.OnSite, err = r.length(field+".service", t.Service); err != nil {
		return v, err
	}
	if v.Entry, err = r.length(field+".setup", t.Setup); err != nil {
		return v, err
	}
	if v.OnSiteBy, err = r.lengths(field+".service_per_type", t.ServicePerType); err != nil {
		return v, err
	}
	v.EntryBy, err = r.lengths(field+".setup_per_type", t.SetupPerType)
	r.setup = r.setup || v.Entry > 0 || v.EntryBy != nil
	return v, err
}

// lengths converts durations by vehicle type.
func (r *vroomReader) lengths(field string, in map[string]uint64) (map[string]dispatch.Tick, error) {
	if len(in) == 0 {
		return nil, nil
	}
	out := make(map[string]dispatch.Tick, len(in))
	for _, kind := range slices.Sorted(maps.Keys(in)) {
		if kind == "" {
			return nil, r.fault(field, "has an empty vehicle type")
		}
		length, err := r.length(field+"."+kind, in[kind])
		if err != nil {
			return nil, err
		}
		out[kind] = length
	}
	return out, nil
}

// buildings groups visits by place when there are setup times: setup is not paid twice in a row at one place.
func (r *vroomReader) buildings() {
	for i := range r.p.Visits {
		if v := &r.p.Visits[i]; r.setup {
			v.Building = strconv.Itoa(int(v.Place))
		}
	}
}

// matricesOrLines makes the travel of every profile by straight line when the file brings no matrices.
func (r *vroomReader) matricesOrLines() error {
	if r.matrices != nil {
		return nil
	}
	l := newLines(r.p.Places)
	if msg := l.tooMany(1); msg != "" {
		return r.fault("matrices", "missing, and %s", msg)
	}
	times, err := l.times(defaultSpeedKPH/3.6, defaultDetour)
	if err != nil {
		return r.fault("matrices", "missing, and %v", err)
	}
	distances, err := l.distances(defaultDetour)
	if err != nil {
		return r.fault("matrices", "missing, and %v", err)
	}
	for i := range r.p.Travel {
		r.p.Travel[i].Time, r.p.Travel[i].Distance = times, distances
	}
	return nil
}
