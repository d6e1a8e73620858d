package operationserver

import (
	"context"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/internal/adapter/spreadsheet"
	"fettle/internal/operation"
	"fettle/invalid"
	"fettle/rental/sheet"
)

// columns makes columns of text of their names.
func columns(names string) (out []spreadsheet.Column) {
	for name := range strings.FieldsSeq(names) {
		out = append(out, spreadsheet.Column{Name: name})
	}
	return out
}

// importTechnicians makes technicians of rows.
func importTechnicians() operation.Import {
	return operation.Import{
		Name:    "importTechnicians",
		Columns: columns("displayName skills latitude longitude datum days start end timeZone tools territories maxVisits"),
		Request: technicianOf,
		Send: func(ctx context.Context, conn grpc.ClientConnInterface, m proto.Message) (string, operation.Outcome, error) {
			req, _ := m.(*dispatchv1.CreateTechnicianRequest) // Request makes no other
			made, err := dispatchv1.NewTechnicianServiceClient(conn).CreateTechnician(ctx, req)
			return made.GetId(), operation.Created, err
		},
	}
}

// technicianOf reads a row about a technician.
func technicianOf(r sheet.Row) (proto.Message, error) {
	t := &dispatchv1.Technician{
		DisplayName: r["displayName"], TimeZone: r["timeZone"], Tools: list(r["tools"]), Territories: list(r["territories"]),
	}
	var err error
	if t.Home, err = place(r); err != nil {
		return nil, err
	}
	if t.Skills, err = skills(r); err != nil {
		return nil, err
	}
	visits, err := operation.Number(r, "maxVisits")
	if err != nil {
		return nil, err
	}
	t.MaxVisits = int32(visits)
	if days := list(r["days"]); len(days) > 0 {
		shift := &dispatchv1.WeeklyShift{Start: r["start"], End: r["end"]}
		for _, d := range days {
			n, ok := dispatchv1.WeeklyShift_Day_value[strings.ToUpper(d)]
			if !ok {
				return nil, &invalid.Error{Field: "days", Value: d, Want: "MON, TUE, WED, THU, FRI, SAT or SUN"}
			}
			shift.Days = append(shift.Days, dispatchv1.WeeklyShift_Day(n))
		}
		t.WeeklyShifts = []*dispatchv1.WeeklyShift{shift}
	}
	return &dispatchv1.CreateTechnicianRequest{Technician: t}, nil
}

// importWorkOrders makes work orders of rows.
func importWorkOrders() operation.Import {
	return operation.Import{
		Name: "importWorkOrders",
		Columns: columns(
			"description unitId skills urgency minutes latitude longitude datum start end channel priority buildingId territory tools",
		),
		Request: orderOf,
		Send: func(ctx context.Context, conn grpc.ClientConnInterface, m proto.Message) (string, operation.Outcome, error) {
			req, _ := m.(*dispatchv1.CreateWorkOrderRequest) // Request makes no other
			made, err := dispatchv1.NewWorkOrderServiceClient(conn).CreateWorkOrder(ctx, req)
			return made.GetId(), operation.Created, err
		},
	}
}

// orderOf reads a row about a work order.
func orderOf(r sheet.Row) (proto.Message, error) {
	o := &dispatchv1.WorkOrder{
		Description: r["description"], UnitId: r["unitId"], BuildingId: r["buildingId"], Territory: r["territory"], RequiredTools: list(r["tools"]),
	}
	var err error
	if o.Location, err = place(r); err != nil {
		return nil, err
	}
	if o.RequiredSkills, err = skills(r); err != nil {
		return nil, err
	}
	if o.Urgency, err = operation.Word[dispatchv1.WorkOrder_Urgency](r, "urgency", dispatchv1.WorkOrder_Urgency_value); err != nil {
		return nil, err
	}
	if o.Channel, err = operation.Word[dispatchv1.WorkOrder_Channel](r, "channel", dispatchv1.WorkOrder_Channel_value); err != nil {
		return nil, err
	}
	minutes, err := operation.Number(r, "minutes")
	if err != nil {
		return nil, err
	}
	if minutes != 0 {
		o.OnSiteDuration = durationpb.New(time.Duration(minutes * float64(time.Minute)))
	}
	priority, err := operation.Number(r, "priority")
	if err != nil {
		return nil, err
	}
	o.Priority = int32(priority)
	if o.TimeWindows, err = window(r); err != nil {
		return nil, err
	}
	return &dispatchv1.CreateWorkOrderRequest{WorkOrder: o}, nil
}

// window reads the one time window of a row, none where its cells are empty.
func window(r sheet.Row) ([]*dispatchv1.TimeWindow, error) {
	if r["start"] == "" && r["end"] == "" {
		return nil, nil
	}
	var ends [2]*timestamppb.Timestamp
	for i, column := range []string{"start", "end"} {
		t, err := time.Parse(time.RFC3339, r[column])
		if err != nil {
			return nil, &invalid.Error{Field: column, Value: r[column], Want: "a time as 2026-11-22T09:00:00+08:00"}
		}
		ends[i] = timestamppb.New(t)
	}
	return []*dispatchv1.TimeWindow{{StartTime: ends[0], EndTime: ends[1]}}, nil
}

// place reads where something is.
func place(r sheet.Row) (*dispatchv1.LatLng, error) {
	if r["latitude"] == "" || r["longitude"] == "" {
		return nil, &invalid.Error{Field: "latitude", Value: r["latitude"], Want: "latitude and longitude in degrees"}
	}
	lat, err := operation.Number(r, "latitude")
	if err != nil {
		return nil, err
	}
	lon, err := operation.Number(r, "longitude")
	if err != nil {
		return nil, err
	}
	datum, err := operation.Word[dispatchv1.Datum](r, "datum", dispatchv1.Datum_value)
	return &dispatchv1.LatLng{Latitude: lat, Longitude: lon, Datum: datum}, err
}

// skills reads "plumbing:3; lock".
func skills(r sheet.Row) (out []*dispatchv1.SkillLevel, err error) {
	for _, text := range list(r["skills"]) {
		name, level, _ := strings.Cut(text, ":")
		one := &dispatchv1.SkillLevel{Skill: strings.TrimSpace(name), Level: 1}
		if level != "" {
			n, err := strconv.ParseInt(strings.TrimSpace(level), 10, 32)
			if err != nil {
				return nil, &invalid.Error{Field: "skills", Value: text, Want: "a skill with a level, as plumbing:3"}
			}
			one.Level = int32(n)
		}
		out = append(out, one)
	}
	return out, nil
}

// list splits a cell at semicolons, commas and blanks.
func list(cell string) []string {
	return strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(";,；，、 ", r) })
}
