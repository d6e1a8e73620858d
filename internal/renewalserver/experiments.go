package renewalserver

import (
	"context"
	"errors"
	"math"
	"time"

	"google.golang.org/protobuf/proto"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/renewal/experiment"
)

// The keys by which exposures are found.
const (
	keyHousehold  = "household"  // experiment and household: one exposure each
	keyExperiment = "experiment" // experiment, then the instant
)

type experiments struct {
	renewalv1.UnimplementedExperimentServiceServer
	c         Config
	resource  registry.Resource[experiment.Experiment, *renewalv1.Experiment]
	exposures registry.Kind[experiment.Exposure]
}

func newExperiments(c Config) *experiments {
	return &experiments{
		c: c,
		resource: registry.Resource[experiment.Experiment, *renewalv1.Experiment]{
			Registry: c.Registry, Field: "experiment",
			Kind: &registry.Kind[experiment.Experiment]{
				Name: "experiments", Prefix: "ex_", State: func(x *experiment.Experiment) string { return string(x.State) },
			},
			FromMessage: experimentOf, ToMessage: showExperiment,
		},
		exposures: registry.Kind[experiment.Exposure]{
			Name: "exposures", Prefix: "xp_",
			Keys: func(e *experiment.Exposure) []ledger.Key {
				return []ledger.Key{
					{Name: keyHousehold, Value: ledger.Text(e.Experiment, e.Household), Unique: true},
					{Name: keyExperiment, Value: ledger.Join(ledger.Text(e.Experiment), ledger.Instant(e.At))},
				}
			},
		},
	}
}

// CreateExperiment implements the method of the same name.
func (s *experiments) CreateExperiment(ctx context.Context, r *renewalv1.CreateExperimentRequest) (*renewalv1.Experiment, error) {
	x, err := experimentOf(r.GetExperiment())
	if err != nil {
		return nil, wire.In(s.resource.Field, err)
	}
	return registry.Do(ctx, s.resource.Registry, r, func(tx *registry.Tx) (*renewalv1.Experiment, error) {
		x.Salt = tx.NewID("salt_") // experiments draw apart from each other
		item, err := s.resource.Insert(tx, x)
		if err != nil {
			return nil, err
		}
		tx.About(s.resource.Name, item.ID)
		return showExperiment(item), nil
	})
}

// GetExperiment implements the method of the same name.
func (s *experiments) GetExperiment(ctx context.Context, r *renewalv1.GetExperimentRequest) (*renewalv1.Experiment, error) {
	return s.resource.Get(ctx, r.GetId())
}

// ListExperiments implements the method of the same name.
func (s *experiments) ListExperiments(ctx context.Context, r *renewalv1.ListExperimentsRequest) (*renewalv1.ListExperimentsResponse, error) {
	list, next, err := s.resource.List(ctx, r, s.resource.All())
	return &renewalv1.ListExperimentsResponse{Experiments: list, NextPageToken: next}, err
}

// change carries out what is asked of an experiment.
func (s *experiments) change(
	ctx context.Context, r proto.Message, id string, verb func(tx *registry.Tx, x *experiment.Experiment) error,
) (*renewalv1.Experiment, error) {
	return registry.Do(ctx, s.resource.Registry, r, func(tx *registry.Tx) (*renewalv1.Experiment, error) {
		item, err := s.resource.Load(tx, id)
		if err != nil {
			return nil, err
		}
		if err := verb(tx, &item.Value); err != nil {
			return nil, err
		}
		tx.About(s.resource.Name, id, "state")
		if err := s.resource.Save(tx, item); err != nil {
			return nil, err
		}
		return showExperiment(item), nil
	})
}

// StartExperiment implements the method of the same name.
func (s *experiments) StartExperiment(ctx context.Context, r *renewalv1.ChangeExperimentRequest) (*renewalv1.Experiment, error) {
	return s.change(ctx, r, r.GetId(), func(tx *registry.Tx, x *experiment.Experiment) error { return x.Start(r.GetId(), tx.Now) })
}

// ReleaseExperiment implements the method of the same name.
func (s *experiments) ReleaseExperiment(ctx context.Context, r *renewalv1.ReleaseExperimentRequest) (*renewalv1.Experiment, error) {
	return s.change(ctx, r, r.GetId(), func(_ *registry.Tx, x *experiment.Experiment) error { return x.Release(r.GetId(), r.GetPercent()) })
}

