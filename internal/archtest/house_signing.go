package archtest

// signingRows are how leases are signed by link.
func signingRows() []Row {
	const (
		grpc     = "google.golang.org/grpc"
		protobuf = "google.golang.org/protobuf"
		gateway  = "github.com/grpc-ecosystem/grpc-gateway/v2"
		api      = "google.golang.org/genproto/googleapis/api"
	)
	return []Row{
		{
			Package: "rental/signing", Own: []string{"rental/fault", "rental/lease"},
			Why: "envelopes from the document to the signature: makes none itself",
		},
		{
			Package: "internal/esign", Outside: []string{"github.com/digitorus/pkcs7", "github.com/digitorus/timestamp"}, Std: []string{"net/http", "net/url"},
			Why: "signatures and time stamps, made and checked: the only package that knows CMS",
		},
		{
			Package: "api/gen/fettle/signing/v1", Own: []string{"api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, api, gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "generated: messages, gRPC service and REST paths of signatures",
		},
		{
			Package: "internal/signserver",
			Own: []string{
				"api/gen/fettle/signing/v1", "internal/adapter/pdf", "internal/auth", "internal/blob", "internal/call", "internal/esign", "internal/leasing",
				"internal/registry", "internal/wire", "invalid", "ledger", "org", "rental/fault", "rental/lease", "rental/signing",
			},
			Outside: []string{grpc, protobuf, gateway, api},
			Limits:  Limits{FanOut: 15},
			Why:     "the methods of signatures: joins envelope, paper, signature and lease in one transaction, hence wider than the general ceiling",
		},
	}
}

// touchRows are the places where tenants meet a proposal.
func touchRows() []Row {
	return []Row{
		{Package: "rental/renewal/touch", Own: []string{"org/calendar", "rental/fault"}, Std: []string{"net/url"}, Why: "touch points as values"},
		{
			Package: "internal/touchserver",
			Own: []string{
				"api/gen/fettle/renewal/v1", "internal/auth", "internal/call", "internal/registry", "internal/throttle", "internal/wire", "invalid", "ledger", "org",
				"org/calendar", "rental/fault", "rental/renewal/proposal", "rental/renewal/rate", "rental/renewal/touch", "rental/tenant",
			},
			Outside: []string{"google.golang.org/grpc", "google.golang.org/protobuf", "github.com/grpc-ecosystem/grpc-gateway/v2", "rsc.io/qr"},
			Std:     []string{"net/http"},
			Limits:  Limits{FanOut: 15},
			Why:     "touch points as resources, the widgets that other pages embed, and what came of both: reads proposals, hence wider",
		},
	}
}

// lowCodeRows are what people add without programmers.
func lowCodeRows() []Row {
	const (
		grpc     = "google.golang.org/grpc"
		protobuf = "google.golang.org/protobuf"
		gateway  = "github.com/grpc-ecosystem/grpc-gateway/v2"
		api      = "google.golang.org/genproto/googleapis/api"
	)
	return []Row{
		{
			Package: "internal/lowcode", Own: []string{"org/calendar", "rental/fault"}, Outside: []string{"cel.dev/cel-go"}, Std: []string{"reflect"},
			Why: "fields, rules and tiles as values, and the one place that looks at their expressions",
		},
		{
			Package: "api/gen/fettle/lowcode/v1", Own: []string{"api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, api, gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "generated: messages, gRPC service and REST paths of fields, rules and tiles",
		},
		{
			Package: "internal/lowcodeserver",
			Own: []string{
				"api/gen/fettle/lowcode/v1", "internal/auth", "internal/call", "internal/lowcode", "internal/registry", "internal/wire", "invalid", "ledger",
				"org", "org/calendar", "rental/fault",
			},
			Outside: []string{grpc, protobuf, gateway, api},
			Limits:  Limits{FanOut: 11},
			Why:     "fields, rules and tiles as resources of the registry; the records that they are about come in through an interface",
		},
	}
}
