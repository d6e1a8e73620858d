package notifyserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	notifyv1 "fettle/api/gen/fettle/notify/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/adapter/sms"
	"fettle/internal/auth"
	"fettle/internal/clock"
	"fettle/internal/dialguard"
	"fettle/internal/hooks"
	"fettle/internal/notify"
	"fettle/internal/notifyserver"
	"fettle/internal/territory"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
	"fettle/org"
	"fettle/webhook"
)

var at = time.Date(2026, 7, 6, 9, 0, 0, 0, time.UTC)

// store is a ledger in memory with what a desk asks beside it.
type store struct{ ledgertest.Store }

func (s *store) SettleDue(ctx context.Context, o org.ID, w ledger.DueWork, _ ledger.Outcome) error {
	return s.Apply(ctx, o, &ledger.Change{DueDone: []ledger.DueWork{w}})
}

func (s *store) OrderEvents(context.Context, org.ID, dispatch.WorkOrderID, int64, int) ([]engine.Event, error) {
	return nil, nil
}

// lost is a channel whose answers are lost.
type lost struct{ sent int }

func (*lost) Capabilities() notify.Capabilities { return notify.Capabilities{NeedsAddress: true} }
func (*lost) Close()                            {}
func (l *lost) Send(context.Context, *notify.Letter) notify.Outcome {
	l.sent++
	return notify.Outcome{Result: notify.Unknown, Err: errors.New("reset")}
}

type house struct {
	*notifyserver.Server
	t       *testing.T
	store   *store
	desk    *notify.Desk
	catalog *notify.Catalog
	hooks   *hooks.Sender
	channel *lost
	now     *clock.Fake
	changed int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, store: &store{}, now: clock.NewFake(at), channel: &lost{}}
	guard := dialguard.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	woken := func(string, time.Time) {}
	var err error
	if h.catalog, err = notify.NewCatalog(time.UTC); err != nil {
		t.Fatal(err)
	}
	if h.desk, err = notify.NewDesk(notify.Config{
		Org: org.Default, Store: h.store, Clock: h.now, Catalog: h.catalog, Woken: woken, Channels: map[string]notify.Channel{"sms": h.channel},
		Rules: notify.Rules{Zone: time.UTC, Routes: map[notify.Role][]string{notify.Tenant: {"sms"}}},
	}); err != nil {
		t.Fatal(err)
	}
	if h.hooks, err = hooks.Open(t.Context(), hooks.Config{Org: org.Default, Store: h.store, Clock: h.now, Guard: guard, Woken: woken}); err != nil {
		t.Fatal(err)
	}
	house := &notifyserver.House{Desk: h.desk, Catalog: h.catalog, Hooks: h.hooks, Changed: func() { h.changed++ }, Woken: woken}
	h.Server = notifyserver.New(notifyserver.Config{
		Store: h.store, Clock: h.now, Guard: guard, House: func(org.ID) (*notifyserver.House, error) { return house, nil },
		Houses: func() []*notifyserver.House { return []*notifyserver.House{house} },
	})
	return h
}

// stream is a call of some method.
type stream struct{ grpc.ServerTransportStream }

func (stream) Method() string { return "/fettle.notify.v1.MessageService/Method" }

// as is the context of a call with an idempotency key.
func (h *house) as(key string) context.Context {
	ctx := auth.NewContext(grpc.NewContextWithServerTransportStream(h.t.Context(), stream{}), &auth.Principal{Name: "admin", Org: org.Default})
	return metadata.NewIncomingContext(ctx, metadata.Pairs("idempotency-key", key))
}

// sweep does what is due, once.
func (h *house) sweep() {
	h.t.Helper()
	for range 2 {
		rows, err := h.store.Due(h.t.Context(), org.Default, ledger.DueFilter{}, h.now.Now(), 100)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, w := range rows {
			do := h.desk.Carry
			switch {
			case w.Kind == notify.DueKind:
				do = h.desk.Tell
			case strings.HasPrefix(w.Kind, hooks.WorkPrefix):
				do = h.hooks.Deliver
			}
			if err := do(h.t.Context(), w); err != nil {
				h.t.Fatal(err)
			}
		}
	}
}

