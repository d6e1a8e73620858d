// Package wechat sends subscription messages of a WeChat mini program: the recipient agrees to each message beforehand, one
// consent for one message of one template. The provider knows templates by id and fields by name; a credential of two hours
// is fetched and kept.
package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"fettle/internal/adapter/call"
	"fettle/internal/clock"
	"fettle/internal/notify/channel"
)

// Config is an account.
type Config struct {
	Base     string // such as https://api.weixin.qq.com
	AppID    string
	Secret   string
	Page     string // that a message opens; "" for none
	Parallel int    // connections that are kept
	Clock    clock.Clock
}

// WeChat is a channel of subscription messages.
type WeChat struct {
	c      Config
	client *http.Client

	mu    sync.Mutex // held while a token is fetched, so that it is fetched once
	token string
	until time.Time // when the token is fetched anew
}

// New makes one.
func New(c Config) *WeChat { return &WeChat{c: c, client: call.Client(c.Parallel)} }

// Capabilities implements channel.Channel.
func (*WeChat) Capabilities() channel.Capabilities {
	return channel.Capabilities{NeedsAddress: true, NeedsCredit: true, NeedsApproval: true, Disturbs: true}
}

// Codes of the provider.
const (
	codeOK        = 0
	codeBusy      = -1
	codeNoConsent = 43101
)

// Codes of tokens that have ended early, and of an account that sends too much.
var (
	staleToken = []int{40001, 40014, 42001}
	tooMany    = []int{45009, 45011, 45047}
)

// earlier is how long before its end a token is fetched anew.
const earlier = 5 * time.Minute

// value is a field of a message.
type value struct {
	Value string `json:"value"`
}

// request is what the provider gets.
type request struct {
	To       string           `json:"touser"`
	Template string           `json:"template_id"`
	Page     string           `json:"page,omitempty"`
	Language string           `json:"lang"`
	Data     map[string]value `json:"data"`
}

// answer is what it says.
type answer struct {
	Code *int        `json:"errcode"`
	ID   json.Number `json:"msgid"`
}

// Send implements channel.Channel. A token that the provider no longer knows is fetched anew once: such an answer means that
// nothing was sent.
func (w *WeChat) Send(ctx context.Context, l *channel.Letter) channel.Outcome {
	body := request{To: l.Address, Template: l.ProviderTemplate, Page: w.c.Page, Language: language(l.Language), Data: map[string]value{}}
	for name, text := range l.Vars {
		body.Data[name] = value{text}
	}
	token, err := w.bearer(ctx, "")
	if err != nil {
		return channel.Outcome{Result: channel.Retry, Err: err}
	}
	o, stale := w.send(ctx, token, body)
	if !stale {
		return o
	}
	if token, err = w.bearer(ctx, token); err != nil {
		return channel.Outcome{Result: channel.Retry, Err: err}
	}
	o, _ = w.send(ctx, token, body)
	return o
}

func language(tag string) string {
	if tag == "en" {
		return "en_US"
	}
	return "zh_CN"
}

// send tries one token. stale means that the provider does not know it.
func (w *WeChat) send(ctx context.Context, token string, body request) (o channel.Outcome, stale bool) {
	address := w.c.Base + "/cgi-bin/message/subscribe/send?access_token=" + url.QueryEscape(token)
	a, left, err := call.Post(ctx, w.client, address, nil, body)
	if err != nil {
		return call.Lost(left, err), false
	}
	if o, ok := call.Judge(a); !ok {
		return o, false
	}
	said := answer{}
	if err := json.Unmarshal(a.Body, &said); err != nil || said.Code == nil {
		return channel.Outcome{Result: channel.Unknown, Err: fmt.Errorf("%w: the answer has no errcode", channel.ErrRefused)}, false
	}
	code := *said.Code
	refused := fmt.Errorf("%w: errcode %d", channel.ErrRefused, code)
	switch {
	case code == codeOK:
		return channel.Outcome{Result: channel.Sent, ProviderID: said.ID.String()}, false
	case code == codeBusy || slices.Contains(tooMany, code):
		return channel.Outcome{Result: channel.Retry, After: a.After, Err: fmt.Errorf("%w: errcode %d", channel.ErrBusy, code)}, false
	case slices.Contains(staleToken, code):
		return channel.Outcome{Result: channel.Retry, Err: refused}, true
	}
	return channel.Outcome{Result: channel.Permanent, NoConsent: code == codeNoConsent, Err: refused}, false
}

// bearer returns a token other than bad.
func (w *WeChat) bearer(ctx context.Context, bad string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.c.Clock.Now()
	if w.token != "" && w.token != bad && now.Before(w.until) {
		return w.token, nil
	}
	a, _, err := call.Post(ctx, w.client, w.c.Base+"/cgi-bin/stable_token", nil, map[string]any{
		"grant_type": "client_credential", "appid": w.c.AppID, "secret": w.c.Secret, "force_refresh": bad != "",
	})
	if err != nil {
		return "", fmt.Errorf("fetch a token: %w", err)
	}
	var said struct {
		Token   string `json:"access_token"`
		Seconds int    `json:"expires_in"`
		Code    int    `json:"errcode"`
	}
	if err := json.Unmarshal(a.Body, &said); err != nil || a.Status != http.StatusOK {
		return "", errors.New("fetch a token: the provider answered " + strconv.Itoa(a.Status))
	}
	if said.Token == "" || said.Seconds <= 0 {
		return "", errors.New("fetch a token: the provider answered errcode " + strconv.Itoa(said.Code))
	}
	w.token = said.Token
	w.until = now.Add(max(time.Duration(said.Seconds)*time.Second-earlier, time.Duration(said.Seconds)*time.Second/2))
	return w.token, nil
}

// Close implements channel.Channel.
func (w *WeChat) Close() { w.client.CloseIdleConnections() }
