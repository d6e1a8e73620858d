package notifyserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	notifyv1 "fettle/api/gen/fettle/notify/v1"
	"fettle/dispatch/engine"
	"fettle/internal/notify"
	"fettle/internal/policy"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
)

// stored is a template with what its record says of it; the version is 0 for one that the service begins with.
type stored struct {
	*notify.Template
	record ledger.Record
}

// template finds a template: of the org, or else one that the service begins with.
func (s *Server) template(ctx context.Context, c *call, id string) (*stored, error) {
	l, err := s.c.Store.Record(ctx, c.org, notify.TemplateKind, id)
	if errors.Is(err, ledger.ErrNotFound) {
		if t := c.Catalog.Original(id); t != nil {
			return &stored{Template: t}, nil
		}
	}
	if err != nil {
		return nil, err
	}
	t, err := notify.DecodeTemplate(l)
	return &stored{t, *l}, err
}

// GetMessageTemplate implements the method of the same name.
func (s *Server) GetMessageTemplate(ctx context.Context, req *notifyv1.GetMessageTemplateRequest) (*notifyv1.MessageTemplate, error) {
	c, err := s.call(ctx)
	if err != nil {
		return nil, err
	}
	t, err := s.template(ctx, &c, req.GetId())
	if err != nil {
		return nil, err
	}
	return templateOf(c.Catalog, t), nil
}