// KillExperiment implements the method of the same name.
func (s *experiments) KillExperiment(ctx context.Context, r *renewalv1.KillExperimentRequest) (*renewalv1.Experiment, error) {
	return s.change(ctx, r, r.GetId(), func(tx *registry.Tx, x *experiment.Experiment) error {
		tx.Purpose(r.GetReason())
		return x.Kill(r.GetId(), r.GetReason(), tx.Now)
	})
}

// LockExperiment implements the method of the same name.
func (s *experiments) LockExperiment(ctx context.Context, r *renewalv1.ChangeExperimentRequest) (*renewalv1.Experiment, error) {
	return s.change(ctx, r, r.GetId(), func(tx *registry.Tx, x *experiment.Experiment) error {
		log, err := s.log(tx.Context(), tx.Org, r.GetId())
		if err != nil {
			return err
		}
		return x.Lock(r.GetId(), x.Analyze(log, tx.Now), tx.Now)
	})
}

// log reads all exposures of an experiment.
func (s *experiments) log(ctx context.Context, o org.ID, id string) ([]experiment.Exposure, error) {
	var out []experiment.Exposure
	q := ledger.Under(s.exposures.Name, keyExperiment, ledger.Text(id))
	for {
		items, next, err := s.exposures.List(ctx, s.c.Store, o, q, pageSize)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			out = append(out, item.Value)
		}
		if next == (ledger.Place{}) {
			return out, nil
		}
		q.After = next
	}
}

// exposure finds what a household was shown, nil for nothing.
func (s *experiments) exposure(tx *registry.Tx, id, household string) (*registry.Item[experiment.Exposure], error) {
	items, _, err := s.exposures.List(tx.Context(), tx.Store(), tx.Org, s.exposures.Where(keyHousehold, ledger.Text(id, household)), 1)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return items[0], nil
}

// ExposeExperiment implements the method of the same name.
func (s *experiments) ExposeExperiment(ctx context.Context, r *renewalv1.ExposeExperimentRequest) (*renewalv1.Placement, error) {
	out, err := s.expose(ctx, r)
	if errors.Is(err, ledger.ErrTaken) { // somebody else has shown it to the household at the same instant
		return s.expose(ctx, r)
	}
	return out, err
}

func (s *experiments) expose(ctx context.Context, r *renewalv1.ExposeExperimentRequest) (*renewalv1.Placement, error) {
	return registry.Do(ctx, s.resource.Registry, r, func(tx *registry.Tx) (*renewalv1.Placement, error) {
		x, err := s.resource.Depend(tx, r.GetId()) // who kills it meanwhile is heard
		if err != nil {
			return nil, err
		}
		tx.About(s.resource.Name, x.ID, "exposures")
		p := x.Value.Assign(r.GetHouseholdId())
		v := &x.Value.Variants[p.Variant]
		out := &renewalv1.Placement{Variant: v.Name, Text: v.Text, Drawn: p.Drawn, Reason: p.Reason}
		if !p.Drawn {
			return out, nil
		}
		e, err := s.exposure(tx, x.ID, r.GetHouseholdId())
		if err != nil {
			return nil, err
		}
		if e == nil {
			_, err = s.exposures.Insert(tx, experiment.Exposure{
				Experiment: x.ID, Household: r.GetHouseholdId(), Variant: p.Variant, At: tx.Now, Seen: 1,
			})
			return out, err
		}
		e.Value.Seen++
		return out, s.exposures.Save(tx, e)
	})
}

// RecordExperiment implements the method of the same name.
func (s *experiments) RecordExperiment(ctx context.Context, r *renewalv1.RecordExperimentRequest) (*renewalv1.Exposure, error) {
	return registry.Do(ctx, s.resource.Registry, r, func(tx *registry.Tx) (*renewalv1.Exposure, error) {
		x, err := s.resource.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		e, err := s.exposure(tx, x.ID, r.GetHouseholdId())
		if err != nil {
			return nil, err
		}
		if e == nil {
			return nil, experiment.NotExposed(x.ID, r.GetHouseholdId())
		}
		if err := e.Value.Record(experiment.Metric(r.GetMetric().String()), tx.Now); err != nil {
			return nil, err
		}
		tx.About(s.resource.Name, x.ID, "exposures")
		if err := s.exposures.Save(tx, e); err != nil {
			return nil, err
		}
		return showExposure(&x.Value, &e.Value), nil
	})
}

