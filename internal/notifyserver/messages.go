package notifyserver

import (
	"context"
	"fmt"
	"slices"

	notifyv1 "fettle/api/gen/fettle/notify/v1"
	"fettle/dispatch/engine"
	"fettle/internal/notify"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
)

// GetMessage implements the method of the same name.
func (s *Server) GetMessage(ctx context.Context, req *notifyv1.GetMessageRequest) (*notifyv1.Message, error) {
	c, err := s.call(ctx)
	if err != nil {
		return nil, err
	}
	r, err := s.message(ctx, &c, req.GetId())
	if err != nil {
		return nil, err
	}
	return messageOf(r), nil
}

func (s *Server) message(ctx context.Context, c *call, id string) (*notify.Record, error) {
	l, err := s.c.Store.Record(ctx, c.org, notify.RecordKind, id)
	if err != nil {
		return nil, err
	}
	return notify.DecodeRecord(l)
}

// ListMessages implements the method of the same name.
func (s *Server) ListMessages(ctx context.Context, req *notifyv1.ListMessagesRequest) (*notifyv1.ListMessagesResponse, error) {
	q := ledger.Between(notify.RecordKind, notify.KeyCreated, "", "")
	filters := 0
	under := func(key, value string) {
		if value != "" {
			q = ledger.Under(notify.RecordKind, key, ledger.Text(value))
			filters++
		}
	}
	under(notify.KeyOrder, req.GetWorkOrderId())
	under(notify.KeyLease, req.GetLeaseId())
	under(notify.KeyRecipient, req.GetRecipient())
	if state := req.GetState(); state != 0 {
		under(notify.KeyState, state.String())
	}
	if filters > 1 {
		return nil, &invalid.Error{Field: "workOrderId, leaseId, recipient, state", Value: fmt.Sprint(filters), Want: "at most one of them"}
	}
	q.Descending = true
	out := &notifyv1.ListMessagesResponse{}
	var err error
	out.NextPageToken, err = s.list(ctx, &q, req.GetPageSize(), req.GetPageToken(), func(l *ledger.Record) error {
		r, err := notify.DecodeRecord(l)
		if err == nil {
			out.Messages = append(out.Messages, messageOf(r))
		}
		return err
	})
	return out, err
}

// ResolveMessage implements the method of the same name.
func (s *Server) ResolveMessage(ctx context.Context, req *notifyv1.ResolveMessageRequest) (*notifyv1.Message, error) {
	return change(ctx, s, req, func(c *call) (*notifyv1.Message, *ledger.Change, error) {
		r, err := s.message(ctx, c, req.GetId())
		if err == nil {
			err = fresh(req.GetEtag(), r.Version)
		}
		if err != nil {
			return nil, nil, err
		}
		if r.State != notify.Uncertain {
			return nil, nil, &engine.ConflictError{Reason: "ILLEGAL_STATE", State: engine.State(r.State), Detail: "only a message in state UNKNOWN can be resolved"}
		}
		to, err := c.Desk.Recipient(ctx, r.Recipient)
		if err != nil {
			return nil, nil, err
		}
		due, err := c.Desk.Decide(r, to, notify.Decision(req.GetOutcome().String()))
		if err != nil {
			return nil, nil, err
		}
		r.Version++
		r.Updated = c.now
		record, err := r.Encode()
		return messageOf(r), &ledger.Change{Records: []ledger.Record{record}, DueSet: append(due, r.Told(c.now)...)}, err
	})
}

func messageOf(r *notify.Record) *notifyv1.Message {
	m := &r.Message
	out := &notifyv1.Message{
		Id: r.ID, Name: "messages/" + r.ID, CreateTime: stamp(r.Created), UpdateTime: stamp(r.Updated), Etag: wire.Etag(r.Version),
		State: notifyv1.Message_State(notifyv1.Message_State_value[string(r.State)]), Reason: r.Reason, Kind: m.Kind, To: string(m.To),
		Recipient: r.Recipient, WorkOrderId: m.OrderID, TechnicianId: m.TechnicianID, Stage: m.Stage, Channel: r.Channel, Language: r.Language,
		TemplateId: m.Template, TemplateVersion: int32(min(m.TemplateVersion, 1<<30)), DueTime: stamp(m.DueAt), NotBefore: stamp(r.NotBefore),
		SentTime: stamp(r.SentAt), SettledTime: stamp(r.SettledAt), ProviderMessageId: r.ProviderID, Cost: float64(r.Cost) / 1e6, Emergency: m.Emergency, LeaseId: m.LeaseID, AcknowledgedTime: stamp(r.AcknowledgedAt),
	}
	for _, a := range r.Attempts {
		out.Attempts = append(out.Attempts, &notifyv1.Message_Attempt{Channel: a.Channel, Time: stamp(a.At), Result: string(a.Result), Detail: a.Detail})
	}
	return out
}

// GetRecipient implements the method of the same name.
func (s *Server) GetRecipient(ctx context.Context, req *notifyv1.GetRecipientRequest) (*notifyv1.Recipient, error) {
	c, err := s.call(ctx)
	if err != nil {
		return nil, err
	}
	l, err := s.c.Store.Record(ctx, c.org, notify.RecipientKind, req.GetId())
	if err != nil {
		return nil, err
	}
	r, err := notify.DecodeRecipient(l)
	if err != nil {
		return nil, err
	}
	return recipientOf(r), nil
}

