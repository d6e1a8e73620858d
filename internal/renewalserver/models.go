package renewalserver

import (
	"context"
	"time"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/renewal/risk"
)

// fitted is a model as it is kept.
type fitted struct {
	Name     string
	Features []risk.Feature
	Model    *risk.Model
	Report   *risk.Report
}

// optOut is a household that wants no automated decisions.
type optOut struct {
	Household string
	Out       bool
}

type models struct {
	renewalv1.UnimplementedRenewalModelServiceServer
	c        Config
	resource registry.Resource[fitted, *renewalv1.RenewalModel]
	optOuts  registry.Kind[optOut]
}

func newModels(c Config) *models {
	return &models{
		c: c,
		resource: registry.Resource[fitted, *renewalv1.RenewalModel]{
			Registry: c.Registry, Kind: &registry.Kind[fitted]{Name: "renewalModels", Prefix: "rm_"}, ToMessage: showModel,
		},
		optOuts: registry.Kind[optOut]{
			Name: "renewalOptOuts", Prefix: "ro_",
			Keys: func(v *optOut) []ledger.Key {
				return []ledger.Key{{Name: keyHousehold, Value: ledger.Text(v.Household), Unique: true}}
			},
		},
	}
}

// CreateRenewalModel implements the method of the same name.
func (s *models) CreateRenewalModel(ctx context.Context, r *renewalv1.CreateRenewalModelRequest) (*renewalv1.RenewalModel, error) {
	v := fitted{Name: r.GetDisplayName()}
	sample := risk.Sample{Rows: make([][]float64, len(r.GetLeases())), Renewed: make([]bool, len(r.GetLeases()))}
	for _, f := range r.GetFeatures() {
		v.Features = append(v.Features, risk.Feature{Name: f.GetName(), Source: risk.Source(f.GetSource().String())})
		sample.Names = append(sample.Names, f.GetName())
	}
	for i, l := range r.GetLeases() {
		sample.Rows[i], sample.Renewed[i] = l.GetValues(), l.GetRenewed()
	}
	var err error
	if v.Model, v.Report, err = risk.Choose(&sample, r.GetSeed()); err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.resource.Registry, r, func(tx *registry.Tx) (*renewalv1.RenewalModel, error) {
		item, err := s.resource.Insert(tx, v)
		if err != nil {
			return nil, err
		}
		tx.About(s.resource.Name, item.ID)
		return showModel(item), nil
	})
}

// GetRenewalModel implements the method of the same name.
func (s *models) GetRenewalModel(ctx context.Context, r *renewalv1.GetRenewalModelRequest) (*renewalv1.RenewalModel, error) {
	return s.resource.Get(ctx, r.GetId())
}

// ListRenewalModels implements the method of the same name.
func (s *models) ListRenewalModels(ctx context.Context, r *renewalv1.ListRenewalModelsRequest) (*renewalv1.ListRenewalModelsResponse, error) {
	list, next, err := s.resource.List(ctx, r, s.resource.All())
	return &renewalv1.ListRenewalModelsResponse{Models: list, NextPageToken: next}, err
}

// choice finds what a household has said of automated decisions, nil for nothing.
func (s *models) choice(ctx context.Context, o org.ID, household string) (*registry.Item[optOut], error) {
	items, _, err := s.optOuts.List(ctx, s.c.Store, o, s.optOuts.Where(keyHousehold, ledger.Text(household)), 1)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return items[0], nil
}

