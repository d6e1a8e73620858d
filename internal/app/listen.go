package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// listener is an address that the service serves.
type listener struct {
	net    net.Listener
	server *http.Server
	done   chan struct{}
}

func (l *listener) address() string { return l.net.Addr().String() }

// close finishes what has begun, as long as ctx lasts, then cuts what is left: a caller who does not finish is no fault of
// the service.
func (l *listener) close(ctx context.Context) error {
	err := l.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = l.server.Close()
	}
	<-l.done
	return err
}

// openListeners begins to listen on every address that is asked for.
func (a *App) openListeners(ctx context.Context) error {
	secured, err := a.cfg.TLS.config()
	if err != nil {
		return err
	}
	if err := a.open(ctx, a.cfg.Listen, a.edge.Server(), secured); err != nil {
		return err
	}
	if a.cfg.GRPC != "" {
		if err := a.open(ctx, a.cfg.GRPC, a.edge.GRPCServer(), secured); err != nil {
			return err
		}
	}
	if a.cfg.Admin == "" {
		return nil
	}
	if err := loopbackOnly(a.cfg.Admin); err != nil {
		return err
	}
	return a.open(ctx, a.cfg.Admin, &http.Server{Handler: a.adminHandler(), ReadHeaderTimeout: 10 * time.Second}, nil)
}

// open serves an address, by TLS alone when that is given.
func (a *App) open(ctx context.Context, address string, s *http.Server, secured *tls.Config) error {
	n, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	l := &listener{net: n, server: s, done: make(chan struct{})}
	a.listen = append(a.listen, l)
	serve := s.Serve
	if s.TLSConfig = secured; secured != nil {
		serve = func(n net.Listener) error { return s.ServeTLS(n, "", "") }
	}
	go func() {
		defer close(l.done)
		if err := serve(n); err != nil && !errors.Is(err, http.ErrServerClosed) {
			a.cfg.Log.LogAttrs(ctx, slog.LevelError, "listener failed", slog.String("address", address), slog.Any("error", err))
		}
	}()
	return nil
}

// loopbackOnly refuses an address that others could reach: profiles tell too much.
func loopbackOnly(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--admin %s: want host:port: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--admin %s: want a loopback address, as 127.0.0.1:6060", address)
	}
	return nil
}

// adminHandler serves the counters and the profiles of the process.
func (a *App) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.counts.Handler())
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
