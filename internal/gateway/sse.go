package gateway

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/internal/auth"
	"fettle/internal/feed"
	"fettle/internal/policy"
)

// streamPath is that of server-sent events.
const streamPath = "/v1/events:stream"

// How streams behave.
const (
	heartbeat   = 15 * time.Second // a comment when there is no news
	retryHint   = "retry: 2000\n\n"
	streamWrite = 10 * time.Second // who takes longer to read is dropped
)

// stream serves server-sent events: WatchEvents for browsers.
type stream struct {
	gate  *gate
	feed  *feed.Feed
	clock Clock
}

// streamQuery is what a watcher asks for.
type streamQuery struct {
	after     int64
	positions bool
	types     []string // prefixes; none means all
}

// ServeHTTP implements http.Handler.
func (h *stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		fail(ctx, w, errWrongMethod, "")
		return
	}
	s, err := h.begin(ctx, r)
	if err != nil {
		fail(ctx, w, h.gate.shown(ctx, streamPath, err), "")
		return
	}
	defer s.watch.Close()
	h.send(r.Context(), w, s)
}

// session is one open stream.
type session struct {
	watch         *feed.Watch
	query         *streamQuery
	who           *auth.Principal
	authorization string
}

func (h *stream) begin(ctx context.Context, r *http.Request) (*session, error) {
	p := h.policy()
	s := &session{authorization: r.Header.Get("Authorization")}
	ctx, err := h.gate.admit(ctx, p, s.authorization, "")
	if err != nil {
		return nil, err
	}
	if s.query, err = readStreamQuery(r.URL.Query(), r.Header.Get("Last-Event-ID")); err != nil {
		return nil, err
	}
	s.who, _ = auth.FromContext(ctx)
	s.watch, err = h.feed.Watch(ctx, s.who.Org, s.query.after, feed.AudienceOf(p, s.who, s.query.positions))
	return s, err
}

func (h *stream) policy() *policy.Policy {
	return h.gate.methods[dispatchv1.EventService_WatchEvents_FullMethodName]
}

// readStreamQuery reads the parameters. The header wins: browsers send it when they connect again to the same address.
func readStreamQuery(values url.Values, lastID string) (*streamQuery, error) {
	q := &streamQuery{}
	for name, v := range values {
		switch name {
		case "lastEventId":
			if lastID == "" {
				lastID = v[0]
			}
		case "positions":
			on, err := strconv.ParseBool(v[0])
			if err != nil {
				return nil, &dispatch.InvalidError{Field: name, Value: v[0], Want: "true or false"}
			}
			q.positions = on
		case "types":
			q.types = strings.Split(v[0], ",")
		default:
			return nil, &dispatch.InvalidError{Field: name, Want: "one of lastEventId, positions, types"}
		}
	}
	if lastID == "" {
		return q, nil
	}
	n, err := strconv.ParseInt(lastID, 10, 64)
	if err != nil || n < 0 {
		return nil, &dispatch.InvalidError{Field: "lastEventId", Value: strconv.Quote(lastID), Want: "the id of an event"}
	}
	q.after = n
	return q, nil
}

// wants reports whether a type of event was asked for: by its name, or by what comes before a dot.
func (q *streamQuery) wants(kind string) bool {
	if len(q.types) == 0 || kind == feed.Resync || kind == feed.PositionType && q.positions {
		return true
	}
	for _, t := range q.types {
		if t == kind || strings.HasPrefix(kind, t+".") {
			return true
		}
	}
	return false
}

// send writes what happens until the watcher hangs up, does not read, may no longer watch, or the service stops.
func (h *stream) send(ctx context.Context, w http.ResponseWriter, s *session) {
	ctx, revoke := context.WithCancelCause(ctx)
	defer revoke(nil)
	go h.gate.watchOver(ctx, revoke, h.policy(), s.who, s.authorization)
	out := &frames{rc: http.NewResponseController(w), w: w, clock: h.clock}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	out.add([]byte(retryHint))
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var sent []*feed.Entry
	for out.flush() {
		s.watch.Delivered(sent)
		sent = nil
		entries, err := s.watch.Next(ctx, beat.C)
		if err != nil || ctx.Err() != nil {
			return
		}
		for _, e := range entries {
			if s.query.wants(string(e.Event.Type)) {
				frame, err := h.frameFor(ctx, s.who, e)
				switch {
				case err == nil:
					out.add(frame)
					sent = append(sent, e)
				case e.Event.Sequence > 0:
					return // what cannot be written down is not shown, and nothing of the log is passed over
				}
			}
		}
		if len(entries) == 0 {
			out.add([]byte(": heartbeat\n\n"))
		}
	}
}

// frameFor is an entry as its watcher may see it: the shared frame where nothing is hidden.
func (h *stream) frameFor(ctx context.Context, who *auth.Principal, e *feed.Entry) ([]byte, error) {
	m := e.Message(ctx)
	shown, ok := h.gate.guard.Shown(who, m).(*dispatchv1.Event)
	if !ok {
		shown = m
	}
	if err := h.gate.look(ctx, h.policy(), who, shown); err != nil {
		return nil, err
	}
	if shown == m {
		return e.Frame(ctx), nil
	}
	return feed.Frame(shown), nil
}

// frames writes to a watcher, each time within a limit.
type frames struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	clock Clock
	bad   bool
}

func (f *frames) add(b []byte) {
	if f.bad {
		return
	}
	_ = f.rc.SetWriteDeadline(f.clock.Now().Add(streamWrite)) // a writer without deadlines is one of a test
	_, err := f.w.Write(b)
	f.bad = err != nil
}

// flush sends what was added and reports whether the watcher is still there.
func (f *frames) flush() bool { return !f.bad && f.rc.Flush() == nil }
