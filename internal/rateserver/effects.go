package rateserver

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/auth"
	"fettle/internal/notify"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/renewal/proposal"
)

// effectFor is how long after a message what happens to the proposal of the dwelling counts.
const effectFor = 7 * 24 * time.Hour

// noteTemplate is the template of texts that rules bring with them; the stage of its messages is the rule.
const noteTemplate = "lease.note"

// page is how many records are read at once.
const page = 1000

// moment is when a proposal of a dwelling was opened first, and when it was accepted; zero for never.
type moment struct{ viewed, accepted time.Time }

// GetMessageEffects implements the method of the same name.
func (s *Server) GetMessageEffects(ctx context.Context, r *renewalv1.GetMessageEffectsRequest) (*renewalv1.MessageEffects, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	from, err := wire.Instant("startTime", r.GetStartTime())
	if err != nil {
		return nil, err
	}
	to, err := wire.Instant("endTime", r.GetEndTime())
	if err != nil {
		return nil, err
	}
	if from, to = span(from, to, s.Clock.Now()); !from.Before(to) {
		return nil, &invalid.Error{Field: "startTime", Value: from.Format(time.RFC3339), Want: "a time before endTime, " + to.Format(time.RFC3339)}
	}
	moments, err := s.moments(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	by := map[string]*renewalv1.MessageEffect{}
	q := ledger.Between(notify.RecordKind, notify.KeyCreated, ledger.Instant(from), ledger.Instant(to))
	for {
		got, err := s.Residence.Store.Records(ctx, who.Org, q, page)
		if err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		for i := range got.Records {
			m, err := notify.DecodeRecord(&got.Records[i])
			if err != nil {
				return nil, err
			}
			count(by, m, moments[m.Message.UnitID])
		}
		if got.Next == (ledger.Place{}) {
			break
		}
		q.After = got.Next
	}
	return effects(by), nil
}

// moments are those of the proposals of dwellings.
func (s *Server) moments(ctx context.Context, o org.ID) (map[string][]moment, error) {
	out := map[string][]moment{}
	err := s.Proposals(ctx, o, func(p *proposal.Proposal) {
		m := moment{viewed: p.ViewedAt}
		if p.State == proposal.Accepted {
			m.accepted = p.EndedAt
		}
		out[p.Unit] = append(out[p.Unit], m)
	})
	return out, err
}

// count adds one message to those of its template. Only messages to tenants count.
func count(by map[string]*renewalv1.MessageEffect, m *notify.Record, of []moment) {
	if m.Message.To != notify.Tenant {
		return
	}
	name := m.Message.Template
	if name == noteTemplate { // what it says is the rule's: each is a text of its own
		name += "/" + m.Message.Stage
	}
	e := by[name]
	if e == nil {
		e = &renewalv1.MessageEffect{TemplateId: name, Kind: m.Message.Kind}
		by[name] = e
	}
	e.Planned++
	switch m.State {
	case notify.Delivered:
		e.Delivered++
		e.Sent++
	case notify.WasSent:
		e.Sent++
	case notify.Failed:
		e.Failed++
	case notify.Suppressed:
		e.Suppressed++
	case notify.Uncertain:
		e.Unknown++
	case notify.Due:
	}
	led(e, m, of)
}

// led counts what came of a message that was sent.
func led(e *renewalv1.MessageEffect, m *notify.Record, of []moment) {
	if m.SentAt.IsZero() || m.State != notify.Delivered && m.State != notify.WasSent {
		return
	}
	soon := func(at time.Time) bool { return at.After(m.SentAt) && at.Sub(m.SentAt) <= effectFor }
	if slices.ContainsFunc(of, func(x moment) bool { return soon(x.viewed) }) {
		e.Opened++
	}
	if slices.ContainsFunc(of, func(x moment) bool { return soon(x.accepted) }) {
		e.Acted++
	}
}

func effects(by map[string]*renewalv1.MessageEffect) *renewalv1.MessageEffects {
	out := &renewalv1.MessageEffects{
		Definition: "messages to tenants that were made in the interval, by template. Sent: a provider has it. Opened, acted: of those that were sent, " +
			"a proposal of the dwelling was opened first, or accepted, in the seven days after; what led to it is not known",
	}
	for _, e := range by {
		if e.GetSent() > 0 {
			e.OpenRate = proto.Float64(float64(e.GetOpened()) / float64(e.GetSent()))
			e.ActRate = proto.Float64(float64(e.GetActed()) / float64(e.GetSent()))
		}
		out.Effects = append(out.Effects, e)
	}
	slices.SortFunc(out.Effects, func(a, b *renewalv1.MessageEffect) int { return cmp.Compare(a.GetTemplateId(), b.GetTemplateId()) })
	return out
}
