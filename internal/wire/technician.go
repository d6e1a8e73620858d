package wire

import (
	"fmt"
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/geo/h3cell"
)

// maxShift is the longest working interval that is believed.
const maxShift = 48 * time.Hour

// cellResolution is that of the H3 cell of a position: about 0.1 km2.
const cellResolution = 9

// Profile reads what people write of a technician. Fields are named as seen from the technician.
func Profile(in *dispatchv1.Technician) (engine.Profile, error) {
	p := engine.Profile{
		Name: in.GetDisplayName(), MaxVisits: in.GetMaxVisits(), Zone: in.GetTimeZone(),
		Tools: slices.Clone(in.GetTools()), Territories: slices.Clone(in.GetTerritories()),
	}
	if p.Zone != "" {
		if _, err := time.LoadLocation(p.Zone); err != nil || p.Zone == "Local" {
			return p, &dispatch.InvalidError{Field: "timeZone", Value: p.Zone, Want: "an IANA zone, as Asia/Shanghai"}
		}
	}
	var err error
	if p.Home, err = Point("home", in.GetHome()); err != nil {
		return p, err
	}
	if p.Skills, err = skills("skills", in.GetSkills()); err != nil {
		return p, err
	}
	for i, s := range in.GetShifts() {
		read, err := shift(fmt.Sprintf("shifts[%d]", i), s)
		if err != nil {
			return p, err
		}
		p.Shifts = append(p.Shifts, read)
	}
	for i, w := range in.GetWeeklyShifts() {
		read, err := weekly(fmt.Sprintf("weeklyShifts[%d]", i), w)
		if err != nil {
			return p, err
		}
		p.Weekly = append(p.Weekly, read)
	}
	return p, nil
}

func shift(field string, in *dispatchv1.Shift) (engine.Shift, error) {
	s, err := span(field, in.GetStartTime(), in.GetEndTime())
	if err != nil {
		return engine.Shift{}, err
	}
	if s.End.Sub(s.Start) > maxShift {
		return engine.Shift{}, &dispatch.InvalidError{
			Field: field + ".endTime", Value: s.End.Format(time.RFC3339), Want: fmt.Sprintf("at most %s after startTime", maxShift),
		}
	}
	out := engine.Shift{TimeSpan: s}
	for i, b := range in.GetBreaks() {
		name := fmt.Sprintf("%s.breaks[%d]", field, i)
		w, err := span(name, b.GetStartTime(), b.GetEndTime())
		if err != nil {
			return out, err
		}
		d, err := length(name+".duration", b.GetDuration(), time.Second, s.End.Sub(s.Start))
		if err != nil {
			return out, err
		}
		out.Breaks = append(out.Breaks, engine.Break{TimeSpan: w, Duration: d})
	}
	return out, nil
}

func weekly(field string, in *dispatchv1.WeeklyShift) (engine.WeeklyShift, error) {
	out := engine.WeeklyShift{}
	for i, d := range in.GetDays() {
		day := time.Weekday(int(d) % 7)
		if slices.Contains(out.Days, day) {
			return out, &dispatch.InvalidError{Field: fmt.Sprintf("%s.days[%d]", field, i), Value: d.String(), Want: "each day once"}
		}
		out.Days = append(out.Days, day)
	}
	var err error
	if out.Start, err = minute(field+".start", in.GetStart()); err != nil {
		return out, err
	}
	if out.End, err = minute(field+".end", in.GetEnd()); err != nil {
		return out, err
	}
	for i, b := range in.GetBreaks() {
		name := fmt.Sprintf("%s.breaks[%d]", field, i)
		read := engine.WeeklyBreak{}
		if read.Start, err = minute(name+".start", b.GetStart()); err != nil {
			return out, err
		}
		if read.End, err = minute(name+".end", b.GetEnd()); err != nil {
			return out, err
		}
		if read.Duration, err = length(name+".duration", b.GetDuration(), time.Second, 24*time.Hour); err != nil {
			return out, err
		}
		out.Breaks = append(out.Breaks, read)
	}
	return out, nil
}

// minute reads a time of the day as minutes after midnight.
func minute(field, s string) (int32, error) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, &dispatch.InvalidError{Field: field, Value: s, Want: "a time of the day as 08:30"}
	}
	return int32(t.Hour()*60 + t.Minute()), nil
}

