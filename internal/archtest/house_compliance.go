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
			Package: "rental/cleaning", Own: []string{"org/calendar", "rental/lease", "rental/tenant"},
			Why: "what is wrong, old or twice in records of tenants and leases: values in, findings out",
		},
		{
			Package: "internal/cleaningserver",
			Own: []string{
				"api/gen/fettle/compliance/v1", "internal/auth", "internal/call", "internal/leasing", "internal/registry", "internal/wire",
				"ledger", "org", "org/calendar", "rental/cleaning", "rental/fault", "rental/tenant",
			},
			Outside: []string{grpc, gateway},
			Limits:  Limits{FanOut: 12},
			Why:     "the look of each quarter and the list of what is to be mended; reads tenants and leases, hence wider",
		},
		{
			Package: "rental/idcard", Own: []string{"org/calendar", "rental/tenant"},
			Why: "the fields of an identity card in what was read from a picture",
		},
		{
			Package: "internal/adapter/ocr", Own: []string{"rental/idcard"}, Outside: []string{"golang.org/x/image"},
			Why: "text of pictures by Tesseract, a program of its own; its tests draw cards",
		},
		{
			Package: "internal/idimageserver",
			Own: []string{
				"api/gen/fettle/compliance/v1", "intake/media", "internal/adapter/ocr", "internal/auth", "internal/blob", "internal/call", "internal/leasing", "internal/registry",
				"internal/vault", "internal/wire", "invalid", "ledger", "org", "org/calendar", "rental/fault", "rental/idcard",
				"rental/lease", "rental/tenant",
			},
			Outside: []string{grpc, protobuf, gateway, "google.golang.org/genproto/googleapis"},
			Limits:  Limits{FanOut: 18},
			Why:     "copies of identity cards: joins what is safe, what is sealed and who has left, hence wider",
		},
		{
			Package: "rental/agreement", Own: []string{"invalid", "org/calendar", "rental/fault"},
			Why: "agreements with third parties, and which ways they open",
		},
		{
			Package: "internal/agreementserver",
			Own: []string{
				"api/gen/fettle/compliance/v1", "internal/auth", "internal/call", "internal/policy", "internal/registry", "internal/wire", "invalid", "ledger",
				"org", "org/calendar", "rental/agreement",
			},
			Outside: []string{grpc, gateway},
			Limits:  Limits{FanOut: 11},
			Why:     "agreements as resources of the registry; which ways there are is a function",
		},
		{
			Package: "internal/subjectserver",
			Own: []string{
				"api/gen/fettle/compliance/v1", "dispatch/engine", "internal/auth", "internal/blob", "internal/call", "internal/leasing", "internal/registry",
				"internal/vault", "internal/wire", "invalid", "ledger", "ledger/chain", "org", "org/calendar", "rental/fault", "rental/lease", "rental/tenant",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 17},
			Why:     "all that is held about a person, copied or taken away: records of many kinds, read without their packages; hence wider",
		},
	}
}
