package notifyserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"

	notifyv1 "fettle/api/gen/fettle/notify/v1"
	"fettle/dispatch/engine"
	"fettle/internal/dialguard"
	"fettle/internal/hooks"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/webhook"
)

// reloadHooks takes endpoints that were written into use, and sweeps those that are new.
func (s *Server) reloadHooks(ctx context.Context, c *call) error {
	if err := c.Hooks.Reload(ctx); err != nil {
		return err
	}
	c.Changed()
	return nil
}

// newID makes an id of chance.
func newID(prefix string) string { return prefix + strings.ToLower(rand.Text()) }

// CreateWebhookEndpoint implements the method of the same name.
func (s *Server) CreateWebhookEndpoint(ctx context.Context, req *notifyv1.CreateWebhookEndpointRequest) (*notifyv1.WebhookEndpoint, error) {
	return change(ctx, s, req, func(c *call) (*notifyv1.WebhookEndpoint, *ledger.Change, error) {
		n, err := s.c.Store.Count(ctx, c.org, ledger.All(hooks.EndpointKind), hooks.MaxEndpoints)
		if err != nil {
			return nil, nil, err
		}
		if n >= hooks.MaxEndpoints {
			return nil, nil, &invalid.Error{Field: "endpoint", Value: fmt.Sprintf("number %d", n+1), Want: fmt.Sprintf("at most %d endpoints", hooks.MaxEndpoints)}
		}
		in := req.GetEndpoint()
		e := &hooks.Endpoint{
			ID: newID("wh_"), Created: c.now, State: hooks.Enabled, URL: in.GetUrl(), Description: in.GetDescription(), Types: in.GetTypes(),
		}
		setState(e, in.GetState())
		if err := s.agreed(ctx, c, e); err != nil {
			return nil, nil, err
		}
		return s.withSecret(c, e)
	}, s.reloadHooks)
}