func (h *house) happen(sequence int64) {
	h.t.Helper()
	rows, err := h.catalog.Outbox(org.Default, &engine.Batch{Events: []engine.Event{{Type: engine.OrderCreated, Order: "w1", Sequence: sequence, Time: at}}})
	if err == nil {
		err = h.store.Apply(h.t.Context(), org.Default, &ledger.Change{DueSet: rows})
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func must[M any](m M, err error) func(t *testing.T) M {
	return func(t *testing.T) M {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
}

func TestUnknownMessagesAreListedAndResolved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := must(h.CreateRecipient(h.as("r"), &notifyv1.CreateRecipientRequest{Recipient: &notifyv1.Recipient{
		Id: "order.w1", Addresses: map[string]string{"sms": "+8613800001234", "mail": ""},
	}}))(t)
	if r.GetAddresses()["sms"] != "***1234" || len(r.GetAddresses()) != 1 {
		t.Errorf("shown as %v", r.GetAddresses())
	}
	for i := range 3 {
		h.happen(int64(i + 1))
	}
	h.sweep()
	unknown := &notifyv1.ListMessagesRequest{State: notifyv1.Message_UNKNOWN, PageSize: 2}
	page := must(h.ListMessages(h.as(""), unknown))(t)
	if len(page.GetMessages()) != 2 || page.GetNextPageToken() == "" || page.GetMessages()[0].GetReason() != "NO_ANSWER" {
		t.Fatalf("got %v", page)
	}
	unknown.PageToken = page.GetNextPageToken()
	rest := must(h.ListMessages(h.as(""), unknown))(t)
	if len(rest.GetMessages()) != 1 || rest.GetNextPageToken() != "" {
		t.Errorf("got %v", rest)
	}
	unknown.State = notifyv1.Message_SENT
	if _, err := h.ListMessages(h.as(""), unknown); !errors.As(err, new(*invalid.Error)) {
		t.Errorf("a token of another list: %v", err)
	}
	if _, err := h.ListMessages(h.as(""), &notifyv1.ListMessagesRequest{Recipient: "order.w1", WorkOrderId: "w1"}); !errors.As(err, new(*invalid.Error)) {
		t.Errorf("two filters: %v", err)
	}
	ask := &notifyv1.ResolveMessageRequest{Id: "msg_default_1", Outcome: notifyv1.ResolveMessageRequest_ARRIVED}
	for range 2 { // the second is the same request again
		if m := must(h.ResolveMessage(h.as("k"), ask))(t); m.GetState() != notifyv1.Message_DELIVERED || m.GetReason() != "PERSON" {
			t.Errorf("got %v", m)
		}
	}
	var conflict *engine.ConflictError
	if _, err := h.ResolveMessage(h.as("k2"), ask); !errors.As(err, &conflict) || conflict.State != "DELIVERED" {
		t.Errorf("resolved twice: %v", err)
	}
	if _, err := h.ResolveMessage(h.as("k"), &notifyv1.ResolveMessageRequest{Id: "msg_default_2", Outcome: 1}); !errors.Is(err, territory.ErrKeyReused) {
		t.Errorf("the key of another request: %v", err)
	}
	if _, err := h.ResolveMessage(h.as("k3"), &notifyv1.ResolveMessageRequest{Id: "msg_default_2", Outcome: 2, Etag: "1"}); !errors.Is(err, ledger.ErrStale) {
		t.Errorf("an old etag: %v", err)
	}
	must(h.ResolveMessage(h.as("k4"), &notifyv1.ResolveMessageRequest{Id: "msg_default_2", Outcome: notifyv1.ResolveMessageRequest_NOT_SENT}))(t)
	h.sweep()
	if m := must(h.GetMessage(h.as(""), &notifyv1.GetMessageRequest{Id: "msg_default_2"}))(t); h.channel.sent != 4 || len(m.GetAttempts()) != 2 {
		t.Errorf("%d letters, and %v", h.channel.sent, m)
	}
	entries := must(h.store.AuditEntries(t.Context(), org.Default, ledger.AuditQuery{Kind: notify.RecordKind, ID: "msg_default_1"}, 10))(t)
	if len(entries) != 1 || entries[0].Actor != "admin" {
		t.Errorf("audit: %+v", entries)
	}
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	must(h.CreateRecipient(h.as("1"), &notifyv1.CreateRecipientRequest{Recipient: &notifyv1.Recipient{Id: "unit.u1", Addresses: map[string]string{"sms": "1234", "mail": "a@b.example"}}}))(t)
	r := must(h.UpdateRecipient(h.as("2"), &notifyv1.UpdateRecipientRequest{
		Recipient: &notifyv1.Recipient{Id: "unit.u1", Language: "en", Addresses: map[string]string{"sms": ""}, OptOuts: []string{"report.copy"}}, Etag: "1",
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"addresses", "opt_outs"}},
	}))(t)
	if len(r.GetAddresses()) != 1 || r.GetLanguage() != "" || len(r.GetOptOuts()) != 1 || r.GetEtag() != "2" {
		t.Errorf("got %v", r)
	}
	for key := range 2 {
		r = must(h.GrantCredits(h.as([]string{"3", "3"}[key]), &notifyv1.GrantCreditsRequest{Id: "unit.u1", Channel: "wechat", TemplateId: "work_order.accepted", Count: 2}))(t)
	}
	if r.GetCredits()["wechat/work_order.accepted"] != 2 {
		t.Errorf("consents are counted as %v", r.GetCredits())
	}
	for name, err := range map[string]error{
		"no such template": second(h.GrantCredits(h.as("4"), &notifyv1.GrantCreditsRequest{Id: "unit.u1", Channel: "wechat", TemplateId: "x", Count: 1})),
		"no such field":    second(h.UpdateRecipient(h.as("5"), &notifyv1.UpdateRecipientRequest{Recipient: &notifyv1.Recipient{Id: "unit.u1"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"credits"}}})),
		"no such kind":     second(h.CreateRecipient(h.as("6"), &notifyv1.CreateRecipientRequest{Recipient: &notifyv1.Recipient{Id: "mayor"}})),
	} {
		if !errors.As(err, new(*invalid.Error)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := second(h.CreateRecipient(h.as("7"), &notifyv1.CreateRecipientRequest{Recipient: &notifyv1.Recipient{Id: "unit.u1"}})); !errors.Is(err, ledger.ErrExists) {
		t.Errorf("created twice: %v", err)
	}
	list := must(h.ListRecipients(h.as(""), &notifyv1.ListRecipientsRequest{}))(t)
	one := must(h.GetRecipient(h.as(""), &notifyv1.GetRecipientRequest{Id: "unit.u1"}))(t)
	if len(list.GetRecipients()) != 1 || !proto.Equal(list.GetRecipients()[0], one) || strings.Contains(one.String(), "a@b") {
		t.Errorf("got %v and %v", list, one)
	}
}

func second[M any](_ M, err error) error { return err }

func TestTemplatesAreWrittenAndApproved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	text := func(s string) map[string]*notifyv1.MessageTemplate_Text {
		return map[string]*notifyv1.MessageTemplate_Text{"en": {Text: s}}
	}
	inUse := func() string { return h.catalog.Find("work_order.acknowledged").InUse().Texts["en"].Text }
	original := inUse()
	in := &notifyv1.MessageTemplate{Id: "work_order.acknowledged", Variables: []string{"order"}, Texts: text("Got {order}.")}
	made := must(h.CreateMessageTemplate(h.as("1"), &notifyv1.CreateMessageTemplateRequest{Template: in}))(t)
	if made.GetApprovedVersion() != 1 || len(made.GetVersions()) != 2 || !made.GetBuiltIn() || inUse() != original {
		t.Errorf("got %v, in use %q", made, inUse())
	}
	approved := must(h.ApproveMessageTemplate(h.as("2"), &notifyv1.ApproveMessageTemplateRequest{Id: in.GetId()}))(t)
	if approved.GetApprovedVersion() != 2 || inUse() != "Got {order}." || approved.GetVersions()[0].GetState() != "RETIRED" {
		t.Errorf("got %v, in use %q", approved, inUse())
	}
	if original != h.catalog.Original(in.GetId()).InUse().Texts["en"].Text {
		t.Error("the template that the service begins with has changed")
	}
	changed := must(h.UpdateMessageTemplate(h.as("3"), &notifyv1.UpdateMessageTemplateRequest{
		Template: &notifyv1.MessageTemplate{Id: in.GetId(), Texts: text("Have {order}.")}, Etag: "2", UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"texts"}},
	}))(t)
	if n := len(changed.GetVersions()); n != 3 || changed.GetVersions()[2].GetState() != "DRAFT" || inUse() != "Got {order}." {
		t.Errorf("got %v, in use %q", changed, inUse())
	}
	var conflict *engine.ConflictError
	for name, err := range map[string]error{
		"a built-in": second(h.UpdateMessageTemplate(h.as("4"), &notifyv1.UpdateMessageTemplateRequest{Template: &notifyv1.MessageTemplate{Id: "work_order.accepted"}})),
		"approved":   second(h.ApproveMessageTemplate(h.as("5"), &notifyv1.ApproveMessageTemplateRequest{Id: "work_order.accepted"})),
	} {
		if !errors.As(err, &conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := &notifyv1.MessageTemplate{Id: "x", Event: "work_order.created", To: "TENANT", Texts: text("{phone}")}
	if err := second(h.CreateMessageTemplate(h.as("6"), &notifyv1.CreateMessageTemplateRequest{Template: bad})); !errors.As(err, new(*invalid.Error)) {
		t.Errorf("a variable that is not declared: %v", err)
	}
	var ids []string
	for token := ""; ; {
		page := must(h.ListMessageTemplates(h.as(""), &notifyv1.ListMessageTemplatesRequest{PageSize: 3, PageToken: token}))(t)
		for _, x := range page.GetMessageTemplates() {
			ids = append(ids, x.GetId())
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if len(ids) < 16 || !slices.IsSorted(ids) {
		t.Errorf("listed %v", ids)
	}
	again, err := notify.NewCatalog(time.UTC) // a restart
	if err == nil {
		err = again.Load(t.Context(), h.store, org.Default)
	}
	if err != nil || again.Find(in.GetId()).InUse().Texts["en"].Text != "Got {order}." {
		t.Errorf("after a restart: %v", err)
	}
}

func TestWebhookEndpoints(t *testing.T) {
	t.Parallel()
	status := http.StatusInternalServerError
	var got []http.Header
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header)
		w.WriteHeader(status)
	}))
	defer receiver.Close()
	h := newHouse(t)
	defer h.hooks.Close()
	made := must(h.CreateWebhookEndpoint(h.as("1"), &notifyv1.CreateWebhookEndpointRequest{Endpoint: &notifyv1.WebhookEndpoint{Url: receiver.URL}}))(t)
	again := must(h.CreateWebhookEndpoint(h.as("1"), &notifyv1.CreateWebhookEndpointRequest{Endpoint: &notifyv1.WebhookEndpoint{Url: receiver.URL}}))(t)
	if _, err := webhook.ParseSecret(made.GetSecret()); err != nil || !proto.Equal(made, again) || h.changed != 1 {
		t.Fatalf("got %v and %v, %v", made, again, err)
	}
	id := made.GetId()
	if e := must(h.GetWebhookEndpoint(h.as(""), &notifyv1.GetWebhookEndpointRequest{Id: id}))(t); e.GetSecret() != "" || e.GetState() != notifyv1.WebhookEndpoint_ENABLED {
		t.Errorf("got %v", e)
	}
	rotated := must(h.RotateWebhookSecret(h.as("2"), &notifyv1.RotateWebhookSecretRequest{Id: id}))(t)
	if rotated.GetSecret() == made.GetSecret() || rotated.GetSecret() == "" {
		t.Error("the secret is the one before")
	}
	test := must(h.TestWebhookEndpoint(h.as("3"), &notifyv1.TestWebhookEndpointRequest{Id: id}))(t)
	h.sweep()
	status = http.StatusGone
	h.now.Advance(time.Minute)
	h.sweep()
	list := must(h.ListWebhookDeliveries(h.as(""), &notifyv1.ListWebhookDeliveriesRequest{Id: id, State: notifyv1.WebhookDelivery_FAILED}))(t)
	if len(list.GetDeliveries()) != 1 || list.GetDeliveries()[0].GetId() != test.GetDeliveryId() || len(list.GetDeliveries()[0].GetAttempts()) != 2 || len(got) != 2 {
		t.Fatalf("got %v after %d requests", list, len(got))
	}
	e := must(h.ListWebhookEndpoints(h.as(""), &notifyv1.ListWebhookEndpointsRequest{}))(t).GetWebhookEndpoints()[0]
	if e.GetState() != notifyv1.WebhookEndpoint_DISABLED || e.GetReason() != "GONE" {
		t.Errorf("got %v", e)
	}
	status = http.StatusOK
	e = must(h.UpdateWebhookEndpoint(h.as("4"), &notifyv1.UpdateWebhookEndpointRequest{
		Endpoint: &notifyv1.WebhookEndpoint{Id: id, State: notifyv1.WebhookEndpoint_ENABLED}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"state"}}, Etag: e.GetEtag(),
	}))(t)
	if e.GetReason() != "" || e.GetUrl() != receiver.URL {
		t.Errorf("enabled again: %v", e)
	}
	if n := must(h.ReplayWebhookDeliveries(h.as("5"), &notifyv1.ReplayWebhookDeliveriesRequest{Id: id}))(t); n.GetReplayed() != 1 {
		t.Errorf("replayed %v", n)
	}
	h.sweep()
	if n := must(h.ReplayWebhookDeliveries(h.as("6"), &notifyv1.ReplayWebhookDeliveriesRequest{Id: id}))(t); n.GetReplayed() != 0 || len(got) != 3 {
		t.Errorf("replayed %v after it was delivered, %d requests", n, len(got))
	}
	if n := must(h.ReplayWebhookDeliveries(h.as("7"), &notifyv1.ReplayWebhookDeliveriesRequest{Id: id, DeliveryIds: []string{test.GetDeliveryId()}}))(t); n.GetReplayed() != 1 {
		t.Errorf("replayed by name %v", n)
	}
	for name, err := range map[string]error{
		"no such delivery":  second(h.ReplayWebhookDeliveries(h.as("8"), &notifyv1.ReplayWebhookDeliveriesRequest{Id: id, DeliveryIds: []string{"x"}})),
		"an address inside": second(h.CreateWebhookEndpoint(h.as("9"), &notifyv1.CreateWebhookEndpointRequest{Endpoint: &notifyv1.WebhookEndpoint{Url: "https://169.254.169.254/"}})),
		"plain HTTP":        second(h.CreateWebhookEndpoint(h.as("10"), &notifyv1.CreateWebhookEndpointRequest{Endpoint: &notifyv1.WebhookEndpoint{Url: "http://example.com/"}})),
		"no such type":      second(h.UpdateWebhookEndpoint(h.as("11"), &notifyv1.UpdateWebhookEndpointRequest{Endpoint: &notifyv1.WebhookEndpoint{Id: id, Types: []string{"X"}}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"types"}}})),
	} {
		if !errors.As(err, new(*invalid.Error)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(h.DeleteWebhookEndpoint(h.as("12"), &notifyv1.DeleteWebhookEndpointRequest{Id: id}))(t)
	h.sweep()
	if left := must(h.store.Due(t.Context(), org.Default, ledger.DueFilter{}, at.Add(999*time.Hour), 10))(t); len(left) > 0 || len(got) != 3 {
		t.Errorf("left for an endpoint that is gone: %v, %d requests", left, len(got))
	}
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	secret := must(webhook.ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))(t)
	handler := h.Receipts(map[string]notifyserver.Provider{"sms": {Secrets: []webhook.Secret{secret}, Read: (&sms.SMS{}).Receipts}})
	mux := http.NewServeMux()
	mux.Handle("POST /v1/receipts/{provider}", handler)
	must(h.CreateRecipient(h.as("r"), &notifyv1.CreateRecipientRequest{Recipient: &notifyv1.Recipient{Id: "order.w1", Addresses: map[string]string{"sms": "1"}}}))(t)
	h.happen(1)
	h.sweep()
	body := []byte(`{"receipts":[{"outId":"msg_default_1","state":"DELIVERED"},{"outId":"nobody","state":"FAILED"}]}`)
	post := func(provider string, signed time.Time, body, sent []byte) (int, map[string]any) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/receipts/"+provider, bytes.NewReader(sent))
		webhook.Sign(req.Header, "cb1", signed, body, secret)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, req)
		var out map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
		return w.Code, out
	}
	for name, c := range map[string]struct {
		provider string
		signed   time.Time
		sent     string
		want     int
	}{
		"no such provider": {"fax", at, string(body), 404},
		"another body":     {"sms", at, strings.Replace(string(body), "DELIVERED", "FAILED", 1), 401},
		"an old one":       {"sms", at.Add(-time.Hour), string(body), 401},
	} {
		if code, out := post(c.provider, c.signed, body, []byte(c.sent)); code != c.want {
			t.Errorf("%s: %d %v", name, code, out)
		}
	}
	if code, out := post("sms", at, []byte(`{"receipts":[{}]}`), []byte(`{"receipts":[{}]}`)); code != 400 {
		t.Errorf("no receipt: %d %v", code, out)
	}
	for range 2 {
		if code, out := post("sms", at, body, body); code != 200 || out["taken"] != 1.0 || out["unknown"] != 1.0 {
			t.Errorf("got %d %v", code, out)
		}
	}
	if m := must(h.GetMessage(h.as(""), &notifyv1.GetMessageRequest{Id: "msg_default_1"}))(t); m.GetState() != notifyv1.Message_DELIVERED {
		t.Errorf("got %v", m)
	}
}