// AnalyzeExperiment implements the method of the same name.
func (s *experiments) AnalyzeExperiment(ctx context.Context, r *renewalv1.AnalyzeExperimentRequest) (*renewalv1.ExperimentAnalysis, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	x, err := s.resource.Read(ctx, s.c.Store, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	log, err := s.log(ctx, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	now := s.c.Clock.Now()
	if end := x.Value.Ended; !end.IsZero() && end.Before(now) {
		now = end // what was known when it ended
	}
	return showAnalysis(x.Value.Analyze(log, now)), nil
}

// ListExposures implements the method of the same name.
func (s *experiments) ListExposures(ctx context.Context, r *renewalv1.ListExposuresRequest) (*renewalv1.ListExposuresResponse, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	x, err := s.resource.Read(ctx, s.c.Store, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	list := registry.Resource[experiment.Exposure, *renewalv1.Exposure]{
		Registry: s.c.Registry, Kind: &s.exposures,
		ToMessage: func(e *registry.Item[experiment.Exposure]) *renewalv1.Exposure {
			return showExposure(&x.Value, &e.Value)
		},
	}
	out, next, err := list.List(ctx, r, ledger.Under(s.exposures.Name, keyExperiment, ledger.Text(x.ID)))
	return &renewalv1.ListExposuresResponse{Exposures: out, NextPageToken: next}, err
}

// experimentOf reads a draft.
func experimentOf(m *renewalv1.Experiment) (experiment.Experiment, error) {
	x := experiment.Experiment{
		Name: m.GetDisplayName(), Percent: m.GetPercent(), Alpha: m.GetAlpha(), Effect: m.GetMinEffect(),
		Window: time.Duration(m.GetWindowHours()) * time.Hour,
	}
	for _, v := range m.GetVariants() {
		x.Variants = append(x.Variants, experiment.Variant{Name: v.GetName(), Text: v.GetText(), Weight: int(v.GetWeight())})
	}
	x.Fill()
	return x, x.Validate()
}

func showExperiment(item *registry.Item[experiment.Experiment]) *renewalv1.Experiment {
	x := &item.Value
	out := &renewalv1.Experiment{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		DisplayName: x.Name, State: renewalv1.Experiment_State(renewalv1.Experiment_State_value[string(x.State)]),
		Percent: x.Percent, Alpha: x.Alpha, WindowHours: int32(x.Window / time.Hour), MinEffect: x.Effect,
		StartTime: wire.Timestamp(x.Started), EndTime: wire.Timestamp(x.Ended), Winner: x.Winner, Reason: x.Reason,
	}
	for _, v := range x.Variants {
		out.Variants = append(out.Variants, &renewalv1.Variant{Name: v.Name, Text: v.Text, Weight: int32(v.Weight)})
	}
	return out
}

func showExposure(x *experiment.Experiment, e *experiment.Exposure) *renewalv1.Exposure {
	return &renewalv1.Exposure{
		HouseholdId: e.Household, Variant: x.Variants[e.Variant].Name, ExposeTime: wire.Timestamp(e.At), Exposures: int32(e.Seen),
		ClickTime: wire.Timestamp(e.Clicked), SignTime: wire.Timestamp(e.Signed),
	}
}

func showAnalysis(a *experiment.Analysis) *renewalv1.ExperimentAnalysis {
	out := &renewalv1.ExperimentAnalysis{
		Time: wire.Timestamp(a.At), Verdict: renewalv1.ExperimentAnalysis_Verdict(renewalv1.ExperimentAnalysis_Verdict_value[string(a.Verdict)]),
		Advice: a.Advice, Best: a.Best, Boundary: a.Boundary, Needed: int32(min(a.Needed, math.MaxInt32)), NeededEffect: a.NeededEffect,
		RatioEvidence: a.RatioEvidence, RatioP: a.RatioP,
	}
	for i := range a.Arms {
		r := &a.Arms[i]
		out.Arms = append(out.Arms, &renewalv1.ExperimentArm{
			Variant: r.Name, Exposed: int32(r.Exposed), Known: int32(r.Known), Clicks: int32(r.Clicks), Signed: int32(r.Signed),
			Closed: int32(r.Closed), Rate: r.Rate, Low: r.Low, High: r.High,
		})
	}
	for i := range a.Pairs {
		p := &a.Pairs[i]
		m := &renewalv1.ExperimentPair{
			A: a.Arms[p.A].Name, B: a.Arms[p.B].Name, Evidence: p.Evidence, P: p.P, CrossTime: wire.Timestamp(p.Crossed),
			Harm: p.Harm, FewerSigned: a.Arms[p.Fewer].Name,
		}
		if !p.Crossed.IsZero() {
			m.Leader = a.Arms[p.Leader].Name
		}
		out.Pairs = append(out.Pairs, m)
	}
	return out
}
