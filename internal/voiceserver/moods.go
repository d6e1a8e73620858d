package voiceserver

import (
	"context"
	"math"

	"google.golang.org/protobuf/proto"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/rental/lease"
	"fettle/rental/renewal/rate"
	"fettle/rental/renewal/voice"
)

// outcomeDays is how far back outcomes of moods look unless it is said.
const outcomeDays = 365

// month is the one that a request names, or that of today.
func (s *Server) month(text string) (string, error) {
	if text == "" {
		return s.today().String()[:len("2026-03")], nil
	}
	return text, voice.CheckMonth(text, s.Clock.Now())
}

// TapMood implements the method of the same name.
func (s *Server) TapMood(ctx context.Context, r *renewalv1.TapMoodRequest) (*renewalv1.MoodTap, error) {
	month, err := s.month(r.GetMonth())
	if err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.MoodTap, error) {
		l, err := s.lease(ctx, tx.Org, r.GetLeaseId())
		if err != nil {
			return nil, err
		}
		items, _, err := s.taps.List(ctx, tx.Store(), tx.Org, s.taps.Where(keyOnce, ledger.Text(string(l.ID), month)), 1)
		if err != nil {
			return nil, err
		}
		var item *registry.Item[voice.Tap]
		mood := voice.Mood(r.GetMood().String())
		if len(items) == 0 {
			item, err = s.taps.Insert(tx, voice.Tap{Lease: string(l.ID), Month: month, Mood: mood, At: tx.Now})
		} else {
			item = items[0]
			if err = item.Value.Change(mood, tx.Now); err == nil {
				err = s.taps.Save(tx, item)
			}
		}
		if err != nil {
			return nil, err
		}
		tx.About(s.taps.Name, item.ID)
		t := &item.Value
		out := &renewalv1.MoodTap{Month: month, Mood: r.GetMood(), Time: wire.Timestamp(t.At), ChangeUntil: wire.Timestamp(t.At.Add(voice.MindFor))}
		out.CareTaskId, err = s.follow(tx, &l, t)
		return out, err
	})
}

// follow makes a care task when the moods of a lease call for one, unless one is open already.
func (s *Server) follow(tx *registry.Tx, l *lease.Lease, t *voice.Tap) (string, error) {
	ctx := tx.Context()
	before, err := all(ctx, &s.taps, tx.Store(), tx.Org, s.taps.Where(keyLease, ledger.Text(t.Lease)))
	if err != nil {
		return "", err
	}
	reason := voice.Follow(append(before, *t), t.Month)
	if reason == "" {
		return "", nil
	}
	open, _, err := s.care.Kind.List(ctx, tx.Store(), tx.Org, s.care.Where(keyOnce, ledger.Text(t.Lease)), 1)
	if err != nil || len(open) > 0 {
		return "", err
	}
	item, err := s.care.Insert(tx, voice.Care{Lease: t.Lease, Unit: l.Unit, Reason: reason, State: voice.CareOpen, Due: tx.Now.Add(voice.CareFor)})
	if err != nil {
		return "", err
	}
	tx.Also(s.care.Name, item.ID)
	return item.ID, nil
}

// GetMoods implements the method of the same name.
func (s *Server) GetMoods(ctx context.Context, r *renewalv1.GetMoodsRequest) (*renewalv1.Moods, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	month, err := s.month(r.GetMonth())
	if err != nil {
		return nil, err
	}
	taps, err := all(ctx, &s.taps, s.Residence.Store, who.Org, s.taps.Where(keyMonth, ledger.Text(month)))
	if err != nil {
		return nil, err
	}
	n, err := s.running(ctx, who.Org)
	out := &renewalv1.Moods{Month: month, Leases: int32(n)}
	for i := range taps {
		switch taps[i].Mood {
		case voice.Good:
			out.Good++
		case voice.Neutral:
			out.Neutral++
		case voice.Bad:
			out.Bad++
		}
	}
	return out, err
}

// GetMoodOutcomes implements the method of the same name.
func (s *Server) GetMoodOutcomes(ctx context.Context, r *renewalv1.GetMoodOutcomesRequest) (*renewalv1.MoodOutcomes, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	taps, err := all(ctx, &s.taps, s.Residence.Store, who.Org, s.taps.All())
	if err != nil {
		return nil, err
	}
	by := map[string][]voice.Tap{}
	for i := range taps {
		by[taps[i].Lease] = append(by[taps[i].Lease], taps[i])
	}
	days := int(r.GetDays())
	if days == 0 {
		days = outcomeDays
	}
	w := rate.WindowOf(s.today(), days, s.Residence.Zone)
	var ended []rate.Ended
	if err := s.Residence.Leases(ctx, who.Org, s.today(), func(l *lease.Lease) {
		if e, ok := w.Judge(l); ok {
			e.Group = string(voice.PatternOf(by[string(l.ID)], e.Last.String()[:len("2026-03")]))
			ended = append(ended, e)
		}
	}); err != nil {
		return nil, err
	}
	_, groups := rate.Count(ended)
	out := &renewalv1.MoodOutcomes{Definition: rate.Definition + " Groups: the moods up to the month of the last day; THREE_NEUTRAL are three bills in a row."}
	for i := range groups {
		g := &groups[i]
		m := &renewalv1.MoodOutcome{Pattern: g.Group, Leases: int32(g.Ended), Renewed: int32(g.Renewed), Low: g.Low, High: g.High}
		if !math.IsNaN(g.Rate) {
			m.Rate = proto.Float64(g.Rate)
		}
		out.Outcomes = append(out.Outcomes, m)
	}
	return out, nil
}

// ListCareTasks implements the method of the same name.
func (s *Server) ListCareTasks(ctx context.Context, r *renewalv1.ListCareTasksRequest) (*renewalv1.ListCareTasksResponse, error) {
	q := s.care.All()
	if state := r.GetState(); state != renewalv1.CareTask_STATE_UNSPECIFIED {
		q = s.care.Where(keyState, ledger.Text(state.String()))
	}
	list, next, err := s.care.List(ctx, r, q)
	return &renewalv1.ListCareTasksResponse{CareTasks: list, NextPageToken: next}, err
}

// CloseCareTask implements the method of the same name.
func (s *Server) CloseCareTask(ctx context.Context, r *renewalv1.CloseCareTaskRequest) (*renewalv1.CareTask, error) {
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.CareTask, error) {
		item, err := s.care.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		if err := item.Value.Close(item.ID, r.GetOutcome(), tx.Who.Name, tx.Now); err != nil {
			return nil, err
		}
		tx.About(s.care.Name, item.ID, "state")
		if err := s.care.Save(tx, item); err != nil {
			return nil, err
		}
		return showCare(item), nil
	})
}

func showCare(item *registry.Item[voice.Care]) *renewalv1.CareTask {
	v := &item.Value
	return &renewalv1.CareTask{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), Etag: wire.Etag(item.Version), LeaseId: v.Lease, UnitId: v.Unit, Reason: v.Reason,
		State: renewalv1.CareTask_State(renewalv1.CareTask_State_value[string(v.State)]), DueTime: wire.Timestamp(v.Due), Outcome: v.Outcome,
		ClosedBy: v.By, CloseTime: wire.Timestamp(v.DoneAt),
	}
}
