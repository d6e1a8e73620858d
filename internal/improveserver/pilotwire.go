package improveserver

import (
	"cmp"
	"strings"

	"google.golang.org/protobuf/types/known/durationpb"

	steeringv1 "fettle/api/gen/fettle/steering/v1"
	"fettle/improvement"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/kpi"
	"fettle/simulate/pilot"
	"fettle/steering"
)

func readPilot(m *steeringv1.Pilot) (improvement.Pilot, error) {
	p := improvement.Pilot{
		State: improvement.PilotDraft, Name: m.GetDisplayName(), Plan: m.GetImprovementPlanId(), Policy: m.GetPolicyId(), KPI: kpi.ID(m.GetKpi()),
		Effect: m.GetEffect(), Buildings: m.GetBuildingIds(), Days: int(m.GetDays()), Block: m.GetBlockLength().AsDuration(),
		Design: pilot.Design{Kind: pilot.Buildings, Treated: int(m.GetTreated()), Alpha: m.GetAlpha()},
	}
	if m.GetKind() == steeringv1.Pilot_BLOCKS {
		p.Design.Kind, p.Design.Units = pilot.Blocks, int(m.GetBlocks())
	}
	return p, nil
}

func showPilot(item *registry.Item[improvement.Pilot]) *steeringv1.Pilot {
	p := &item.Value
	out := &steeringv1.Pilot{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		State: steeringv1.Pilot_State(steeringv1.Pilot_State_value[p.State]), DisplayName: p.Name, ImprovementPlanId: p.Plan, PolicyId: p.Policy,
		Kpi: string(p.KPI), Effect: p.Effect, Kind: steeringv1.Pilot_BUILDINGS, BuildingIds: p.Buildings, Treated: int32(p.Design.Treated),
		Days: int32(p.Days), Alpha: p.Design.Alpha, StartTime: wire.Timestamp(p.Started), TreatedUnits: p.TreatedUnits(), Despite: p.Despite,
	}
	if p.Design.Kind == pilot.Blocks {
		out.Kind, out.Blocks, out.BlockLength = steeringv1.Pilot_BLOCKS, int32(p.Design.Units), durationpb.New(p.Block)
	}
	if p.State != improvement.PilotDraft {
		out.AgainstPolicyId = cmp.Or(p.Against, steering.Default)
	}
	can, verdict := p.CanShow()
	out.Forecast = &steeringv1.PilotForecast{CanShow: can, Verdict: verdict}
	if f := p.Forecast; f != nil {
		out.Forecast.Power, out.Forecast.Floor, out.Forecast.LeastEffect, out.Forecast.EnoughUnits = f.Power, f.Floor, f.Least, int32(f.Enough)
	}
	if r := p.Record; r != nil {
		out.Record = &steeringv1.PilotRecord{
			Decision: strings.ToUpper(string(r.Decision)), Reason: r.Reason, Time: wire.Timestamp(r.Time), Actor: r.Actor,
			Finding: showFinding(&r.Finding, r.Figures, r.Snapshot),
		}
	}
	return out
}

func showFinding(f *pilot.Finding, figures []pilot.Figure, snapshot string) *steeringv1.PilotFinding {
	out := &steeringv1.PilotFinding{
		Effect: f.Effect, Low: f.Low, High: f.High, P: f.P, Shown: f.Shown, Suggested: strings.ToUpper(string(f.Suggested)), Verdict: f.Verdict,
		Snapshot: snapshot,
	}
	for _, x := range figures {
		out.Figures = append(out.Figures, &steeringv1.PilotFigure{Unit: x.Unit, Treated: x.Treated, Before: x.Before, After: x.After})
	}
	return out
}
