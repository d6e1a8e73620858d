package touchserver

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strings"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/fault"
	"fettle/rental/renewal/proposal"
	"fettle/rental/renewal/rate"
	"fettle/rental/renewal/touch"
)

const (
	tokenPrefix = "tp_"
	maxToken    = 600 // bytes
)

// claim is what a widget is shown with.
type claim struct {
	Org     org.ID `json:"o"`
	Point   string `json:"p"`
	Renewal string `json:"r,omitempty"`
	Expires int64  `json:"e,omitempty"` // seconds since 1970; never when 0
}

// sign makes the token of a context.
func (s *Server) sign(o org.ID, c *claim) (string, error) {
	c.Org = o
	data, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encode a context: %w", err)
	}
	payload := base64.RawURLEncoding.EncodeToString(data)
	sum, err := s.Index(o, "touch point", payload)
	if err != nil {
		return "", fmt.Errorf("sign a context: %w", err)
	}
	return tokenPrefix + payload + "." + sum, nil
}

// open reads a token: what it says, and the touch point, which shows something for now. ledger.ErrNotFound says that it does not.
func (s *Server) open(ctx context.Context, token string) (*claim, *registry.Item[touch.Point], error) {
	rest, is := strings.CutPrefix(token, tokenPrefix)
	payload, sum, cut := strings.Cut(rest, ".")
	data, err := base64.RawURLEncoding.DecodeString(payload)
	var c claim
	if !is || !cut || err != nil || len(token) > maxToken || json.Unmarshal(data, &c) != nil || !s.Serves(c.Org) {
		return nil, nil, ledger.ErrNotFound
	}
	want, err := s.Index(c.Org, "touch point", payload)
	if err != nil {
		return nil, nil, err
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(sum)) != 1 || c.Expires != 0 && s.Clock.Now().Unix() >= c.Expires {
		return nil, nil, ledger.ErrNotFound
	}
	item, err := s.resource.Read(ctx, s.Store, c.Org, c.Point)
	if err == nil && item.Value.Disabled {
		err = ledger.ErrNotFound
	}
	return &c, item, err
}

// EmbedTouchPoint implements the method of the same name.
func (s *Server) EmbedTouchPoint(ctx context.Context, r *renewalv1.EmbedTouchPointRequest) (*renewalv1.TouchPointWidget, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	item, err := s.resource.Read(ctx, s.Store, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	c := &claim{Point: item.ID, Renewal: r.GetRenewalId()}
	out := &renewalv1.TouchPointWidget{}
	if c.Renewal != "" {
		if item.Value.Public() {
			return nil, fault.New("renewalId", c.Renewal, "nothing: others see this screen, and a proposal is for one tenant")
		}
		p, err := s.Renewal(ctx, who.Org, c.Renewal)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil, &invalid.Error{Field: "renewalId", Value: c.Renewal, Want: "the id of a proposal"}
		}
		if err != nil {
			return nil, err
		}
		if !p.On(s.Clock.Now()).Open() {
			return nil, &fault.StateError{Thing: "renewal " + c.Renewal, State: string(p.On(s.Clock.Now())), Verb: "embed", Legal: "an open proposal"}
		}
		c.Expires = p.Expires.Unix()
		out.ExpireTime = wire.Timestamp(p.Expires)
	}
	if out.Token, err = s.sign(who.Org, c); err != nil {
		return nil, err
	}
	out.Url, out.TargetUrl = s.Base+"/w/"+out.Token, s.Base+"/w/"+out.Token+"/go"
	out.Html = fmt.Sprintf(`<script async src="%s/w/widget.js" data-token="%s"></script>`, html.EscapeString(s.Base), out.Token)
	return out, nil
}

// defaultDays is what conversions are counted over unless it is said.
const defaultDays = 30