// withSecret gives an endpoint a new secret and shows it, this once.
func (s *Server) withSecret(c *call, e *hooks.Endpoint) (*notifyv1.WebhookEndpoint, *ledger.Change, error) {
	secret, err := webhook.NewSecret(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	e.Rotate(secret.Text(), c.now)
	out, x, err := s.keepEndpoint(c, e)
	if out != nil {
		out.Secret = secret.Text()
	}
	return out, x, err
}

func (s *Server) keepEndpoint(c *call, e *hooks.Endpoint) (*notifyv1.WebhookEndpoint, *ledger.Change, error) {
	e.Version++
	e.Updated = c.now
	if err := e.Check(); err != nil {
		return nil, nil, err
	}
	if _, err := s.c.Guard.URL(e.URL); err != nil {
		want := "https://host/path, without a user and a fragment; http only to IP addresses that the operator allows"
		if errors.Is(err, dialguard.ErrAddress) {
			want = "a public address, or one that the operator allows"
		}
		return nil, nil, &invalid.Error{Field: "url", Value: fmt.Sprintf("%.200q", e.URL), Want: want}
	}
	record, err := e.Encode()
	return endpointOf(e), &ledger.Change{Records: []ledger.Record{record}}, err
}

// setState enables or disables an endpoint as a person wants it.
func setState(e *hooks.Endpoint, state notifyv1.WebhookEndpoint_State) {
	switch state {
	case notifyv1.WebhookEndpoint_ENABLED:
		e.State, e.Reason = hooks.Enabled, ""
	case notifyv1.WebhookEndpoint_DISABLED:
		e.State, e.Reason = hooks.Disabled, hooks.ReasonPerson
	}
}

func (s *Server) endpoint(ctx context.Context, c *call, id, etag string) (*hooks.Endpoint, error) {
	l, err := s.c.Store.Record(ctx, c.org, hooks.EndpointKind, id)
	if err != nil {
		return nil, err
	}
	if err := fresh(etag, l.Version); err != nil {
		return nil, err
	}
	return hooks.DecodeEndpoint(l)
}

// GetWebhookEndpoint implements the method of the same name.
func (s *Server) GetWebhookEndpoint(ctx context.Context, req *notifyv1.GetWebhookEndpointRequest) (*notifyv1.WebhookEndpoint, error) {
	c, err := s.call(ctx)
	if err != nil {
		return nil, err
	}
	e, err := s.endpoint(ctx, &c, req.GetId(), "")
	if err != nil {
		return nil, err
	}
	return endpointOf(e), nil
}

// ListWebhookEndpoints implements the method of the same name.
func (s *Server) ListWebhookEndpoints(ctx context.Context, req *notifyv1.ListWebhookEndpointsRequest) (*notifyv1.ListWebhookEndpointsResponse, error) {
	q := ledger.All(hooks.EndpointKind)
	out := &notifyv1.ListWebhookEndpointsResponse{}
	var err error
	out.NextPageToken, err = s.list(ctx, &q, req.GetPageSize(), req.GetPageToken(), func(l *ledger.Record) error {
		e, err := hooks.DecodeEndpoint(l)
		if err == nil {
			out.WebhookEndpoints = append(out.WebhookEndpoints, endpointOf(e))
		}
		return err
	})
	return out, err
}

// UpdateWebhookEndpoint implements the method of the same name.
func (s *Server) UpdateWebhookEndpoint(ctx context.Context, req *notifyv1.UpdateWebhookEndpointRequest) (*notifyv1.WebhookEndpoint, error) {
	return change(ctx, s, req, func(c *call) (*notifyv1.WebhookEndpoint, *ledger.Change, error) {
		in := req.GetEndpoint()
		e, err := s.endpoint(ctx, c, in.GetId(), req.GetEtag())
		if err != nil {
			return nil, nil, err
		}
		for _, field := range fields(req.GetUpdateMask().GetPaths(), "url", "description", "types", "state") {
			switch field {
			case "url":
				e.URL = in.GetUrl()
			case "description":
				e.Description = in.GetDescription()
			case "types":
				e.Types = in.GetTypes()
			case "state":
				setState(e, in.GetState())
			default:
				return nil, nil, &invalid.Error{Field: "updateMask", Value: fmt.Sprintf("%.80q", field), Want: "url, description, types or state"}
			}
		}
		if err := s.agreed(ctx, c, e); err != nil {
			return nil, nil, err
		}
		return s.keepEndpoint(c, e)
	}, s.reloadHooks)
}

// agreed refuses an endpoint that is to be enabled while no agreement opens the way to it.
func (s *Server) agreed(ctx context.Context, c *call, e *hooks.Endpoint) error {
	if s.c.Agreed == nil || e.State != hooks.Enabled {
		return nil
	}
	way := hooks.Way(e.URL)
	_, ok, err := s.c.Agreed(ctx, c.org, way)
	if err == nil && !ok {
		err = &engine.ConflictError{Reason: "AGREEMENT_REQUIRED", Detail: "no processing agreement that is valid today opens " + way + ": see POST /v1/processingAgreements"}
	}
	return err
}

// DeleteWebhookEndpoint implements the method of the same name.
func (s *Server) DeleteWebhookEndpoint(ctx context.Context, req *notifyv1.DeleteWebhookEndpointRequest) (*emptypb.Empty, error) {
	return change(ctx, s, req, func(c *call) (*emptypb.Empty, *ledger.Change, error) {
		e, err := s.endpoint(ctx, c, req.GetId(), req.GetEtag())
		if err != nil {
			return nil, nil, err
		}
		return &emptypb.Empty{}, &ledger.Change{Removed: []ledger.Ref{{Kind: hooks.EndpointKind, ID: e.ID, Version: e.Version}}}, nil
	}, s.reloadHooks)
}

// RotateWebhookSecret implements the method of the same name.
func (s *Server) RotateWebhookSecret(ctx context.Context, req *notifyv1.RotateWebhookSecretRequest) (*notifyv1.WebhookEndpoint, error) {
	return change(ctx, s, req, func(c *call) (*notifyv1.WebhookEndpoint, *ledger.Change, error) {
		e, err := s.endpoint(ctx, c, req.GetId(), req.GetEtag())
		if err != nil {
			return nil, nil, err
		}
		return s.withSecret(c, e)
	}, s.reloadHooks)
}

// TestWebhookEndpoint implements the method of the same name.
func (s *Server) TestWebhookEndpoint(ctx context.Context, req *notifyv1.TestWebhookEndpointRequest) (*notifyv1.TestWebhookEndpointResponse, error) {
	return change(ctx, s, req, func(c *call) (*notifyv1.TestWebhookEndpointResponse, *ledger.Change, error) {
		e, err := s.endpoint(ctx, c, req.GetId(), "")
		if err != nil {
			return nil, nil, err
		}
		w, id, err := hooks.Test(e.ID, newID("test_"), c.now)
		return &notifyv1.TestWebhookEndpointResponse{DeliveryId: id}, &ledger.Change{DueSet: []ledger.DueWork{w}}, err
	})
}

// ListWebhookDeliveries implements the method of the same name.
func (s *Server) ListWebhookDeliveries(ctx context.Context, req *notifyv1.ListWebhookDeliveriesRequest) (*notifyv1.ListWebhookDeliveriesResponse, error) {
	c, err := s.call(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.endpoint(ctx, &c, req.GetId(), ""); err != nil {
		return nil, err
	}
	q := ledger.Under(hooks.DeliveryKind, hooks.KeyEndpoint, ledger.Text(req.GetId()))
	if state := req.GetState(); state != 0 {
		q = ledger.Under(hooks.DeliveryKind, hooks.KeyState, ledger.Text(req.GetId(), state.String()))
	}
	q.Descending = true
	out := &notifyv1.ListWebhookDeliveriesResponse{}
	out.NextPageToken, err = s.list(ctx, &q, req.GetPageSize(), req.GetPageToken(), func(l *ledger.Record) error {
		d, err := hooks.DecodeDelivery(l)
		if err == nil {
			out.Deliveries = append(out.Deliveries, deliveryOf(d))
		}
		return err
	})
	return out, err
}

// maxReplay is how many deliveries one call replays.
const maxReplay = 1000

// ReplayWebhookDeliveries implements the method of the same name.
func (s *Server) ReplayWebhookDeliveries(ctx context.Context, req *notifyv1.ReplayWebhookDeliveriesRequest) (*notifyv1.ReplayWebhookDeliveriesResponse, error) {
	return change(ctx, s, req, func(c *call) (*notifyv1.ReplayWebhookDeliveriesResponse, *ledger.Change, error) {
		if _, err := s.endpoint(ctx, c, req.GetId(), ""); err != nil {
			return nil, nil, err
		}
		found, err := s.deliveries(ctx, c, req.GetId(), req.GetDeliveryIds())
		if err != nil || len(found) == 0 {
			return &notifyv1.ReplayWebhookDeliveriesResponse{}, nil, err
		}
		x := &ledger.Change{}
		for _, d := range found {
			w, err := d.Replay(c.now)
			if err != nil {
				return nil, nil, err
			}
			d.Version++
			d.Updated = c.now
			record, err := d.Encode()
			if err != nil {
				return nil, nil, err
			}
			x.Records, x.DueSet = append(x.Records, record), append(x.DueSet, w)
		}
		return &notifyv1.ReplayWebhookDeliveriesResponse{Replayed: int32(min(len(found), maxReplay))}, x, nil
	})
}

// deliveries finds those of an endpoint that are named, or those that failed.
func (s *Server) deliveries(ctx context.Context, c *call, endpoint string, ids []string) ([]*hooks.Delivery, error) {
	var out []*hooks.Delivery
	if len(ids) == 0 {
		failed := ledger.Under(hooks.DeliveryKind, hooks.KeyState, ledger.Text(endpoint, string(hooks.Failed)))
		p, err := s.c.Store.Records(ctx, c.org, failed, maxReplay)
		if err != nil {
			return nil, err
		}
		for i := range p.Records {
			d, err := hooks.DecodeDelivery(&p.Records[i])
			if err != nil {
				return nil, err
			}
			out = append(out, d)
		}
		return out, nil
	}
	seen := map[string]bool{}
	for i, id := range ids {
		l, err := s.c.Store.Record(ctx, c.org, hooks.DeliveryKind, id)
		if errors.Is(err, ledger.ErrNotFound) || seen[id] {
			return nil, &invalid.Error{Field: fmt.Sprintf("deliveryIds[%d]", i), Value: fmt.Sprintf("%.100q", id), Want: "a delivery of this endpoint, once"}
		}
		if err != nil {
			return nil, err
		}
		d, err := hooks.DecodeDelivery(l)
		if err != nil {
			return nil, err
		}
		if d.Endpoint != endpoint {
			return nil, &invalid.Error{Field: fmt.Sprintf("deliveryIds[%d]", i), Value: fmt.Sprintf("%.100q", id), Want: "a delivery of this endpoint"}
		}
		seen[id] = true
		out = append(out, d)
	}
	return out, nil
}

func endpointOf(e *hooks.Endpoint) *notifyv1.WebhookEndpoint {
	return &notifyv1.WebhookEndpoint{
		Id: e.ID, Name: "webhookEndpoints/" + e.ID, CreateTime: stamp(e.Created), UpdateTime: stamp(e.Updated), Etag: wire.Etag(e.Version),
		Url: e.URL, Description: e.Description, Types: e.Types, Reason: e.Reason,
		State: notifyv1.WebhookEndpoint_State(notifyv1.WebhookEndpoint_State_value[string(e.State)]),
	}
}

func deliveryOf(d *hooks.Delivery) *notifyv1.WebhookDelivery {
	out := &notifyv1.WebhookDelivery{
		Id: d.ID, EventId: d.Event, Type: d.Type, CreateTime: stamp(d.Created), UpdateTime: stamp(d.Updated), NextAttemptTime: stamp(d.Next), Body: d.Body,
		State: notifyv1.WebhookDelivery_State(notifyv1.WebhookDelivery_State_value[string(d.State)]),
	}
	for _, a := range d.Attempts {
		out.Attempts = append(out.Attempts, &notifyv1.WebhookDelivery_Attempt{
			Time: stamp(a.At), Took: durationpb.New(a.Took), Status: int32(a.Status), Detail: a.Detail, //nolint:gosec // a status of HTTP
		})
	}
	return out
}