func clockTime(minute int32) string { return fmt.Sprintf("%02d:%02d", minute/60%24, minute%60) }

// Technician writes a technician as the ledger has it. State and position are added by those who know them.
func Technician(t *engine.Technician) *dispatchv1.Technician {
	out := &dispatchv1.Technician{
		Id: string(t.ID), Name: "technicians/" + string(t.ID), Etag: Etag(t.Version),
		CreateTime: Timestamp(t.Created), UpdateTime: Timestamp(t.Updated),
		DisplayName: t.Name, Skills: Skills(t.Skills), Home: LatLng(t.Home), TimeZone: t.Zone,
		Tools: t.Tools, Territories: t.Territories, MaxVisits: t.MaxVisits, WorkOrderId: string(t.Current),
	}
	for i := range t.Shifts {
		s := &t.Shifts[i]
		w := &dispatchv1.Shift{StartTime: Timestamp(s.Start), EndTime: Timestamp(s.End)}
		for _, b := range s.Breaks {
			w.Breaks = append(w.Breaks, &dispatchv1.Break{
				StartTime: Timestamp(b.Start), EndTime: Timestamp(b.End), Duration: durationpb.New(b.Duration),
			})
		}
		out.Shifts = append(out.Shifts, w)
	}
	for i := range t.Weekly {
		out.WeeklyShifts = append(out.WeeklyShifts, weeklyShift(&t.Weekly[i]))
	}
	return out
}

func weeklyShift(s *engine.WeeklyShift) *dispatchv1.WeeklyShift {
	out := &dispatchv1.WeeklyShift{Start: clockTime(s.Start), End: clockTime(s.End)}
	for _, d := range s.Days {
		day := dispatchv1.WeeklyShift_Day(d)
		if d == time.Sunday {
			day = dispatchv1.WeeklyShift_SUN
		}
		out.Days = append(out.Days, day)
	}
	for _, b := range s.Breaks {
		out.Breaks = append(out.Breaks, &dispatchv1.WeeklyBreak{
			Start: clockTime(b.Start), End: clockTime(b.End), Duration: durationpb.New(b.Duration),
		})
	}
	return out
}

// Position writes a last known position with its age.
func Position(p *engine.Position, stale bool, now time.Time) *dispatchv1.TechnicianPosition {
	out := &dispatchv1.TechnicianPosition{
		Location: LatLng(p.Point), Time: Timestamp(p.At), AccuracyMeters: p.AccuracyMeters, Stale: stale,
		Age: durationpb.New(max(now.Sub(p.At), 0).Truncate(time.Second)),
	}
	out.Cell = Cell(p.Point)
	return out
}

// Cell is the H3 cell that places are told by, "" when there is none.
func Cell(p geo.Point) string {
	c, err := h3cell.Of(p, cellResolution)
	if err != nil {
		return ""
	}
	return c.String()
}

// Report reads a position. A report without a time is of now. What is wrong with the place is not judged here.
func Report(field string, in *dispatchv1.PositionReport, now time.Time) (engine.Position, error) {
	at, err := Instant(field+".time", in.GetTime())
	if err != nil {
		return engine.Position{}, err
	}
	if at.IsZero() {
		at = now
	}
	out := engine.Position{
		Technician: dispatch.TechnicianID(in.GetTechnicianId()), At: at,
		AccuracyMeters: in.GetAccuracyMeters(), Sequence: in.GetSequence(),
	}
	if a := out.AccuracyMeters; math.IsNaN(a) || math.IsInf(a, 0) || a < 0 {
		return out, &dispatch.InvalidError{Field: field + ".accuracyMeters", Value: fmt.Sprint(a), Want: "a number of metres"}
	}
	out.Point.Lat, out.Point.Lon = in.GetLocation().GetLatitude(), in.GetLocation().GetLongitude()
	if in.GetLocation().GetDatum() <= dispatchv1.Datum_WGS84 {
		return out, nil
	}
	if out.Point, err = PointOf(out.Point, in.GetLocation().GetDatum()); err != nil {
		out.Point.Lat = math.NaN() // a place that is none concerns this position alone
	}
	return out, nil
}
