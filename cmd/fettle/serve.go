package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"fettle/internal/app"
	"fettle/internal/fair"
	"fettle/internal/obs"
	"fettle/org"
)

// serviceFlags are those of every command that runs a service.
type serviceFlags struct {
	Listen   string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address of REST, gRPC and the console."`
	GRPC     string `name:"grpc" placeholder:"ADDR" help:"Address for gRPC alone; it shares --listen unless given."`
	Admin    string `placeholder:"ADDR" help:"Address of metrics (/metrics) and profiles (/debug/pprof/), loopback only; off unless given."`
	Quiet    bool   `help:"Log errors only."`
	LogLevel string `name:"log-level" enum:"debug,info,warn,error" default:"info" help:"What is logged: debug (every call), info (calls that were refused, failed or slow), warn or error. Telephone and identity numbers and credentials are masked."`
	OTLP     string `name:"otlp" placeholder:"URL" help:"Collector of traces by OTLP over HTTP, as http://127.0.0.1:4318; off unless given."`

	TLSCert    string         `name:"tls-cert" placeholder:"FILE" help:"Certificate chain in PEM: serve by TLS 1.2 or newer alone. It is read again when it changes."`
	TLSKey     string         `name:"tls-key" placeholder:"FILE" help:"Private key of the certificate."`
	TrustProxy []netip.Prefix `name:"trust-proxy" placeholder:"CIDR" help:"Addresses of reverse proxies whose X-Forwarded-For says who calls: attempts to sign in are counted by it. May be given several times."`
	WorkMemory uint64         `name:"worker-memory" default:"256" placeholder:"MIB" help:"The most memory that a process may take that packs an XLSX, in MiB: it ends when it wants more, and the service does not. Linux only; 0 for no limit."`
	OrgRate    float64        `name:"org-rate" default:"2000" help:"Calls a second that an org may make in the long run, twice as many at once; as many again for emergencies and what technicians report."`
}

type serveCommand struct {
	serviceFlags
	storeFlags
	keyFlags
	OIDC         oidcFlags      `embed:"" prefix:"oidc-"`
	NotifyURL    string         `name:"notify-url" placeholder:"URL" help:"Sink of messages to tenants, technicians and supervisors; none are made without it or --channels."`
	Watch        string         `placeholder:"DIR" help:"Folder in which a spreadsheet of the leases is kept in step: leases.xlsx (docs/leases.md)."`
	Channels     string         `placeholder:"FILE" help:"Ways to people in the place of one sink: e-mail, SMS, WeChat, files (docs/messages.md)."`
	WebhookAllow []netip.Prefix `name:"webhook-allow" placeholder:"CIDR" help:"Addresses that webhooks may reach though they are not public, such as 10.0.0.0/8. May be given several times."`
	History      string         `type:"path" placeholder:"FILE" help:"Reports from before the log, for forecasts: CSV with time (RFC 3339), lat, lon and kind."`
	Weather      string         `type:"path" placeholder:"FILE" help:"Weather of days, for forecasts: CSV with date and up to 8 columns of numbers, of the past and of days ahead. Read again when it changes."`
	TraceExact   uint           `name:"trace-exact" default:"7" placeholder:"DAYS" help:"Days that is kept exactly where technicians were."`
	TraceKeep    uint           `name:"trace-keep" default:"30" placeholder:"DAYS" help:"Days that is kept at all where technicians were, by cells of some 5 km² after --trace-exact; at most 180."`
	IDKeep       uint           `name:"id-keep" default:"30" placeholder:"DAYS" help:"Days that copies of identity cards stay after the last lease of their tenant."`
	OCR          string         `name:"ocr" placeholder:"PROGRAM" help:"Tesseract, which reads copies of identity cards: a name on the PATH or a path; tesseract unless given (docs/tenants.md)."`
	Agreements   bool           `name:"require-agreements" help:"Let nothing leave by webhooks and channels without a processing agreement that is valid (docs/agreements.md)."`
	TenantReads  string         `name:"tenant-reads" default:"500" placeholder:"N[,ROLE=N]" help:"How many different tenants a person may read within an hour, also by role as in 500,FINANCE=100; 0 for any number. Org admins, auditors and keys with allTenants are not limited."`
	AuditKeep    uint           `name:"audit-keep" default:"365" placeholder:"DAYS" help:"Days that entries about who did what are kept, at least 180."`
	Signing      signingFlags   `embed:""`
	PublicURL    string         `name:"public-url" placeholder:"URL" help:"Where people reach the service, as https://rent.example.org: the beginning of addresses in messages and widgets."`
	HeartbeatURL string         `name:"heartbeat-url" placeholder:"URL" help:"Address that is told of each complete sweep of due work, such as that of fettle watchdog."`
	AlertURL     string         `name:"alert-url" placeholder:"URL" help:"Second channel: address that is told when nobody takes the heartbeats, or when the alarms of the watchdog reach nobody."`
}

