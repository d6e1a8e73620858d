package improveserver

import (
	"context"
	"errors"

	steeringv1 "fettle/api/gen/fettle/steering/v1"
	"fettle/improvement"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
)

func readIdea(m *steeringv1.Idea) (improvement.Idea, error) {
	return improvement.Idea{State: improvement.IdeaSubmitted, Title: m.GetTitle(), Text: m.GetText()}, nil
}

func showIdea(item *registry.Item[improvement.Idea]) *steeringv1.Idea {
	i := &item.Value
	return &steeringv1.Idea{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		State: steeringv1.Idea_State(steeringv1.Idea_State_value[i.State]), Title: i.Title, Text: i.Text, Author: i.Author,
		Votes: int32(len(i.Voters)), PilotId: i.Pilot, Award: i.Award, Reason: i.Reason,
	}
}

// CreateIdea implements the method of the same name.
func (s *Server) CreateIdea(ctx context.Context, r *steeringv1.CreateIdeaRequest) (*steeringv1.Idea, error) {
	own := s.ideas
	own.FromMessage = func(m *steeringv1.Idea) (improvement.Idea, error) {
		i, err := readIdea(m)
		if who, ok := auth.FromContext(ctx); ok {
			i.Author = who.Name
		}
		return i, err
	}
	return own.Create(ctx, r, r.GetIdea())
}

// GetIdea implements the method of the same name.
func (s *Server) GetIdea(ctx context.Context, r *steeringv1.GetIdeaRequest) (*steeringv1.Idea, error) {
	return s.ideas.Get(ctx, r.GetId())
}

// ListIdeas implements the method of the same name.
func (s *Server) ListIdeas(ctx context.Context, r *steeringv1.ListIdeasRequest) (*steeringv1.ListIdeasResponse, error) {
	found, next, err := s.ideas.List(ctx, r, s.ideas.All())
	if err != nil {
		return nil, err
	}
	return &steeringv1.ListIdeasResponse{Ideas: found, NextPageToken: next}, nil
}

// VoteIdea implements the method of the same name.
func (s *Server) VoteIdea(ctx context.Context, r *steeringv1.VoteIdeaRequest) (*steeringv1.Idea, error) {
	return registry.Do(ctx, s.ideas.Registry, r, func(tx *registry.Tx) (*steeringv1.Idea, error) {
		item, err := s.ideas.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		item.Value.Vote(tx.Who.Name, r.GetWithdraw())
		tx.About(s.ideas.Name, item.ID, "votes")
		if err := s.ideas.Save(tx, item); err != nil {
			return nil, err
		}
		return showIdea(item), nil
	})
}

// DecideIdea implements the method of the same name.
func (s *Server) DecideIdea(ctx context.Context, r *steeringv1.DecideIdeaRequest) (*steeringv1.Idea, error) {
	return registry.Do(ctx, s.ideas.Registry, r, func(tx *registry.Tx) (*steeringv1.Idea, error) {
		item, err := s.ideas.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		if id := r.GetPilotId(); id != "" {
			if _, err := s.pilots.Depend(tx, id); errors.Is(err, ledger.ErrNotFound) {
				return nil, &invalid.Error{Field: "pilotId", Value: id, Want: "the id of a pilot"}
			} else if err != nil {
				return nil, err
			}
		}
		if err := item.Value.Decide(r.GetState().String(), r.GetReason(), r.GetPilotId(), r.GetAward()); err != nil {
			return nil, err
		}
		tx.About(s.ideas.Name, item.ID, "state")
		if err := s.ideas.Save(tx, item); err != nil {
			return nil, err
		}
		return showIdea(item), nil
	})
}
