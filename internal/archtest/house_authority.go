package archtest

// authorityRows are who a caller is and what is theirs.
func authorityRows() []Row {
	const protobuf = "google.golang.org/protobuf"
	return []Row{
		{
			Package: "internal/guard",
			Own: []string{
				"api/gen/fettle/policy/v1", "dispatch", "dispatch/engine", "internal/auth", "internal/policy", "internal/wire", "org",
			},
			Outside: []string{protobuf},
			Why:     "the one place that decides what is a caller's: the policy says where it is asked, rows say whose they are",
		},
		{
			Package: "api/gen/fettle/identity/v1", Own: []string{"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1"},
			Outside: []string{
				protobuf, "google.golang.org/grpc", "google.golang.org/genproto/googleapis/api", "github.com/grpc-ecosystem/grpc-gateway/v2",
				"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
			},
			Why: "generated: messages, gRPC service and REST paths of users, keys and links",
		},
		{
			Package: "internal/identity",
			Own: []string{
				"api/gen/fettle/dispatch/v1", "api/gen/fettle/identity/v1", "api/gen/fettle/policy/v1", "dispatch", "dispatch/engine", "internal/auth",
				"internal/policy", "internal/territory", "internal/wire", "invalid", "ledger", "org", "org/private",
			},
			Outside: []string{protobuf, "google.golang.org/grpc", "github.com/grpc-ecosystem/grpc-gateway/v2", "github.com/golang-jwt/jwt/v5"},
			Std:     []string{"net/http"},
			Limits:  Limits{FanOut: 13},
			Why:     "who may call: users, keys and links as records of the ledger, tokens of an identity provider; the answer to a key that comes again is the territory's",
		},
	}
}

// signInRows are how technicians sign in by telephone.
func signInRows() []Row {
	return []Row{
		{Package: "internal/throttle", Why: "counts attempts by key: a leaf"},
		{
			Package: "internal/signin",
			Own: []string{
				"api/gen/fettle/identity/v1", "internal/auth", "internal/identity", "internal/throttle", "internal/wire", "invalid", "ledger", "org", "org/private",
			},
			Outside: []string{"google.golang.org/grpc", "google.golang.org/protobuf", "github.com/grpc-ecosystem/grpc-gateway/v2"},
			Std:     []string{"log/slog"},
			Limits:  Limits{FanOut: 9},
			Why:     "codes to telephones and the sessions that they open: who a user is belongs to identity, how a code travels to whoever wires it",
		},
	}
}

// privacyRows are what is kept of the whereabouts of technicians.
func privacyRows() []Row {
	return []Row{
		{
			Package: "api/gen/fettle/privacy/v1", Own: []string{"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1"},
			Outside: []string{
				"google.golang.org/protobuf", "google.golang.org/grpc", "google.golang.org/genproto/googleapis/api",
				"github.com/grpc-ecosystem/grpc-gateway/v2", "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
			},
			Why: "generated: messages, gRPC service and REST paths of whereabouts",
		},
		{
			Package: "internal/whereabouts", Own: []string{"dispatch", "dispatch/engine", "geo", "geo/h3cell", "internal/auth", "ledger", "org"},
			Why: "where technicians were, as long and as exactly as it is needed, and who looked: records of the ledger",
		},
		{
			Package: "internal/privacyserver",
			Own: []string{
				"api/gen/fettle/privacy/v1", "dispatch", "dispatch/engine", "internal/auth", "internal/call", "internal/whereabouts", "internal/wire", "invalid",
				"ledger", "org",
			},
			Outside: []string{"google.golang.org/grpc", "google.golang.org/protobuf", "github.com/grpc-ecosystem/grpc-gateway/v2"},
			Limits:  Limits{FanOut: 10},
			Why:     "the methods of whereabouts: who may see how much is the policy's and the guard's",
		},
	}
}

// pageRows are what the pages of technicians and tenants need of the service beyond what dispatchers have.
func pageRows() []Row {
	return []Row{
		{
			Package: "api/gen/fettle/tenant/v1", Own: []string{"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1"},
			Outside: []string{
				"google.golang.org/protobuf", "google.golang.org/grpc", "google.golang.org/genproto/googleapis/api",
				"github.com/grpc-ecosystem/grpc-gateway/v2", "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
			},
			Why: "generated: messages, gRPC service and REST paths of what tenants are told",
		},
		{
			Package: "internal/tenantserver",
			Own: []string{
				"api/gen/fettle/tenant/v1", "dispatch", "dispatch/engine", "internal/auth", "internal/call", "internal/registry", "internal/vault",
				"internal/wire", "ledger", "org",
			},
			Outside: []string{"google.golang.org/grpc", "google.golang.org/protobuf", "github.com/grpc-ecosystem/grpc-gateway/v2"},
			Limits:  Limits{FanOut: 10},
			Why:     "how a repair goes, told to who rents the dwelling, and what is written about it: joins rows, the log and records, hence wider",
		},
	}
}

// auditRows are who did what, and who saw what.
func auditRows() []Row {
	const protobuf = "google.golang.org/protobuf"
	return []Row{
		{
			Package: "api/gen/fettle/audit/v1", Own: []string{"api/gen/fettle/policy/v1"},
			Outside: []string{
				protobuf, "google.golang.org/grpc", "google.golang.org/genproto/googleapis/api", "github.com/grpc-ecosystem/grpc-gateway/v2",
				"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
			},
			Why: "generated: messages, gRPC service and REST paths of the audit",
		},
		{
			Package: "internal/auditserver",
			Own:     []string{"api/gen/fettle/audit/v1", "internal/call", "internal/wire", "invalid", "ledger", "org"},
			Outside: []string{protobuf, "google.golang.org/grpc", "github.com/grpc-ecosystem/grpc-gateway/v2"},
			Why:     "pages of audit entries: reads the ledger alone",
		},
	}
}
