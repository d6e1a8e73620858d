package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"fettle/internal/policy"
)

// Limits of connections.
const (
	idleTime   = 60 * time.Second
	maxStreams = 250 // of one HTTP/2 connection
)

// NewServer makes the HTTP server of a handler: HTTP/1.1 and HTTP/2, the latter also without TLS, with a limit on
// everything that a caller can draw out. Serve it on a listener; Shutdown ends it.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler: h, Protocols: protocols,
		ReadHeaderTimeout: headTime, IdleTimeout: idleTime, MaxHeaderBytes: policy.MaxHeaderBytes,
		HTTP2:    &http.HTTP2Config{MaxConcurrentStreams: maxStreams, SendPingTimeout: 30 * time.Second, PingTimeout: headTime},
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// Serve serves a listener until ctx ends, then lets calls finish for as long as grace, after closing has been called to end
// streams. It returns when all has ended.
func Serve(ctx context.Context, s *http.Server, l net.Listener, closing func(), grace time.Duration) error {
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	closing()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := s.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.Close()
	}
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
