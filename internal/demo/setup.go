package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	identityv1 "fettle/api/gen/fettle/identity/v1"
	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/geo"
	"fettle/simulate/city"
)

// open hires the technicians, says where they are, posts what waits since the morning and plans the day.
func (o *Operator) open(ctx context.Context) error {
	known, err := o.hired(ctx)
	if err != nil {
		return fmt.Errorf("list technicians: %w", err)
	}
	for i := range o.cfg.City.Technicians {
		who := &o.cfg.City.Technicians[i]
		id := known[displayName(who)]
		if id == "" {
			if id, err = o.hire(ctx, who); err != nil {
				return fmt.Errorf("create technician %s: %w", who.ID, err)
			}
			if err = o.admit(ctx, who, id, i+1); err != nil {
				return fmt.Errorf("let technician %s sign in: %w", who.ID, err)
			}
		}
		t := &technician{id: id, who: who, number: uint64(i), dirty: true}
		o.people = append(o.people, t)
		o.byID[id] = t
		o.settle(t)
	}
	o.count(func(s *Stats) { s.Technicians = len(o.people) })
	o.reportPositions(ctx)
	o.openDay(o.now())
	return nil
}

// hired lists the technicians that the service knows from a run before, by name.
func (o *Operator) hired(ctx context.Context) (map[string]string, error) {
	out, page := map[string]string{}, ""
	for {
		var resp *dispatchv1.ListTechniciansResponse
		err := o.insist(ctx, "ListTechnicians", func(ctx context.Context) (err error) {
			resp, err = o.peopleCalls.ListTechnicians(ctx, &dispatchv1.ListTechniciansRequest{PageSize: 1000, PageToken: page})
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, t := range resp.GetTechnicians() {
			out[t.GetDisplayName()] = t.GetId()
		}
		if page = resp.GetNextPageToken(); page == "" {
			return out, nil
		}
	}
}

// hire creates one technician and returns the id that the service chose.
func (o *Operator) hire(ctx context.Context, who *city.Technician) (string, error) {
	var made *dispatchv1.Technician
	err := o.insist(ctx, "CreateTechnician", func(ctx context.Context) (err error) {
		made, err = o.peopleCalls.CreateTechnician(ctx, &dispatchv1.CreateTechnicianRequest{Technician: profile(who)})
		return err
	})
	return made.GetId(), err
}

// admit lets a technician sign in by a telephone that nobody has: 138 0000 0001 for the first.
func (o *Operator) admit(ctx context.Context, who *city.Technician, id string, number int) error {
	return o.insist(ctx, "CreateUser", func(ctx context.Context) error {
		_, err := o.userCalls.CreateUser(ctx, &identityv1.CreateUserRequest{User: &identityv1.User{
			DisplayName: displayName(who), Roles: []policyv1.Role{policyv1.Role_TECHNICIAN}, TechnicianId: id, Phone: fmt.Sprintf("1380000%04d", number),
		}})
		return err
	})
}

func displayName(who *city.Technician) string { return who.Name.En + " " + who.Name.Zh }

// profile is a technician of the city in the words of the contract.
func profile(who *city.Technician) *dispatchv1.Technician {
	t := &dispatchv1.Technician{
		DisplayName: displayName(who), Home: latLng(who.Home), Tools: who.Tools, TimeZone: Zone().String(),
		WeeklyShifts: weekly(who),
	}
	for _, s := range who.Skills {
		t.Skills = append(t.Skills, &dispatchv1.SkillLevel{Skill: string(s.Skill), Level: s.Level})
	}
	return t
}

// weekly joins the shifts of the week that have the same hours.
func weekly(who *city.Technician) []*dispatchv1.WeeklyShift {
	var out []*dispatchv1.WeeklyShift
	rest := pauseOf(who.Turn)
	for _, s := range who.Shifts {
		start, end, day := hoursMinutes(s.Start), hoursMinutes(s.End), weekdayOf(s.Weekday)
		i := slices.IndexFunc(out, func(w *dispatchv1.WeeklyShift) bool { return w.GetStart() == start && w.GetEnd() == end })
		if i >= 0 {
			out[i].Days = append(out[i].Days, day)
			continue
		}
		out = append(out, &dispatchv1.WeeklyShift{
			Days: []dispatchv1.WeeklyShift_Day{day}, Start: start, End: end,
			Breaks: []*dispatchv1.WeeklyBreak{{
				Start: hoursMinutes(rest.from), End: hoursMinutes(rest.to), Duration: durationpb.New(rest.length),
			}},
		})
	}
	return out
}

// hoursMinutes writes a time of day as HH:MM; beyond 24 h it is that of the next day.
func hoursMinutes(d time.Duration) string {
	m := int(d/time.Minute) % (24 * 60)
	return fmt.Sprintf("%02d:%02d", m/60, m%60)
}

// weekdayOf translates: the contract counts from Monday = 1 to Sunday = 7.
func weekdayOf(d time.Weekday) dispatchv1.WeeklyShift_Day {
	if d == time.Sunday {
		return dispatchv1.WeeklyShift_SUN
	}
	return dispatchv1.WeeklyShift_Day(d)
}

// settle puts a technician where the day finds him: in town when the shift has begun, else at home.
func (o *Operator) settle(t *technician) {
	now := o.now()
	t.place = t.who.Home
	if d, on := dutyAt(t.who, now); on {
		r := o.draw(forSetup, t.number)
		t.begin(d, r)
		t.place = o.cfg.City.Units[r.IntN(len(o.cfg.City.Units))].Location
		if bs := o.cfg.City.Buildings; r.Float64() < 0.6 {
			t.place = bs[r.IntN(len(bs))].Location
		}
	}
	o.wake(t, now)
}

func latLng(p geo.Point) *dispatchv1.LatLng {
	return &dispatchv1.LatLng{Latitude: p.Lat, Longitude: p.Lon}
}

func pointOf(l *dispatchv1.LatLng) geo.Point {
	return geo.Point{Lat: l.GetLatitude(), Lon: l.GetLongitude()}
}
