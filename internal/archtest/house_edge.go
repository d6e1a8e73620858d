package archtest

// edgeRows are the edge of the service: what a call passes from its socket to the territory, and back.
func edgeRows() []Row {
	const (
		grpc     = "google.golang.org/grpc"
		protobuf = "google.golang.org/protobuf"
		rpc      = "google.golang.org/genproto/googleapis/rpc"
		api      = "google.golang.org/genproto/googleapis/api"
	)
	return append(authorityRows(), []Row{
		{
			Package: "internal/auth", Own: []string{"org"},
			Why: "credentials to principals: knows orgs and roles, no transport",
		},
		{
			Package: "internal/policy",
			Own:     []string{"api/gen/fettle/policy/v1", "internal/auth"},
			Outside: []string{protobuf, api},
			Why:     "reads the rules beside each method; roles are auth's words",
		},
		{
			Package: "internal/wire",
			Own:     []string{"api/gen/fettle/dispatch/v1", "dispatch", "dispatch/engine", "dispatch/promise", "geo", "geo/h3cell"},
			Outside: []string{protobuf, "buf.build/go/protovalidate", "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "messages to domain values and back, and the rules that are written beside their fields",
		},
		{
			Package: "internal/feed",
			Own:     []string{"api/gen/fettle/dispatch/v1", "dispatch", "dispatch/engine", "internal/auth", "internal/policy", "internal/wire", "org"},
			Outside: []string{protobuf},
			Why:     "hands events to watchers, each encoded once; reads the log for those who fell behind",
		},
		{
			Package: "internal/server",
			Own: []string{
				"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1", "dispatch", "dispatch/engine", "dispatch/plan",
				"dispatch/problem", "dispatch/route", "geo", "internal/auth", "internal/call", "internal/feed", "internal/policy", "internal/sift", "internal/territory",
				"internal/wire", "intake/fault", "kpi", "org", "internal/adapter/pdf",
			},
			Outside: []string{grpc, protobuf, "google.golang.org/genproto/googleapis/api"},
			Limits:  Limits{FanOut: 19, PackageFiles: 24},
			Why:     "the methods of the API: decode, ask the territory or the store, encode; it also plans problems that are sent whole, hence wider than the general ceiling",
		},
		{
			Package: "internal/gateway",
			Own: []string{
				"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1", "dispatch", "dispatch/engine", "dispatch/problem", "geo", "internal/auth",
				"internal/fair", "internal/feed", "ledger", "internal/guard", "internal/policy", "internal/territory", "internal/throttle", "internal/wire", "org", "rental/fault",
			},
			Outside: []string{grpc, protobuf, rpc, api, "github.com/grpc-ecosystem/grpc-gateway/v2"},
			Std:     []string{"net/netip"},
			Limits:  Limits{FanOut: 17, PackageFiles: 24},
			Why:     "the edge: REST, streams and gRPC behind one gate; the table of errors makes it know those of each package below",
		},
	}...)
}