// ListMessageTemplates implements the method of the same name. There are few: they are read whole.
func (s *Server) ListMessageTemplates(ctx context.Context, req *notifyv1.ListMessageTemplatesRequest) (*notifyv1.ListMessageTemplatesResponse, error) {
	c, err := s.call(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.c.Store.Records(ctx, c.org, ledger.All(notify.TemplateKind), notify.MaxTemplates)
	if err != nil {
		return nil, err
	}
	var all []*stored
	for i := range p.Records {
		t, err := notify.DecodeTemplate(&p.Records[i])
		if err != nil {
			return nil, err
		}
		all = append(all, &stored{t, p.Records[i]})
	}
	for _, t := range c.Catalog.Originals() {
		if !slices.ContainsFunc(all, func(own *stored) bool { return own.ID == t.ID }) {
			all = append(all, &stored{Template: t})
		}
	}
	slices.SortFunc(all, func(a, b *stored) int { return strings.Compare(a.ID, b.ID) })
	n := policy.DefaultPageSize
	if size := int(req.GetPageSize()); size > 0 {
		n = min(size, policy.MaxPageSize)
	}
	out := &notifyv1.ListMessageTemplatesResponse{}
	for _, t := range all {
		if t.ID <= req.GetPageToken() {
			continue
		}
		if len(out.MessageTemplates) == n {
			out.NextPageToken = out.MessageTemplates[n-1].GetId()
			break
		}
		out.MessageTemplates = append(out.MessageTemplates, templateOf(c.Catalog, t))
	}
	return out, nil
}

// CreateMessageTemplate implements the method of the same name.
func (s *Server) CreateMessageTemplate(ctx context.Context, req *notifyv1.CreateMessageTemplateRequest) (*notifyv1.MessageTemplate, error) {
	return change(ctx, s, req, func(c *call) (*notifyv1.MessageTemplate, *ledger.Change, error) {
		in := req.GetTemplate()
		n, err := s.c.Store.Count(ctx, c.org, ledger.All(notify.TemplateKind), notify.MaxTemplates)
		if err != nil {
			return nil, nil, err
		}
		if n >= notify.MaxTemplates {
			return nil, nil, &invalid.Error{Field: "template", Value: fmt.Sprintf("number %d", n+1), Want: fmt.Sprintf("at most %d templates", notify.MaxTemplates)}
		}
		t := &stored{&notify.Template{ID: in.GetId(), Event: engine.EventType(in.GetEvent()), Kind: in.GetKind(), To: notify.Role(in.GetTo())}, ledger.Record{Created: c.now}}
		if original := c.Catalog.Original(in.GetId()); original != nil { // its wording stays in use until another is approved
			*t.Template = *original
			t.Versions = slices.Clone(original.Versions)
		}
		if t.Kind == "" {
			t.Kind = t.ID
		}
		t.Versions = append(t.Versions, draftOf(in, nextNumber(t.Template)))
		return s.keepTemplate(c, t)
	}, s.reloadTemplates)
}

func nextNumber(t *notify.Template) int64 {
	if len(t.Versions) == 0 {
		return 1
	}
	return t.Versions[len(t.Versions)-1].Number + 1
}

// UpdateMessageTemplate implements the method of the same name.
func (s *Server) UpdateMessageTemplate(ctx context.Context, req *notifyv1.UpdateMessageTemplateRequest) (*notifyv1.MessageTemplate, error) {
	return change(ctx, s, req, func(c *call) (*notifyv1.MessageTemplate, *ledger.Change, error) {
		in := req.GetTemplate()
		t, err := s.ownTemplate(ctx, c, in.GetId(), req.GetEtag())
		if err != nil {
			return nil, nil, err
		}
		last := t.Versions[len(t.Versions)-1]
		if last.State != notify.Draft {
			last.Number, last.State = last.Number+1, notify.Draft
			t.Versions = append(t.Versions, last)
		}
		written := draftOf(in, last.Number)
		for _, field := range fields(req.GetUpdateMask().GetPaths(), "variables", "texts", "channels") {
			switch field {
			case "variables":
				last.Variables = written.Variables
			case "texts":
				last.Texts = written.Texts
			case "channels":
				last.Channels = written.Channels
			default:
				return nil, nil, &invalid.Error{Field: "updateMask", Value: fmt.Sprintf("%.80q", field), Want: "variables, texts or channels"}
			}
		}
		t.Versions[len(t.Versions)-1] = last
		return s.keepTemplate(c, t)
	}, s.reloadTemplates)
}

// ownTemplate finds a template of the org that is to change; one that the service begins with is created first.
func (s *Server) ownTemplate(ctx context.Context, c *call, id, etag string) (*stored, error) {
	t, err := s.template(ctx, c, id)
	if err != nil {
		return nil, err
	}
	if t.record.Version == 0 {
		return nil, &engine.ConflictError{Reason: "BUILT_IN", Detail: "the service begins with this template: create one with its id to write another wording"}
	}
	return t, fresh(etag, t.record.Version)
}

// ApproveMessageTemplate implements the method of the same name.
func (s *Server) ApproveMessageTemplate(ctx context.Context, req *notifyv1.ApproveMessageTemplateRequest) (*notifyv1.MessageTemplate, error) {
	return change(ctx, s, req, func(c *call) (*notifyv1.MessageTemplate, *ledger.Change, error) {
		t, err := s.ownTemplate(ctx, c, req.GetId(), req.GetEtag())
		if err != nil {
			return nil, nil, err
		}
		last := &t.Versions[len(t.Versions)-1]
		if last.State != notify.Draft {
			return nil, nil, &engine.ConflictError{Reason: "ILLEGAL_STATE", State: engine.State(last.State), Detail: "the template has no draft"}
		}
		if before := t.InUse(); before != nil {
			before.State = notify.Retired
		}
		last.State = notify.Approved
		return s.keepTemplate(c, t)
	}, s.reloadTemplates)
}

// keepTemplate checks a template and makes the change that writes it.
func (s *Server) keepTemplate(c *call, t *stored) (*notifyv1.MessageTemplate, *ledger.Change, error) {
	if err := t.Check(); err != nil {
		return nil, nil, err
	}
	body, err := json.Marshal(t.Template)
	if err != nil {
		return nil, nil, fmt.Errorf("encode template %s: %w", t.ID, err)
	}
	t.record.Kind, t.record.ID, t.record.Version, t.record.Updated, t.record.Body = notify.TemplateKind, t.ID, t.record.Version+1, c.now, body
	return templateOf(c.Catalog, t), &ledger.Change{Records: []ledger.Record{t.record}}, nil
}

// reloadTemplates takes what was written into use.
func (s *Server) reloadTemplates(ctx context.Context, c *call) error {
	return c.Catalog.Load(ctx, s.c.Store, c.org)
}

func draftOf(in *notifyv1.MessageTemplate, number int64) notify.TemplateVersion {
	v := notify.TemplateVersion{
		Number: number, State: notify.Draft, Variables: in.GetVariables(), Texts: textsFrom(in.GetTexts()), Channels: map[string]notify.Variant{},
	}
	for channel, c := range in.GetChannels() {
		v.Channels[channel] = notify.Variant{Texts: textsFrom(c.GetTexts()), ProviderIDs: c.GetProviderIds(), Fields: c.GetFields()}
	}
	return v
}

func textsFrom(in map[string]*notifyv1.MessageTemplate_Text) map[string]notify.Text {
	out := map[string]notify.Text{}
	for language, t := range in {
		out[language] = notify.Text{Title: t.GetTitle(), Text: t.GetText()}
	}
	return out
}

func textsOf(in map[string]notify.Text) map[string]*notifyv1.MessageTemplate_Text {
	out := map[string]*notifyv1.MessageTemplate_Text{}
	for language, t := range in {
		out[language] = &notifyv1.MessageTemplate_Text{Title: t.Title, Text: t.Text}
	}
	return out
}

func templateOf(all *notify.Catalog, t *stored) *notifyv1.MessageTemplate {
	out := &notifyv1.MessageTemplate{
		Id: t.ID, Name: "messageTemplates/" + t.ID, CreateTime: stamp(t.record.Created), UpdateTime: stamp(t.record.Updated),
		Event: string(t.Event), Kind: t.Kind, To: string(t.To), BuiltIn: all.Original(t.ID) != nil,
	}
	if t.record.Version > 0 {
		out.Etag = wire.Etag(t.record.Version)
	}
	for i := range t.Versions {
		v := &t.Versions[i]
		made := &notifyv1.MessageTemplate_Version{
			Number: int32(min(v.Number, 1<<30)), State: string(v.State), Variables: v.Variables, Texts: textsOf(v.Texts),
			Channels: map[string]*notifyv1.MessageTemplate_Variant{},
		}
		for channel, c := range v.Channels {
			made.Channels[channel] = &notifyv1.MessageTemplate_Variant{Texts: textsOf(c.Texts), ProviderIds: c.ProviderIDs, Fields: c.Fields}
		}
		out.Versions = append(out.Versions, made)
		out.Variables, out.Texts, out.Channels = made.GetVariables(), made.GetTexts(), made.GetChannels()
		if v.State == notify.Approved {
			out.ApprovedVersion = made.GetNumber()
		}
	}
	return out
}