// RevealRecipient implements the method of the same name. The gate has the audit entry written before the answer goes out.
func (s *Server) RevealRecipient(ctx context.Context, req *notifyv1.RevealRecipientRequest) (*notifyv1.RecipientAddresses, error) {
	c, err := s.call(ctx)
	if err != nil {
		return nil, err
	}
	l, err := s.c.Store.Record(ctx, c.org, notify.RecipientKind, req.GetId())
	if err != nil {
		return nil, err
	}
	r, err := notify.DecodeRecipient(l)
	if err != nil {
		return nil, err
	}
	return &notifyv1.RecipientAddresses{Id: r.ID, Addresses: r.Addresses}, nil
}

// ListRecipients implements the method of the same name.
func (s *Server) ListRecipients(ctx context.Context, req *notifyv1.ListRecipientsRequest) (*notifyv1.ListRecipientsResponse, error) {
	q := ledger.All(notify.RecipientKind)
	out := &notifyv1.ListRecipientsResponse{}
	var err error
	out.NextPageToken, err = s.list(ctx, &q, req.GetPageSize(), req.GetPageToken(), func(l *ledger.Record) error {
		r, err := notify.DecodeRecipient(l)
		if err == nil {
			out.Recipients = append(out.Recipients, recipientOf(r))
		}
		return err
	})
	return out, err
}

// CreateRecipient implements the method of the same name.
func (s *Server) CreateRecipient(ctx context.Context, req *notifyv1.CreateRecipientRequest) (*notifyv1.Recipient, error) {
	return change(ctx, s, req, func(c *call) (*notifyv1.Recipient, *ledger.Change, error) {
		in := req.GetRecipient()
		r := &notify.Recipient{ID: in.GetId(), Version: 1, Created: c.now, Language: in.GetLanguage(), OptOuts: in.GetOptOuts()}
		r.Addresses = addresses(nil, in.GetAddresses())
		return keepRecipient(c, r)
	})
}

// UpdateRecipient implements the method of the same name.
func (s *Server) UpdateRecipient(ctx context.Context, req *notifyv1.UpdateRecipientRequest) (*notifyv1.Recipient, error) {
	return change(ctx, s, req, func(c *call) (*notifyv1.Recipient, *ledger.Change, error) {
		in := req.GetRecipient()
		l, err := s.c.Store.Record(ctx, c.org, notify.RecipientKind, in.GetId())
		if err == nil {
			err = fresh(req.GetEtag(), l.Version)
		}
		if err != nil {
			return nil, nil, err
		}
		r, err := notify.DecodeRecipient(l)
		if err != nil {
			return nil, nil, err
		}
		for _, field := range fields(req.GetUpdateMask().GetPaths(), "language", "addresses", "opt_outs") {
			switch field {
			case "language":
				r.Language = in.GetLanguage()
			case "addresses":
				r.Addresses = addresses(r.Addresses, in.GetAddresses())
			case "opt_outs", "optOuts":
				r.OptOuts = in.GetOptOuts()
			default:
				return nil, nil, &invalid.Error{Field: "updateMask", Value: fmt.Sprintf("%.80q", field), Want: "language, addresses or optOuts"}
			}
		}
		r.Version++
		return keepRecipient(c, r)
	})
}

// GrantCredits implements the method of the same name.
func (s *Server) GrantCredits(ctx context.Context, req *notifyv1.GrantCreditsRequest) (*notifyv1.Recipient, error) {
	return change(ctx, s, req, func(c *call) (*notifyv1.Recipient, *ledger.Change, error) {
		l, err := s.c.Store.Record(ctx, c.org, notify.RecipientKind, req.GetId())
		if err != nil {
			return nil, nil, err
		}
		r, err := notify.DecodeRecipient(l)
		if err != nil {
			return nil, nil, err
		}
		if c.Catalog.Find(req.GetTemplateId()) == nil {
			return nil, nil, &invalid.Error{Field: "templateId", Value: fmt.Sprintf("%.80q", req.GetTemplateId()), Want: "the id of a template"}
		}
		if r.Credits == nil {
			r.Credits = map[string]int64{}
		}
		r.Credits[notify.CreditKey(req.GetChannel(), req.GetTemplateId())] += int64(req.GetCount())
		r.Version++
		return keepRecipient(c, r)
	})
}

func keepRecipient(c *call, r *notify.Recipient) (*notifyv1.Recipient, *ledger.Change, error) {
	r.Updated = c.now
	if err := r.Check(); err != nil {
		return nil, nil, err
	}
	record, err := r.Encode()
	return recipientOf(r), &ledger.Change{Records: []ledger.Record{record}}, err
}

// addresses are those before with others in their place; an empty one takes its channel away.
func addresses(before, others map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range []map[string]string{before, others} {
		for channel, a := range m {
			if out[channel] = a; a == "" {
				delete(out, channel)
			}
		}
	}
	return out
}

// fields are the paths of a mask, or all when it names none.
func fields(paths []string, all ...string) []string {
	if len(paths) == 0 || slices.Contains(paths, "*") {
		return all
	}
	return paths
}

func recipientOf(r *notify.Recipient) *notifyv1.Recipient {
	out := &notifyv1.Recipient{
		Id: r.ID, Name: "recipients/" + r.ID, CreateTime: stamp(r.Created), UpdateTime: stamp(r.Updated), Etag: wire.Etag(r.Version),
		Language: r.Language, OptOuts: r.OptOuts, Addresses: map[string]string{}, Credits: map[string]int32{},
	}
	for channel, a := range r.Addresses {
		out.Addresses[channel] = masked(a)
	}
	for key, n := range r.Credits {
		out.Credits[key] = int32(min(n, 1<<30))
	}
	return out
}

// shown is how many characters of an address are.
const shown = 4

// masked shows the end of an address, and at most half of it.
func masked(a string) string {
	letters := []rune(a)
	n := min(shown, len(letters)/2)
	return "***" + string(letters[len(letters)-n:])
}
