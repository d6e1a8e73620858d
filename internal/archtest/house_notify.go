package archtest

// notifyRows are what leaves the service: messages to people, webhooks to other systems.
func notifyRows() []Row {
	const (
		grpc     = "google.golang.org/grpc"
		protobuf = "google.golang.org/protobuf"
		gateway  = "github.com/grpc-ecosystem/grpc-gateway/v2"
	)
	return []Row{
		{
			Package: "api/gen/fettle/notify/v1", Own: []string{"api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, "google.golang.org/genproto/googleapis/api", gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "the contract of messages and webhooks, generated",
		},
		{
			Package: "webhook",
			Why:     "signs and verifies webhooks, for us and for whoever receives ours: the standard library alone",
		},
		{
			Package: "internal/dialguard", Std: []string{"net", "net/http"},
			Why: "connects to addresses that others have chosen: a leaf",
		},
		{
			Package: "internal/notify/channel",
			Why:     "the port of channels: a leaf, so that those who carry know nothing of those who decide",
		},
		{
			Package: "internal/notify",
			Own:     []string{"org", "org/catchup", "dispatch", "dispatch/engine", "ledger", "invalid", "internal/clock", "internal/due", "internal/notify/channel"},
			Limits:  Limits{FanOut: 9},
			Why:     "messages to people: what is told to whom, the port of channels, the ledger of what became of each; knows no provider",
		},
		{
			Package: "internal/adapter/call", Own: []string{"internal/notify/channel"},
			Why: "asks providers over HTTP, and tells what may have arrived from what cannot have",
		},
		{Package: "internal/adapter/sink", Own: []string{"internal/adapter/call", "internal/notify/channel"}, Why: "a channel: one HTTP address"},
		{Package: "internal/adapter/sms", Own: []string{"internal/adapter/call", "internal/notify/channel"}, Why: "a channel: short messages"},
		{
			Package: "internal/adapter/wechat", Own: []string{"internal/adapter/call", "internal/notify/channel", "internal/clock"},
			Why: "a channel: subscription messages, whose token ends by the clock",
		},
		{Package: "internal/adapter/mail", Own: []string{"internal/notify/channel", "internal/clock"}, Why: "a channel: e-mail, dated by the clock"},
		{Package: "internal/adapter/file", Own: []string{"internal/notify/channel"}, Why: "a channel: lines in a file"},
		{
			Package: "internal/adapter",
			Own: []string{
				"internal/adapter/file", "internal/adapter/mail", "internal/adapter/sink", "internal/adapter/sms", "internal/adapter/wechat",
				"internal/clock", "internal/notify", "internal/notify/channel", "webhook",
			},
			Limits: Limits{FanOut: 9},
			Why:    "reads the file of channels and makes them: the only one that knows each",
		},
		{
			Package: "internal/hooks",
			Own:     []string{"org", "dispatch/engine", "ledger", "invalid", "internal/clock", "internal/dialguard", "webhook"},
			Why:     "outgoing webhooks: endpoints, deliveries and their schedule",
		},
		{
			Package: "internal/notifyserver",
			Own: []string{
				"api/gen/fettle/notify/v1", "dispatch/engine", "internal/auth", "internal/clock", "internal/dialguard", "internal/hooks",
				"internal/notify", "internal/policy", "internal/territory", "internal/wire", "invalid", "ledger", "org", "webhook",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 14},
			Why:     "the methods of messages and webhooks, and the receipts of providers: decode, decide, write, encode",
		},
		{
			Package: "internal/reminder", Own: []string{"internal/leasing", "internal/notify", "ledger", "org"},
			Why: "reminders of leases as messages: leasing knows no channels, and messages know no leases",
		},
		{
			Package: "internal/post",
			Own: []string{
				"dispatch", "dispatch/engine", "internal/adapter", "internal/clock", "internal/dialguard", "internal/due", "internal/hooks",
				"internal/notify", "internal/notifyserver", "internal/reminder", "internal/vault", "ledger", "org",
			},
			Outside: []string{grpc, gateway},
			Limits:  Limits{FanOut: 13},
			Why:     "wiring of what leaves the service, apart from app, which it would make too wide: one sweeper a way",
		},
	}
}
