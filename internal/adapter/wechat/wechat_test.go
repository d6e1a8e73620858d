package wechat_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/internal/adapter/wechat"
	"fettle/internal/clock"
	"fettle/internal/notify/channel"
)

// provider is WeChat in process: it gives out tokens, and takes letters with the last one.
type provider struct {
	*httptest.Server
	mu      sync.Mutex
	tokens  int   // given out
	dead    int   // tokens up to this one have ended
	answers []int // errcodes of letters to come; 0 after them
	letters []map[string]any
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /cgi-bin/stable_token", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		var in map[string]any
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in["appid"] != "wx1" || in["secret"] != "hush" {
			_, _ = fmt.Fprint(w, `{"errcode":40125,"errmsg":"invalid appsecret"}`)
			return
		}
		p.tokens++
		_, _ = fmt.Fprintf(w, `{"access_token":"token%d","expires_in":7200}`, p.tokens)
	})
	mux.HandleFunc("POST /cgi-bin/message/subscribe/send", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.tokens <= p.dead || r.URL.Query().Get("access_token") != fmt.Sprintf("token%d", p.tokens) {
			_, _ = fmt.Fprint(w, `{"errcode":40001,"errmsg":"invalid credential"}`)
			return
		}
		code := 0
		if len(p.answers) > 0 {
			code, p.answers = p.answers[0], p.answers[1:]
		}
		if code == 0 {
			var in map[string]any
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
				t.Error(err)
			}
			p.letters = append(p.letters, in)
		}
		_, _ = fmt.Fprintf(w, `{"errcode":%d,"errmsg":"x","msgid":%d}`, code, 2500+len(p.letters))
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func letter() *channel.Letter {
	return &channel.Letter{
		Message: &channel.Message{ID: "msg_1"}, ProviderTemplate: "tpl7", Address: "openid1", Language: "zh", Vars: map[string]string{"thing1": "w1"},
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	p, now := newProvider(t), clock.NewFake(time.Unix(1e9, 0))
	w := wechat.New(wechat.Config{Base: p.URL, AppID: "wx1", Secret: "hush", Page: "pages/order", Clock: now})
	defer w.Close()
	p.answers = []int{0, -1, 45009, 43101, 47003}
	var got []string
	for range 5 {
		o := w.Send(t.Context(), letter())
		got = append(got, fmt.Sprint(o.Result, " ", o.ProviderID, " ", o.NoConsent))
	}
	if d := cmp.Diff([]string{"SENT 2501 false", "RETRY  false", "RETRY  false", "PERMANENT  true", "PERMANENT  false"}, got); d != "" {
		t.Error(d)
	}
	want := map[string]any{
		"touser": "openid1", "template_id": "tpl7", "page": "pages/order", "lang": "zh_CN", "data": map[string]any{"thing1": map[string]any{"value": "w1"}},
	}
	if d := cmp.Diff(want, p.letters[0]); d != "" || p.tokens != 1 {
		t.Error(d, p.tokens, "tokens")
	}
}

// TestTokens fetches one before the first letter, another when it is about to end, and another when the provider has forgotten it.
func TestTokens(t *testing.T) {
	t.Parallel()
	p, now := newProvider(t), clock.NewFake(time.Unix(1e9, 0))
	w := wechat.New(wechat.Config{Base: p.URL, AppID: "wx1", Secret: "hush", Clock: now})
	defer w.Close()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if o := w.Send(t.Context(), letter()); o.Result != channel.Sent {
				t.Errorf("got %+v", o)
			}
		})
	}
	all.Wait()
	tokens := []int{p.tokens}
	now.Advance(116 * time.Minute)
	w.Send(t.Context(), letter())
	tokens = append(tokens, p.tokens)
	p.dead = p.tokens
	if o := w.Send(t.Context(), letter()); o.Result != channel.Sent {
		t.Errorf("after the token had ended: %+v", o)
	}
	tokens = append(tokens, p.tokens)
	if want := []int{1, 2, 3}; !slices.Equal(tokens, want) || len(p.letters) != 10 {
		t.Errorf("fetched %v tokens for %d letters, want %v for 10", tokens, len(p.letters), want)
	}
	p.dead = 100
	if o := w.Send(t.Context(), letter()); o.Result != channel.Retry {
		t.Errorf("no token is known: got %+v", o)
	}
}

func TestNoSecretInErrors(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	w := wechat.New(wechat.Config{Base: p.URL, AppID: "wx1", Secret: "hush", Clock: clock.NewFake(time.Unix(1e9, 0))})
	defer w.Close()
	bad := wechat.New(wechat.Config{Base: p.URL, AppID: "wx1", Secret: "wrong-secret", Clock: clock.NewFake(time.Unix(1e9, 0))})
	defer bad.Close()
	errs := []error{bad.Send(t.Context(), letter()).Err, w.Send(t.Context(), letter()).Err}
	p.CloseClientConnections()
	p.Close()
	errs = append(errs, w.Send(t.Context(), letter()).Err)
	for i, err := range errs {
		if i != 1 && err == nil || err != nil && (strings.Contains(err.Error(), "token1") || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%d: got %v", i, err)
		}
	}
}
