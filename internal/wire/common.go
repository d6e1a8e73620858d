package wire

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/geo"
)

// Etag is the etag of a version.
func Etag(version int64) string { return strconv.FormatInt(version, 36) }

// Version is the version that an etag stands for; false when it is none of ours.
func Version(etag string) (int64, bool) {
	v, err := strconv.ParseInt(etag, 36, 64)
	return v, err == nil && v > 0 && Etag(v) == etag
}

// In moves an InvalidError or InvalidFields under a field: "location" under "workOrder" is "workOrder.location". Other
// errors stay as they are.
func In(field string, err error) error {
	var many *InvalidFields
	if errors.As(err, &many) {
		out := &InvalidFields{Faults: make([]dispatch.InvalidError, len(many.Faults))}
		for i := range many.Faults {
			out.Faults[i] = under(field, many.Faults[i])
		}
		return out
	}
	var rule interface {
		error
		Under(field string) error
	}
	if errors.As(err, &rule) {
		return rule.Under(field)
	}
	var one *dispatch.InvalidError
	if errors.As(err, &one) {
		moved := under(field, *one)
		return &moved
	}
	return err
}

func under(field string, e dispatch.InvalidError) dispatch.InvalidError {
	if e.Field == "" {
		e.Field = field
	} else {
		e.Field = field + "." + e.Field
	}
	return e
}

// Point reads a place as WGS-84. A place at 0 north, 0 east is refused: it is what a device sends that knows no place.
func Point(field string, in *dispatchv1.LatLng) (geo.Point, error) {
	if in == nil {
		return geo.Point{}, &dispatch.InvalidError{Field: field, Want: "a place"}
	}
	p, err := PointOf(geo.Point{Lat: in.GetLatitude(), Lon: in.GetLongitude()}, in.GetDatum())
	if err != nil {
		return geo.Point{}, In(field, err)
	}
	if p == (geo.Point{}) {
		return geo.Point{}, &dispatch.InvalidError{Field: field, Value: "0, 0", Want: "a place; 0 north, 0 east lies in the sea"}
	}
	return p, nil
}

// PointOf converts a point from a datum to WGS-84, and refuses what is not on the earth.
func PointOf(p geo.Point, d dispatchv1.Datum) (geo.Point, error) {
	datum := geo.WGS84
	switch d {
	case dispatchv1.Datum_DATUM_UNSPECIFIED, dispatchv1.Datum_WGS84:
	case dispatchv1.Datum_GCJ02:
		datum = geo.GCJ02
	case dispatchv1.Datum_BD09:
		datum = geo.BD09
	default:
		return p, &dispatch.InvalidError{Field: "datum", Value: d.String(), Want: "WGS84, GCJ02 or BD09"}
	}
	out, err := geo.ToWGS84(p, datum)
	var fault *geo.InvalidError
	if errors.As(err, &fault) {
		name := map[string]string{"lat": "latitude", "lon": "longitude"}[fault.Field]
		return p, &dispatch.InvalidError{Field: name, Value: fmt.Sprint(fault.Value), Want: fault.Want}
	}
	return out, err
}

// LatLng writes a place.
func LatLng(p geo.Point) *dispatchv1.LatLng {
	return &dispatchv1.LatLng{Latitude: p.Lat, Longitude: p.Lon}
}

// Timestamp writes an instant; nil when it is zero.
func Timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// Years between which instants are believed: others are faults of a clock or of a unit.
const firstYear, lastYear = 2000, 2200

// Instant reads an instant; zero when it is not given.
func Instant(field string, in *timestamppb.Timestamp) (time.Time, error) {
	if in == nil {
		return time.Time{}, nil
	}
	t := in.AsTime()
	if err := in.CheckValid(); err != nil || t.Year() < firstYear || t.Year() > lastYear {
		return time.Time{}, &dispatch.InvalidError{
			Field: field, Value: t.Format(time.RFC3339), Want: fmt.Sprintf("a time between the years %d and %d", firstYear, lastYear),
		}
	}
	return t, nil
}

// span reads an interval that has both ends and some length.
func span(field string, start, end *timestamppb.Timestamp) (dispatch.TimeSpan, error) {
	if start == nil || end == nil {
		return dispatch.TimeSpan{}, &dispatch.InvalidError{Field: field, Want: "a startTime and an endTime"}
	}
	from, err := Instant(field+".startTime", start)
	if err != nil {
		return dispatch.TimeSpan{}, err
	}
	to, err := Instant(field+".endTime", end)
	if err != nil {
		return dispatch.TimeSpan{}, err
	}
	if !to.After(from) {
		return dispatch.TimeSpan{}, &dispatch.InvalidError{
			Field: field + ".endTime", Value: to.Format(time.RFC3339), Want: "a time after startTime " + from.Format(time.RFC3339),
		}
	}
	return dispatch.TimeSpan{Start: from, End: to}, nil
}

// Window writes an interval; nil when it is empty.
func Window(s dispatch.TimeSpan) *dispatchv1.TimeWindow {
	if s.Start.IsZero() && s.End.IsZero() {
		return nil
	}
	return &dispatchv1.TimeWindow{StartTime: Timestamp(s.Start), EndTime: Timestamp(s.End)}
}

// length reads a duration within bounds.
func length(field string, in *durationpb.Duration, least, most time.Duration) (time.Duration, error) {
	d := in.AsDuration()
	if err := in.CheckValid(); err != nil || d < least || d > most {
		return 0, &dispatch.InvalidError{
			Field: field, Value: fmt.Sprintf("%gs", d.Seconds()),
			Want: fmt.Sprintf("between %gs and %gs", least.Seconds(), most.Seconds()),
		}
	}
	return d, nil
}

// Cost writes integer cost with the terms that are not zero.
func Cost(c dispatch.Cost) *dispatchv1.Cost {
	out := &dispatchv1.Cost{Total: float64(c.Total()), Terms: map[string]float64{}}
	for t, v := range c {
		if v != 0 {
			out.Terms[dispatch.Term(t).String()] = float64(v)
		}
	}
	return out
}

func skills(field string, in []*dispatchv1.SkillLevel) ([]dispatch.SkillLevel, error) {
	out := make([]dispatch.SkillLevel, 0, len(in))
	seen := map[string]bool{}
	for i, s := range in {
		name := fmt.Sprintf("%s[%d].skill", field, i)
		if seen[s.GetSkill()] {
			return nil, &dispatch.InvalidError{Field: name, Value: s.GetSkill(), Want: "each skill once"}
		}
		seen[s.GetSkill()] = true
		out = append(out, dispatch.SkillLevel{Skill: dispatch.Skill(s.GetSkill()), Level: max(s.GetLevel(), 1)})
	}
	return out, nil
}

// Skills writes skills with their levels.
func Skills(in []dispatch.SkillLevel) []*dispatchv1.SkillLevel {
	out := make([]*dispatchv1.SkillLevel, 0, len(in))
	for _, s := range in {
		out = append(out, &dispatchv1.SkillLevel{Skill: string(s.Skill), Level: max(s.Level, 1)})
	}
	return out
}

// names converts a list of named strings, nil for an empty one.
func names[To, From ~string](in []From) []To {
	if len(in) == 0 {
		return nil
	}
	out := make([]To, len(in))
	for i, v := range in {
		out[i] = To(v)
	}
	return out
}