// EstimateRenewal implements the method of the same name.
func (s *models) EstimateRenewal(ctx context.Context, r *renewalv1.EstimateRenewalRequest) (*renewalv1.RenewalEstimate, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	item, err := s.resource.Read(ctx, s.c.Store, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	if r.GetPurpose() == renewalv1.EstimateRenewalRequest_PRICE {
		if err := risk.ForPrice(item.Value.Features); err != nil {
			return nil, err
		}
	}
	out, err := s.choice(ctx, who.Org, r.GetHouseholdId())
	if err != nil {
		return nil, err
	}
	if out != nil && out.Value.Out {
		return &renewalv1.RenewalEstimate{Withheld: true}, nil
	}
	e, err := item.Value.Model.Estimate(r.GetValues())
	if err != nil {
		return nil, err
	}
	m := &renewalv1.RenewalEstimate{Probability: e.Probability, Low: e.Low, High: e.High}
	for _, t := range e.Terms {
		m.Terms = append(m.Terms, &renewalv1.RenewalTerm{Name: t.Name, Missing: t.Missing, LogOdds: t.LogOdds})
	}
	return m, nil
}

// OptOutOfEstimates implements the method of the same name.
func (s *models) OptOutOfEstimates(ctx context.Context, r *renewalv1.OptOutOfEstimatesRequest) (*renewalv1.OptOutOfEstimatesResponse, error) {
	return registry.Do(ctx, s.resource.Registry, r, func(tx *registry.Tx) (*renewalv1.OptOutOfEstimatesResponse, error) {
		v := optOut{Household: r.GetHouseholdId(), Out: r.GetOptedOut()}
		item, err := s.choice(tx.Context(), tx.Org, v.Household)
		if err != nil {
			return nil, err
		}
		if item == nil {
			item, err = s.optOuts.Insert(tx, v)
		} else {
			item.Value = v
			err = s.optOuts.Save(tx, item)
		}
		if err != nil {
			return nil, err
		}
		tx.About(s.optOuts.Name, item.ID, "optedOut")
		return &renewalv1.OptOutOfEstimatesResponse{HouseholdId: v.Household, OptedOut: v.Out}, nil
	})
}

// PrioritizeWaiting implements the method of the same name.
func (s *models) PrioritizeWaiting(ctx context.Context, r *renewalv1.PrioritizeWaitingRequest) (*renewalv1.PrioritizeWaitingResponse, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	q := risk.Queue{Limit: minutes(r.GetLimitMinutes()), Margin: r.GetMargin()}
	waiting := make([]risk.Waiting, len(r.GetWaiting()))
	for i, w := range r.GetWaiting() {
		waiting[i] = risk.Waiting{AtMost: minutes(w.GetAtMostMinutes()), Risk: w.GetRisk(), Lent: minutes(w.GetLentMinutes())}
		if w.GetHouseholdId() == "" {
			continue
		}
		out, err := s.choice(ctx, who.Org, w.GetHouseholdId())
		if err != nil {
			return nil, err
		}
		if out != nil && out.Value.Out {
			waiting[i].Risk = 0
		}
	}
	if err := q.Validate(waiting); err != nil {
		return nil, err
	}
	m := &renewalv1.PrioritizeWaitingResponse{}
	for _, i := range q.Order(waiting) {
		w := r.GetWaiting()[i]
		m.Order = append(m.Order, &renewalv1.WaitingVisit{
			WorkOrderId: w.GetWorkOrderId(), HouseholdId: w.GetHouseholdId(), AtMostMinutes: w.GetAtMostMinutes(), Risk: waiting[i].Risk,
			LentMinutes: int32(waiting[i].Lent / time.Minute),
		})
	}
	return m, nil
}

func minutes(n int32) time.Duration { return time.Duration(n) * time.Minute }

func showModel(item *registry.Item[fitted]) *renewalv1.RenewalModel {
	v := &item.Value
	rep := v.Report
	out := &renewalv1.RenewalModel{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), DisplayName: v.Name, Penalty: v.Model.Penalty,
		Report: &renewalv1.RenewalReport{
			Leases: int32(rep.Rows), Renewed: int32(rep.Renewed), Auc: rep.AUC, LogLoss: rep.LogLoss, BaseLogLoss: rep.Base,
			Brier: rep.Brier, CalibrationError: rep.CalibrationError,
		},
	}
	for _, f := range v.Features {
		out.Features = append(out.Features, &renewalv1.RenewalFeature{
			Name: f.Name, Source: renewalv1.RenewalFeature_Source(renewalv1.RenewalFeature_Source_value[string(f.Source)]),
		})
	}
	for _, e := range v.Model.Effects() {
		out.Weights = append(out.Weights, &renewalv1.RenewalWeight{Name: e.Name, Value: e.Value, Low: e.Low, High: e.High})
	}
	for i := range rep.Groups {
		g := &rep.Groups[i]
		out.Report.Groups = append(out.Report.Groups, &renewalv1.RenewalGroup{Leases: int32(g.Rows), Said: g.Said, Came: g.Came, Low: g.Low, High: g.High})
	}
	return out
}