// GetTouchPointConversions implements the method of the same name.
func (s *Server) GetTouchPointConversions(
	ctx context.Context, r *renewalv1.GetTouchPointConversionsRequest,
) (*renewalv1.TouchPointConversions, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	from, to, err := s.interval(r)
	if err != nil {
		return nil, err
	}
	out := &renewalv1.TouchPointConversions{StartDate: from.String(), EndDate: to.String()}
	rows := map[string]*renewalv1.TouchPointConversion{}
	if err := all(ctx, s.resource.Kind, s.Store, who.Org, s.resource.All(), func(item *registry.Item[touch.Point]) {
		m := showPoint(item)
		rows[item.ID] = &renewalv1.TouchPointConversion{TouchPointId: item.ID, DisplayName: m.GetDisplayName(), Kind: m.GetKind()}
		out.TouchPoints = append(out.TouchPoints, rows[item.ID])
	}); err != nil {
		return nil, err
	}
	counts := days()
	q := counts.Between(keyDay, ledger.Text(from.String()), ledger.Text(to.Add(1).String()))
	if err := all(ctx, counts, s.Store, who.Org, q, func(item *registry.Item[touch.Day]) {
		if row := rows[item.Value.Point]; row != nil {
			row.Shown += item.Value.Shown
			row.Followed += item.Value.Followed
		}
	}); err != nil {
		return nil, err
	}
	err = s.Each(ctx, who.Org, func(p *proposal.Proposal) {
		row := rows[p.Touch]
		day := calendar.DateOf(p.ViewedAt, s.Zone)
		if row == nil || p.ViewedAt.IsZero() || day.Before(from) || day.After(to) {
			return
		}
		row.Opened++
		if p.State == proposal.Accepted {
			row.Accepted++
		}
	})
	for _, row := range out.GetTouchPoints() {
		row.Low, row.High = rate.Wilson(int(row.GetAccepted()), int(row.GetOpened()))
		if row.GetOpened() > 0 {
			row.Share = float64(row.GetAccepted()) / float64(row.GetOpened())
		}
	}
	return out, err
}

func (s *Server) interval(r *renewalv1.GetTouchPointConversionsRequest) (from, to calendar.Date, err error) {
	to = calendar.DateOf(s.Clock.Now(), s.Zone)
	if r.GetEndDate() != "" {
		if to, err = calendar.ParseDate(r.GetEndDate()); err != nil {
			return from, to, &invalid.Error{Field: "endDate", Value: r.GetEndDate(), Want: "a day that exists, as YYYY-MM-DD"}
		}
	}
	from = to.Add(1 - defaultDays)
	if r.GetStartDate() != "" {
		if from, err = calendar.ParseDate(r.GetStartDate()); err != nil || from.After(to) {
			return from, to, &invalid.Error{Field: "startDate", Value: r.GetStartDate(), Want: "a day that exists, as YYYY-MM-DD, not after endDate"}
		}
	}
	return from, to, nil
}

// all calls do with every item that a query selects.
func all[T any](ctx context.Context, k *registry.Kind[T], store ledger.Reader, o org.ID, q ledger.Query, do func(*registry.Item[T])) error {
	const page = 500
	for {
		items, next, err := k.List(ctx, store, o, q, page)
		if err != nil {
			return err
		}
		for _, item := range items {
			do(item)
		}
		if next == (ledger.Place{}) {
			return nil
		}
		q.After = next
	}
}

func pointOf(m *renewalv1.TouchPoint) (touch.Point, error) {
	p := touch.Point{
		Name: m.GetDisplayName(), Kind: touch.Kind(m.GetKind().String()), Seen: m.GetPublicScreen(), Text: m.GetText(), Button: m.GetButton(),
		Origins: m.GetOrigins(), Disabled: m.GetDisabled(),
	}
	return p, p.Check()
}

func showPoint(item *registry.Item[touch.Point]) *renewalv1.TouchPoint {
	p := &item.Value
	return &renewalv1.TouchPoint{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		DisplayName: p.Name, Kind: renewalv1.TouchPoint_Kind(renewalv1.TouchPoint_Kind_value[string(p.Kind)]), PublicScreen: p.Public(),
		Text: p.Text, Button: p.Button, Origins: p.Origins, Disabled: p.Disabled,
	}
}
