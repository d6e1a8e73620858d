package touchserver

import (
	"context"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"rsc.io/qr"

	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org/calendar"
	"fettle/rental/renewal/touch"
	"fettle/rental/tenant"
)

//go:embed widget.js
var script []byte

//go:embed widget.css
var style []byte

//go:embed widget.html
var page string

var pages = template.Must(template.New("widget").Parse(page))

// view is what a page shows.
type view struct {
	Text, Button string
	Target       string       // where the button leads; "" for none
	Code         template.URL // picture of the code to scan; "" for none
	Form         bool         // asks for a telephone number
	Done         bool         // and says that it was taken
}

// Handlers are the paths of the widgets, by patterns of http.ServeMux. They need no credential but the token in them.
func (s *Server) Handlers() map[string]http.Handler {
	return map[string]http.Handler{
		"GET /w/widget.js":      file("text/javascript; charset=utf-8", script),
		"GET /w/widget.css":     file("text/css; charset=utf-8", style),
		"GET /w/{token}":        http.HandlerFunc(s.frame),
		"GET /w/{token}/go":     http.HandlerFunc(s.follow),
		"GET /w/{token}/start":  http.HandlerFunc(s.start),
		"POST /w/{token}/start": http.HandlerFunc(s.ask),
	}
}

func file(kind string, data []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Cache-Control", "public, max-age=3600")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin") // other sites load it: that is what it is for
		_, _ = w.Write(data)                                  // the caller may have gone
	})
}

// found reads the token of a request; what is not valid is not there.
func (s *Server) found(w http.ResponseWriter, r *http.Request) (*claim, *registry.Item[touch.Point], bool) {
	c, item, err := s.open(r.Context(), r.PathValue("token"))
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		http.Error(w, "not found", http.StatusNotFound)
	case err != nil:
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
	}
	return c, item, err == nil
}

// write shows a page. Sites that a touch point names may frame it.
func write(w http.ResponseWriter, p *touch.Point, v *view) {
	h := w.Header()
	ancestors := "'self'"
	if len(p.Origins) > 0 {
		ancestors += " " + strings.Join(p.Origins, " ")
	}
	h.Del("X-Frame-Options")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors "+ancestors)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_ = pages.Execute(w, v) // the caller may have gone
}

// frame is the page of a widget.
func (s *Server) frame(w http.ResponseWriter, r *http.Request) {
	c, item, ok := s.found(w, r)
	if !ok {
		return
	}
	p := &item.Value
	if p.Public() && c.Renewal != "" { // the address in a message leads on, and shows nothing where others look
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	if s.shown.Take(c.Point+" "+auth.Address(r.Context()), s.Clock.Now()) {
		s.count(r.Context(), c, func(d *touch.Day) { d.Shown++ })
	}
	v := &view{Text: p.Text, Button: p.Button, Target: "/w/" + r.PathValue("token") + "/go"}
	if v.Button == "" {
		v.Button = "→"
	}
	if p.Public() {
		code, err := qr.Encode(s.Base+v.Target, qr.M)
		if err != nil {
			http.Error(w, "unavailable", http.StatusServiceUnavailable)
			return
		}
		v.Target, v.Code = "", template.URL("data:image/png;base64,"+base64.StdEncoding.EncodeToString(code.PNG())) //nolint:gosec // made here
	}
	write(w, p, v)
}

// follow leads on: to the proposal, or to where somebody says who asks.
func (s *Server) follow(w http.ResponseWriter, r *http.Request) {
	c, _, ok := s.found(w, r)
	if !ok {
		return
	}
	s.count(r.Context(), c, func(d *touch.Day) { d.Followed++ })
	to := "/w/" + r.PathValue("token") + "/start"
	if c.Renewal != "" {
		p, err := s.Renewal(r.Context(), c.Org, c.Renewal)
		var token string
		if err == nil {
			token, err = s.Link(c.Org, string(p.Lease), c.Renewal, p.Expires)
		}
		if err != nil {
			http.Error(w, "unavailable", http.StatusServiceUnavailable)
			return
		}
		to = "/r/" + token + "?tp=" + c.Point
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// start asks for a telephone number.
func (s *Server) start(w http.ResponseWriter, r *http.Request) {
	if _, item, ok := s.found(w, r); ok {
		write(w, &item.Value, &view{Text: item.Value.Text, Form: true})
	}
}

// ask takes a telephone number. The answer is the same whoever has it.
func (s *Server) ask(w http.ResponseWriter, r *http.Request) {
	c, item, ok := s.found(w, r)
	if !ok {
		return
	}
	const maxForm = 1000 // bytes
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if !s.asked.Take(auth.Address(r.Context()), s.Clock.Now()) {
		http.Error(w, "too many attempts", http.StatusTooManyRequests)
		return
	}
	if phone, err := tenant.Phone("phone", r.PostFormValue("phone")); err == nil {
		kind := asks()
		err = s.Registry.Work(r.Context(), c.Org, DueAsk, func(tx *registry.Tx) error {
			made, err := kind.Insert(tx, touch.Ask{Point: c.Point, Phone: phone})
			if err != nil {
				return err
			}
			tx.Due(ledger.DueWork{Kind: DueAsk, Key: made.ID, At: tx.Now})
			tx.About(s.resource.Name, c.Point)
			return nil
		})
		if err != nil {
			http.Error(w, "unavailable", http.StatusServiceUnavailable)
			return
		}
	}
	write(w, &item.Value, &view{Text: item.Value.Text, Done: true})
}

// count adds to the counts of today. What cannot be counted is shown all the same.
func (s *Server) count(ctx context.Context, c *claim, add func(d *touch.Day)) {
	kind, day := days(), calendar.DateOf(s.Clock.Now(), s.Zone)
	_ = s.Registry.Work(ctx, c.Org, "touch.count", func(tx *registry.Tx) error {
		found, _, err := kind.List(ctx, s.Store, c.Org, kind.Where(keyDay, ledger.Text(day.String(), c.Point)), 1)
		if err != nil {
			return err
		}
		tx.About(s.resource.Name, c.Point)
		if len(found) == 0 {
			d := touch.Day{Point: c.Point, Day: day}
			add(&d)
			_, err := kind.Insert(tx, d)
			return err
		}
		add(&found[0].Value)
		return kind.Save(tx, found[0])
	})
}
