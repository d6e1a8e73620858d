package archtest

// complianceRows are what the law asks of who keeps data about persons.
func complianceRows() []Row {
	const (
		grpc     = "google.golang.org/grpc"
		protobuf = "google.golang.org/protobuf"
		gateway  = "github.com/grpc-ecosystem/grpc-gateway/v2"
	)
	return []Row{
		{
			Package: "api/gen/fettle/compliance/v1", Own: []string{"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, "google.golang.org/genproto/googleapis/api", gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "the contract of what persons and the law may ask for, generated",
		},
		{
			Package: "internal/vault", Own: []string{"internal/registry", "internal/secret", "ledger", "org"},
			Why: "bodies sealed under keys of persons, which are records",
		},
		{
			Package: "internal/subjectserver",
			Own: []string{
				"api/gen/fettle/compliance/v1", "dispatch/engine", "internal/auth", "internal/call", "internal/leasing", "internal/registry",
				"internal/vault", "internal/wire", "invalid", "ledger", "org", "org/calendar", "rental/fault", "rental/lease", "rental/tenant",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 15},
			Why:     "all that is held about a person, copied or taken away: records of many kinds, read without their packages; hence wider",
		},
	}
}
