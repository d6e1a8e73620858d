package operationserver

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	rentalv1 "fettle/api/gen/fettle/rental/v1"
	"fettle/internal/adapter/spreadsheet"
	"fettle/internal/export"
	"fettle/internal/operation"
	"fettle/internal/policy"
	"fettle/invalid"
	"fettle/rental/sheet"
)

// The names of the exports.
const (
	ordersName = "exportWorkOrders"
	leasesName = "exportLeases"
)

// askOrders is what an export of orders is asked for.
type askOrders struct {
	operation.Format
	Open bool   `json:"open,omitempty"`
	Unit string `json:"unit,omitempty"`
}

// askLeases is what an export of leases is asked for.
type askLeases struct {
	operation.Format
	From   string `json:"from,omitempty"`
	Before string `json:"before,omitempty"`
}

// wantsXLSX reads the format out of what any export is asked for.
func wantsXLSX(ask []byte) bool {
	var f operation.Format
	return json.Unmarshal(ask, &f) == nil && f.XLSX
}

func badDay(field, day string) error {
	return &invalid.Error{Field: field, Value: day, Want: "a day as 2027-01-31"}
}

// charted has an XLSX count rows by columns.
func charted(columns []spreadsheet.Column, by ...string) []spreadsheet.Column {
	for i := range columns {
		if slices.Contains(by, columns[i].Name) {
			columns[i].Chart = spreadsheet.ByValue
		}
	}
	return columns
}

// exportWorkOrders writes orders, the oldest first.
func exportWorkOrders() operation.Type {
	e := operation.Export{
		Name: ordersName,
		Columns: charted(columns("id state urgency channel unitId buildingId territory skills description createTime technicianId plannedArrival "+
			"acceptedTime arrivalTime completeTime acceptBy onSiteBy visit rating reason mergedInto latitude longitude"), "state", "urgency", "channel"),
		Page: func(ctx context.Context, conn grpc.ClientConnInterface, ask []byte, token string) ([]sheet.Row, string, error) {
			var a askOrders
			if err := json.Unmarshal(ask, &a); err != nil {
				return nil, "", err
			}
			page, err := dispatchv1.NewWorkOrderServiceClient(conn).ListWorkOrders(ctx, &dispatchv1.ListWorkOrdersRequest{
				PageSize: policy.MaxPageSize, PageToken: token, Open: a.Open, UnitId: a.Unit,
			})
			if err != nil {
				return nil, "", err
			}
			rows := make([]sheet.Row, len(page.GetWorkOrders()))
			for i, o := range page.GetWorkOrders() {
				rows[i] = orderRow(o)
			}
			return rows, page.GetNextPageToken(), nil
		},
	}
	return e.Type(wantsXLSX)
}

// orderRow is an order as cells.
func orderRow(o *dispatchv1.WorkOrder) sheet.Row {
	skills := ""
	for i, s := range o.GetRequiredSkills() {
		if i > 0 {
			skills += "; "
		}
		skills += fmt.Sprintf("%s:%d", s.GetSkill(), s.GetLevel())
	}
	degrees := func(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }
	return sheet.Row{
		"id": o.GetId(), "state": o.GetState().String(), "urgency": o.GetUrgency().String(), "channel": o.GetChannel().String(),
		"unitId": o.GetUnitId(), "buildingId": o.GetBuildingId(), "territory": o.GetTerritory(), "skills": skills, "description": o.GetDescription(),
		"createTime": stamp(o.GetCreateTime()), "technicianId": o.GetAssignment().GetTechnicianId(), "plannedArrival": stamp(o.GetAssignment().GetPlannedArrival()),
		"acceptedTime": stamp(o.GetClocks().GetAccepted()), "arrivalTime": stamp(o.GetClocks().GetArrived()), "completeTime": stamp(o.GetClocks().GetCompleted()),
		"acceptBy": stamp(o.GetDueTimes().GetAccept()), "onSiteBy": stamp(o.GetDueTimes().GetOnSite()),
		"visit": strconv.Itoa(int(o.GetVisit())), "rating": strconv.Itoa(int(o.GetRating())), "reason": o.GetReason(), "mergedInto": o.GetMergedInto(),
		"latitude": degrees(o.GetLocation().GetLatitude()), "longitude": degrees(o.GetLocation().GetLongitude()),
	}
}

// stamp is an instant as a cell; nothing for none.
func stamp(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Format(time.RFC3339)
}

// exportLeases writes leases by their last day, as fettle work --role export does.
func exportLeases() operation.Type {
	e := operation.Export{
		Name: leasesName, Columns: export.Columns(),
		Page: func(ctx context.Context, conn grpc.ClientConnInterface, ask []byte, token string) ([]sheet.Row, string, error) {
			var a askLeases
			if err := json.Unmarshal(ask, &a); err != nil {
				return nil, "", err
			}
			page, err := rentalv1.NewLeaseServiceClient(conn).ListLeases(ctx, &rentalv1.ListLeasesRequest{
				PageSize: policy.MaxPageSize, PageToken: token, EndingFrom: a.From, EndingBefore: a.Before,
			})
			if err != nil {
				return nil, "", err
			}
			rows := make([]sheet.Row, len(page.GetLeases()))
			for i, l := range page.GetLeases() {
				data, err := protojson.Marshal(l)
				if err != nil {
					return nil, "", err
				}
				fields := map[string]any{}
				if err := json.Unmarshal(data, &fields); err != nil {
					return nil, "", err
				}
				rows[i] = export.Row(fields)
			}
			return rows, page.GetNextPageToken(), nil
		},
	}
	return e.Type(wantsXLSX)
}
