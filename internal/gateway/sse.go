package gateway

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

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
		entries, err := s.watch.Next(ctx, beat.C)
		if err != nil || ctx.Err() != nil {
			return
		}
		if len(entries) == 0 {
			out.add([]byte(": heartbeat\n\n"))
		}
		var complete bool
		if sent, complete = h.write(ctx, out, s, entries); !complete {
			return
		}
	}
}

// write writes the entries that were asked for, as their watcher may see them: shared frames where nothing is hidden. When it cannot be
// written down who looks, positions are passed over; complete is false when that keeps anything of the log back.
func (h *stream) write(ctx context.Context, out *frames, s *session, entries []*feed.Entry) (sent []*feed.Entry, complete bool) {
	shown := make([]proto.Message, 0, len(entries))
	complete = true
	for _, e := range entries {
		if s.query.wants(string(e.Event.Type)) {
			sent, shown = append(sent, e), append(shown, h.gate.guard.Shown(s.who, e.Message(ctx)))
			complete = complete && e.Event.Sequence == 0
		}
	}
	if err := h.gate.look(ctx, h.policy(), s.who, shown...); err != nil {
		return nil, complete
	}
	for i, e := range sent {
		if m, ok := shown[i].(*dispatchv1.Event); ok && m != e.Message(ctx) {
			out.add(feed.Frame(m))
		} else {
			out.add(e.Frame(ctx))
		}
	}
	return sent, true
}

// frames writes to a watcher, each piece within a limit of time.
type frames struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	clock Clock
	held  []byte
	bad   bool
}

// pieceSize is how many bytes of frames are sent at once: a thousand positions are a few calls of the system, not hundreds.
const pieceSize = 16 << 10

func (f *frames) add(b []byte) {
	if len(f.held)+len(b) > pieceSize {
		f.send()
	}
	f.held = append(f.held, b...)
}

func (f *frames) send() {
	if f.bad || len(f.held) == 0 {
		return
	}
	_ = f.rc.SetWriteDeadline(f.clock.Now().Add(streamWrite)) // a writer without deadlines is one of a test
	_, err := f.w.Write(f.held)
	f.held, f.bad = f.held[:0], err != nil
}

// flush sends what was added and reports whether the watcher is still there.
func (f *frames) flush() bool {
	f.send()
	return !f.bad && f.rc.Flush() == nil
}