// oidcFlags say which identity provider is trusted.
type oidcFlags struct {
	Issuer     string `placeholder:"URL" help:"Identity provider whose access tokens are taken (RS256, ES256); none unless given."`
	Audience   string `placeholder:"NAME" help:"What tokens for this service are for: their aud."`
	Org        string `default:"default" placeholder:"NAME" help:"Org whose people the provider knows."`
	RolesClaim string `placeholder:"CLAIM" help:"Claim with the roles of staff who are not in /v1/users; without it only users may call."`
}

func (f *oidcFlags) config() app.OIDC {
	return app.OIDC{Issuer: f.Issuer, Audience: f.Audience, Org: org.ID(f.Org), RolesClaim: f.RolesClaim}
}

// signingFlags say who signs leases.
type signingFlags struct {
	Landlord     string `placeholder:"NAME" default:"出租方 / the landlord" help:"Landlord, as contracts name it."`
	SignURL      string `name:"sign-url" placeholder:"URL" help:"Provider of electronic signatures; without one a demo signer signs, whose signature is not reliable in law (docs/signing.md)."`
	SignToken    string `name:"sign-token" placeholder:"TOKEN" help:"Bearer token of the provider."`
	TimestampURL string `name:"timestamp-url" placeholder:"URL" help:"Time-stamping authority (RFC 3161) of signatures; none unless given."`
}

func (f *signingFlags) config() app.Signing {
	return app.Signing{Landlord: f.Landlord, Provider: f.SignURL, Token: f.SignToken, Authority: f.TimestampURL}
}

// Help is the long help text.
func (*serveCommand) Help() string {
	return `Runs the service until SIGINT or SIGTERM: REST, gRPC and event streams on one address, the console at /.
Answers to changes are on disk before they are sent. The OpenAPI description is at /openapi.json.

  fettle serve --data ./data
  curl -H "Authorization: Bearer $(cat data/admin.token)" http://127.0.0.1:8080/v1/technicians`
}

// grace is how long a service may take to finish what it has begun when it is told to stop.
const grace = 8 * time.Second

// Run runs the service.
func (c *serveCommand) Run(ctx context.Context, s *session) error {
	cfg := c.config(s)
	cfg.Keys = c.keys()
	cfg.OIDC, cfg.Signing, cfg.PublicURL = c.OIDC.config(), c.Signing.config(), strings.TrimRight(c.PublicURL, "/")
	cfg.Data, cfg.Database, cfg.Heartbeat, cfg.Notify, cfg.Alert = c.Data, c.DB, c.HeartbeatURL, c.NotifyURL, c.AlertURL
	cfg.Channels, cfg.WebhookAllow, cfg.Terminal, cfg.Watch = c.Channels, c.WebhookAllow, s.stdout, c.Watch
	cfg.Weather = c.Weather
	cfg.History, cfg.AuditKeep = c.History, time.Duration(c.AuditKeep)*24*time.Hour
	cfg.RequireAgreements, cfg.TenantReads, cfg.OCR = c.Agreements, c.TenantReads, c.OCR
	cfg.IDKeep = time.Duration(c.IDKeep) * 24 * time.Hour
	cfg.TraceExact, cfg.TraceKeep = time.Duration(c.TraceExact)*24*time.Hour, time.Duration(c.TraceKeep)*24*time.Hour
	a, err := app.Start(ctx, cfg)
	if err != nil {
		return outcome{status: exitUsage, text: err.Error()}
	}
	fmt.Fprintf(s.stderr, "fettle: listening on %s, data in %s, token in %s/admin.token\n", a.URL(), c.Data, c.Data)
	<-ctx.Done()
	return closeService(ctx, a)
}

// config is what the flags of a service say.
func (f *serviceFlags) config(s *session) app.Config {
	var level slog.Level
	_ = level.UnmarshalText([]byte(f.LogLevel)) // the flag allows nothing else
	if f.Quiet {
		level = slog.LevelError
	}
	worker, limit := f.worker()
	return app.Config{
		Worker: worker, WorkerLimit: limit,
		TLS: app.TLS{Cert: f.TLSCert, Key: f.TLSKey}, Limits: fair.Config{Rate: f.OrgRate}, Proxies: f.TrustProxy,
		Listen: f.Listen, GRPC: f.GRPC, Admin: f.Admin,
		OTLP: f.OTLP, Log: obs.NewLogger(s.stderr, level),
	}
}

// worker is this program as one that packs, and what limits its memory, for people.
func (f *serviceFlags) worker() (command []string, limit string) {
	self, err := os.Executable()
	if err != nil {
		return nil, "" // it is done by the service
	}
	command = []string{self, "work", "--role", "pack", "--memory", strconv.FormatUint(f.WorkMemory, 10)}
	if f.WorkMemory > 0 {
		limit = fmt.Sprintf("%d MiB", f.WorkMemory)
	}
	return command, limit
}

// closeService ends a service in order.
func closeService(ctx context.Context, a *app.App) error {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return a.Close(last)
}
