package gateway

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"fettle/internal/policy"
)

// Limits of connections.
const (
	idleTime   = 60 * time.Second
	pingTime   = 30 * time.Second
	maxStreams = 100 // of one HTTP/2 connection
)

// Server makes an HTTP server of everything: HTTP/1.1 and HTTP/2, the latter also without TLS, with a limit on whatever a
// caller can draw out. Call Drain before its Shutdown, or streams hold it up.
func (e *Gateway) Server() *http.Server { return e.server(e) }

// GRPCServer makes a server of gRPC alone, for an address of its own.
func (e *Gateway) GRPCServer() *http.Server {
	return e.server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isGRPC(r) {
			http.Error(w, "this address speaks gRPC", http.StatusUnsupportedMediaType)
			return
		}
		e.serveGRPC(w, r)
	}))
}

func isGRPC(r *http.Request) bool {
	return r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
}

func (e *Gateway) server(h http.Handler) *http.Server {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler: h, Protocols: protocols,
		ReadHeaderTimeout: headTime, IdleTimeout: idleTime, MaxHeaderBytes: policy.MaxHeaderBytes,
		HTTP2:    &http.HTTP2Config{MaxConcurrentStreams: maxStreams, SendPingTimeout: pingTime, PingTimeout: headTime},
		ErrorLog: slog.NewLogLogger(e.cfg.Log.Handler(), slog.LevelDebug),
	}
}
